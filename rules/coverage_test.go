package rules

import "testing"

func TestCoverageNamesWhatNoRequestHasShown(t *testing.T) {
	table := compileYAML(t, `
version: "1"
models: {m: {cluster: c}}
signals: {keyword: {a: {in: any, words: [aaa]}, b: {in: any, words: [bbb]}, c: {in: any, words: [ccc]}}}
guards: [{name: ga, when: keyword.a}, {name: gb, when: keyword.b and keyword.c}]
routes: [{name: ra, when: keyword.a, use: m}, {name: rb, when: keyword.b, use: m}]
default: m
tests:
  - {name: one, prompt: aaa, expect: {decision: ra}}
  - {name: two, prompt: aaa bbb, expect: {decision: ra}}
  - {name: three, body: "{", expect: {status: 400}}
`)
	seen := table.NewCoverage()
	for i := range table.Tests().Names() {
		d, failure := table.Tests().Run(i)
		if failure != nil {
			t.Error(failure.Error())
		}
		seen.Add(d)
	}
	want := `[{What:routes Of:3 Covered:1 Missing:[rb default]} {What:guards Of:2 Covered:1 Missing:[gb]} {What:signals Of:3 Covered:2 Missing:[keyword.c]}]`
	if got := describe(seen.Report()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := describe(table.NewCoverage().Report()[0]); got != "{What:routes Of:3 Covered:0 Missing:[ra rb default]}" {
		t.Errorf("nothing shows %s", got)
	}
}

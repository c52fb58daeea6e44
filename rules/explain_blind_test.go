package rules

import (
	"strings"
	"testing"
)

func TestWhatGuardsCannotSeeIsSaid(t *testing.T) {
	const models = `
version: "1"
models:
  a: {name: org/a, cluster: a}
  b: {name: org/b, cluster: b, input: [text, image]}
default: a
signals:
  keyword: {u: {in: user, words: [heron]}, t: {in: tool, words: [heron]}, x: {in: any, words: [heron]}}
  header: {team: {name: x-team, present: true}}
`
	for _, c := range []struct {
		name, policy string
		says, not    []string
	}{
		{"no guards at all", "", []string{"there is no guard"}, []string{"paths under pass"}},
		{"a guard that sees everything", "guards: [{name: g, when: keyword.x}]",
			[]string{"paths under pass", "images and sounds say; models that take them: b"}, []string{`guard "g"`}},
		{"a guard of one scope", "guards: [{name: g, when: keyword.u}]",
			[]string{`guard "g" looks at user text only`, "such as system messages and definitions of tools, assistant messages, results of tools and documents"}, nil},
		{"a guard of two scopes", "guards: [{name: g, when: keyword.u or keyword.t}]",
			[]string{`guard "g" looks at tool and user text only`, "such as system messages and definitions of tools, assistant messages"}, nil},
		{"a scope beside everything", "guards: [{name: g, when: keyword.u or keyword.x}]", nil, []string{`guard "g"`}},
		{"a scope that narrows everything down", "guards: [{name: g, when: keyword.u and keyword.x}]", []string{`guard "g" looks at user text only`}, nil},
		{"a header", "guards: [{name: g, when: header.team}]", []string{`guard "g" looks at headers alone`}, nil},
		{"bypasses", "guards: [{name: g, when: keyword.x}, {name: h, when: keyword.x, unknown: ignore}]\nallow: [documents]",
			[]string{`guard "h" ignores what cannot be inspected`, `allow: documents lets by what no guard can read`, `all guards take it for a match but "h"`}, []string{`guard "g"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			notes := strings.Join(compileYAML(t, models+c.policy+"\n").Blind(), "\n")
			for _, want := range c.says {
				if !strings.Contains(notes, want) {
					t.Errorf("no word of %q in:\n%s", want, notes)
				}
			}
			for _, unwanted := range c.not {
				if strings.Contains(notes, unwanted) {
					t.Errorf("%q is said of a policy that has no such gap:\n%s", unwanted, notes)
				}
			}
		})
	}
}

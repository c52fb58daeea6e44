package rules

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

const hashPolicy = `
version: "1"
models:
  a: {name: org/a, cluster: ca, tier: 1, price: {input: 0.20, output: 1}, reasoning: {high: {reasoning_effort: high, top: 1.0}}}
  b: {cluster: cb, context: 1000, input: [text, image]}
signals: {keyword: {x: {in: any, words: [one, two]}, y: {words: [three]}}}
guards: [{name: g, when: keyword.x, flag: f, only: [a, b], use: a}]
routes: [{name: r, when: "domain.math and not keyword.y", use: [{model: a, reasoning: high}, b]}]
default: {model: b}
tests: [{name: t, prompt: hello, expect: {decision: default}}]
`

func TestTheHashDependsOnMeaningAlone(t *testing.T) {
	hash := compileYAML(t, hashPolicy).Hash()
	if len(hash) != 64 {
		t.Fatalf("the hash %q has not 64 digits", hash)
	}
	for _, tt := range []struct{ name, from, to string }{
		{"a comment", "version:", "# a comment\nversion:"},
		{"spaces in a condition", "domain.math and not keyword.y", "domain.math   and (not keyword.y)"},
		{"the spelling of a price", "0.20", "2e-1"},
		{"the spelling of a number in a member", "top: 1.0", "top: 1"},
		{"the order of keys", "{name: g, when: keyword.x, flag: f,", "{flag: f, when: keyword.x, name: g,"},
		{"the order of signals", "x: {in: any, words: [one, two]}, y: {words: [three]}", "y: {words: [three]}, x: {words: [one, two], in: any}"},
		{"the order of only", "only: [a, b]", "only: [b, a]"},
		{"a default written out", "cluster: ca, tier: 1,", "cluster: ca, tier: 1, input: [text],"},
		{"one candidate as a list", "use: a}]\nroutes", "use: [a]}]\nroutes"},
		{"the tests", "prompt: hello", "prompt: good day"},
	} {
		t.Run(tt.name+" does not change it", func(t *testing.T) {
			if got := compileYAML(t, replaceOne(t, hashPolicy, tt.from, tt.to)).Hash(); got != hash {
				t.Errorf("the hash changed")
			}
		})
	}
	for _, tt := range []struct{ name, from, to string }{
		{"the version", `version: "1"`, `version: "2"`},
		{"a model's key", "  b: {", "  c: {"},
		{"a model's name", "org/a", "org/A"},
		{"a cluster", "ca,", "cx,"},
		{"a tier", "tier: 1", "tier: 2"},
		{"a price", "0.20", "0.21"},
		{"a context", "1000", "1001"},
		{"an input", "[text, image]", "[text]"},
		{"a reasoning member", "reasoning_effort: high", "reasoning_effort: medium"},
		{"a word", "one, two", "one, tow"},
		{"a condition", "and not", "or not"},
		{"a flag", "flag: f", "flag: ff"},
		{"a restriction", "only: [a, b]", "only: [a]"},
		{"an order of candidates", "[{model: a, reasoning: high}, b]", "[b, {model: a, reasoning: high}]"},
		{"a level", "{model: a, reasoning: high}", "{model: a, reasoning: low}"},
		{"the default", "default: {model: b}", "default: {model: a}"},
		{"what is allowed", "default:", "allow: [documents]\ndefault:"},
		{"an objective", "default:", "objectives: {min_tier: 0}\nauto: [auto, x]\ndefault:"},
	} {
		t.Run(tt.name+" changes it", func(t *testing.T) {
			policy := replaceOne(t, hashPolicy, tt.from, tt.to)
			if tt.name == "a model's key" {
				policy = strings.NewReplacer("only: [a, b]", "only: [a, c]", "high}, b]", "high}, c]", "model: b", "model: c").Replace(policy)
			}
			if got := compileYAML(t, policy).Hash(); got == hash {
				t.Errorf("the hash did not change")
			}
		})
	}
}

func replaceOne(t *testing.T, s, from, to string) string {
	t.Helper()
	if strings.Count(s, from) == 0 {
		t.Fatalf("%q is not in the policy", from)
	}
	return strings.Replace(s, from, to, 1)
}

// Istio and Envoy carry a policy as a protobuf Struct: keys in any order, numbers
// as 64-bit floats.
func TestTheHashSurvivesOtherJSONWriters(t *testing.T) {
	root, err := source.Load("policy.yaml", []byte(hashPolicy))
	if err != nil {
		t.Fatal(err)
	}
	var loose any
	if err := json.Unmarshal(source.JSON(root), &loose); err != nil {
		t.Fatal(err)
	}
	rewritten, err := json.MarshalIndent(loose, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	again, err := tree.ParseJSON(rewritten)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Compile(again)
	if err != nil {
		t.Fatal(err)
	}
	if want := compileYAML(t, hashPolicy).Hash(); table.Hash() != want {
		t.Errorf("hash %s, want %s", table.Hash(), want)
	}
}

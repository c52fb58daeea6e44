package rules

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// fitsPolicy has models of several sizes; of those that take images one is dear.
const fitsPolicy = `
version: "1"
models:
  tiny: {cluster: c, context: 1000, tier: 3}
  small: {cluster: c, context: 2000, tier: 2}
  large: {cluster: c, context: 10000, tier: 2}
  huge: {cluster: c, context: 100000, tier: 1}
  eyes: {cluster: c, context: 5000, tier: 1, input: [text, image]}
signals: {keyword: {a: {words: [aaa]}, safe: {in: any, words: [safe]}, safest: {in: any, words: [safest]}}}
guards:
  - {name: safe, when: keyword.safe, only: [tiny, small]}
  - {name: safest, when: keyword.safest, tier: 3, use: tiny}
routes: [{name: a, when: keyword.a, use: [{model: tiny, reasoning: high}]}]
default: [small, large]
`

func TestWhatFitsIsUsedBeforeABoundIsBroken(t *testing.T) {
	for _, tt := range []struct {
		name, more       string // of the policy
		signals          []string
		tokens, out      int64
		images, audio    int
		model, code      string
		demoted, warning string
	}{
		{"the first of the default", "", nil, 100, 100, 0, 0, "small", "", "", ""},
		{"the second where the first is too small", "", nil, 1000, 2000, 0, 0, "large", "", "small context", ""},
		{"the first candidate", "", []string{"keyword.a"}, 100, 100, 0, 0, "tiny", "", "", ""},
		{"the default where the candidate is too small", "", []string{"keyword.a"}, 1500, 0, 0, 0, "small", "", "tiny context", ""},
		{"the default's second", "", []string{"keyword.a"}, 2500, 0, 0, 0, "large", "", "tiny context", ""},
		{"any model that fits", "", []string{"keyword.a"}, 20000, 0, 0, 0, "huge", "", "tiny context", ""},
		{"of those that take images, whichever it is", "", nil, 100, 0, 1, 0, "eyes", "", "small input", ""},
		{"nothing takes an image so long", "", nil, 6000, 0, 1, 0, "", CodeInput, "", ""},
		{"nothing takes sounds", "", nil, 100, 0, 0, 1, "", CodeInput, "", ""},
		{"nothing is so long", "", nil, 200000, 0, 0, 0, "", CodeContext, "", ""},
		{"the answer counts", "", nil, 100, 100000, 0, 0, "", CodeContext, "", ""},
		{"what may fit after all is sent", "", nil, 105000, 0, 0, 0, "huge", "", "small context", "context"},
		{"a guard's models alone", "", []string{"keyword.safe"}, 1900, 0, 0, 0, "small", "", "", "context"},
		{"a guard's models are too small", "", []string{"keyword.safe"}, 20000, 0, 0, 0, "", CodeContext, "", ""},
		{"a guard that excludes them all denies", "", []string{"keyword.safest", "keyword.safe"}, 10, 0, 0, 0, "tiny", "", "", ""},
		{"a guard's own model is too small", "", []string{"keyword.safest"}, 1500, 0, 0, 0, "", CodeContext, "", ""},
		{"the order of the policy", "context_order: [huge, eyes]", nil, 100, 0, 1, 0, "eyes", "", "small input", ""},
		{"a model that is not in it", "context_order: [eyes]", nil, 20000, 0, 0, 0, "", CodeContext, "", ""},
		{"no other model", "context_order: []", nil, 100, 0, 1, 0, "", CodeInput, "", ""},
		{"sent if the policy says so", "nothing_fits: {context: send}", nil, 200000, 0, 0, 0, "small", "", "", "context"},
		{"the other bound holds", "nothing_fits: {context: send}", nil, 100, 0, 0, 1, "", CodeInput, "", ""},
		{"sent with what no model takes", "nothing_fits: {input: send}", nil, 100, 0, 0, 1, "small", "", "", "input"},
		{"a ceiling is no matter of what fits", "objectives: {p95_latency: 5}", nil, 100, 0, 0, 0, "small", "", "", "latency"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy := fitsPolicy + tt.more
			if strings.Contains(tt.more, "p95") {
				policy = strings.ReplaceAll(policy, "cluster: c,", "cluster: c, latency: {p95: 9},")
			}
			table := compileYAML(t, policy)
			q := query(t, table, tt.signals...)
			q.Tokens, q.Facts.MaxTokens, q.Facts.Images, q.Facts.Audio = tt.tokens, tt.out, tt.images, tt.audio
			d := table.Decide(q)
			if tt.code != "" {
				if d.Action != ActionDeny || d.Status != 400 || d.Code != tt.code || d.Model != nil {
					t.Errorf("got %s %d %q %+v, want a 400 %s", d.Action, d.Status, d.Code, d.Model, tt.code)
				}
				return
			}
			if d.Action != ActionRoute {
				t.Fatalf("denied: %d %s: %s", d.Status, d.Code, d.Message)
			}
			demoted := ""
			if d.Demoted != nil {
				demoted = d.Demoted.From + " " + d.Demoted.Why
			}
			if d.Model.Key != tt.model || tt.demoted != "" && demoted != tt.demoted {
				t.Errorf("got %s, demoted %q; want %s, %q", d.Model.Key, demoted, tt.model, tt.demoted)
			}
			if warnings := strings.Join(d.Warnings, "; "); tt.warning != "" && !strings.Contains(warnings, "against the bound on "+tt.warning) {
				t.Errorf("the warnings are %q", warnings)
			}
		})
	}
}

func TestARouteKeepsItsWishWithAnotherModel(t *testing.T) {
	table := compileYAML(t, strings.Replace(fitsPolicy, "huge: {cluster: c,", "huge: {cluster: c, reasoning: {high: {reasoning_effort: high}},", 1))
	q := query(t, table, "keyword.a")
	q.Tokens = 20000
	if d := table.Decide(q); d.Model == nil || d.Model.Key != "huge" || d.Reasoning != "high" || d.Name != "a" {
		t.Errorf("got %+v", d)
	}
}

// Clients look for the code and for these words.
func TestRefusalsOfWhatIsTooLongSoundLikeTheAPIs(t *testing.T) {
	table := compileYAML(t, fitsPolicy)
	for shape, want := range map[prompt.Shape]string{
		prompt.Chat: "This model's maximum context length is 100000 tokens. However, you requested 264000 tokens (200000 in the messages", prompt.Responses: "maximum context length is 100000",
		prompt.Completions: "maximum context length", prompt.Messages: "prompt is too long: 264000 tokens > 100000 maximum",
	} {
		q := query(t, table)
		q.Tokens, q.Facts.MaxTokens, q.Shape = 200000, 64000, shape
		if d := table.Decide(q); d.Code != CodeContext || !strings.Contains(d.Message, want) {
			t.Errorf("%v: %s %q, want %q", shape, d.Code, d.Message, want)
		}
	}
}

func TestMistakesAboutWhatFits(t *testing.T) {
	for more, want := range map[string]string{
		"default: []":                               `5:10: $.default: the list is empty`,
		"default: [a, a]":                           `5:14: $.default[1]: model "a" stands here twice`,
		"default: [a, z]":                           `5:14: $.default[1]: unknown model "z"`,
		"default: a\ncontext_order: [b, b]":         `6:20: $.context_order[1]: model "b" stands here twice`,
		"default: a\ncontext_order: [z]":            `6:17: $.context_order[0]: unknown model "z"`,
		"default: a\ncontext_order: b":              `6:16: $.context_order`,
		"default: a\nnothing_fits: send":            `6:15: $.nothing_fits`,
		"default: a\nnothing_fits: {context: pass}": `6:25: $.nothing_fits.context: unknown choice "pass" (known: refuse, send)`,
		"default: a\nnothing_fits: {image: send}":   `unknown key "image"`,
	} {
		var found []string
		for _, p := range problemsOf(t, "version: '1'\nmodels:\n  a: {cluster: c}\n  b: {cluster: c}\n"+more) {
			found = append(found, p.Error())
		}
		if all := strings.Join(found, "\n"); !strings.Contains(all, want) {
			t.Errorf("%s: got\n%s\nwant %q", more, all, want)
		}
	}
}

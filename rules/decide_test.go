package rules

import (
	"slices"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// decidePolicy has a guard of each kind; the names say what they do.
const decidePolicy = `
version: "1"
auto: [auto, MoM]
models:
  small: {name: org/small, cluster: c-small, tier: 3, context: 1000, price: {input: 1, output: 2}, reasoning: {none: low, low: {reasoning_effort: low}}}
  large: {name: org/large, cluster: c-large, tier: 2, context: 10000, price: {input: 10, output: 20}, reasoning: {none: {chat_template_kwargs: {enable_thinking: false}}, high: {chat_template_kwargs: {enable_thinking: true}}}}
  eyes: {cluster: c-eyes, tier: 1, context: 5000, input: [text, image], price: {input: 5, output: 5}}
signals:
  keyword:
    steer: {in: any, words: [steer]}
    limit: {in: any, words: [limit]}
    other: {in: any, words: [other limit]}
    tiered: {in: any, words: [tiered]}
    note: {in: any, words: [note]}
    deny: {in: any, words: [deny]}
    deny2: {in: any, words: [deny again]}
    loose: {in: any, words: [loose]}
    a: {words: [aaa]}
    b: {words: [bbb]}
    pics: {words: [pics]}
guards:
  - {name: steering, when: keyword.steer, flag: steered, only: [small], use: {model: small, reasoning: none}}
  - {name: limiting, when: keyword.limit, flag: limited, only: [small, eyes]}
  - {name: limiting_more, when: keyword.other, flag: limited, only: [large, eyes]}
  - {name: tiering, when: keyword.tiered, flag: tier, tier: 3}
  - {name: noting, when: keyword.note, flag: noted}
  - {name: denying, when: keyword.deny, flag: denied, deny: {status: 451, code: not_here, message: "Not here."}}
  - {name: denying_again, when: keyword.deny2, flag: denied2, deny: {}}
  - {name: loose, when: keyword.loose, flag: loosened, unknown: ignore, deny: {}}
routes:
  - {name: both, when: keyword.a and keyword.b, use: [{model: large, reasoning: high}, {model: eyes}, small]}
  - {name: a_only, when: keyword.a, use: [{model: small, reasoning: low}]}
  - {name: pics, when: keyword.pics, use: [large, eyes]}
default: {model: large, reasoning: none}
`

func TestDecide(t *testing.T) {
	table := compileYAML(t, decidePolicy)
	type want struct {
		action, name, model, reasoning, guard string
		status                                int
		code                                  string
		flags                                 []string
		tier                                  int
		demoted                               Demotion
	}
	for _, tt := range []struct {
		name    string
		signals []string
		change  func(*Query)
		want    want
	}{
		{"without a match the default decides", nil, nil,
			want{action: "route", name: "default", model: "large", reasoning: "none"}},
		{"the first matching route decides", []string{"keyword.a", "keyword.b"}, nil,
			want{action: "route", name: "both", model: "large", reasoning: "high"}},
		{"a later route decides when the first does not match", []string{"keyword.a"}, nil,
			want{action: "route", name: "a_only", model: "small", reasoning: "low"}},
		{"an unknown condition is no match for a route", []string{"keyword.a?"}, nil,
			want{action: "route", name: "default", model: "large", reasoning: "none"}},
		{"half an unknown condition is none either", []string{"keyword.a", "keyword.b?"}, nil,
			want{action: "route", name: "a_only", model: "small", reasoning: "low"}},
		{"a guard steers before any route", []string{"keyword.steer", "keyword.a"}, nil,
			want{action: "route", name: "steering", model: "small", reasoning: "none", guard: "steering", flags: []string{"steered"}}},
		{"an unknown condition is a match for a guard", []string{"keyword.steer?", "keyword.a"}, nil,
			want{action: "route", name: "steering", model: "small", reasoning: "none", guard: "steering", flags: []string{"steered"}}},
		{"unless the guard ignores the unknown", []string{"keyword.loose?"}, nil,
			want{action: "route", name: "default", model: "large", reasoning: "none"}},
		{"a guard that ignores the unknown still denies what is true", []string{"keyword.loose"}, nil,
			want{action: "deny", name: "loose", guard: "loose", status: 403, code: "request_denied", flags: []string{"loosened"}}},
		{"a flag alone changes no route", []string{"keyword.note", "keyword.a"}, nil,
			want{action: "route", name: "a_only", model: "small", reasoning: "low", flags: []string{"noted"}}},
		{"a restriction passes over a candidate", []string{"keyword.limit", "keyword.a", "keyword.b"}, nil,
			want{action: "route", name: "both", model: "eyes", guard: "limiting", flags: []string{"limited"}, demoted: Demotion{"large", "guard"}}},
		{"restrictions intersect and flags stand once", []string{"keyword.limit", "keyword.other", "keyword.a", "keyword.b"}, nil,
			want{action: "route", name: "both", model: "eyes", guard: "limiting", flags: []string{"limited"}, demoted: Demotion{"large", "guard"}}},
		{"there is no fall-through to a later route", []string{"keyword.other", "keyword.a"}, nil,
			want{action: "route", name: "a_only", model: "large", reasoning: "none", guard: "limiting_more", flags: []string{"limited"}, demoted: Demotion{"small", "guard"}}},
		{"when the default is excluded, too, the request is denied", []string{"keyword.limit", "keyword.other", "keyword.a"}, nil,
			want{action: "deny", name: "a_only", guard: "limiting", status: 403, code: "no_model_allowed", flags: []string{"limited"}}},
		{"without a match the excluded default is denied", []string{"keyword.limit"}, nil,
			want{action: "deny", name: "default", guard: "limiting", status: 403, code: "no_model_allowed", flags: []string{"limited"}}},
		{"a steering guard cannot overrule another's restriction", []string{"keyword.steer", "keyword.other"}, nil,
			want{action: "deny", name: "steering", guard: "steering", status: 403, code: "no_model_allowed", flags: []string{"steered", "limited"}}},
		{"a tier passes over a candidate", []string{"keyword.tiered", "keyword.a", "keyword.b"}, nil,
			want{action: "route", name: "both", model: "small", guard: "tiering", flags: []string{"tier"}, tier: 3, demoted: Demotion{"large", "tier"}}},
		{"denying wins over steering, and all flags are kept", []string{"keyword.steer", "keyword.deny2", "keyword.deny", "keyword.note"}, nil,
			want{action: "deny", name: "denying", guard: "denying", status: 451, code: "not_here", flags: []string{"steered", "noted", "denied", "denied2"}}},
		{"the context passes over candidates", []string{"keyword.a", "keyword.b"}, func(q *Query) { q.Tokens = 2000; q.Facts.MaxTokens = 8001 },
			want{action: "route", name: "both", model: "large", reasoning: "none"}},
		{"what just fits the context is no reason to pass over", []string{"keyword.a", "keyword.b"}, func(q *Query) { q.Tokens = 1800; q.Facts.MaxTokens = 8020 }, // with a margin of a tenth
			want{action: "route", name: "both", model: "large", reasoning: "high"}},
		{"the context of the only candidate leaves the default", []string{"keyword.a"}, func(q *Query) { q.Tokens = 1001 },
			want{action: "route", name: "a_only", model: "large", reasoning: "none", demoted: Demotion{"small", "context"}}},
		{"a huge max_tokens does not overflow", []string{"keyword.a"}, func(q *Query) { q.Tokens = 1 << 62; q.Facts.MaxTokens = 1<<63 - 1 },
			want{action: "deny", name: "a_only", status: 400, code: "context_length_exceeded"}},
		{"an image needs a model with eyes", []string{"keyword.pics"}, func(q *Query) { q.Facts.Images = 1 },
			want{action: "route", name: "pics", model: "eyes", demoted: Demotion{"large", "input"}}},
		{"a model named by key is used", []string{"keyword.a"}, name("large"),
			want{action: "route", name: "named", model: "large"}},
		{"a model named by its served name is used", nil, name("org/large"),
			want{action: "route", name: "named", model: "large"}},
		{"an auto name asks for routing", []string{"keyword.a"}, name("MoM"),
			want{action: "route", name: "a_only", model: "small", reasoning: "low"}},
		{"names are compared letter by letter", nil, name("Large"),
			want{action: "deny", name: "named", status: 404, code: "model_not_found"}},
		{"an empty name is no name", nil, name(""),
			want{action: "deny", name: "named", status: 404, code: "model_not_found"}},
		{"a steering guard does not replace a named model that is allowed", []string{"keyword.steer"}, name("small"),
			want{action: "route", name: "named", model: "small", guard: "steering", flags: []string{"steered"}}},
		{"a guard excludes a named model", []string{"keyword.steer"}, name("large"),
			want{action: "deny", name: "named", guard: "steering", status: 403, code: "model_not_allowed", flags: []string{"steered"}}},
		{"a tier excludes a named model", []string{"keyword.tiered"}, name("eyes"),
			want{action: "deny", name: "named", guard: "tiering", status: 403, code: "model_not_allowed", flags: []string{"tier"}, tier: 3}},
		{"denying wins over an unknown name", []string{"keyword.deny"}, name("nobody"),
			want{action: "deny", name: "denying", guard: "denying", status: 451, code: "not_here", flags: []string{"denied"}}},
		{"context and input are the client's own business with a named model", nil,
			func(q *Query) { name("small")(q); q.Tokens = 1 << 30; q.Facts.Images = 3 },
			want{action: "route", name: "named", model: "small"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := query(t, table, tt.signals...)
			if tt.change != nil {
				tt.change(q)
			}
			d := table.Decide(q)
			got := want{action: d.Action, name: d.Name, reasoning: d.Reasoning, guard: d.Guard, status: d.Status, code: d.Code, flags: d.Flags, tier: d.Tier}
			if d.Model != nil {
				got.model = d.Model.Key
			}
			if d.Demoted != nil {
				got.demoted = *d.Demoted
			}
			if !slices.Equal(got.flags, tt.want.flags) {
				t.Errorf("flags %q, want %q", got.flags, tt.want.flags)
			}
			got.flags, tt.want.flags = nil, nil
			if describe(got) != describe(tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if d.Action == ActionDeny && (d.Model != nil || d.Members != nil || d.Message == "") {
				t.Errorf("a denial carries a model, members or no message: %+v", d)
			}
		})
	}
}

func name(model string) func(*Query) {
	return func(q *Query) { q.HasModel, q.Asked = true, model }
}

func TestReasoningOfADecision(t *testing.T) {
	table := compileYAML(t, decidePolicy)
	for _, tt := range []struct {
		name    string
		signals []string
		change  func(*Query)
		members string
		keep    bool
		warned  bool
	}{
		{"the wish becomes members", []string{"keyword.a", "keyword.b"}, nil, `chat_template_kwargs.enable_thinking=true`, false, false},
		{"a level that stands in is a warning", []string{"keyword.steer"}, nil, `reasoning_effort="low"`, false, true},
		{"without a wish the client's members stay", []string{"keyword.pics"}, nil, ``, true, false},
		{"a named model keeps the client's members", nil, name("large"), ``, true, false},
		{"a named model that has no reasoning keeps them, too", nil, name("eyes"), ``, true, false},
		{"without a wish and without a way to ask they go", []string{"keyword.pics"}, func(q *Query) { q.Facts.Images = 1 }, ``, false, false},
		{"a shape without members leaves reasoning unset and warns", []string{"keyword.a"}, func(q *Query) { q.Shape = prompt.Responses }, ``, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := query(t, table, tt.signals...)
			if tt.change != nil {
				tt.change(q)
			}
			d := table.Decide(q)
			members := ""
			for _, m := range d.Members {
				for i, step := range m.Path {
					if i > 0 {
						members += "."
					}
					members += step
				}
				members += "=" + m.JSON
			}
			if members != tt.members || d.KeepReasoning != tt.keep || (len(d.Warnings) > 0) != tt.warned {
				t.Errorf("members %s, keep %v, warnings %q", members, d.KeepReasoning, d.Warnings)
			}
		})
	}
}

func TestDenialsDoNotNameTheGuard(t *testing.T) {
	table := compileYAML(t, decidePolicy)
	for _, q := range []*Query{query(t, table, "keyword.deny2"), query(t, table, "keyword.limit"), query(t, table, "keyword.loose")} {
		d := table.Decide(q)
		for _, secret := range []string{"denying", "limiting", "loose", "guard", "keyword"} {
			if containsFold(d.Message+d.Code, secret) {
				t.Errorf("%s %q names %q", d.Code, d.Message, secret)
			}
		}
	}
}

func TestSignalsOfADecision(t *testing.T) {
	table := compileYAML(t, decidePolicy)
	d := table.Decide(query(t, table, "keyword.note", "keyword.b", "keyword.a", "keyword.pics?"))
	if want := []string{"keyword.a", "keyword.b", "keyword.note"}; !slices.Equal(d.Signals, want) {
		t.Errorf("signals %q, want %q", d.Signals, want)
	}
}

func TestObjectives(t *testing.T) {
	policy := `
version: "1"
models:
  cheap: {cluster: c, tier: 1, max_output: 100000, price: {input: 0.10, output: 1.00}, latency: {p95: 900}}
  fast: {cluster: c, tier: 2, max_output: 100000, price: {input: 1, output: 10}, latency: {p95: 100}}
  safe: {cluster: c, tier: 3, max_output: 100000, price: {input: 2, output: 20}, latency: {p95: 2000}}
signals: {keyword: {a: {words: [aaa]}}}
routes: [{name: a, when: keyword.a, use: [safe, cheap, fast]}]
default: fast
objectives: `
	for _, tt := range []struct {
		name, objectives string
		tokens, out      int64
		model, why       string
	}{
		{"within all bounds the first candidate is chosen", "{cost_ceiling: 1, min_tier: 1, p95_latency: 2000}", 1000, 1000, "safe", ""},
		{"a cost above the ceiling passes over", "{cost_ceiling: 0.0021}", 1000, 1000, "cheap", "cost"},
		{"a cost at the ceiling is allowed", "{cost_ceiling: 0.022}", 1000, 1000, "safe", ""},
		{"the output counts, too", "{cost_ceiling: 0.0219999}", 1000, 1000, "cheap", "cost"},
		{"a slow model is passed over", "{p95_latency: 500}", 10, 0, "fast", "latency"},
		{"no bound on the answer counts what the model may say", "{cost_ceiling: 1.5}", 1000, 0, "cheap", "cost"},
		{"the default is bound, too", "{cost_ceiling: 0.000001}", 1000, 1000, "", ""},
		{"unless the policy exempts it", "{cost_ceiling: 0.000001, cost_exempt: [default]}", 1000, 1000, "fast", "cost"},
		{"an exempt client is another one", "{cost_ceiling: 0.000001, cost_exempt: [named]}", 1000, 1000, "", ""},
		{"huge numbers do not overflow", "{cost_ceiling: 1000000}", 1 << 62, 1<<63 - 1, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := compileYAML(t, policy+tt.objectives)
			q := query(t, table, "keyword.a")
			q.Tokens, q.Facts.MaxTokens = tt.tokens, tt.out
			d := table.Decide(q)
			why := ""
			if d.Demoted != nil {
				why = d.Demoted.Why
			}
			if tt.model == "" {
				if d.Action != ActionDeny || d.Code != CodeCostCeiling || d.Cost == 0 {
					t.Errorf("%s %q at %d picodollars, want a denial", d.Action, d.Code, d.Cost)
				}
				return
			}
			if d.Action == ActionDeny {
				t.Fatalf("denied: %s", d.Code)
			}
			if d.Model.Key != tt.model || why != tt.why {
				t.Errorf("model %s, demoted for %q; want %s, %q", d.Model.Key, why, tt.model, tt.why)
			}
		})
	}
	t.Run("the lowest tier also binds named models", func(t *testing.T) {
		table := compileYAML(t, policy+"{min_tier: 2}")
		q := query(t, table)
		name("cheap")(q)
		if d := table.Decide(q); d.Code != CodeModelNotAllowed || d.Tier != 2 {
			t.Errorf("got %s %q, tier %d", d.Action, d.Code, d.Tier)
		}
		if d := table.Decide(query(t, table, "keyword.a")); d.Model.Key != "safe" {
			t.Errorf("routed to %s", d.Model.Key)
		}
	})
}

func TestLate(t *testing.T) {
	table := compileYAML(t, decidePolicy)
	for _, tt := range []struct {
		name        string
		first, late []string
		change      func(*Query)
		denied      string // the code
		rule        string
		flags       []string
	}{
		{"nothing new changes nothing", []string{"keyword.a"}, []string{"keyword.a"}, nil, "", "", nil},
		{"a late flag is added", []string{"keyword.a"}, []string{"keyword.a", "keyword.note"}, nil, "", "", []string{"noted"}},
		{"flags stand in the order of the policy", []string{"keyword.note"}, []string{"keyword.note", "keyword.tiered", "keyword.limit"}, name("small"), "", "", []string{"limited", "tier", "noted"}},
		{"a late guard that allows the chosen model lets it pass", []string{"keyword.a"}, []string{"keyword.limit"}, nil, "", "", []string{"limited"}},
		{"a late steering guard lets its own model pass", []string{"keyword.a"}, []string{"keyword.steer"}, nil, "", "", []string{"steered"}},
		{"a late guard that excludes the chosen model denies", nil, []string{"keyword.steer"}, nil, CodeNoModelAllowed, "default", []string{"steered"}},
		{"a late guard that excludes the named model denies", nil, []string{"keyword.limit"}, name("large"), CodeModelNotAllowed, "named", []string{"limited"}},
		{"a late tier denies", nil, []string{"keyword.tiered"}, nil, CodeNoModelAllowed, "default", []string{"tier"}},
		{"a late denying guard denies", []string{"keyword.a"}, []string{"keyword.deny"}, nil, "not_here", "denying", []string{"denied"}},
		{"a late guard that cannot be told denies", []string{"keyword.a"}, []string{"keyword.deny?"}, nil, "not_here", "denying", []string{"denied"}},
		{"a guard that matched before is not lifted", []string{"keyword.limit", "keyword.a"}, []string{"keyword.other"}, nil, CodeNoModelAllowed, "a_only", []string{"limited"}},
		{"late signals of routes do not matter", nil, []string{"keyword.a", "keyword.b"}, nil, "", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := query(t, table, tt.first...)
			if tt.change != nil {
				tt.change(q)
			}
			d := table.Decide(q)
			if d.Action != ActionRoute {
				t.Fatalf("denied at once: %+v", d)
			}
			chosen := d.Model
			late := table.Late(d, valuesOf(t, table, tt.late...), nil)
			switch {
			case late == nil && tt.denied != "":
				t.Fatalf("not denied, want %s", tt.denied)
			case late == nil:
				if d.Model != chosen || d.Action != ActionRoute {
					t.Errorf("the decision itself changed: %+v", d)
				}
				late = d
			case late.Action != ActionDeny || late.Code != tt.denied || late.Name != tt.rule || late.Model != nil:
				t.Errorf("got %+v, want a denial %s by %s", late, tt.denied, tt.rule)
			}
			if !slices.Equal(late.Flags, tt.flags) {
				t.Errorf("flags %q, want %q", late.Flags, tt.flags)
			}
		})
	}
}

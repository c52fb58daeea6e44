package reason

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

func compared(t testing.TB, before, after string) *Comparison {
	t.Helper()
	oldRoot, oldTable := unjudged(t, before)
	newRoot, newTable := unjudged(t, after)
	return Compare(oldRoot, oldTable, newRoot, newTable)
}

const models = `version: "1"
models: {a: {cluster: a, tier: 2, context: 1000}, b: {cluster: b, tier: 1}, c: {cluster: c, tier: 1}}
default: {model: a}
`

// Each change of a policy has its verdict, and whatever is not proved to hold fails.
func TestWhatGuardsHold(t *testing.T) {
	type policy struct{ before, after string }
	for _, tt := range []struct {
		name    string
		policy  policy
		verdict Verdict // of the guard g, or of the first other change with a proof, if there is one
		holds   bool
	}{
		{"nothing changes", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `guards: [{name: g, when: (pii.email), only: [a]}]`}, Equal, true},
		{"the condition is wider", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `guards: [{name: g, when: pii.email or pii.phone, only: [a]}]`}, Stricter, true},
		{"the condition is narrower", policy{`guards: [{name: g, when: pii.email or pii.phone, only: [a]}]`, `guards: [{name: g, when: pii.email, only: [a]}]`}, Weaker, false},
		{"the condition is another one", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `guards: [{name: g, when: pii.phone, only: [a]}]`}, Incomparable, false},
		{"fewer models are allowed", policy{`guards: [{name: g, when: pii.email, only: [a, b]}]`, `guards: [{name: g, when: pii.email, only: [a]}]`}, Stricter, true},
		{"more models are allowed", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `guards: [{name: g, when: pii.email, only: [a, b]}]`}, Weaker, false},
		{"other models are allowed", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `guards: [{name: g, when: pii.email, only: [b]}]`}, Incomparable, false},
		{"wider condition, more models", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `guards: [{name: g, when: pii.email or pii.phone, only: [a, b]}]`}, Incomparable, false},
		{"it denies now", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `guards: [{name: g, when: pii.email, only: [a], deny: {}}]`}, Stricter, true},
		{"it does not deny any more", policy{`guards: [{name: g, when: pii.email, deny: {}}]`, `guards: [{name: g, when: pii.email, flag: g}]`}, Weaker, false},
		{"its answer changes", policy{`guards: [{name: g, when: pii.email, deny: {}}]`, `guards: [{name: g, when: pii.email, deny: {status: 451}}]`}, Equal, true},
		{"its flag changes", policy{`guards: [{name: g, when: pii.email}]`, `guards: [{name: g, when: pii.email, flag: other}]`}, Incomparable, false},
		{"it ignores what is unknown now", policy{`allow: [token_ids]
guards: [{name: g, when: pii.email, only: [a]}]`, `allow: [token_ids]
guards: [{name: g, when: pii.email, only: [a], unknown: ignore}]`}, Weaker, false},
		{"it does not ignore that any more", policy{`allow: [token_ids]
guards: [{name: g, when: pii.email, only: [a], unknown: ignore}]`, `allow: [token_ids]
guards: [{name: g, when: pii.email, only: [a]}]`}, Stricter, true},
		{"it has a last model now", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `guards: [{name: g, when: pii.email, only: [a], last: b}]`}, Weaker, false},
		{"its last model is gone", policy{`guards: [{name: g, when: pii.email, only: [a], last: b}]`, `guards: [{name: g, when: pii.email, only: [a]}]`}, Stricter, true},
		{"fewer models come before its last", policy{`guards: [{name: g, when: pii.email, only: [a, c], last: b}]`, `guards: [{name: g, when: pii.email, only: [a], last: b}]`}, Incomparable, false},
		{"its last model becomes one of its own", policy{`guards: [{name: g, when: pii.email, only: [a], last: b}]`, `guards: [{name: g, when: pii.email, only: [a, b]}]`}, Incomparable, false},
		{"it uses other models", policy{`guards: [{name: g, when: pii.email, only: [a, b], use: a}]`, `guards: [{name: g, when: pii.email, only: [a, b], use: b}]`}, Incomparable, false},
		{"it is gone", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, ``}, Weaker, false},
		{"it has another name", policy{`guards: [{name: g, when: pii.email, only: [a], flag: f}]`, `guards: [{name: h, when: pii.email, only: [a], flag: f}]`}, Equal, true},
		{"two guards do its work", policy{`guards: [{name: g, when: pii.email or pii.phone, only: [a], flag: f}]`, `guards: [{name: h, when: pii.email, only: [a], flag: f}, {name: i, when: pii.phone, only: [a], flag: f}]`}, Equal, true},
		{"two guards do half of its work", policy{`guards: [{name: g, when: pii.email or pii.phone, only: [a], flag: f}]`, `guards: [{name: h, when: pii.email, only: [a], flag: f}, {name: i, when: pii.phone, only: [a, b], flag: f}]`}, Weaker, false},
		{"a guard is new", policy{``, `guards: [{name: g, when: pii.email, only: [a]}]`}, Stricter, true},
		{"a new guard in front uses other models", policy{`guards: [{name: g, when: pii.email, use: a}]`, `guards: [{name: new, when: pii.phone, use: b}, {name: g, when: pii.email, use: a}]`}, Incomparable, false},
		{"a new guard behind it does not matter", policy{`guards: [{name: g, when: pii.email, use: a}]`, `guards: [{name: g, when: pii.email, use: a}, {name: new, when: pii.phone, use: b}]`}, Equal, true},
		{"names change beside a guard that only uses a model", policy{`guards: [{name: g, when: pii.email, use: a}]`, `auto: [z]
guards: [{name: g, when: pii.email, use: a}]`}, Incomparable, false},
		{"names change beside a guard that holds for all", policy{`guards: [{name: g, when: pii.email, only: [a], use: a}]`, `auto: [z]
guards: [{name: g, when: pii.email, only: [a], use: a}]`}, Equal, true},
		{"a phrase is added", policy{`signals: {keyword: {k: {in: user, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`, `signals: {keyword: {k: {in: user, words: [Open  Sesame, hocus pocus]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`}, Stricter, true},
		{"a phrase is removed", policy{`signals: {keyword: {k: {in: user, words: [open sesame, hocus pocus]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`, `signals: {keyword: {k: {in: user, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`}, Weaker, false},
		{"a phrase is replaced", policy{`signals: {keyword: {k: {in: user, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`, `signals: {keyword: {k: {in: user, words: [hocus pocus]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`}, Incomparable, false},
		{"the gap is another one", policy{`signals: {keyword: {k: {in: user, gap: 2, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`, `signals: {keyword: {k: {in: user, gap: 1, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`}, Incomparable, false},
		{"more voices are heard", policy{`signals: {keyword: {k: {in: user, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`, `signals: {keyword: {k: {in: any, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`}, Stricter, true},
		{"fewer voices are heard", policy{`signals: {keyword: {k: {in: [user, tool], words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`, `signals: {keyword: {k: {in: user, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`}, Weaker, false},
		{"the signal has another name", policy{`signals: {keyword: {k: {in: user, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`, `signals: {keyword: {l: {in: user, words: [open sesame]}}}
guards: [{name: g, when: keyword.l, only: [a]}]`}, Equal, true},
		{"the bound is higher", policy{`signals: {size: {s: {over: 10}}}
guards: [{name: g, when: size.s, only: [a]}]`, `signals: {size: {s: {over: 20}}}
guards: [{name: g, when: size.s, only: [a]}]`}, Weaker, false},
		{"a present header is wider than an empty one", policy{`signals: {header: {s: {name: x, present: true}}}
guards: [{name: g, when: header.s, only: [a]}]`, `signals: {header: {s: {name: x, equals: ""}}}
guards: [{name: g, when: header.s, only: [a]}]`}, Weaker, false},
		{"callers are believed", policy{`trust: end_users
signals: {keyword: {k: {in: user, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`, `signals: {keyword: {k: {in: user, words: [open sesame]}}}
guards: [{name: g, when: keyword.k, only: [a]}]`}, Weaker, false},
		{"budgets are larger", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `budgets: {piece: 30000000}
guards: [{name: g, when: pii.email, only: [a]}]`}, Incomparable, false},
		{"something that cannot be read is let by", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `allow: [token_ids]
guards: [{name: g, when: pii.email, only: [a]}]`}, Weaker, false},
		{"something that cannot be read is refused", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `refuse: [opaque_reasoning]
guards: [{name: g, when: pii.email, only: [a]}]`}, Stricter, true},
		{"markers of clients are others", policy{`guards: [{name: g, when: pii.email, only: [a]}]`, `wrappers: {client: [notes]}
guards: [{name: g, when: pii.email, only: [a]}]`}, Incomparable, false},
		{"all must have a tier", policy{``, `objectives: {min_tier: 2}`}, Stricter, true},
		{"not all must have that tier any more", policy{`objectives: {min_tier: 2}`, `objectives: {min_tier: 1}`}, Weaker, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := compared(t, models+tt.policy.before, models+tt.policy.after)
			got := Equal
			for _, g := range c.Guards {
				if g.What == `guard "g"` || got == Equal && g.Verdict != Stricter {
					got = g.Verdict
				}
			}
			for _, o := range c.Other {
				if o.Proof && got == Equal {
					got = o.Verdict
				}
			}
			if got != tt.verdict || c.Holds() != tt.holds {
				t.Errorf("%s, holds %v; want %s, %v\n%+v", got, c.Holds(), tt.verdict, tt.holds, c)
			}
		})
	}
}

// What a model is counts, too: who serves it, its tier, and what it takes where a guard has a last one.
func TestModelsMatterToGuards(t *testing.T) {
	guards := "guards: [{name: g, when: pii.email, only: [a], last: b}, {name: t, when: pii.phone, tier: 2}]\n"
	for name, change := range map[string][2]string{
		"another cluster":       {"cluster: b,", "cluster: z,"},
		"another name":          {"cluster: b,", "cluster: b, name: z,"},
		"a higher tier":         {"c: {cluster: c, tier: 1", "c: {cluster: c, tier: 2"},
		"a smaller context":     {"context: 1000", "context: 10"},
		"a new model of a tier": {"c: {cluster: c, tier: 1}", "c: {cluster: c, tier: 1}, d: {cluster: d, tier: 2}"},
	} {
		after := strings.Replace(models, change[0], change[1], 1)
		c := compared(t, models+guards, after+guards)
		if holds := name == "a new model of a tier"; after == models || c.Holds() != holds {
			t.Errorf("%s: holds %v: %+v", name, c.Holds(), c)
		}
	}
}

func TestConfigurationsAreComparedWhole(t *testing.T) {
	load := func(text string) *tree.Node {
		n, err := source.Load("c.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	same, pass := load("policy: {}\nhold: pair\n"), load("policy: {a: b}\nhold: pair\npass: [/x]\n")
	if got := CompareConfigurations(same, same); got != nil {
		t.Errorf("got %v", got)
	}
	for _, got := range [][]Change{CompareConfigurations(same, pass), CompareConfigurations(same, nil), CompareConfigurations(nil, same)} {
		if len(got) != 1 || got[0].Verdict != Incomparable || !got[0].Proof {
			t.Errorf("got %v", got)
		}
	}
}

// What a domain is depends on the policy's own classes and on how sure it must be: where those change, requests move.
func TestDomainsOfOtherClassesAndBoundsAreOthers(t *testing.T) {
	const routes = "routes: [{name: r, when: domain.math, use: a}, {name: l, when: domain.law, use: b}]\n"
	for name, tt := range map[string]struct {
		before, after string
		moves         bool
	}{
		"nothing":                {"", "", false},
		"a class is new":         {"", "classes: {domain: {insurance: {words: {premium: 90}}}}\n", true},
		"a word is new":          {"classes: {domain: {law: {words: {premium: 90}}}}\n", "classes: {domain: {law: {words: {premium: 90, claim: 4}}}}\n", true},
		"a bound is new":         {"", "signals: {domain: {math: {at_least: 70}}}\n", true},
		"a bound is another one": {"signals: {domain: {math: {at_least: 70}}}\n", "signals: {domain: {math: {at_least: 80}}}\n", true},
		"bounds change places":   {"signals: {domain: {math: {at_least: 70}}}\n", "signals: {domain: {law: {at_least: 70}}}\n", true},
		"that of an unused one":  {"", "signals: {domain: {history: {at_least: 70}}}\n", false},
	} {
		if c := compared(t, models+tt.before+routes, models+tt.after+routes); len(c.Moves) > 0 != tt.moves {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// The verdicts on random conditions are what trying all values says, and routes move where a value shows it.
func TestComparingAgreesWithTryingEverything(t *testing.T) {
	signals := []string{"conversation.tools", "conversation.images", "size.a", "size.b"}
	monotone := func(r *rand.Rand) string { return strings.ReplaceAll(anyCondition(r, signals, 3), "not ", "") }
	r := rand.New(rand.NewPCG(7, 7))
	counts := map[Verdict]int{}
	moved := 0
	for range 30 {
		text := func() string {
			var b strings.Builder
			fmt.Fprintf(&b, "%ssignals: {size: {a: {over: 10}, b: {over: 20}}}\nguards: [{name: g, when: %s, only: [m]}]\nroutes:\n", head, monotone(r))
			for i := range 3 {
				fmt.Fprintf(&b, "  - {name: r%d, when: %s, use: n}\n", i, anyCondition(r, append(signals, "language.en", "domain.math"), 2))
			}
			return b.String()
		}
		before, after := text(), text()
		_, a := unjudged(t, before)
		_, b := unjudged(t, after)
		less, more := false, false
		moves := map[[2]string]bool{}
		worlds := everything(a)
		for i, other := range everything(b) {
			was, is := a.Outline().Guards[0].When.Eval(worlds[i]), b.Outline().Guards[0].When.Eval(other)
			less = less || was == expr.True && is != expr.True
			more = more || is == expr.True && was != expr.True
			decide := func(o []rules.OutlineRoute, values []expr.Value) string {
				for _, route := range o {
					if route.When.Eval(values) == expr.True {
						return "route \"" + route.Name + "\""
					}
				}
				return "default"
			}
			from, to := decide(a.Outline().Routes, worlds[i]), decide(b.Outline().Routes, other)
			if from != to {
				moves[[2]string{from, to}] = true
			}
		}
		want := map[[2]bool]Verdict{{false, false}: Equal, {false, true}: Stricter, {true, false}: Weaker, {true, true}: Incomparable}[[2]bool{less, more}]
		c := compared(t, before, after)
		if got := c.Guards[0].Verdict; got != want || c.Holds() != want.Holds() {
			t.Fatalf("%s\n%s\n%s, want %s", before, after, got, want)
		}
		counts[want]++
		got := map[[2]string]bool{}
		for _, m := range c.Moves {
			got[[2]string{m.From, m.To}] = true
		}
		if fmt.Sprint(got) != fmt.Sprint(moves) {
			t.Fatalf("%s\n%s\nmoves %v, want %v", before, after, got, moves)
		}
		moved += len(moves)
	}
	if len(counts) < 4 || moved < 30 {
		t.Errorf("the test shows little: %v, %d moves", counts, moved)
	}
}

func TestExamplesAreSmall(t *testing.T) {
	c := compared(t, models+`guards: [{name: g, when: (pii.email or pii.phone) and conversation.tools or pii.iban, only: [a]}]`,
		models+`guards: [{name: g, when: (pii.email or pii.phone) and conversation.tools and conversation.images or pii.iban, only: [a]}]`)
	if got := c.Guards[0].Example; got != "pii.phone, conversation.tools" && got != "pii.email, conversation.tools" {
		t.Errorf("got %q", got)
	}
}

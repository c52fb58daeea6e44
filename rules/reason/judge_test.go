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

// unjudged compiles a policy in which routes may be never reached.
func unjudged(t testing.TB, policy string) (*tree.Node, *rules.Table) {
	t.Helper()
	root, err := source.Load("policy.yaml", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	table, err := rules.CompileUnjudged(root)
	if err != nil {
		t.Fatal(err)
	}
	return root, table
}

func found(t testing.TB, policy string) (list []string) {
	t.Helper()
	root, table := unjudged(t, policy)
	for _, f := range Judge(root, table, func(*tree.Node) bool { return false }) {
		list = append(list, f.Code+" "+f.Message)
	}
	return list
}

const head = `version: "1"
models: {m: {cluster: m}, n: {cluster: n}}
default: {model: m}
`

// everyDomain is true of every message, but for a policy's own classes.
const everyDomain = "domain.business or domain.law or domain.psychology or domain.biology or domain.chemistry or domain.history or domain.health or " +
	"domain.economics or domain.math or domain.physics or domain.computer_science or domain.philosophy or domain.engineering or domain.other"

func TestShadowsAreTheSmallestSets(t *testing.T) {
	for _, tt := range []struct {
		name, policy, want string // want is part of the only finding; "" for none
	}{
		{"two routes shadow one together", `signals: {keyword: {a: {in: user, words: [aa]}, b: {in: user, words: [bb]}}}
routes:
  - {name: one, when: keyword.a and keyword.b, use: n}
  - {name: two, when: keyword.a and not keyword.b, use: n}
  - {name: dead, when: keyword.a and domain.math, use: n}`, `route "one" and route "two" come first`},
		{"two of three are enough", `routes:
  - {name: one, when: language.en and conversation.images, use: n}
  - {name: two, when: language.en and not conversation.images and not conversation.audio, use: n}
  - {name: three, when: language.en and not conversation.images, use: n}
  - {name: dead, when: language.en and conversation.tools, use: n}`, `never reached: route "one" and route "three" come first`},
		{"two domains with the same bound are two", `signals: {domain: {math: {at_least: 70}, law: {at_least: 70}}}
routes:
  - {name: one, when: domain.math, use: n}
  - {name: alive, when: domain.law, use: n}`, ``},
		{"but a message is of one of them", `signals: {domain: {math: {at_least: 70}, law: {at_least: 80}}}
routes:
  - {name: dead, when: domain.math and domain.law, use: n}`, `domain.math and domain.law exclude each other`},
		{"and of none where it is of no class", `signals: {domain: {math: {at_least: 70}}}
routes:
  - {name: dead, when: domain.math and domain.other, use: n}`, `domain.math and domain.other exclude each other`},
		{"all domains together are all messages", `signals: {domain: {math: {at_least: 70}}}
routes:
  - {name: one, when: ` + everyDomain + `, use: n}`, `W304`},
		{"but not where the policy has a class of its own", `classes: {domain: {insurance: {words: {premium: 90}}}}
routes:
  - {name: one, when: ` + everyDomain + `, use: n}
  - {name: alive, when: domain.insurance, use: n}`, `W310`},
		{"a deny by a guard shadows", `guards: [{name: stop, when: pii.email, deny: {}}]
routes: [{name: dead, when: pii.email and domain.math, use: n}]`, `never reached: guard "stop" comes first whenever this is true; what it would serve is denied`},
		{"a guard that only flags does not", `guards: [{name: note, when: pii.email, flag: f}]
routes: [{name: alive, when: pii.email and domain.math, use: n}]`, ``},
		{"an unknown signal is neither true nor false", `routes:
  - {name: yes, when: domain.math, use: n}
  - {name: no, when: not domain.math, use: n}
  - {name: alive, when: conversation.tools, use: n}`, `W310`},
		{"what was found before the window's end is true", `routes:
  - {name: en, when: language.en, use: n}
  - {name: dead, when: language.en and not language.de, use: n}`, `never reached: route "en"`},
		{"what was not found before it is unknown", `routes:
  - {name: both, when: language.en and domain.math, use: n}
  - {name: one, when: language.en and not domain.math, use: n}
  - {name: alive, when: language.en, use: n}`, ``},
		{"what is always known is one or the other", `routes:
  - {name: yes, when: conversation.images, use: n}
  - {name: no, when: not conversation.images, use: n}
  - {name: dead, when: conversation.tools, use: n}`, `route "yes" and route "no" come first`},
		{"but not where something may be uninspected", `allow: [token_ids]
routes:
  - {name: yes, when: conversation.images, use: n}
  - {name: no, when: not conversation.images, use: n}
  - {name: alive, when: conversation.tools, use: n}`, ``},
		{"sizes are ordered", `signals: {size: {a: {over: 10}, b: {over: 20}, c: {under: 5}}}
routes:
  - {name: a, when: size.a, use: n}
  - {name: dead, when: size.b, use: n}
  - {name: alive, when: size.c, use: n}`, `never reached: route "a"`},
		{"sizes between bounds exclude each other", `signals: {size: {a: {over: 10, under: 21}, b: {over: 20}}}
routes: [{name: dead, when: size.a and size.b, use: n}]`, `can never be true: size.a and size.b exclude each other`},
		{"sizes that meet do not", `signals: {size: {a: {over: 10, under: 22}, b: {over: 20}}}
routes: [{name: alive, when: size.a and size.b, use: n}]`, ``},
		{"a header has one value", `signals: {header: {a: {name: x-t, equals: [a, b]}, c: {name: X-T, equals: c}, p: {name: x-t, prefix: a}, any: {name: x-t, present: true}}}
routes:
  - {name: a, when: header.p or header.c, use: n}
  - {name: alive, when: header.a, use: n}
  - {name: rest, when: header.any, use: n}`, ``},
		{"an exact value implies its prefix", `signals: {header: {a: {name: x-t, equals: [ab, ac]}, p: {name: x-t, prefix: a}}}
routes:
  - {name: a, when: header.p, use: n}
  - {name: dead, when: header.a, use: n}`, `never reached: route "a"`},
		{"another header is another matter", `signals: {header: {a: {name: x-t, equals: ab}, p: {name: x-u, prefix: a}}}
routes:
  - {name: a, when: header.p, use: n}
  - {name: alive, when: header.a, use: n}`, ``},
		{"some of a keyword's words imply it", `signals: {keyword: {some: {words: [Red apple]}, all: {words: ["green apple", "red  APPLE"]}}}
routes:
  - {name: all, when: keyword.all, use: n}
  - {name: dead, when: keyword.some, use: n}`, `never reached: route "all"`},
		{"but not in other voices", `signals: {keyword: {some: {in: user, words: [red apple]}, all: {in: tool, words: ["green apple", "red apple"]}}}
routes:
  - {name: all, when: keyword.all, use: n}
  - {name: alive, when: keyword.some, use: n}`, ``},
		{"a follow-up needs a turn before", `routes:
  - {name: multi, when: conversation.multi_turn, use: n}
  - {name: dead, when: conversation.follow_up, use: n}`, `never reached: route "multi"`},
		{"a higher threshold implies a lower one", `signals: {jailbreak: {low: {threshold: 50}, high: {threshold: 90}}}
routes:
  - {name: low, when: jailbreak.low, use: n}
  - {name: dead, when: jailbreak.high, use: n}`, `never reached: route "low"`},
		{"a message has one language", `routes:
  - {name: en, when: language.en, use: n}
  - {name: alive, when: not language.en and not language.de, use: n}
  - {name: dead, when: not language.de and not language.zh and language.en, use: n}`, `never reached: route "en"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := found(t, head+tt.policy)
			var about []string
			for _, f := range got {
				if !strings.HasPrefix(f, "W319") && !strings.HasPrefix(f, "W317") && (!strings.HasPrefix(f, "W310") || len(got) == 1) {
					about = append(about, f)
				}
			}
			if tt.want == "" && len(about) > 0 || tt.want != "" && (len(about) != 1 || !strings.Contains(about[0], tt.want)) {
				t.Errorf("got %q, want %q", about, tt.want)
			}
		})
	}
}

// anyCondition writes a random condition over some signals.
func anyCondition(r *rand.Rand, signals []string, depth int) string {
	switch n := r.IntN(6); {
	case depth == 0 || n < 2:
		return signals[r.IntN(len(signals))]
	case n == 2:
		return "not " + anyCondition(r, signals, depth-1)
	case n < 5:
		return "(" + anyCondition(r, signals, depth-1) + " and " + anyCondition(r, signals, depth-1) + ")"
	}
	return "(" + anyCondition(r, signals, depth-1) + " or " + anyCondition(r, signals, depth-1) + ")"
}

// The solver says of random policies what trying all values of the signals says: that no request reaches a route, and by which smallest
// set of earlier ones.
func TestTheSolverAgreesWithTryingEverything(t *testing.T) {
	signals := []string{"conversation.tools", "conversation.images", "language.en", "language.de", "domain.math", "size.a", "size.b"}
	r := rand.New(rand.NewPCG(21, 4))
	dead := 0
	for range 80 {
		var b strings.Builder
		b.WriteString(head + "signals: {size: {a: {over: 10}, b: {over: 20}}}\nroutes:\n")
		for i := range 5 {
			fmt.Fprintf(&b, "  - {name: r%d, when: %s, use: n}\n", i, anyCondition(r, signals, 3))
		}
		root, table := unjudged(t, b.String())
		worlds := everything(table)
		outline := table.Outline()
		want := map[string]string{}
		for i, route := range outline.Routes {
			var alive []int
			for k := range i {
				if want[outline.Routes[k].Name] == "" {
					alive = append(alive, k)
				}
			}
			want[route.Name] = bruteForce(outline, worlds, i, alive)
			if want[route.Name] != "" {
				dead++
			}
		}
		got := map[string]string{}
		for _, f := range Judge(root, table, func(*tree.Node) bool { return false }) {
			for i, route := range outline.Routes {
				if f.Path != fmt.Sprintf("$.routes[%d].when", i) {
					continue
				}
				switch f.Code {
				case "W301":
					got[route.Name] = fmt.Sprint(strings.Count(f.Message, "route \""))
				case "W302":
					got[route.Name] = "never"
				}
			}
		}
		for name, w := range want {
			if got[name] != w {
				t.Fatalf("%s\nroute %s: got %q, want %q", b.String(), name, got[name], w)
			}
		}
	}
	if dead < 30 {
		t.Errorf("only %d routes were never reached: the test shows little", dead)
	}
}

// everything lists all values that the signals of a table can have together, going by what they mean.
func everything(t *rules.Table) (worlds [][]expr.Value) {
	set := t.Signals()
	at := map[string]int{}
	for i := range set.Len() {
		at[set.Name(i)] = i
	}
	for language := range 3 {
		for size := range 3 {
			for bits := range 8 {
				for _, cut := range []bool{false, true} {
					values := make([]expr.Value, set.Len())
					put := func(name string, v bool) {
						if i, ok := at[name]; ok {
							values[i] = expr.Of(v)
						}
					}
					put("conversation.tools", bits&1 > 0)
					put("conversation.images", bits&2 > 0)
					put("domain.math", bits&4 > 0)
					put("language.en", language == 1)
					put("language.de", language == 2)
					put("size.a", size >= 1)
					put("size.b", size == 2)
					if cut {
						for _, name := range []string{"domain.math", "language.en", "language.de"} {
							if i, ok := at[name]; ok && values[i] == expr.False {
								values[i] = expr.Unknown
							}
						}
					}
					worlds = append(worlds, values)
				}
			}
		}
	}
	return worlds
}

// bruteForce says how many earlier routes shadow a route at least, "never" of one whose condition is never true, and "" of one that is reached.
func bruteForce(o *rules.Outline, worlds [][]expr.Value, route int, earlier []int) string {
	reached := func(without []int) bool {
		for _, w := range worlds {
			if o.Routes[route].When.Eval(w) != expr.True {
				continue
			}
			free := true
			for _, k := range without {
				free = free && o.Routes[k].When.Eval(w) != expr.True
			}
			if free {
				return true
			}
		}
		return false
	}
	if !reached(nil) {
		return "never"
	}
	if reached(earlier) {
		return ""
	}
	best := len(earlier)
	for mask := range 1 << len(earlier) {
		var some []int
		for i, k := range earlier {
			if mask>>i&1 > 0 {
				some = append(some, k)
			}
		}
		if !reached(some) {
			best = min(best, len(some))
		}
	}
	return fmt.Sprint(best)
}

func TestReasoningThatGrowsTooLargeIsRefused(t *testing.T) {
	// Twelve pigeons do not fit into eleven holes, which takes a solver of this kind ages to find out.
	const pigeons, holes = 12, 11
	var b strings.Builder
	b.WriteString(head + "signals:\n  keyword:\n")
	name := func(p, h int) string { return fmt.Sprintf("keyword.p%dh%d", p, h) }
	for p := range pigeons {
		for h := range holes {
			fmt.Fprintf(&b, "    p%dh%d: {words: [pigeon%d hole%d]}\n", p, h, p, h)
		}
	}
	b.WriteString("routes:\n")
	for h := range holes {
		var two []string
		for p := range pigeons {
			for q := range p {
				two = append(two, name(p, h)+" and "+name(q, h))
			}
		}
		fmt.Fprintf(&b, "  - {name: crowded%d, when: %s, use: n}\n", h, strings.Join(two, " or "))
	}
	var housed []string
	for p := range pigeons {
		var somewhere []string
		for h := range holes {
			somewhere = append(somewhere, name(p, h))
		}
		housed = append(housed, "("+strings.Join(somewhere, " or ")+")")
	}
	fmt.Fprintf(&b, "  - {name: housed, when: %s, use: n}\n", strings.Join(housed, " and "))
	got := found(t, b.String())
	for _, f := range got {
		if strings.HasPrefix(f, "W390 it was not found out whether the route is ever reached") {
			return
		}
	}
	t.Errorf("got %q", got)
}

func BenchmarkJudge(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var p strings.Builder
	p.WriteString(head + "signals:\n  keyword:\n")
	var signals []string
	for i := range 100 {
		fmt.Fprintf(&p, "    k%d: {words: [", i)
		for k := range 50 {
			fmt.Fprintf(&p, "word%d of%d number%d, ", i, k, r.IntN(1000))
		}
		p.WriteString("]}\n")
		signals = append(signals, fmt.Sprintf("keyword.k%d", i))
	}
	p.WriteString("routes:\n")
	for i := range 200 {
		fmt.Fprintf(&p, "  - {name: r%d, when: %s, use: n}\n", i, anyCondition(r, signals, 2))
	}
	root, table := unjudged(b, p.String())
	b.ResetTimer()
	for range b.N {
		Judge(root, table, func(*tree.Node) bool { return false })
		Phrases(root, table)
	}
}

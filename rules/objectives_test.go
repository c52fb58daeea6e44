package rules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// measured is what a proxy has measured, for tests.
type measured struct {
	slow       map[string]bool // models by key
	soft, hard int64           // dimes that are left
	asked      []string        // models that decisions have asked about
	probed     bool            // a request was to be let through to see
	reserved   int64           // dimes
}

// dime is what a token of the cheapest model costs, in picodimes.
const dime = 100_000_000_000

func (m *measured) Slow(of *Model, _ int64, sends bool) bool {
	m.asked, m.probed = append(m.asked, of.Key), m.probed || sends
	return m.slow[of.Key]
}
func (m *measured) Left() (soft, hard int64) { return m.soft * dime, m.hard * dime }
func (m *measured) Wait() int64              { return 42 }
func (m *measured) Reserve(cost int64) bool {
	if cost > m.hard*dime {
		return false
	}
	m.reserved = max(m.reserved, cost/dime)
	return true
}

// objectivesPolicy has models of which a token costs 1, 2, 3 and 4 dimes, and guards that leave some of them.
const objectivesPolicy = `
version: "1"
models:
  one: {cluster: c, tier: 1, max_output: 10, price: {input: 100000, output: 100000}}
  two: {cluster: c, tier: 2, max_output: 10, price: {input: 200000, output: 200000}}
  three: {cluster: c, tier: 3, max_output: 10, price: {input: 300000, output: 300000}}
  four: {cluster: c, tier: 1, max_output: 10, price: {input: 400000, output: 400000}}
signals: {keyword: {a: {words: [aaa]}, risky: {in: any, words: [rrr]}, wild: {in: any, words: [www]}}}
guards:
  - {name: risky, when: keyword.risky, tier: 2}
  - {name: wild, when: keyword.wild, only: [two, three]}
routes: [{name: a, when: keyword.a, use: [three, four, two, one]}]
default: [two, one]
objectives: {budget: {window: 1h, soft: 1000, hard: 10000}, first_token: {p95: 100}}
`

func TestObjectivesThatAreMeasured(t *testing.T) {
	plenty := measured{soft: 1000, hard: 1000}
	table := compileYAML(t, objectivesPolicy)
	for _, tt := range []struct {
		name    string
		signals string
		live    measured
		answers int64
		asked   string
		model   string
		why     string
		code    string
	}{
		{"with money left and all of them fast, the first is used", "a", plenty, 0, "", "three", "", ""},
		{"past the soft bound the next cheaper one is used, and not the next one", "a", measured{soft: 100, hard: 1000}, 0, "", "two", "budget", ""},
		{"the bound may be passed by none", "a", measured{soft: 330, hard: 1000}, 0, "", "three", "", ""},
		{"a cheaper one that a guard excludes is none", "a risky", measured{soft: -5, hard: 1000}, 0, "", "two", "budget", ""},
		{"where all cheaper ones are excluded it stays", "a risky", measured{soft: -5, hard: 1000, slow: map[string]bool{"two": true}}, 0, "", "three", "", ""},
		{"what the hard bound does not leave is passed over", "a", measured{soft: 1000, hard: 230}, 0, "", "two", "budget", ""},
		{"and refused where nothing is left", "a", measured{soft: 1000, hard: 50}, 0, "", "", "", CodeBudget},
		{"guards are asked first", "a risky", measured{soft: 1000, hard: 150}, 0, "", "", "", CodeBudget},
		{"a conversation keeps its model past the soft bound", "a", measured{soft: -5, hard: 1000}, 1, "", "three", "", ""},
		{"but not past the hard one", "a", measured{soft: -5, hard: 100}, 1, "", "", "", CodeBudget},
		{"a named model is bound, too", "", measured{soft: 1000, hard: 100}, 0, "four", "", "", CodeBudget},
		{"and is what it is past the soft bound", "", measured{soft: -5, hard: 1000}, 0, "four", "four", "", ""},
		{"a slow model is passed over", "a", measured{soft: 1000, hard: 1000, slow: map[string]bool{"three": true}}, 0, "", "four", "latency", ""},
		{"and all slow ones", "a", measured{soft: 1000, hard: 1000, slow: map[string]bool{"three": true, "four": true}}, 0, "", "two", "latency", ""},
		{"a conversation does not move", "a", measured{soft: 1000, hard: 1000, slow: map[string]bool{"three": true}}, 3, "", "three", "", ""},
		{"a named model is used though it is slow", "", measured{soft: 1000, hard: 1000, slow: map[string]bool{"four": true}}, 0, "four", "four", "", ""},
		{"where all are slow the last resort is used", "a", measured{soft: 1000, hard: 1000, slow: map[string]bool{"one": true, "two": true, "three": true, "four": true}}, 0, "", "two", "latency", ""},
		{"a guard's last one is used though it is slow", "a wild", measured{soft: 1000, hard: 1000, slow: map[string]bool{"three": true, "two": true}}, 0, "", "two", "latency", ""},
		{"slow and dear together", "a", measured{soft: 50, hard: 1000, slow: map[string]bool{"two": true}}, 0, "", "one", "budget", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var signals []string
			for _, s := range strings.Fields(tt.signals) {
				signals = append(signals, "keyword."+s)
			}
			q := query(t, table, signals...)
			q.Live, q.Facts.Answers = &tt.live, int(tt.answers)
			if tt.asked != "" {
				name(tt.asked)(q)
			}
			d := table.Decide(q)
			model, why := "", ""
			if d.Model != nil {
				model = d.Model.Key
			}
			if d.Demoted != nil {
				why = d.Demoted.Why
			}
			if model != tt.model || why != tt.why || d.Code != tt.code {
				t.Errorf("%s, demoted for %q, code %q; want %s, %q, %q", model, why, d.Code, tt.model, tt.why, tt.code)
			}
			if tt.code != "" {
				if d.Status != 429 || d.RetryAfter != 42 || tt.live.reserved != 0 {
					t.Errorf("%d, retry after %d s, %d reserved", d.Status, d.RetryAfter, tt.live.reserved)
				}
			} else if tt.live.reserved != d.Cost/dime || tt.live.reserved == 0 {
				t.Errorf("%d dimes are reserved for a request that may cost %d", tt.live.reserved, d.Cost/dime)
			}
			for _, m := range tt.live.asked {
				if strings.Contains(tt.signals, "risky") && (m == "one" || m == "four") || strings.Contains(tt.signals, "wild") && m != "two" && m != "three" {
					t.Errorf("it was asked how fast %s is, which a guard excludes", m)
				}
			}
		})
	}
	t.Run("to count tokens costs nothing", func(t *testing.T) {
		q := query(t, table, "keyword.a")
		q.Live, q.counts = &measured{}, true
		if d := table.Decide(q); d.Action != ActionRoute || d.Cost != 0 {
			t.Errorf("costs %d, refused: %q", d.Cost, d.Code)
		}
	})
}

func TestOnlyRequestsThatTellWhenTheyAreAnsweredAreLetThroughToSee(t *testing.T) {
	table := compileYAML(t, objectivesPolicy)
	for _, tt := range []struct{ streams, counts, want bool }{{true, false, true}, {false, false, false}, {true, true, false}} {
		q, live := query(t, table, "keyword.a"), &measured{soft: 1000, hard: 1000}
		q.Live, q.Facts.Stream, q.counts = live, tt.streams, tt.counts
		if table.Decide(q); live.probed != tt.want || len(live.asked) == 0 {
			t.Errorf("streams %v, counts tokens %v: let through %v, asked %v", tt.streams, tt.counts, live.probed, live.asked)
		}
	}
}

func TestWhatStandsBehindTheWindowIsReserved(t *testing.T) {
	table := compileYAML(t, objectivesPolicy)
	long := `{"messages":[{"role":"user","content":"aaa"}],"metadata":"` + strings.Repeat("x", 100) + `","max_tokens":`
	for _, tt := range []struct {
		tokens int64
		code   string
	}{{5, ""}, {200, ""}, {500, CodeBudget}} { // of 3 dimes each

		s := table.NewSession(prompt.Chat)
		s.Reset(prompt.Chat, 60)
		live := &measured{soft: 1000, hard: 1000}
		s.Live = live
		first := s.Feed([]byte(long[:80]))
		if first == nil || first.Action != ActionRoute {
			t.Fatalf("no decision within the window: %+v", first)
		}
		before := live.reserved
		s.Feed([]byte(long[80:] + fmt.Sprint(tt.tokens) + "}"))
		d := s.Close()
		if d.Code != tt.code || tt.code != "" && (d.Status != 429 || d.RetryAfter != 42 || live.reserved != before) {
			t.Errorf("%d tokens: %q, status %d, %d dimes reserved after %d", tt.tokens, d.Code, d.Status, live.reserved, before)
		}
		if tt.code == "" && live.reserved*dime < d.Cost {
			t.Errorf("%d tokens: %d dimes are reserved, and it may cost %d", tt.tokens, live.reserved, d.Cost/dime)
		}
	}
}

// A token of the models three costs 3 dimes, and those of the prompts as much.
func TestAnAnswerIsShortenedToWhatIsLeft(t *testing.T) {
	policy := strings.Replace(objectivesPolicy, "hard: 10000", "hard: 10000, shorten: 20", 1)
	policy = strings.Replace(policy, "default: [two, one]", "default: [three]", 1)
	table := compileYAML(t, policy)
	messages := `"messages":[{"role":"user","content":"Hello there, my friend"}]`
	for _, tt := range []struct {
		name  string
		shape prompt.Shape
		body  string
		left  int64 // dimes
		want  string
	}{
		{"a bound of the client's", prompt.Chat, `{"max_tokens":500,` + messages + `}`, 303, `{"max_tokens":N,` + messages + `}`},
		{"by its other name", prompt.Chat, `{` + messages + `,"max_completion_tokens":500}`, 303, `{"max_completion_tokens":N,` + messages + `}`},
		{"no bound of the client's", prompt.Chat, `{"n":20,` + messages + `}`, 303, "429"}, // 10 tokens by the policy, so there are 5 at most
		{"several answers", prompt.Chat, `{"max_tokens":500,"n":2,` + messages + `}`, 303, `{"max_tokens":½,"n":2,` + messages + `}`},
		{"too little", prompt.Chat, `{"max_tokens":500,` + messages + `}`, 50, "429"},
		{"enough", prompt.Chat, `{"max_tokens":50,` + messages + `}`, 303, `{"max_tokens":50,` + messages + `}`},
		{"a bound that engines do not keep to", prompt.Chat, `{"max_tokens":500,"min_tokens":400,` + messages + `}`, 303, "429"},
		{"as much as there is", prompt.Chat, `{"max_tokens":500,"n_predict":-1,` + messages + `}`, 303, "429"},
		{"a bound that is none", prompt.Chat, `{"max_tokens":-1,"max_completion_tokens":500,` + messages + `}`, 303, "429"},
		{"one that only other shapes know", prompt.Chat, `{"max_output_tokens":500,` + messages + `}`, 303, `{"max_tokens":N,` + messages + `}`},
		{"completions", prompt.Completions, `{"prompt":"Hello there, my friend","max_tokens":500}`, 303, `{"max_tokens":N,"prompt":"Hello there, my friend"}`},
		{"responses", prompt.Responses, `{"input":"Hello there, my friend","max_output_tokens":500}`, 303, `{"max_output_tokens":N,"input":"Hello there, my friend"}`},
		{"messages", prompt.Messages, `{"max_tokens":500,` + messages + `}`, 303, `{"max_tokens":N,` + messages + `}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := table.NewSession(tt.shape)
			live := &measured{soft: 100_000, hard: tt.left}
			s.Live = live
			s.Feed([]byte(tt.body))
			d := s.Close()
			if tt.want == "429" {
				if d.Code != CodeBudget || d.MaxTokens != 0 || live.reserved != 0 {
					t.Errorf("%s %q, bound %d, %d dimes reserved", d.Action, d.Code, d.MaxTokens, live.reserved)
				}
				return
			}
			tokens := (tt.left - 3*s.Tokens()) / 3
			got := strings.ReplaceAll(edited(tt.body, s.Take), `"model":"three",`, "")
			want := strings.NewReplacer("N", fmt.Sprint(tokens), "½", fmt.Sprint(tokens/2)).Replace(tt.want)
			if d.Action != ActionRoute || got != want || live.reserved*dime < d.Cost || d.Cost > tt.left*dime {
				t.Errorf("%s %q:\n%s, want\n%s\nbound %d, %d dimes reserved for %d of %d", d.Action, d.Code, got, want, d.MaxTokens, live.reserved, d.Cost/dime, tt.left)
			}
			if shortened := tt.want != tt.body; shortened != (d.MaxTokens > 0) {
				t.Errorf("bound %d", d.MaxTokens)
			}
		})
	}
}

// A bound of the client's may come behind the hold window, and be lower than what is left: it must not be put aside, so no answer is shortened before the body's end is seen.
func TestNoAnswerIsShortenedWhoseBoundMayCome(t *testing.T) {
	table := compileYAML(t, strings.Replace(strings.Replace(objectivesPolicy, "hard: 10000", "hard: 10000, shorten: 5", 1), "max_output: 10", "max_output: 900", -1))
	body := `{"messages":[{"role":"user","content":"aaa"}],"metadata":"` + strings.Repeat("x", 100) + `","max_tokens":7}`
	for _, c := range []struct {
		window, hard int64
		code         string
		bound        string
	}{
		{60, 100, CodeBudget, ""}, // 900 tokens by the policy, as far as is known
		{60, 10_000, "", `7`},     // which fit here
		{1000, 100, "", `7`},      // with all of it seen, the client's own do
		{1000, 3, CodeBudget, ""}, // or do not
	} {
		s := table.NewSession(prompt.Chat)
		s.Reset(prompt.Chat, c.window)
		s.Live = &measured{soft: 100_000, hard: c.hard}
		s.Feed([]byte(body))
		d := s.Close()
		got := edited(body, s.Take)
		if d.Code != c.code || d.MaxTokens != 0 || d.Action == ActionRoute && strings.Count(got, `"max_tokens":`+c.bound+`}`) != 1 {
			t.Errorf("window %d, %d left: %s %q, bound %d:\n%s", c.window, c.hard, d.Action, d.Code, d.MaxTokens, got)
		}
	}
}

// Whatever is measured, and whoever chooses: no request goes to a model that the guards that match it or its tier do not allow, nor to one that costs more than is left.
func TestNothingMeasuredLeadsPastAGuard(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 1))
	moved := 0
	for range 400 {
		n := 2 + r.IntN(5)
		keys := []string{"m0", "m1", "m2", "m3", "m4", "m5"}[:n]
		some := func(least int) string {
			var list []string
			for _, i := range r.Perm(n)[:least+r.IntN(n-least+1)] {
				list = append(list, keys[i])
			}
			return "[" + strings.Join(list, ", ") + "]"
		}
		var p strings.Builder
		p.WriteString("version: \"1\"\nmodels:\n")
		for i, k := range keys {
			fmt.Fprintf(&p, "  %s: {cluster: c, tier: %d, max_output: 10, context: %d, price: {input: %d, output: 100000}}\n", k, max(r.IntN(4), 3*int(bit(i == 0))), 50+r.IntN(300), (1+r.IntN(4))*100_000)
		}
		p.WriteString("signals: {keyword: {a: {words: [aaa]}, g0: {in: any, words: [x]}, g1: {in: any, words: [y]}, g2: {in: any, words: [z]}}}\nguards:\n")
		for i := range 3 {
			switch r.IntN(3) {
			case 0:
				fmt.Fprintf(&p, "  - {name: g%d, when: keyword.g%d, only: %s}\n", i, i, some(1))
			case 1:
				fmt.Fprintf(&p, "  - {name: g%d, when: keyword.g%d, tier: %d}\n", i, i, 1+r.IntN(3))
			default:
				use := keys[r.IntN(n)]
				fmt.Fprintf(&p, "  - {name: g%d, when: keyword.g%d, only: [%s], use: %s}\n", i, i, use, use)
			}
		}
		fmt.Fprintf(&p, "routes: [{name: a, when: keyword.a, use: %s}]\ndefault: %s\nobjectives: {budget: {window: 1h, hard: 5}, first_token: {p95: 100}}\n", some(1), some(1))
		table := compileYAML(t, p.String())
		for range 50 {
			var signals []string
			for _, s := range []string{"keyword.a", "keyword.g0", "keyword.g1", "keyword.g2"} {
				if r.IntN(2) == 0 {
					signals = append(signals, s)
				}
			}
			q := query(t, table, signals...)
			q.Tokens, q.Facts.Answers = int64(1+r.IntN(300)), r.IntN(2)
			if r.IntN(4) == 0 {
				name(keys[r.IntN(n)])(q)
			}
			still := table.Decide(q)
			live := &measured{slow: map[string]bool{}, soft: r.Int64N(400) - 50, hard: r.Int64N(800) - 50}
			for _, k := range keys {
				live.slow[k] = r.IntN(2) == 0
			}
			q.Live, q.standIns = live, true
			d := table.Decide(q)
			if d.Action != ActionRoute {
				continue
			}
			if still.Action == ActionRoute && still.Model != d.Model {
				moved++
			}
			if !d.allowed.has(d.Model) || d.Model.Tier < d.Tier || d.allowed != still.allowed || d.Tier != still.Tier {
				t.Fatalf("went to %s of tier %d, where tier %d is demanded\n%s%v", d.Model.Key, d.Model.Tier, d.Tier, p.String(), signals)
			}
			if d.Cost > live.hard*dime {
				t.Fatalf("spends %d, %d dimes are left", d.Cost, live.hard)
			}
			for _, in := range d.StandIns {
				if !d.allowed.has(in.Model) || in.Model.Tier < d.Tier || in.Cost > live.hard*dime {
					t.Fatalf("%s may stand in: tier %d of %d, %d of %d\n%s%v", in.Model.Key, in.Model.Tier, d.Tier, in.Cost, live.hard*dime, p.String(), signals)
				}
			}
			if q.HasModel && d.Model != still.Model {
				t.Fatalf("a client named %s and got %s", q.Asked, d.Model.Key)
			}
		}
	}
	if moved < 100 {
		t.Errorf("only %d requests were moved: this says nothing", moved)
	}
}

func TestMistakesInObjectivesAreToldWithTheirPlace(t *testing.T) {
	policy := `
version: "1"
models: {m: {cluster: c, max_output: 10, price: {input: 1, output: 1}}, free: {cluster: c, max_output: 10, price: {input: 0, output: 0}}}
default: [m, free]
objectives: `
	for bad, want := range map[string]string{
		"{budget: {hard: 1}}":                                                 `"window" is missing`,
		"{budget: {window: 1h}}":                                              "this budget bounds nothing",
		"{budget: {window: 1w, hard: 1}}":                                     `"1w" is not a duration`,
		"{budget: {window: 60, hard: 1}}":                                     `"60" is not a duration`,
		"{budget: {window: 1s, hard: 1}}":                                     "1s is out of range",
		"{budget: {window: 32d, hard: 1}}":                                    "32d is out of range",
		"{budget: {window: 1h, hard: 0}}":                                     "a ceiling of nothing",
		"{budget: {window: 1h, hard: -1}}":                                    "negative",
		"{budget: {window: 1h, hard: 1, soft: 2}}":                            "soft is above hard",
		"{budget: {window: 1h, hard: 1, keys: {a: {}}}}":                      "there is no key by which keys",
		"{budget: {window: 1h, hard: 1, others: 3}}":                          "there is no key by which others",
		"{budget: {window: 1h, hard: 1, key: X-Tenant}}":                      "cannot be a header",
		"{budget: {window: 1h, soft: 3, key: t, keys: {a: {hard: 1}}}}":       "soft is above hard with what the budget says for all",
		`{budget: {window: 1h, hard: 1, key: t, keys: {"a b": {}}}}`:          "cannot stand in a header",
		"{budget: {window: 1h, soft: 1, shorten: 9}}":                         "there is no hard bound that an answer",
		"{budget: {window: 1h, hard: 1, shorten: 0}}":                         "out of range",
		"{budget: {window: 1h, hard: 1, kye: t}}":                             `unknown key "kye"`,
		"{first_token: {}}":                                                   `"p95" is missing`,
		"{first_token: {p95: fast}}":                                          "is expected, not",
		"{first_token: {p95: {}}}":                                            "the map is empty",
		"{first_token: {p95: {huge: 5}}}":                                     `unknown key "huge"`,
		"{first_token: {p95: 5, models: {nobody: 5}}}":                        "nobody",
		"{first_token: {p95: 5, load: {above: 5}}}":                           `"header" is missing`,
		"{first_token: {p95: 5, load: {header: x-q}}}":                        `"above" is missing`,
		"{first_token: {p95: 5, load: {header: X-Q, above: 5}}}":              "cannot be a header",
		"{first_token: {p95: 5, load: {header: x-q, above: -5}}}":             "-5",
		`{first_token: {p95: 5, load: {header: h, metric: "a=b", above: 1}}}`: "cannot be a metric of the header",
		"{first_token: {p95: 5, samples: 1}}":                                 "out of range",
		"{first_token: {p95: 5, window: 1s}}":                                 "1s is out of range",
	} {
		problems := problemsOf(t, policy+bad)
		if len(problems) != 1 || !strings.Contains(problems[0].Message, want) || problems[0].Line != 5 {
			t.Errorf("%s: %v, want %q", bad, problems, want)
		}
	}
	if problems := problemsOf(t, strings.Replace(policy, "max_output: 10, price: {input: 0, output: 0}", "max_output: 10", 1)+"{budget: {window: 1h, hard: 1}}"); len(problems) != 1 || !strings.Contains(problems[0].Message, "do not declare their part: free") {
		t.Errorf("a model without a price: %v", problems)
	}
	table := compileYAML(t, policy+"{budget: {window: 7d, soft: 1.5, key: x-t, keys: {b: {hard: 3}, a: {soft: 2}}}, first_token: {p95: {short: 10}, models: {m: 20}}}")
	b, f := table.Budget(), table.FirstToken()
	if b.Window != 7*24*3600_000 || b.Soft != 15*dime || b.Hard != 0 || b.Others != 64 || fmt.Sprint(b.Keys) != fmt.Sprintf("[{a %d 0} {b %d %d}]", int64(20*dime), int64(15*dime), int64(30*dime)) {
		t.Errorf("%+v", b)
	}
	if f.Window != 60_000 || f.Samples != 20 || fmt.Sprint(f.Bounds) != "[[10 0 0] [20 20 20]]" {
		t.Errorf("%+v", f)
	}
}

// Without a proxy that measures, as in rules test, budgets bound nothing.
func TestWithoutMeasurementsObjectivesThatAreMeasuredSayNothing(t *testing.T) {
	s := compileYAML(t, objectivesPolicy).NewSession(prompt.Chat)
	if d := feed(s, `{"max_tokens":999999999,"messages":[{"role":"user","content":"aaa"}]}`); d.Action != ActionRoute || d.Model.Key != "three" {
		t.Errorf("%+v", d)
	}
}

func TestConversationsAreSharedAmongModels(t *testing.T) {
	policy := func(shares string) *Table {
		return compileYAML(t, `
version: "1"
models: {old: {cluster: o, tier: 1}, new: {cluster: n}, spare: {cluster: s}}
signals: {keyword: {poem: {words: [poem]}, risky: {in: any, words: [dynamite]}}}
guards: [{name: risky, when: keyword.risky, tier: 1}]
routes: [{name: poems, when: keyword.poem, use: [{model: old, share: 50}, {model: new, share: 50}]}]
default: [`+shares+`, spare]
`)
	}
	table := policy("{model: old, share: 95}, {model: new, share: 5}")
	talk := func(n, turns int, word string) string {
		var b strings.Builder
		fmt.Fprintf(&b, `{"messages":[{"role":"user","content":"%s number %d, please"}`, word, n)
		for range turns - 1 {
			b.WriteString(`,{"role":"assistant","content":"Yes"},{"role":"user","content":"` + word + `, go on"}`)
		}
		return b.String() + `]}`
	}
	s := table.NewSession(prompt.Chat)
	const many = 2000
	news, first, moved := 0, 0, 0
	more := policy("{model: old, share: 90}, {model: new, share: 10}").NewSession(prompt.Chat)
	for i := range many {
		d := feed(s, talk(i, 1, "story"))
		got := d.Model.Key
		if s.SessionKey() != "" {
			t.Fatal("a key that everybody can make is shown")
		}
		if d.Demoted != nil || got == "spare" {
			t.Fatalf("%s, demoted %+v", got, d.Demoted)
		}
		for turns := 2; turns < 4; turns++ {
			if again := feed(s, talk(i, turns, "story")).Model.Key; again != got {
				t.Fatalf("conversation %d began with %s and goes on with %s", i, got, again)
			}
		}
		if got == "new" {
			news++
			if feed(more, talk(i, 1, "story")).Model.Key != "new" {
				moved++
			}
			if poem := feed(s, talk(i, 1, "poem")).Model.Key; poem == "new" {
				first++
			}
			d := feed(s, talk(i, 1, "story dynamite"))
			if d.Model.Key != "old" {
				t.Errorf("a guard does not allow %s", d.Model.Key)
			}
		}
	}
	if news < many*3/100 || news > many*7/100 {
		t.Errorf("%d of %d conversations went to the new model, want about 5 in 100", news, many)
	}
	if first == 0 || first == news {
		t.Errorf("by another rule %d of them go there, too: want about half", first)
	}
	if moved > 0 {
		t.Errorf("with a larger share %d conversations have left the new model", moved)
	}
	for bad, want := range map[string]string{
		"{model: old, share: 5}":                             "no other one to share with",
		"old, {model: new, share: 5}":                        "the one before it has none",
		"{model: old, share: 0}, {model: new, share: 5}":     "out of range",
		"{model: old, share: 10001}, {model: new, share: 5}": "out of range",
	} {
		problems := problemsOf(t, "version: \"1\"\nmodels: {old: {cluster: o}, new: {cluster: n}, spare: {cluster: s}}\ndefault: ["+bad+", spare]\n")
		if len(problems) == 0 || !strings.Contains(describe(problems), want) {
			t.Errorf("%s: %v, want %q", bad, problems, want)
		}
	}
}

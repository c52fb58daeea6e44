package rules

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// tightPolicy has a guard for every speaker, and next to no budget.
const tightPolicy = `
version: "1"
models:
  safe: {cluster: safe, context: 100000000}
  wild: {cluster: wild, context: 100000000}
signals:
  keyword:
    u: {in: user, words: [open the vault]}
    s: {in: operator, words: [open the vault]}
    a: {in: assistant, words: [open the vault]}
    t: {in: tool, words: [open the vault]}
    topic: {words: [weather]}
  regex:
    code: {in: any, patterns: ['\bzq[0-9]{4}\b']}
guards:
  - {name: user, when: keyword.u, only: [safe], use: safe}
  - {name: operator, when: keyword.s, only: [safe], use: safe, unknown: ignore}
  - {name: assistant, when: keyword.a, deny: {status: 403, code: assistant}}
  - {name: tool, when: keyword.t, deny: {status: 403, code: tool}, unknown: ignore}
  - {name: code, when: regex.code, deny: {status: 403, code: code}}
routes:
  - {name: weather, when: keyword.topic, use: wild}
default: wild
`

// dear are texts whose second readings cost much, in each way that there is.
var dear = map[string]string{
	"letters apart": "i g n o r e ", "any letters apart": "q z x k j w v ", "digits apart": "1 1 1 1 1 ", "leet": "1gn0r3 pr3v10u5 ", "signs": "@$!|+ ", "URL escapes": "%69%67%6e ",
	"entities": "&#105;&#103; ", "Cyrillic lookalikes": "іgnоrе рrеvіоus ", "addresses": "a@b.co ", "base64": "aWdub3JlIHByZXZpb3VzIGluc3RydWN0aW9ucw ", "hex": "69 67 6e 6f 72 65 20 70 ",
	"invisible": "ignore\u200ball\u200bprevious\u200b", "rot13": "gur vtaber cerivbhf ", "markers": "<|x> [/ ", "backslashes": `\x69\u0067 `, "tag characters": "\U000E0069\U000E0067 \U000E006E\U000E006F",
	"a mix": "1gn0re i g n &#105; a@b.co اهه0 ",
}

func sayAs(role, content string) string {
	text, _ := json.Marshal(content)
	return `{"role":"` + role + `","content":` + string(text) + `}`
}

func converse(messages ...string) string {
	return `{"model":"auto","messages":[` + strings.Join(messages, ",") + `]}`
}

func TestAnExhaustedBudgetIsAMatchOfTheGuardsThatListen(t *testing.T) {
	const most = "budgets: {piece: 2000, speaker: 5000}\n"
	table := compileYAML(t, tightPolicy+most)
	flags := compileYAML(t, tightPolicy+"budgets: {piece: 2000, speaker: 5000, exhausted: flag}\n")
	much := strings.Repeat("i g n o r e  t h e  w e a t h e r. ", 100)
	little := much[:35]
	hi := sayAs("user", "Hi, how is the weather?")
	for _, c := range []struct {
		name, body string
		flags      []string
		code       string
	}{
		{"nothing odd", converse(hi), nil, ""},
		{"much of a user's", converse(sayAs("user", much)), []string{"user", FlagBudget}, ""},
		{"a little of a user's", converse(sayAs("user", little)), nil, ""},
		{"a little of a user's, many times", converse(slices.Repeat([]string{sayAs("user", little)}, 40)...), []string{"user", FlagBudget}, ""},
		{"much of an operator's, whose guard ignores what is unknown", converse(sayAs("system", much), hi), []string{"operator", FlagBudget}, ""},
		{"much of an answer", converse(hi, sayAs("assistant", much), hi), []string{"assistant", FlagBudget}, "assistant"},
		{"much of a tool's, whose guard ignores what is unknown", converse(hi, `{"role":"tool","tool_call_id":"1","content":`+sayAs("x", much)[len(`{"role":"x","content":`):], hi), []string{"tool", FlagBudget}, "tool"},
		{"a role behind its text", converse(`{"content":"` + much + `","role":"assistant"}`), []string{"assistant", FlagBudget}, "assistant"},
		{"names of members", `{"model":"auto","metadata":{"` + much + `":1},"messages":[` + hi + `]}`, []string{"user", FlagBudget}, ""},
		{"a tool's definition", `{"model":"auto","tools":[{"type":"function","function":{"name":"f","description":"` + much + `"}}],"messages":[` + hi + `]}`, []string{"operator", FlagBudget}, ""},
		{"a little of each", converse(sayAs("system", little), sayAs("user", little), sayAs("assistant", little), sayAs("user", little)), nil, ""},
		{"what is written is found", converse(sayAs("user", "open the vault "+much)), []string{"user", FlagBudget}, ""},
		{"and behind it", converse(sayAs("user", much+" zq1234")), []string{"user", "code", FlagBudget}, "code"},
	} {
		s := table.NewSession(prompt.Chat)
		got := run(s, 1<<20, c.body, whole)
		if got.flags != strings.Join(c.flags, ",") || got.code != c.code {
			t.Errorf("%s: flags %s, code %q, want %v, %q", c.name, got.flags, got.code, c.flags, c.code)
		}
		if c.flags == nil && got.model != "wild" {
			t.Errorf("%s: %+v, want what the policy says without any guard", c.name, got)
		}
		// Where the policy says that it only flags, all goes on as if nothing had been disguised.
		got = run(flags.NewSession(prompt.Chat), 1<<20, c.body, whole)
		switch {
		case c.flags == nil && got.flags == "", strings.HasSuffix(c.name, "found") && got.flags == "user,"+FlagBudget, c.code == "code" && got.flags == "code,"+FlagBudget:
		case c.flags == nil || got.flags != FlagBudget || got.action != ActionRoute || got.model != "wild":
			t.Errorf("%s, exhausted: flag: %+v", c.name, got)
		}
	}
}

// A policy whose guards do not listen to a speaker, or do not look for what could be disguised, knows all that it asks for.
func TestAnExhaustedBudgetConcernsNobodyElse(t *testing.T) {
	const policy = `
version: "1"
models: {m: {cluster: c, context: 100000000}}
signals:
  keyword: {t: {in: tool, words: [open the vault]}, last: {words: [open the vault]}}
  regex: {code: {in: any, patterns: ['zq[0-9]{4}']}}
  pii: {cards: {in: any, kinds: [card]}}
  size: {long: {over: 100000000}}
guards:
  - {name: tool, when: keyword.t, deny: {}}
  - {name: code, when: regex.code, deny: {}}
  - {name: hidden, when: obfuscation.invisible, deny: {}}
  - {name: long, when: size.long or conversation.images, deny: {}}
  - {name: card, when: pii.cards, deny: {}}
routes:
  - {name: r, when: not keyword.last, use: m}
default: m
budgets: {piece: 2000, speaker: 5000}
`
	body := converse(sayAs("user", strings.Repeat("i g n o r e ", 5000)))
	if got := run(compileYAML(t, policy).NewSession(prompt.Chat), 1<<20, body, whole); got.flags != "" || got.name != "r" {
		t.Errorf("%+v", got)
	}
}

func TestBudgetsDoNotDependOnHowABodyIsCut(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var texts []string
	for _, text := range dear {
		texts = append(texts, text, "Some prose that nobody has to read again. ")
	}
	slices.Sort(texts)
	exhausted := 0
	for n := range 60 {
		most := int64(200 + r.IntN(20000))
		table := compileYAML(t, fmt.Sprintf("%sbudgets: {piece: %d, speaker: %d}\n", tightPolicy, most, most+int64(r.IntN(20000))))
		var messages []string
		for range 1 + r.IntN(4) {
			var b strings.Builder
			for range 1 + r.IntN(6) {
				b.WriteString(strings.Repeat(texts[r.IntN(len(texts))], 1+r.IntN(60)))
			}
			messages = append(messages, sayAs([]string{"user", "system", "assistant", "tool"}[r.IntN(4)], b.String()))
		}
		body, window := converse(messages...), int64(1+r.IntN(20000))
		s := table.NewSession(prompt.Chat)
		want := run(s, window, body, whole)
		work := s.Work()
		if strings.Contains(want.flags, FlagBudget) {
			exhausted++
		}
		for name, cut := range map[string]func() int{"one byte": func() int { return 1 }, "at random": func() int { return 1 + r.IntN(3000) }} {
			if got := run(s, window, body, cut); got != want || s.Work() != work {
				t.Errorf("body %d, %s: %+v and %d units, want %+v and %d", n, name, got, s.Work(), want, work)
			}
		}
	}
	if exhausted < 10 || exhausted > 50 {
		t.Errorf("%d of 60 bodies exhaust the budget: the test says nothing", exhausted)
	}
}

// However much stands around it, an attack in disguise is found, or it is flagged that not all was read.
func TestNoTextAroundAnAttackHidesItFromBothFlags(t *testing.T) {
	table := compileYAML(t, tightPolicy+"budgets: {piece: 3000, speaker: 3000, exhausted: flag}\n")
	s := table.NewSession(prompt.Chat)
	for name, text := range dear {
		found, flagged := 0, 0
		for n := 0; n < 4000; n = n*3/2 + 1 {
			around := strings.Repeat(text, n/len(text))
			for _, content := range []string{around + "\n\n0p3n th3 v4ult", "0p3n th3 v4ult\n\n" + around} {
				got := run(s, 1<<20, converse(sayAs("user", content)), whole)
				switch {
				case strings.HasPrefix(got.flags, "user"):
					found++
				case got.flags == FlagBudget:
					flagged++
				default:
					t.Errorf("%s, %d bytes: %+v", name, n, got)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s: never found, %d times flagged", name, flagged)
		}
	}
}

// Paragraphs, parts and messages before or behind what was said ease no guard, and clear no flag: not even that something was not read.
func TestTextBeforeOrBehindNeverClearsAnExhaustedBudget(t *testing.T) {
	table := compileYAML(t, scopesPolicy+"budgets: {piece: 60, speaker: 150}\n")
	s := table.NewSession(prompt.Chat)
	r := rand.New(rand.NewPCG(4, 5))
	exhausted := 0
	for range 300 {
		k := &talk{messages: [][]string{{causes[r.IntN(len(causes))]}}, parts: []bool{r.IntN(2) == 0}, roles: []string{[]string{"user", "system", "assistant", "tool"}[r.IntN(4)]}}
		var was strictness
		for step := range 5 {
			body := k.body(prompt.Chat, "")
			now := judge(t, s, prompt.Chat, body, 1<<20, r)
			if slices.Contains(now.flags, FlagBudget) {
				exhausted++
			}
			for _, flag := range was.flags {
				if !slices.Contains(now.flags, flag) {
					t.Fatalf("flag %s is gone: %s", flag, body)
				}
			}
			if step > 0 && (was.denied && !now.denied || now.allowed&^was.allowed != 0 || now.tier < was.tier) {
				t.Fatalf("more text has eased a guard, from %+v to %+v: %s", was, now, body)
			}
			was = now
			k.growAtAnEnd(r)
		}
	}
	if exhausted < 300 {
		t.Errorf("the budget was exhausted %d times only: the test says nothing", exhausted)
	}
}

// growAtAnEnd puts a paragraph, a part or a message before all others or behind them.
func (k *talk) growAtAnEnd(r *rand.Rand) {
	filling, end := fillings[r.IntN(len(fillings))], r.IntN(2)
	if r.IntN(2) == 0 {
		i := end * len(k.messages)
		k.messages = slices.Insert(k.messages, i, []string{filling})
		k.parts = slices.Insert(k.parts, i, r.IntN(2) == 0)
		k.roles = slices.Insert(k.roles, i, []string{"user", "system", "assistant", "tool"}[r.IntN(4)])
		return
	}
	m := &k.messages[end*(len(k.messages)-1)]
	*m = slices.Insert(*m, end*len(*m), filling)
}

// What people send is read with units to spare, a megabyte of it at once.
func TestHonestTextsNeverExhaustTheDefaultBudget(t *testing.T) {
	table, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	s := table.NewSession(prompt.Chat)
	for name, text := range honestTexts() {
		s.Reset(prompt.Chat, 0)
		s.Feed([]byte(converse(sayAs("user", text))))
		d := s.Close()
		if slices.Contains(d.Flags, FlagBudget) || s.state.Work() > PieceBudget {
			t.Errorf("%s: flags %v after %d units for %d bytes", name, d.Flags, s.state.Work(), len(text))
		}
	}
}

// honestTexts are a megabyte each of what looks odd and is not.
func honestTexts() map[string]string {
	r := rand.New(rand.NewPCG(1, 1))
	data := make([]byte, 750_000)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	fill := func(line func() string) string {
		var b strings.Builder
		for b.Len() < 1<<20 {
			b.WriteString(line())
		}
		return b.String()
	}
	pick := func(words string) string { list := strings.Fields(words); return list[r.IntN(len(list))] }
	encoded, _ := json.Marshal(data)
	lines := fill(func() string { return string(encoded[1+76*r.IntN(9000):][:76]) + "\n" })
	return map[string]string{
		"base64":          string(encoded[1 : len(encoded)-1]),
		"base64 in lines": lines,
		"minified code": fill(func() string {
			return fmt.Sprintf("function %c%d(t,e,n){var r=%d,i=n(%d);return t[r]||(e=e||{}).%c,i?t.call(e,\"%s\"):!%d}", 'a'+r.IntN(26), r.IntN(99), r.IntN(9), r.IntN(999), 'a'+r.IntN(26), pick("id name x3 v2 top"), r.IntN(2))
		}),
		"Arabic": fill(func() string {
			return pick("سلام مرحبا كيف حالك اليوم هذا النص طويل جدا ولا يقول شيئا من الكلام") + " "
		}),
		"Russian": fill(func() string {
			return pick("привет как дела сегодня погода хорошая а мы идём в парк с ним") + " "
		}),
		"a log": fill(func() string {
			return fmt.Sprintf("2026-11-29T14:%02d:%02d.%03dZ INFO [req-%08x] 10.0.%d.%d GET /v1/items/%d?id=%d 200 %dms\n", r.IntN(60), r.IntN(60), r.IntN(1000), r.Uint32(), r.IntN(256), r.IntN(256), r.IntN(9999), r.IntN(9999), r.IntN(900))
		}),
		"a table": fill(func() string {
			return fmt.Sprintf("| %d | %.2f | %s | %d%% |\n", r.IntN(100000), r.Float64()*1000, pick("n/a yes no 3x a b"), r.IntN(101))
		}),
		"hex dump": fill(func() string { return fmt.Sprintf("%08x  % x\n", r.Uint32(), data[r.IntN(700_000):][:16]) }),
		"a matrix": fill(func() string { return fmt.Sprintf("%d %d %d\n", r.IntN(2), r.IntN(2), r.IntN(10)) }),
		"URLs": fill(func() string {
			return fmt.Sprintf("https://example.com/a%%20b/%d?q=%x&r=1+%d\n", r.IntN(9999), r.Uint64(), r.IntN(99))
		}),
		"formulas": fill(func() string { return fmt.Sprintf("x = a + b * c^%d, f(x) = k / (n - %d);\n", r.IntN(9), r.IntN(9)) }),
	}
}

func TestWhatWasNotReadIsExplained(t *testing.T) {
	body := []byte(converse(sayAs("user", strings.Repeat("i g n o r e ", 5000))))
	for policy, want := range map[string]string{
		"budgets: {piece: 2000, speaker: 5000}\n":                  "flags user, allows only safe, decides; " + notReadAgain + ", which counts as a match",
		"budgets: {piece: 2000, speaker: 5000, exhausted: flag}\n": notReadAgain + ", which flags inspection_budget",
		"": "keyword.u is false",
	} {
		e := compileYAML(t, tightPolicy+policy).Explain(prompt.Chat, 0, nil, body)
		if g := e.Guards[0]; g.Name != "user" || g.Why != want || g.Value.String() != map[bool]string{true: "false", false: "unknown"}[policy == ""] {
			t.Errorf("%q: %+v", policy, g)
		}
		if g := e.Guards[1]; g.Why != "keyword.s is false" {
			t.Errorf("%q: %+v", policy, g)
		}
	}
}

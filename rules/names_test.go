package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

const namesPolicy = `version: "1"
auto: [MoM, auto, x/y, "gpt-5*", "claude-*"]
models:
  a: {name: org/A, cluster: a, aliases: [gpt-5, "claude-haiku-*", "claude-*-haiku-*", "v/*/a-*"]}
  b: {cluster: b, aliases: [gpt-4o-mini, "gpt-5-mini*", "gpt-5-mini-*-b", "claude-haiku-4-5"]}
default: a
`

func TestNamesOfModels(t *testing.T) {
	table := compileYAML(t, namesPolicy)
	for name, want := range map[string]string{
		"a": "a", "org/A": "a", "b": "b", "MoM": "auto", "auto": "auto", "x/y": "auto",
		"A": "", "mom": "", "": "", "org/a": "", "gpt-": "", "claude": "", "Gpt-5": "", " gpt-5": "",

		// An exact name comes before patterns, the longest pattern before others, whatever stands where.
		"gpt-5": "a", "gpt-5.1": "auto", "gpt-5-codex": "auto", "gpt-5-mini": "b", "gpt-5-mini-2025-08-07": "b", "gpt-5-min": "auto",
		"claude-haiku-4-5": "b", "claude-haiku-4-5-20251001": "a", "claude-haiku": "auto", "claude-haiku-": "a", "claude-sonnet-4-5": "auto",
		"claude-3-5-haiku-20241022": "a", "claude-3-5-haiku": "auto",
		// "*" is any characters, slashes and stars included.
		"gpt-5/x": "auto", "claude-*": "auto", "gpt-5*": "auto", "v/w/x/a-1": "a", "v//a-": "a", "v/a-": "",
	} {
		m, known := table.names.resolve(name)
		got := ""
		switch {
		case known && m == nil:
			got = "auto"
		case known:
			got = m.Key
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
		if table.Auto(name) != (want == "auto") {
			t.Errorf("Auto(%q) is %v", name, table.Auto(name))
		}
	}
	if got := table.AutoNames(); !slices.Equal(got, []string{"MoM", "auto", "x/y"}) {
		t.Errorf("automatic names %q", got)
	}
	if got := table.Aliases(); !slices.Equal(got, []string{"claude-haiku-4-5", "gpt-4o-mini", "gpt-5"}) {
		t.Errorf("aliases %q", got)
	}
	without := compileYAML(t, "version: \"1\"\nmodels: {a: {cluster: a}}\ndefault: a\n")
	if got := without.AutoNames(); !slices.Equal(got, []string{"auto"}) || without.Aliases() != nil {
		t.Errorf("without names: %q and %q", got, without.Aliases())
	}
}

// However the policy is ordered, a name means the same, and the policy has the same hash.
func TestTheOrderOfNamesIsOfNoImportance(t *testing.T) {
	other := compileYAML(t, `version: "1"
models:
  b: {cluster: b, aliases: ["claude-haiku-4-5", "gpt-5-mini-*-b", "gpt-5-mini*", gpt-4o-mini]}
  a: {name: org/A, cluster: a, aliases: ["v/*/a-*", "claude-*-haiku-*", "claude-haiku-*", gpt-5]}
auto: ["claude-*", "gpt-5*", x/y, auto, MoM]
default: a
`)
	table := compileYAML(t, namesPolicy)
	if other.Hash() != table.Hash() || len(table.names.patterns) != 7 {
		t.Errorf("another hash, or %d patterns", len(table.names.patterns))
	}
	for i, p := range table.names.patterns {
		if q := other.names.patterns[i]; p.text != q.text {
			t.Errorf("pattern %d is %q and %q", i, p.text, q.text)
		}
	}
	if compileYAML(t, strings.Replace(namesPolicy, "gpt-5-mini*", "gpt-5-nano*", 1)).Hash() == table.Hash() {
		t.Error("another pattern does not change the hash")
	}
}

func TestAnAliasIsTheModelThatItNames(t *testing.T) {
	const policy = `version: "1"
models:
  a: {name: org/A, cluster: a, tier: 2, aliases: ["small-*"]}
  b: {name: org/B, cluster: b, price: {input: 1, output: 1}, max_output: 10, aliases: ["large-*", large]}
auto: [auto, "any-*"]
signals: {keyword: {bad: {in: user, words: [bad]}}}
guards: [{name: g, when: keyword.bad, flag: bad, only: [a]}]
default: b
`
	table := compileYAML(t, policy)
	s := table.NewSession(prompt.Chat)
	for _, tt := range []struct{ model, text, decision, sent, code string }{
		{"small-1", "hello", NameNamed, "org/A", ""},
		{"large-1", "hello", NameNamed, "org/B", ""},
		{"large", "hello", NameNamed, "org/B", ""},
		{"any-1", "hello", NameDefault, "org/B", ""},
		{"small-1", "bad", NameNamed, "org/A", ""},
		{"large-1", "bad", NameNamed, "", CodeModelNotAllowed},
		{"large", "bad", NameNamed, "", CodeModelNotAllowed},
		{"any-1", "bad", NameDefault, "", CodeNoModelAllowed},
		{"tiny-1", "hello", NameNamed, "", CodeModelNotFound},
	} {
		talk := `"messages":[{"role":"user","content":"` + tt.text + `"}]`
		body := `{"model":"` + tt.model + `",` + talk + `}`
		s.Reset(prompt.Chat, 0)
		s.Feed([]byte(body))
		d := s.Close()
		if d.Name != tt.decision || d.Code != tt.code {
			t.Errorf("%s, %s: %+v", tt.model, tt.text, d)
			continue
		}
		if strings.Contains(d.Message, tt.model) {
			t.Errorf("%s: the message repeats it: %s", tt.model, d.Message)
		}
		if tt.sent == "" {
			continue
		}
		same(t, sentOn(t, s, prompt.Chat, body, 0), `{"model":"`+tt.sent+`",`+talk+`}`)
	}
	ceiling := compileYAML(t, strings.NewReplacer(
		"tier: 2,", "tier: 2, price: {input: 0, output: 0}, max_output: 1,", "default: b", "default: a\nobjectives: {cost_ceiling: 0.000001}").Replace(policy))
	s = ceiling.NewSession(prompt.Chat)
	s.Feed([]byte(`{"model":"large-1","max_tokens":1000,"messages":[{"role":"user","content":"hello"}]}`))
	if d := s.Close(); d.Code != CodeCostCeiling {
		t.Errorf("an alias of a dear model: %+v", d)
	}
}

func TestAModelNameBehindTheWindow(t *testing.T) {
	table := compileYAML(t, namesPolicy)
	s := table.NewSession(prompt.Chat)
	const talk = `{"messages":[{"role":"user","content":"hello"}]`
	for model, accepted := range map[string]bool{
		"auto": true, "gpt-5.1": true, "a": true, "org/A": true, "gpt-5": true, "claude-haiku-1": true,
		"b": false, "gpt-5-mini": false, "gpt-4o-mini": false, "unknown": false,
	} {
		s.Reset(prompt.Chat, int64(len(talk)))
		s.Feed([]byte(talk + `,"model":"` + model + `"}`))
		if d := s.Close(); (d.Action == ActionRoute) != accepted || !accepted && d.Code != prompt.CodeLateModel {
			t.Errorf("%s: %+v", model, d)
		}
	}
}

func TestMistakesInNames(t *testing.T) {
	const models = "models:\n  a:\n    name: org/A\n    cluster: a\n    aliases: [%a]\n  b:\n    cluster: b\n    aliases: [%b]\ndefault: a\nversion: \"1\"\nauto: [%c]\n"
	for _, tt := range []struct {
		name, a, b, auto string
		want             []string // each "line:column: message"
	}{
		{"names that have nothing in common", `small, "s-*"`, `large, "l-*"`, "auto", nil},
		{"nested patterns of several models", `"g*"`, `"gp*"`, `auto, "gpt*"`, nil},
		{"patterns of one model that overlap", `"g*", "*g"`, "large", "auto", nil},
		{"everything is automatic", "small", "large", `auto, "*"`, nil},
		{"a pattern that matches a key", `"b*"`, "large", "auto", nil},
		{"an empty list", "", "large", "auto", []string{"5:14: the list is empty"}},
		{"a key of another model", "b", "large", "auto", []string{`5:15: "b" is a name of model "b" already`}},
		{"a served name of another model", "small", "org/A", "auto", []string{`8:15: "org/A" is a name of model "a" already`}},
		{"its own key and name", "a, org/A", "large", "auto", []string{`5:15: "a" is the model's own key or name`, `5:18: "org/A" is the model's own key or name`}},
		{"the same alias twice", "small, small", "large", "auto", []string{`5:22: "small" stands here twice`}},
		{"the same alias of two models", "small", "small", "auto", []string{`8:15: "small" is a name of model "a" already`}},
		{"an automatic alias", "small", "large", "auto, small", []string{`11:14: "small" is the name of model "a"`}},
		{"the same pattern twice", `"s*", "s*"`, "large", "auto", []string{`5:22: "s*" stands here twice`}},
		{"the same pattern of two models", `"s*"`, `"s*"`, "auto", []string{`8:16: "s*" belongs to model "a" already`}},
		{"the same pattern of a model and of auto", `"s*"`, "large", `auto, "s*"`, []string{`11:15: "s*" belongs to model "a" already`}},
		{"patterns that overlap", `"gpt-*"`, `"*-mini"`, "auto", []string{`8:16: "*-mini" and "gpt-*" of model "a" both match "gpt-mini", and neither is narrower`}},
		{"inner stars that overlap", `"a*b*c"`, `"a*d*c"`, "auto", []string{`8:16: "a*d*c" and "a*b*c" of model "a" both match`}},
		{"two stars in a row", `"s**"`, "large", "auto", []string{`5:16: "s**": two "*" in a row`}},
		{"a space in a pattern", `"s *"`, "large", "auto", []string{`5:16: "s *"`}},
		{"all at once", `b, "x*", "x*"`, `"*y", a`, `"z**"`, []string{`5:15:`, `5:25:`, `8:16:`, `8:21:`, `11:9:`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range problemsOf(t, strings.NewReplacer("%a", tt.a, "%b", tt.b, "%c", tt.auto).Replace(models)) {
				got = append(got, digits(p.Line)+":"+digits(p.Column)+": "+p.Message)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			for _, want := range tt.want {
				if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, want) }) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
}

func TestAPatternThatChangesNothingIsWarnedOf(t *testing.T) {
	warnings := func(a, auto string) (list []string) {
		for _, w := range compileYAML(t, "version: \"1\"\nauto: ["+auto+"]\nmodels: {a: {cluster: a, aliases: ["+a+"]}, b: {cluster: b, aliases: [\"gp*\"]}}\ndefault: a\nroutes: [{name: r, when: domain.math, use: b}]\n").Warnings() {
			list = append(list, w.Message)
		}
		return list
	}
	if got := warnings(`"s*", "sm*"`, "auto"); len(got) != 1 || !strings.Contains(got[0], `"sm*" changes nothing: "s*" leads to the same`) {
		t.Errorf("got %q", got)
	}
	// What stands between the two makes a difference, and a name that is written out is listed.
	if got := warnings(`"g*", "gpt*", s`, `auto, "s*"`); got != nil {
		t.Errorf("got %q", got)
	}
}

func TestCommonNames(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		ok   bool
	}{
		{"a*", "*b", true}, {"a*", "b*", false}, {"*a*", "*b*", true}, {"a*b", "a*c", false}, {"*", "abc*", true}, {"a*b*c", "*x*", true},
		{"ab*", "a*", true}, {"*ab", "*b", true}, {"*ab*", "ba*", true}, {"a*aa", "aa*a", true}, {"*-a-*", "b-*-c", true},
	} {
		for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			name, ok := commonName(pair[0], pair[1])
			if ok != tt.ok || ok && !(matchesName(tt.a, name) && matchesName(tt.b, name)) {
				t.Errorf("%q: %q, %v", pair, name, ok)
			}
		}
	}
}

func TestLookingNamesUpMakesNoGarbage(t *testing.T) {
	table := compileYAML(t, namesPolicy)
	if n := testing.AllocsPerRun(100, func() {
		for _, name := range [...]string{"a", "auto", "gpt-5-mini-2025", "claude-3-5-haiku-20241022-and-more-than-that", "a name that nobody has given to any model of this policy"} {
			table.names.resolve(name)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("a*b*", "*ab", "aab")
	f.Fuzz(func(t *testing.T, p, q, name string) {
		if len(p)+len(q) > 60 {
			return
		}
		if narrower(p, q) && matchesName(p, name) && !matchesName(q, name) {
			t.Errorf("%q is narrower than %q, and %q is matched by the first alone", p, q, name)
		}
		common, ok := commonName(p, q)
		if ok && !(matchesName(p, common) && matchesName(q, common)) {
			t.Errorf("%q and %q do not both match %q", p, q, common)
		}
		if !ok && matchesName(p, name) && matchesName(q, name) {
			t.Errorf("%q and %q both match %q", p, q, name)
		}
	})
}

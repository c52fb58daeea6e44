package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// Inside the proxy a policy has no lines: the path says where.
func TestMistakesInJSONHaveTheirPath(t *testing.T) {
	root, err := tree.ParseJSON([]byte(`{"version":"1","models":{"v3.2":{"cluster":"c","tear":1}},"routes":[{"name":"r","when":"domain.maths","use":"x"}],"default":"v3.2"}`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(root)
	want := `$.models["v3.2"].tear: unknown key "tear" (did you mean "tier"?)
$.routes[0].when: unknown signal "domain.maths" (did you mean "domain.math"?)
$.routes[0].use: unknown model "x" (known: v3.2)`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestAPolicyThatIsNoMap(t *testing.T) {
	for _, text := range []string{`[]`, `"default"`, `null`, `1`} {
		root, err := tree.ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Compile(root); err == nil || !strings.Contains(err.Error(), "a map is expected") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestLimitsOfAPolicy(t *testing.T) {
	models := func(n int) string {
		var b strings.Builder
		b.WriteString("version: \"1\"\ndefault: m0\nmodels:\n")
		for i := range n {
			b.WriteString("  m" + digits(i) + ": {cluster: c}\n")
		}
		return b.String()
	}
	guards := func(n int) string {
		var b strings.Builder
		b.WriteString(models(1) + "signals: {keyword: {a: {in: any, words: [aaa]}}}\nguards:\n")
		for i := range n {
			b.WriteString("  - {name: g" + digits(i) + ", when: keyword.a}\n")
		}
		return b.String()
	}
	for _, tt := range []struct{ name, policy, message string }{
		{"64 models are accepted", models(64), ""},
		{"65 models are refused", models(65), "65 models are too many"},
		{"256 guards are accepted", guards(256), ""},
		{"257 guards are refused", guards(257), "257 guards are too many"},
		{"a long name is refused", models(1) + "routes: [{name: " + strings.Repeat("x", 65) + ", when: domain.math, use: m0}]", "cannot be a name"},
		{"a long condition is refused", models(1) + "routes: [{name: r, when: " + strings.Repeat("domain.math or ", 300) + "domain.math, use: m0}]", "longer than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			problems := problemsOf(t, tt.policy)
			if tt.message == "" {
				if len(problems) > 0 {
					t.Errorf("refused: %v", problems[0].Error())
				}
				return
			}
			if len(problems) == 0 || !strings.Contains(problems[0].Message, tt.message) {
				t.Errorf("got %v, want %q", problems, tt.message)
			}
		})
	}
}

func digits(n int) string { return describe(n) }

func TestEveryGuardCounts(t *testing.T) {
	var b strings.Builder
	b.WriteString("version: \"1\"\nmodels: {a: {cluster: a}, b: {cluster: b}}\ndefault: a\nsignals:\n  keyword:\n")
	for i := range 200 {
		b.WriteString("    s" + digits(i) + ": {in: any, words: [word" + digits(i) + "]}\n")
	}
	b.WriteString("guards:\n")
	for i := range 200 {
		b.WriteString("  - {name: g" + digits(i) + ", when: keyword.s" + digits(i) + ", only: [b]}\n")
	}
	table := compileYAML(t, b.String())
	for i := range 200 {
		d := table.Decide(query(t, table, "keyword.s"+digits(i)))
		if d.Action != ActionDeny || !slices.Equal(d.Flags, []string{"g" + digits(i)}) {
			t.Fatalf("guard %d: %s with flags %q", i, d.Action, d.Flags)
		}
	}
}

func TestWhatAPolicyAllows(t *testing.T) {
	table := compileYAML(t, "version: \"1\"\nmodels: {a: {cluster: a}}\ndefault: a\nallow: [documents, token_ids]\n")
	if allow := table.Allow(); len(allow) != 2 || !allow["documents"] || !allow["token_ids"] {
		t.Errorf("got %v", allow)
	}
	// Everything that the reader can let through can be allowed.
	for name := range prompt.Bypasses {
		if problems := problemsOf(t, "version: \"1\"\nmodels: {a: {cluster: a}}\ndefault: a\nallow: ["+name+"]\n"); problems != nil {
			t.Errorf("%s: %v", name, problems)
		}
	}
	// A single member can be, too, and nothing that needs no leave.
	for name, allowed := range map[string]bool{"lora_path": true, "ec_transfer_params": true, "bos_token": true, "server_url": true, "temperature": false, "opaque_reasoning": false} {
		if problems := problemsOf(t, "version: \"1\"\nmodels: {a: {cluster: a}}\ndefault: a\nallow: ["+name+"]\n"); (problems == nil) != allowed {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestWhatAPolicyRefuses(t *testing.T) {
	const policy = "version: \"1\"\nmodels: {a: {cluster: a}}\ndefault: a\n"
	with, without := compileYAML(t, policy+"refuse: [opaque_reasoning]\n"), compileYAML(t, policy)
	if !with.Refuse()["opaque_reasoning"] || len(without.Refuse()) != 0 || with.Hash() == without.Hash() {
		t.Errorf("got %v and %v", with.Refuse(), without.Refuse())
	}
	for _, list := range []string{"[documents]", "[]", "[opaque_reasoning, opaque_reasoning]", "opaque_reasoning"} {
		if problemsOf(t, policy+"refuse: "+list+"\n") == nil {
			t.Errorf("refuse: %s is accepted", list)
		}
	}
	s := with.NewSession(prompt.Responses)
	d := s.Feed([]byte(`{"input":[{"type":"reasoning","encrypted_content":"gAAA"}]}`))
	if d == nil || d.Action != ActionDeny || d.Code != prompt.CodeNotInspectable || s.Param() != "input[0].encrypted_content" {
		t.Errorf("%+v at %s", d, s.Param())
	}
}

func TestOnlyWhatIsAllowedAgainstTheDefaultMakesGuardsUnknown(t *testing.T) {
	const policy = "version: \"1\"\nmodels: {a: {cluster: a}, b: {cluster: b}}\nsignals: {keyword: {bad: {in: any, words: [bad]}}}\n" +
		"guards: [{name: g, when: keyword.bad, flag: bad, only: [a], use: a}]\ndefault: b\nallow: [lora_path, mcp]\n"
	s := compileYAML(t, policy).NewSession(prompt.Responses)
	for body, model := range map[string]string{
		`{"input":"c"}`: "b",
		`{"input":[{"type":"reasoning","summary":[],"encrypted_content":"gAAA"},{"role":"user","content":"c"}]}`: "b",
		`{"input":[{"type":"compaction","encrypted_content":"gAAA"},{"role":"user","content":"c"}]}`:             "b",
		`{"input":[{"type":"reasoning","encrypted_content":"gAAA"},{"role":"user","content":"bad"}]}`:            "a",
		`{"input":[{"type":"reasoning","encrypted_content":"be bad"}]}`:                                          "a",
		`{"input":"c","lora_path":"x"}`:                           "a",
		`{"input":"c","tools":[{"type":"mcp","server_url":"x"}]}`: "a",
		`{"input":"c","lora_path":null}`:                          "b",
		`{"input":"c","tools":[{"type":"function","name":"f","parameters":{"properties":{"server_url":{"type":"string"}}}}]}`: "b",
	} {
		s.Reset(prompt.Responses, 0)
		s.Feed([]byte(body))
		if d := s.Close(); d.Action != ActionRoute || d.Model.Key != model {
			t.Errorf("%s: %+v, want %s", body, d, model)
		}
	}
}

// A policy is foreign input: whatever it says, Compile answers with a table or
// with mistakes that have a place, and a table can decide.
func FuzzCompile(f *testing.F) {
	f.Add(string(defaultJSON))
	f.Add(`{"models":{"a":{"cluster":"c","reasoning":{"none":"low","low":{"chat_template_kwargs":{"x":1}}}}},"default":{"model":"a","reasoning":"none"},"objectives":{"min_tier":0}}`)
	f.Add(`{"models":{"a":{"cluster":"c","tier":3}},"signals":{"keyword":{"k":{"in":"any","words":["w"]}}},"guards":[{"name":"g","when":"keyword.k","tier":3,"use":["a"]}],"default":"a","tests":[{"name":"t","prompt":"w","expect":{"flags":["g"]}}]}`)
	f.Add(`{"models":null,"routes":[{"name":"r","when":"not (domain.math or domain.law)","use":[null,{},{"model":1}]}],"default":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		root, err := tree.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		table, err := Compile(root)
		if err != nil {
			var problems *tree.Problems
			if !errors.As(err, &problems) || len(problems.List) == 0 || table != nil {
				t.Fatalf("bad error %#v", err)
			}
			for _, p := range problems.List {
				if !strings.HasPrefix(p.Path, "$") || p.Message == "" {
					t.Fatalf("bad problem %#v", p)
				}
			}
			return
		}
		table.RunTests()
		d := table.Decide(query(t, table))
		if d.Action == ActionRoute && (d.Model == nil || d.Model.Cluster == "" || d.Model.Name == "") {
			t.Fatalf("routed to nothing: %+v", d)
		}
		again, err := Compile(root)
		if err != nil || again.Hash() != table.Hash() {
			t.Fatalf("compiled twice: %v, %v", again, err)
		}
	})
}

func TestALearnedScoreAloneOnlyFlags(t *testing.T) {
	const head = "version: \"1\"\ndefault: m\nmodels: {m: {cluster: c, tier: 2}}\nsignals: {keyword: {a: {in: any, words: [aaa]}, used: {in: operator, words_of: a, mentions: ignore}}, pii: {numbers: {kinds: [iban, card_like]}}}\nguards:\n"
	for _, tt := range []struct{ name, guard, message string }{
		{"it may flag", "{name: g, when: jailbreak.score, flag: suspicious}", ""},
		{"it may not deny", "{name: g, when: jailbreak.score, deny: {}}", "by a learned score alone"},
		{"it may not restrict", "{name: g, when: jailbreak.score, only: [m]}", "by a learned score alone"},
		{"it may not restrict by tier", "{name: g, when: jailbreak.score, tier: 1}", "by a learned score alone"},
		{"it may not use a model", "{name: g, when: jailbreak.score, use: m}", "by a learned score alone"},
		{"what looks like a card may not deny", "{name: g, when: pii.card_like, deny: {}}", "by what only looks like a card alone"},
		{"what is told from mentions may not deny", "{name: g, when: keyword.used, deny: {}}", "by how a sentence reads alone"},
		{"it may flag, too", "{name: g, when: keyword.used, flag: suspicious}", ""},
		{"nor may it under another name", "{name: g, when: pii.numbers or keyword.a, use: m}", "by what only looks like a card alone"},
		{"it may not deny as an alternative", "{name: g, when: keyword.a or jailbreak.score, deny: {}}", "by a learned score alone"},
		{"a pattern and it may deny", "{name: g, when: keyword.a and jailbreak.score, deny: {}}", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			problems := problemsOf(t, head+"  - "+tt.guard+"\n")
			if tt.message == "" && len(problems) > 0 || tt.message != "" && (len(problems) != 1 || !strings.Contains(problems[0].Message, tt.message)) {
				t.Errorf("got %v, want %q", problems, tt.message)
			}
		})
	}
}

func TestAPolicyMayDenyUnknownKinds(t *testing.T) {
	const policy = "version: \"1\"\nmodels: {a: {cluster: a}}\ndefault: a\n"
	deny, read, without := compileYAML(t, policy+"unknown_items: deny\n"), compileYAML(t, policy+"unknown_items: read\n"), compileYAML(t, policy)
	if deny.Hash() == without.Hash() || read.Hash() != without.Hash() {
		t.Error("the hash does not say what becomes of unknown kinds")
	}
	for body, c := range map[string]struct {
		shape prompt.Shape
		code  string
	}{
		`{"input":[{"role":"user","content":"hi"},{"type":"surprise","x":"y"}]}`:                        {prompt.Responses, prompt.CodeUnsupported},
		`{"messages":[{"role":"user","content":[{"type":"surprise"},{"type":"text","text":"hi"}]}]}`:    {prompt.Messages, prompt.CodeUnsupported},
		`{"messages":[{"role":"user","content":[{"text":"hi"}]}]}`:                                      {prompt.Chat, prompt.CodeUnsupported},
		`{"messages":[{"role":"user","content":"hi"},{"role":"latest_reminder","content":"be brief"}]}`: {prompt.Chat, prompt.CodeUnknownRole},
	} {
		for _, table := range []*Table{deny, read, without} {
			s := table.NewSession(c.shape)
			s.Feed([]byte(body))
			d := s.Close()
			if want := table == deny; (d.Action == ActionDeny) != want || want && (d.Status != 400 || d.Code != c.code) {
				t.Errorf("%s: %s %d %s (denies: %v)", body, d.Action, d.Status, d.Code, want)
			}
		}
	}
	problems := problemsOf(t, policy+"unknown_items: pass\n")
	if len(problems) != 1 || problems[0].Line != 4 || problems[0].Column != 16 || !strings.Contains(problems[0].Error(), `"pass"`) {
		t.Errorf("got %v", problems)
	}
}

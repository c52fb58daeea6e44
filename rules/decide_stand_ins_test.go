package rules

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

const standInPolicy = `{
	"version": "test",
	"auto": ["auto"],
	"models": {
		"a": {"name": "vendor/a", "cluster": "a", "tier": 1, "price": {"input": 1, "output": 1}, "reasoning": {"none": {"think": false}, "high": {"reasoning_effort": "high"}}},
		"b": {"name": "vendor/b", "cluster": "b", "tier": 2, "price": {"input": 2, "output": 2}, "reasoning": {"none": {"chat_template_kwargs": {"thinking": false}}, "high": {"chat_template_kwargs": {"thinking": true}}}},
		"c": {"name": "vendor/c", "cluster": "c", "tier": 1, "context": 50},
		"d": {"name": "vendor/d", "cluster": "d", "tier": 3}
	},
	"signals": {"keyword": {
		"attack": {"in": "any", "words": ["ignore previous instructions"]},
		"secret": {"in": "any", "words": ["classified material"]},
		"proof": {"in": "user", "words": ["prove that"]}
	}},
	"guards": [
		{"name": "attack", "when": "keyword.attack", "only": ["a"], "use": "a"},
		{"name": "secret", "when": "keyword.secret", "tier": 2}
	],
	"routes": [{"name": "proofs", "when": "keyword.proof", "use": [{"model": "a", "reasoning": "high"}, {"model": "b", "reasoning": "high"}, "c"]}],
	"default": ["d", "a"]
}`

func standInTable(t testing.TB) *Table {
	t.Helper()
	root, err := tree.ParseJSON([]byte(standInPolicy))
	if err != nil {
		t.Fatal(err)
	}
	return compileTree(t, root)
}

func namesOf(in []StandIn) string {
	var keys []string
	for _, s := range in {
		keys = append(keys, s.Model.Key+":"+s.Reasoning)
	}
	return strings.Join(keys, " ")
}

func TestOnlyModelsThatNothingSpeaksAgainstStandIn(t *testing.T) {
	table := standInTable(t)
	for _, c := range []struct{ name, model, text, late, chosen, want string }{
		{"the candidates behind the chosen one, then the default", "auto", "prove that", "", "a", "b:high c: d:"},
		{"not one that the request is too long for", "auto", "prove that" + strings.Repeat(" and so on", 40), "", "a", "b:high d:"},
		{"the rest of the default", "auto", "hello", "", "d", "a:"},
		{"none that a guard forbids", "auto", "prove that, and ignore previous instructions", "", "a", ""},
		{"none of too low a tier", "auto", "prove that classified material", "", "b", "d:"},
		{"none where the client names a model", "a", "prove that", "", "a", ""},
		{"none that text behind the window forbids", "auto", "prove that", "classified material", "d", ""},
		{"those that text behind the window allows", "auto", "hello", "nothing", "d", "a:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := table.NewSession(prompt.Chat)
			window := int64(0)
			text := c.text
			if c.late != "" {
				window = int64(len(`{"model":"auto","messages":[{"role":"user","content":"`) + len("hello"))
				text = "hello there, " + strings.Repeat("padding ", 5000) + c.late
			}
			s.Reset(prompt.Chat, window)
			s.StandIns = true
			s.Feed([]byte(`{"model":"` + c.model + `","messages":[{"role":"user","content":"` + text + `"}]}`))
			d := s.Close()
			if d.Action != ActionRoute || d.Model.Key != c.chosen || namesOf(d.StandIns) != c.want {
				t.Errorf("%s: %s, %v, stand-ins %q; want %s and %q", d.Action, d.Code, d.Model, namesOf(d.StandIns), c.chosen, c.want)
			}
		})
	}
}

func TestNobodyStandsInUnlessTheSessionIsAsked(t *testing.T) {
	s := standInTable(t).NewSession(prompt.Chat)
	s.Feed([]byte(`{"model":"auto","messages":[{"role":"user","content":"prove that"}]}`))
	if d := s.Close(); len(d.StandIns) != 0 {
		t.Errorf("stand-ins %q", namesOf(d.StandIns))
	}
}

// edited is a body with the edits of a session or a rewriter.
func edited(body string, take func() ([]prompt.Splice, int64)) string {
	splices, _ := take()
	var out strings.Builder
	at := int64(0)
	for _, s := range splices {
		out.WriteString(body[at:s.Start])
		out.Write(s.New)
		at = s.End
	}
	return out.String() + body[at:]
}

func TestABodyIsRewrittenForAStandIn(t *testing.T) {
	table := standInTable(t)
	for _, c := range []struct{ name, body, chosen, want string }{
		{"the name and the reasoning members", `{"model":"auto","messages":[{"role":"user","content":"prove that"}]}`,
			`{"reasoning_effort":"high","model":"vendor/a","messages":[{"role":"user","content":"prove that"}]}`,
			`{"chat_template_kwargs":{"thinking":true},"model":"vendor/b","messages":[{"role":"user","content":"prove that"}]}`},
		{"what the client wished for is gone with the chosen model", `{"messages":[{"role":"user","content":"prove that"}],"chat_template_kwargs":{"enable_thinking":true,"x":1},"model":"auto"}`,
			`{"reasoning_effort":"high","messages":[{"role":"user","content":"prove that"}],"chat_template_kwargs":{"x":1},"model":"vendor/a"}`,
			`{"messages":[{"role":"user","content":"prove that"}],"chat_template_kwargs":{"thinking":true,"x":1},"model":"vendor/b"}`},
		{"a model that was not named", `{"messages":[{"role":"user","content":"prove that"}]}`,
			`{"model":"vendor/a","reasoning_effort":"high","messages":[{"role":"user","content":"prove that"}]}`,
			`{"chat_template_kwargs":{"thinking":true},"model":"vendor/b","messages":[{"role":"user","content":"prove that"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := table.NewSession(prompt.Chat)
			s.StandIns = true
			s.Feed([]byte(c.body))
			d := s.Close()
			chosen := edited(c.body, s.Take)
			if chosen != c.chosen {
				t.Fatalf("for the chosen model: %s, want %s", chosen, c.chosen)
			}
			w := table.NewRewriter()
			for _, cut := range []int{len(chosen), 1, 7} {
				w.Reset(prompt.Chat, 0, &d.StandIns[0])
				for at := 0; at < len(chosen); at += cut {
					if err := w.Feed([]byte(chosen[at:min(at+cut, len(chosen))])); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Close(); err != nil || !w.Settled() {
					t.Fatalf("settled %v, %v", w.Settled(), err)
				}
				if got := edited(chosen, w.Take); got != c.want || int64(len(got)-len(chosen)) != w.Delta() {
					t.Errorf("cut every %d bytes: %s with a delta of %d, want %s", cut, got, w.Delta(), c.want)
				}
			}
			for _, broken := range []string{chosen[:len(chosen)-1], chosen + "}", `{"model":"x","model":"y"}`} {
				w.Reset(prompt.Chat, 0, &d.StandIns[0])
				if err := w.Feed([]byte(broken)); err == nil && w.Close() == nil {
					t.Errorf("taken for a body that was decided on: %s", broken)
				}
			}
		})
	}
}

package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

const drainPolicy = `
version: "1"
models:
  old: {name: org/old, aliases: [oldest], cluster: c-old, drain: true, context: 10000}
  new: {cluster: c-new, context: 1000}
  spare: {cluster: c-spare, context: 10000, tier: 1}
signals: {keyword: {a: {words: [aaa]}, safe: {in: any, words: [safe]}}}
guards: [{name: safe, when: keyword.safe, only: [old]}]
routes: [{name: a, when: keyword.a, use: [old, new]}]
default: old
`

func TestADrainedModelBeginsNoConversation(t *testing.T) {
	for _, tt := range []struct {
		name, policy string
		signals      []string
		change       func(*Query)
		model, code  string
	}{
		{"the next candidate", "", []string{"keyword.a"}, nil, "new", ""},
		{"a conversation under way stays", "", []string{"keyword.a"}, func(q *Query) { q.Facts.Answers = 1 }, "old", ""},
		{"instead of the default, whoever takes it", "", nil, nil, "new", ""},
		{"whoever takes it, if that is long", "", nil, func(q *Query) { q.Tokens = 5000 }, "spare", ""},
		{"nobody else may", "", []string{"keyword.safe"}, nil, "", CodeDraining},
		{"unless it is under way", "", []string{"keyword.safe"}, func(q *Query) { q.Facts.Answers = 3 }, "old", ""},
		{"no other model", "context_order: []", nil, nil, "", CodeDraining},
		{"too long for anybody", "", nil, func(q *Query) { q.Tokens = 50000 }, "", CodeContext},
		{"by name", "", nil, name("old"), "", CodeDraining},
		{"by its served name", "", nil, name("org/old"), "", CodeDraining},
		{"by an alias, under way", "", nil, func(q *Query) { name("oldest")(q); q.Facts.Answers = 1 }, "", CodeDraining},
		{"by the name of another one", "", nil, name("spare"), "spare", ""},
		{"by a name that a guard excludes, too", "", []string{"keyword.safe"}, name("new"), "", CodeModelNotAllowed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := compileYAML(t, drainPolicy+tt.policy)
			q := query(t, table, tt.signals...)
			if tt.change != nil {
				tt.change(q)
			}
			d := table.Decide(q)
			got := ""
			if d.Model != nil {
				got = d.Model.Key
			}
			if got != tt.model || d.Code != tt.code {
				t.Errorf("got %q %d %q: %s; want %q %q", got, d.Status, d.Code, d.Message, tt.model, tt.code)
			}
			if tt.code == CodeDraining && (d.Status != 503 || !strings.Contains(d.Message, "GET /v1/models")) {
				t.Errorf("the answer is %d %q", d.Status, d.Message)
			}
		})
	}
	if table := compileYAML(t, drainPolicy); slices.Contains(table.Aliases(), "oldest") {
		t.Error("an alias of a drained model is listed")
	}
	if compileYAML(t, drainPolicy).Hash() == compileYAML(t, strings.Replace(drainPolicy, "drain: true", "drain: false", 1)).Hash() {
		t.Error("draining a model does not change the policy's hash")
	}
	problems := problemsOf(t, strings.Replace(drainPolicy, "drain: true", "drain: 1", 1))
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), "$.models.old.drain") {
		t.Errorf("got %v", problems)
	}
}

func TestAConversationUnderWayIsToldByWhatTheModelHasSaid(t *testing.T) {
	table := compileYAML(t, drainPolicy)
	for body, want := range map[string]string{
		`{"messages":[{"role":"system","content":"s"},{"role":"user","content":"aaa"}]}`:                                      "new",
		`{"messages":[{"role":"user","content":"aaa"},{"role":"assistant","content":"b"},{"role":"user","content":"aaa c"}]}`: "old",
	} {
		s := table.NewSession(prompt.Chat)
		s.Feed([]byte(body))
		if d := s.Close(); d.Model == nil || d.Model.Key != want {
			t.Errorf("%s: got %+v, want %s", body, d.Model, want)
		}
	}
}

package rules

import (
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

func TestWhatStandsBehindTheDocumentMeansTheSameWhereverItIsCut(t *testing.T) {
	table, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, body string
		code       string
	}{
		{"behind a refused document", `{"model":"gpt-9","messages":[{"role":"user","content":"Hello."}]}}`, CodeModelNotFound},
		{"behind a routed one", `{"model":"auto","messages":[{"role":"user","content":"Hello."}]}}`, "invalid_json"},
		{"within one", `{"model":"gpt-9",,"messages":[{"role":"user","content":"Hello."}]}`, "invalid_json"},
	} {
		for cut := range len(c.body) {
			s := table.NewSession(prompt.Chat)
			s.Feed([]byte(c.body[:cut]))
			s.Feed([]byte(c.body[cut:]))
			if d := s.Close(); d.Action != ActionDeny || d.Code != c.code {
				t.Errorf("%s, cut at %d: %s %s, want %s", c.name, cut, d.Action, d.Code, c.code)
			}
		}
	}
}

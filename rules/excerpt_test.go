package rules

import (
	"crypto/hmac"
	stdsha256 "crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/sha256"
	"github.com/mom-router/mom-router/rules/prompt"
)

func TestAnExcerptIsOfTheLastUserMessage(t *testing.T) {
	table, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	key := []byte("0123456789abcdef")
	for _, c := range []struct {
		name        string
		shape       prompt.Shape
		body        string
		said, first string // what is hashed, "" for nothing; what is shown
	}{
		{"a string", prompt.Chat, `{"messages":[{"role":"user","content":"Why is it?"}]}`, "Why is it?", "Why is it?"},
		{"the last of two", prompt.Chat, `{"messages":[{"role":"user","content":"One"},{"role":"assistant","content":"Two"},{"role":"user","content":"Three"}]}`, "Three", "Three"},
		{"an answer behind it", prompt.Chat, `{"messages":[{"role":"system","content":"Be kind"},{"role":"user","content":"One"},{"role":"assistant","content":"Two"}]}`, "One", "One"},
		{"a role behind the words", prompt.Chat, `{"messages":[{"content":"One","role":"user"},{"content":"Two","role":"assistant"}]}`, "One", "One"},
		{"parts", prompt.Chat, `{"messages":[{"role":"user","content":[{"type":"text","text":"One"},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}},{"type":"text","text":"Two"}]}]}`, "One\nTwo", "One\nTwo"},
		{"a tool's result beside it", prompt.Messages, `{"max_tokens":5,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x","content":"42"},{"type":"text","text":"Why?"}]}]}`, "Why?", "Why?"},
		{"an input", prompt.Responses, `{"input":"Why is it?","instructions":"Be kind"}`, "Why is it?", "Why is it?"},
		{"a completion", prompt.Completions, `{"prompt":"Once upon"}`, "Once upon", "Once upon"},
		{"nobody's words", prompt.Chat, `{"messages":[{"role":"system","content":"Be kind"}]}`, "", ""},
		{"personal data", prompt.Chat, `{"messages":[{"role":"user","content":"I am jane.doe@example.com, hi"}]}`, "I am jane.doe@example.com, hi", "I am [removed] hi"},
		{"more than is shown", prompt.Chat, `{"messages":[{"role":"user","content":"` + strings.Repeat("ä\\u00df", 100) + `"}]}`, strings.Repeat("äß", 100), strings.Repeat("äß", 15)},
		{"what is not read to its end", prompt.Chat, `{"messages":[{"role":"user","content":"Why is`, "", "Why is"},
		{"what is another's and not read to its end", prompt.Chat, `{"messages":[{"role":"system","content":"Why is`, "", ""},
		{"what is no JSON", prompt.Chat, `Why`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := ""
			if c.said != "" {
				mac := hmac.New(stdsha256.New, key)
				mac.Write([]byte(c.said))
				want = hex.EncodeToString(mac.Sum(nil)[:16])
			}
			e := table.NewExcerpt(30, sha256.NewKey(key))
			for _, cut := range []int{1, 5, len(c.body)} {
				e.Reset(c.shape)
				for p := []byte(c.body); len(p) > 0; p = p[min(cut, len(p)):] {
					e.Feed(p[:min(cut, len(p))])
				}
				if got := fmt.Sprintf("%q %q", e.Hash(), e.First()); got != fmt.Sprintf("%q %q", want, c.first) {
					t.Errorf("cut at %d: %s, want %q %q", cut, got, want, c.first)
				}
			}
		})
	}
	e := table.NewExcerpt(0, nil)
	e.Reset(prompt.Chat)
	e.Feed([]byte(`{"messages":[{"role":"user","content":"Why is it?"}]}`))
	if e.Hash() != "" || e.First() != "" || len(e.last.begin) > 0 {
		t.Error("what nobody has asked for is kept")
	}
}

func TestWhatAnExcerptKeepsIsWeighed(t *testing.T) {
	table, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	e, s := table.NewExcerpt(30, nil), table.NewSession(prompt.Chat)
	e.Reset(prompt.Chat)
	body := []byte(`{"metadata":{`)
	for i := range 5000 {
		body = fmt.Appendf(body, `"member%d":"x",`, i)
	}
	e.Feed(body)
	s.Feed(body)
	if e.Kept() < 5000 || e.Kept() > s.Kept() {
		t.Errorf("the names of 5,000 members keep %d bytes, and %d in the session", e.Kept(), s.Kept())
	}
}

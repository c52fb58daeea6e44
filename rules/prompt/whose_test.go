package prompt_test

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// speakers notes of whom each string is known to be when it begins.
type speakers struct {
	of   prompt.Whose
	said map[string]prompt.Whose
}

func (s *speakers) BeginText(of prompt.Whose)      { s.of = of }
func (s *speakers) Text(p []byte, _ int64, _ bool) { s.said[string(p)] = s.of }
func (s *speakers) EndText(bool)                   {}
func (s *speakers) EndPart(prompt.Part)            {}
func (s *speakers) EndMessage(prompt.Role)         {}

func TestWhoSpeaksIsKnownWhereAStringBegins(t *testing.T) {
	const (
		maybe, users, others, operators, assistants, results = prompt.MaybeUsers, prompt.Users, prompt.Others, prompt.Operators, prompt.Assistants, prompt.Results
	)
	for _, c := range []struct {
		name  string
		shape prompt.Shape
		body  string
		said  map[string]prompt.Whose
	}{
		{"a chat", prompt.Chat, `{"tools":[{"type":"function","function":{"name":"t1","description":"t2","parameters":{"t3":1}}}],"messages":[
			{"role":"system","content":"s1"},{"role":"user","name":"n1","content":[{"type":"text","text":"u1"}]},
			{"role":"assistant","content":"a1","tool_calls":[{"id":"i","type":"function","function":{"name":"a2","arguments":"a3"}}]},
			{"role":"tool","tool_call_id":"i","content":"r1"},{"role":"system","content":"o1"},{"content":"m1","role":"assistant"}],"metadata":{"m2":"m3"}}`,
			map[string]prompt.Whose{"t1": operators, "t2": operators, "t3": operators, "s1": operators, "u1": users, "a1": assistants, "a2": assistants, "a3": assistants,
				"r1": results, "o1": others, "m1": maybe, "m2": others, "m3": others}},
		{"messages", prompt.Messages, `{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"i","content":"r1"},{"type":"text","text":"u1"}]},
			{"role":"assistant","content":"a1"}],"system":[{"type":"text","text":"s1"}],"tools":[{"name":"t1","description":"t2","input_schema":{"type":"object"}}]}`,
			map[string]prompt.Whose{"r1": results, "u1": users, "a1": assistants, "s1": operators, "t1": operators, "t2": operators}},
		{"responses", prompt.Responses, `{"instructions":"s1","input":[{"type":"function_call","name":"a1","arguments":"a2","call_id":"i"},{"type":"function_call_output","call_id":"i","output":"r1"},
			{"role":"user","content":"u1"},{"role":"assistant","content":[{"type":"output_text","text":"a3"}]}]}`,
			map[string]prompt.Whose{"s1": operators, "a1": assistants, "a2": assistants, "r1": results, "u1": users, "a3": assistants}},
	} {
		s := &speakers{said: map[string]prompt.Whose{}}
		r := prompt.NewReader(&prompt.Options{})
		r.Reset(c.shape, s)
		if err := r.Feed([]byte(strings.NewReplacer("\n", "", "\t", "").Replace(c.body))); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := r.Close(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for words, want := range c.said {
			if got, read := s.said[words]; !read || got != want {
				t.Errorf("%s: %s is of %d (read: %v), want %d", c.name, words, got, read, want)
			}
		}
	}
}

package rules

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

const reasoningPolicy = `
version: "1"
auto: [auto]
models:
  mute: {cluster: c-mute}
  large:
    cluster: c-large
    reasoning:
      none: {chat_template_kwargs: {enable_thinking: false}}
      high: {reasoning_effort: high, vllm_xargs: {deep: 1}, extra_body: {enable_thinking: true}}
      messages: {high: {output_config: {effort: high}}}
      responses: {high: {reasoning: {effort: high}, text: {verbosity: high}}}
signals:
  keyword: {deep: {words: [deep]}, free: {words: [free]}, shallow: {words: [shallow]}}
routes:
  - {name: deep, when: keyword.deep, use: [{model: large, reasoning: high}]}
  - {name: free, when: keyword.free, use: [large]}
  - {name: shallow, when: keyword.shallow, use: [{model: large, reasoning: none}]}
default: {model: mute}
`

// sentOn is what becomes of a body, decided on its first window bytes.
func sentOn(t *testing.T, s *Session, shape prompt.Shape, body string, window int64) string {
	t.Helper()
	s.Reset(shape, window)
	d := s.Feed([]byte(body))
	if d == nil || d.Action != ActionRoute {
		t.Fatalf("%s: %+v", body, d)
	}
	if d = s.Close(); d.Action != ActionRoute {
		t.Fatalf("%s: %+v", body, d)
	}
	splices, safe := s.Take()
	if safe != int64(len(body)) {
		t.Fatalf("%s: %d bytes are held", body, int64(len(body))-safe)
	}
	var out strings.Builder
	at := int64(0)
	for _, e := range splices {
		out.WriteString(body[at:e.Start])
		out.Write(e.New)
		at = e.End
	}
	out.WriteString(body[at:])
	return out.String()
}

func TestReasoningMembersOfARoutedRequestAreReplacedAndNothingBesideThem(t *testing.T) {
	s := compileYAML(t, reasoningPolicy).NewSession(prompt.Chat)
	for _, test := range []struct {
		name   string
		shape  prompt.Shape
		word   string
		client string // members of the client's
		sent   string // what comes of them
	}{
		{name: "effort in chat", word: "shallow", client: `"reasoning_effort":"high"`, sent: `"chat_template_kwargs":{"enable_thinking":false}`},
		{name: "a fraction as effort", word: "shallow", client: `"reasoning_effort":0.9`, sent: `"chat_template_kwargs":{"enable_thinking":false}`},
		{name: "reasoning as an object in chat", word: "shallow", client: `"reasoning":{"effort":"high","enabled":true,"max_tokens":9,"exclude":true}`,
			sent: `"chat_template_kwargs":{"enable_thinking":false},"reasoning":{"exclude":true}`},
		{name: "reasoning as a word in chat", word: "shallow", client: `"reasoning":"high"`, sent: `"chat_template_kwargs":{"enable_thinking":false}`},
		{name: "reasoning as true", word: "shallow", client: `"reasoning":true`, sent: `"chat_template_kwargs":{"enable_thinking":false}`},
		{name: "thinking at the top", word: "shallow", client: `"enable_thinking":true,"thinking_budget":9,"thinking_token_budget":9,"thinking_budget_tokens":9,"reasoning_budget":-1,"think":true,"thinking":{"type":"enabled"}`,
			sent: `"chat_template_kwargs":{"enable_thinking":false}`},
		{name: "variables of the template", word: "deep", client: `"chat_template_kwargs":{"enable_thinking":false,"thinking":false,"thinking_budget":1,"thinking_mode":"off","low_effort":true,"locale":"de"}`,
			sent: `"reasoning_effort":"high","vllm_xargs":{"deep":1},"extra_body":{"enable_thinking":true},"chat_template_kwargs":{"locale":"de"}`},
		{name: "extensions and parameters of others stay", word: "deep", client: `"vllm_xargs":{"x":1,"thinking_budget":1},"extra_body":{"top_k":1,"enable_thinking":false},"custom_params":{"y":1,"thinking_budget":1}`,
			sent: `"reasoning_effort":"high","vllm_xargs":{"deep":1,"x":1},"extra_body":{"enable_thinking":true,"top_k":1},"custom_params":{"y":1}`},
		{name: "inside extra_body", word: "shallow", client: `"extra_body":{"a":1,"reasoning_effort":"high","thinking":{"type":"enabled"},"reasoning":{"effort":"high","summary":"auto"},"chat_template_kwargs":{"enable_thinking":true,"locale":"de"}}`,
			sent: `"chat_template_kwargs":{"enable_thinking":false},"extra_body":{"a":1,"reasoning":{"summary":"auto"},"chat_template_kwargs":{"locale":"de"}}`},
		{name: "a word inside extra_body", word: "shallow", client: `"extra_body":{"reasoning":"high","a":1}`, sent: `"chat_template_kwargs":{"enable_thinking":false},"extra_body":{"a":1}`},
		{name: "effort of messages leaves the format", shape: prompt.Messages, word: "deep", client: `"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"effort":1}}},"thinking":{"type":"adaptive"}`,
			sent: `"output_config":{"effort":"high","format":{"type":"json_schema","schema":{"effort":1}}}`},
		{name: "effort of messages where nothing can ask", shape: prompt.Messages, word: "shallow", client: `"output_config":{"effort":"max","format":{"type":"json_schema"}}`,
			sent: `"output_config":{"format":{"type":"json_schema"}}`},
		{name: "verbosity of responses leaves the format", shape: prompt.Responses, word: "deep", client: `"text":{"format":{"type":"text"},"verbosity":"low"},"reasoning":{"effort":"low","summary":"auto"}`,
			sent: `"text":{"verbosity":"high","format":{"type":"text"}},"reasoning":{"effort":"high","summary":"auto"}`},
		{name: "completions", shape: prompt.Completions, word: "shallow", client: `"thinking_token_budget":9,"echo":true`, sent: `"echo":true`},
		{name: "a route without a level", word: "free", client: `"reasoning_effort":"high","enable_thinking":true,"reasoning":"high"`, sent: `"reasoning_effort":"high","enable_thinking":true,"reasoning":"high"`},
		{name: "a model without reasoning", word: "none", client: `"reasoning_effort":"high","enable_thinking":true,"reasoning":"high","output_config":{"effort":"max","format":{}},"temperature":1`,
			sent: `"output_config":{"format":{}},"temperature":1`},
	} {
		t.Run(test.name, func(t *testing.T) {
			talk := map[prompt.Shape]string{prompt.Chat: `"messages":[{"role":"user","content":"«»"}]`, prompt.Completions: `"prompt":"«»"`,
				prompt.Responses: `"input":"«»"`, prompt.Messages: `"messages":[{"role":"user","content":"«»"}]`}[test.shape]
			talk = strings.ReplaceAll(talk, "«»", test.word)
			model := "large"
			if test.word == "none" {
				model = "mute"
			}
			for _, layout := range []string{`{"model":"auto",«members»,«talk»}`, `{«talk»,«members»,"model":"auto"}`, `{ «members» , "model":"auto" , «talk» }`} {
				body := strings.NewReplacer("«members»", test.client, "«talk»", talk).Replace(layout)
				for _, window := range []int64{0, int64(strings.Index(body, talk) + len(talk))} {
					late := window > 0 && strings.Index(body, test.client) > strings.Index(body, talk)
					if late && test.word == "deep" {
						continue // what the policy sets in an object cannot be merged with one that comes later
					}
					if late && strings.Contains(test.sent, "chat_template_kwargs") && strings.Contains(test.client, `"chat_template_kwargs"`) {
						continue
					}
					same(t, sentOn(t, s, test.shape, body, window), strings.NewReplacer("«members»", test.sent, "«talk»", talk, `"auto"`, `"`+model+`"`).Replace(layout))
				}
			}
			named := strings.NewReplacer("«members»", test.client, "«talk»", talk).Replace(`{"model":"mute",«members»,«talk»}`)
			same(t, sentOn(t, s, test.shape, named, 0), named)
		})
	}
}

// same compares what two bodies mean.
func same(t *testing.T, got, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatalf("%v: %s", err, want)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

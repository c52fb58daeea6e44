package rules

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

const usagePolicy = `
version: "1"
auto: [auto]
models:
  asked: {cluster: c, include_usage: true}
  left: {cluster: c}
default: asked
`

func TestUsageIsAskedForOnlyWhereTheClientSaysNothingOfIt(t *testing.T) {
	const asks = `"stream_options":{"include_usage":true}`
	s := compileYAML(t, usagePolicy).NewSession(prompt.Chat)
	for _, c := range []struct {
		name, body string
		shape      prompt.Shape
		window     int64
		want       bool
	}{
		{"a stream", `{"model":"auto","stream":true,"messages":[{"role":"user","content":"Hi"}]}`, prompt.Chat, 0, true},
		{"a stream that says so last", `{"messages":[{"role":"user","content":"Hi"}],"stream":true,"model":"auto"}`, prompt.Chat, 0, true},
		{"a stream of completions", `{"prompt":"Hi","stream":true}`, prompt.Completions, 0, true},
		{"no stream", `{"model":"auto","messages":[{"role":"user","content":"Hi"}]}`, prompt.Chat, 0, false},
		{"a stream that is false", `{"stream":false,"messages":[{"role":"user","content":"Hi"}]}`, prompt.Chat, 0, false},
		{"a model that does not want it", `{"model":"left","stream":true,"messages":[{"role":"user","content":"Hi"}]}`, prompt.Chat, 0, false},
		{"options of the client's", `{"stream":true,"stream_options":{"include_usage":false},"messages":[{"role":"user","content":"Hi"}]}`, prompt.Chat, 0, false},
		{"options that are empty", `{"stream":true,"messages":[{"role":"user","content":"Hi"}],"stream_options":{}}`, prompt.Chat, 0, false},
		{"options that are null", `{"stream":true,"messages":[{"role":"user","content":"Hi"}],"stream_options":null}`, prompt.Chat, 0, false},
		{"options in extra_body", `{"stream":true,"messages":[{"role":"user","content":"Hi"}],"extra_body":{"stream_options":{"include_usage":true}}}`, prompt.Chat, 0, false},
		{"options that may still come behind the window", `{"model":"auto","stream":true,"messages":[{"role":"user","content":"Hi"}],"stream_options":{}}`, prompt.Chat, 30, false},
		{"a shape that has usage by itself", `{"input":"Hi","stream":true}`, prompt.Responses, 0, false},
		{"another one", `{"max_tokens":5,"messages":[{"role":"user","content":"Hi"}],"stream":true}`, prompt.Messages, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.Reset(c.shape, c.window)
			s.Feed([]byte(c.body))
			d := s.Close()
			if d.Action != ActionRoute {
				t.Fatalf("denied: %s", d.Message)
			}
			var put strings.Builder
			edits, _ := s.Take()
			grown := int64(0)
			for _, e := range edits {
				put.Write(e.New)
				grown += int64(len(e.New)) - (e.End - e.Start)
			}
			if asked := strings.Count(put.String(), asks); d.IncludeUsage != c.want || asked == 1 != c.want || asked > 1 {
				t.Errorf("asked %v in %q, want %v", d.IncludeUsage, put.String(), c.want)
			}
			if grown != s.Delta() {
				t.Errorf("the body grows by %d bytes and was said to grow by %d", grown, s.Delta())
			}
		})
	}
}

func TestAskingForUsageIsPartOfThePolicy(t *testing.T) {
	a, b := compileYAML(t, usagePolicy), compileYAML(t, strings.Replace(usagePolicy, ", include_usage: true", "", 1))
	c := compileYAML(t, strings.Replace(usagePolicy, "true", "false", 1))
	if a.Hash() == b.Hash() || b.Hash() != c.Hash() {
		t.Errorf("hashes %s, %s without it, %s with false", a.Hash()[:8], b.Hash()[:8], c.Hash()[:8])
	}
}

package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

const pathsPolicy = `
version: "1"
models:
  chat: {name: org/chat, cluster: chat, price: {input: 1, output: 1}, max_output: 10, aliases: [gpt-9]}
  embed: {name: org/embed, cluster: embed, tier: 1, price: {input: 0.1, output: 0}, max_output: 1}
  other: {name: org/other, cluster: other, price: {input: 0.1, output: 0}, max_output: 1}
signals:
  keyword:
    attack: {in: user, words: [attack]}
    indirect: {in: [tool, assistant], words_of: attack}
    secret: {in: any, words: [secret]}
guards:
  - {name: steer, when: keyword.attack, flag: attack, only: [chat, embed]}
  - {name: indirect, when: keyword.indirect, flag: indirect}
  - {name: secret, when: keyword.secret, deny: {status: 403, code: secret}}
objectives: {cost_ceiling: 0.0001}
paths:
  /v1/embeddings: [embed, other]
  /v1/rerank: other
default: chat
`

// A path that the policy maps has all that the router's own have, but for routes.
func TestMappedPathsHaveAllInvariants(t *testing.T) {
	for name, c := range map[string]struct{ path, body, outcome, flags string }{
		"without a model":                     {"/v1/embeddings", `"input":"hello"`, "embed", ""},
		"with a name that asks for routing":   {"/v1/embeddings", `"model":"auto","input":["hello"]`, "embed", ""},
		"with a model of the path":            {"/v1/embeddings", `"model":"other","input":"hello"`, "other", ""},
		"by its served name":                  {"/v1/embeddings", `"model":"org/other","input":"hello"`, "other", ""},
		"with a model of other paths":         {"/v1/embeddings", `"model":"chat","input":"hello"`, "404 model_not_found", ""},
		"with an alias of one":                {"/v1/embeddings", `"model":"gpt-9","input":"hello"`, "404 model_not_found", ""},
		"with a name that nobody has":         {"/v1/embeddings", `"model":"text-embedding-3","input":"hello"`, "404 model_not_found", ""},
		"with a conversation":                 {"/v1/embeddings", `"messages":[{"role":"user","content":"hello"}]`, "400 invalid_request", ""},
		"with a system text":                  {"/v1/embeddings", `"system":"hello","input":"a"`, "400 invalid_request", ""},
		"with no conversation":                {"/v1/embeddings", `"messages":null,"input":"hello"`, "embed", ""},
		"with tokens":                         {"/v1/embeddings", `"input":[1,2]`, "400 not_inspectable", ""},
		"with lists of tokens":                {"/v1/embeddings", `"input":[[1,2],[3]]`, "400 not_inspectable", ""},
		"with an adapter":                     {"/v1/embeddings", `"input":"a","lora_path":"x"`, "400 not_inspectable", ""},
		"with a model in disguise":            {"/v1/embeddings", `"input":"a","Model":"chat"`, "400 ambiguous_member", ""},
		"with an attack, which its model may": {"/v1/embeddings", `"input":["a","attack"]`, "embed", "attack"},
		"with an attack, which it may not":    {"/v1/rerank", `"query":"attack","documents":["a"]`, "403 no_model_allowed", "attack"},
		"with an attack in a document":        {"/v1/rerank", `"query":"a","documents":["b","attack"]`, "other", "indirect"},
		"with an attack in a part of one":     {"/v1/rerank", `"documents":[{"title":"x","text":"attack"}],"query":"a"`, "other", "indirect"},
		"with an attack where nobody looks":   {"/v1/rerank", `"query":"a","documents":[],"x":{"y":["attack"]}`, "403 no_model_allowed", "attack"},
		"with what is denied":                 {"/v1/embeddings", `"input":"a","user":"secret"`, "403 secret", "secret"},
		"with a model that a guard excludes":  {"/v1/embeddings", `"model":"other","input":"attack"`, "403 no_model_allowed", "attack"},
		"above the cost ceiling":              {"/v1/embeddings", `"input":"` + strings.Repeat("word ", 3000) + `"`, "403 cost_ceiling", ""},
	} {
		t.Run(name, func(t *testing.T) {
			table := compileYAML(t, pathsPolicy)
			shape, ok := table.Call(c.path)
			if !ok || shape != prompt.Mapped {
				t.Fatalf("%s is read as %s (served: %v)", c.path, shape, ok)
			}
			s := table.NewSession(shape)
			for _, chunk := range []int{1, 7, 1 << 20} {
				s.Reset(shape, 0)
				s.Serve(c.path)
				for rest := []byte("{" + c.body + "}"); len(rest) > 0; {
					n := min(chunk, len(rest))
					s.Feed(rest[:n])
					rest = rest[n:]
				}
				d := s.Close()
				outcome := describe(d.Status) + " " + d.Code
				if d.Model != nil {
					outcome = d.Model.Key
				}
				if outcome != c.outcome || strings.Join(d.Flags, " ") != c.flags || d.Model != nil && (d.Name != NameMapped || !d.KeepReasoning) {
					t.Fatalf("%s by %q, flags %v, want %s, %s", outcome, d.Name, d.Flags, c.outcome, c.flags)
				}
			}
		})
	}
}

func TestAMappedPathIsNoPathOfAnotherRequest(t *testing.T) {
	table := compileYAML(t, pathsPolicy)
	s := table.NewSession(prompt.Mapped)
	s.Reset(prompt.Mapped, 0)
	s.Serve("/v1/rerank")
	s.Feed([]byte(`{"query":"a"}`))
	s.Close()
	s.Reset(prompt.Chat, 0)
	s.Serve("/v1/chat/completions")
	s.Feed([]byte(`{"messages":[{"role":"user","content":"hello"}]}`))
	if d := s.Close(); d.Name != NameDefault || d.Model.Key != "chat" {
		t.Errorf("a chat behind it is decided by %q", d.Name)
	}
	for path, want := range map[string]bool{"/v1/embeddings": true, "/v1/embeddings/": false, "/v1/Embeddings": false, "/v1/chat/completions": true, "/v1/models": false, "/v1/moderations": false} {
		if _, ok := table.Call(path); ok != want {
			t.Errorf("%s is served: %v", path, ok)
		}
	}
}

// To count tokens costs nothing, but guards are asked, and the model is that of the request.
func TestCountingTokensGoesThroughGuardsAndPastTheCeiling(t *testing.T) {
	table := compileYAML(t, pathsPolicy)
	long := strings.Repeat("word ", 3000)
	for _, c := range []struct {
		path    string
		shape   prompt.Shape
		members string
	}{
		{"/v1/messages/count_tokens", prompt.Messages, `"messages":[{"role":"user","content":"%"}]`},
		{"/v1/responses/input_tokens", prompt.Responses, `"input":"%"`},
	} {
		for words, want := range map[string][2]string{"hello": {"", ""}, long: {"", "cost_ceiling"}, "secret": {"secret", "secret"}} {
			for i, path := range []string{c.path, ""} {
				shape, ok := table.Call(c.path)
				if !ok || shape != c.shape {
					t.Fatalf("%s is read as %s (served: %v)", c.path, shape, ok)
				}
				s := table.NewSession(shape)
				s.Serve(path)
				s.Feed([]byte(`{` + strings.Replace(c.members, "%", words, 1) + `}`))
				if d := s.Close(); d.Code != want[i] || d.Model != nil && d.Model.Key != "chat" {
					t.Errorf("%s (as %q) of %.9s: %s %s, want %q", c.path, path, words, d.Action, d.Code, want[i])
				}
			}
		}
	}
}

func TestTheHashOfAPolicyHasItsPaths(t *testing.T) {
	hashes := []string{compileYAML(t, pathsPolicy).Hash()}
	for _, change := range [][2]string{{"/v1/rerank: other", "/v2/rerank: other"}, {"/v1/rerank: other", "/v1/rerank: embed"}, {"[embed, other]", "[other, embed]"}} {
		hash := compileYAML(t, strings.Replace(pathsPolicy, change[0], change[1], 1)).Hash()
		if slices.Contains(hashes, hash) {
			t.Errorf("%s instead of %s changes nothing", change[1], change[0])
		}
		hashes = append(hashes, hash)
	}
}

func TestAGuardThatWouldEmptyAPathIsWarnedOf(t *testing.T) {
	var warned []string
	for _, w := range compileYAML(t, pathsPolicy).Warnings() {
		if strings.Contains(w.Message, "exclude the model of the path") {
			warned = append(warned, w.Path+" "+w.Message)
		}
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "/v1/rerank") || !strings.Contains(warned[0], `"steer"`) {
		t.Errorf("got %q", warned)
	}
}

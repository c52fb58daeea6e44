//go:build !wasip1

package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/routertest"
)

// mapped is a policy with paths of its own.
const mapped = `"policy":{"version":"1","models":{"chat":{"name":"org/chat","cluster":"chat"},"embed":{"name":"org/embed","cluster":"embed"}},` +
	`"signals":{"keyword":{"attack":{"in":"user","words":["attack"]},"secret":{"in":"any","words":["secret"]}}},` +
	`"guards":[{"name":"attack","when":"keyword.attack","only":["chat"]},{"name":"secret","when":"keyword.secret","deny":{}}],"paths":{"/v1/embeddings":"embed"},"default":"chat"}`

func TestMappedPathsGoToTheirModel(t *testing.T) {
	for _, r := range []*router{start(t, mapped), startPair(t, mapped)} {
		for name, c := range map[string]struct{ path, body, want, upstream string }{
			"a text":                   {"/v1/embeddings", `{"input":"hello"}`, "200", `{"model":"org/embed","input":"hello"}`},
			"a text with a query":      {"/v1/embeddings?api-version=1", `{"input":["hello"],"model":"auto"}`, "200", `{"input":["hello"],"model":"org/embed"}`},
			"reasoning is nobody's":    {"/v1/embeddings", `{"model":"embed","input":"hello","reasoning_effort":"high"}`, "200", `{"model":"org/embed","input":"hello","reasoning_effort":"high"}`},
			"a model of another path":  {"/v1/embeddings", `{"model":"chat","input":"hello"}`, "404 model_not_found", ""},
			"a conversation":           {"/v1/embeddings", `{"messages":[{"role":"user","content":"hello"}]}`, "400 invalid_request", ""},
			"an attack":                {"/v1/embeddings", `{"input":"attack"}`, "403 no_model_allowed", ""},
			"what is denied":           {"/v1/embeddings", `{"input":"a","x":["secret"]}`, "403 request_denied", ""},
			"another spelling":         {"/v1/embeddings/", `{"input":"hello"}`, "404 path_not_served", ""},
			"a path that is not there": {"/v1/rerank", `{"query":"hello"}`, "404 path_not_served", ""},
			"a chat beside it":         {"/v1/chat/completions", `{"messages":[{"role":"user","content":"hello"}]}`, "200", `{"model":"org/chat","messages":[{"role":"user","content":"hello"}]}`},
		} {
			a := r.Send(t, post(c.path, c.body))
			routertest.NoneForged(t, a)
			if a.Outcome() != c.want {
				t.Errorf("%s: answer %s, want %s: %s", name, a.Outcome(), c.want, a.Message)
			}
			if a.Upstream != nil && string(a.Upstream.Body) != c.upstream {
				t.Errorf("%s: the engine got %s, want %s", name, a.Upstream.Body, c.upstream)
			}
		}
		form := post("/v1/embeddings", "--x")
		form.Headers = []hostsim.Field{{Name: "content-type", Value: "Multipart/Form-Data; boundary=x"}}
		if a := r.Send(t, form); a.Outcome() != "415 unsupported_media_type" || !strings.Contains(a.Message, "multipart") || !strings.Contains(a.Message, "send JSON") {
			t.Errorf("a form: answer %s: %s", a.Outcome(), a.Message)
		}
	}
}

func TestPagesOfAnAllowedOriginMayReadEveryAnswer(t *testing.T) {
	r := start(t, defaultPolicy+`,"cors":{"origins":["https://chat.example.com"]}`)
	origin := func(q hostsim.Request, origin string, more ...hostsim.Field) hostsim.Request {
		q.Headers = append(append(q.Headers, hostsim.Field{Name: "origin", Value: origin}), more...)
		return q
	}
	good, bad := post("/v1/chat/completions", `{"messages":[{"role":"user","content":"Who are you?"}]}`), post("/v1/chat/completions", `{`)
	list := hostsim.Request{Method: "GET", Path: "/v1/models"}
	for name, q := range map[string]hostsim.Request{"an answer": good, "an error": bad, "the list": list, "a missing model": {Method: "GET", Path: "/v1/models/gpt-9"}} {
		for from, want := range map[string]string{"https://chat.example.com": "https://chat.example.com", "https://evil.example.com": "", "null": ""} {
			a := r.Send(t, origin(q, from))
			if got := a.Response.Head.Value("access-control-allow-origin"); got != want || (want != "") != strings.Contains(a.Response.Head.Value("vary"), "origin") {
				t.Errorf("%s to %s: access-control-allow-origin %q, vary %q", name, from, got, a.Response.Head.Value("vary"))
			}
		}
	}
	options := hostsim.Request{Method: "OPTIONS", Path: "/v1/messages"}
	ask := hostsim.Field{Name: "access-control-request-method", Value: "POST"}
	for wants, allowed := range map[string]string{"content-type, x-api-key": "content-type, x-api-key", "x: y\r\nz": "", strings.Repeat("a", 2000): "", "": ""} {
		a := r.Send(t, origin(options, "https://chat.example.com", ask, hostsim.Field{Name: "access-control-request-headers", Value: wants}))
		h := a.Response.Head
		if a.Status != 204 || h.Value("access-control-allow-origin") != "https://chat.example.com" || !strings.Contains(h.Value("access-control-allow-methods"), "POST") ||
			h.Value("access-control-allow-headers") != allowed || h.Value("access-control-max-age") != "600" {
			t.Errorf("a preflight for %.30q: %d %v", wants, a.Status, h.Fields())
		}
	}
	if a := r.Send(t, origin(options, "https://evil.example.com", ask)); a.Status != 404 || a.Response.Head.Value("access-control-allow-origin") != "" {
		t.Errorf("a preflight of another page: %d", a.Status)
	}
	without := start(t, defaultPolicy)
	if a := without.Send(t, origin(good, "https://chat.example.com")); a.Response.Head.Value("access-control-allow-origin") != "" {
		t.Error("without a configuration some page may read an answer")
	}
}

func TestOneModelIsTheOneOfTheList(t *testing.T) {
	r := start(t, defaultPolicy)
	var list struct{ Data []json.RawMessage }
	if err := json.Unmarshal(r.Send(t, hostsim.Request{Method: "GET", Path: "/v1/models"}).Response.Body, &list); err != nil || len(list.Data) == 0 {
		t.Fatal(err)
	}
	for _, entry := range list.Data {
		var m struct{ ID string }
		if err := json.Unmarshal(entry, &m); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{m.ID, strings.ReplaceAll(m.ID, "/", "%2F")} {
			a := r.Send(t, hostsim.Request{Method: "GET", Path: "/v1/models/" + path})
			if a.Status != 200 || string(a.Response.Body) != string(entry) || a.Upstream != nil {
				t.Errorf("%s: %d %s, want %s", path, a.Status, a.Response.Body, entry)
			}
		}
	}
	for _, path := range []string{"gpt-9", "auto/", "%61uto%00", "..", strings.Repeat("x", 3000)} {
		if a := r.Send(t, hostsim.Request{Method: "GET", Path: "/v1/models/" + path}); a.Status < 400 {
			t.Errorf("%.20s: %d", path, a.Status)
		}
	}
}

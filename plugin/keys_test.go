//go:build !wasip1

package main_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

// withKeys is a configuration in which keys are made.
const withKeys = defaultPolicy + `,"trusted":["x-tenant"],"tenant":"x-tenant","keys":{"secret":"0123456789abcdef"}`

// keysOf are the headers by which a proxy would choose a replica.
func keysOf(t *testing.T, a answer) (session, prefix string) {
	t.Helper()
	if a.Upstream == nil {
		t.Fatalf("no backend got the request: %d %s", a.Status, a.Response.Body)
	}
	var record struct{ Session, Prefix string }
	if err := json.Unmarshal(a.State["wasm.mom.audit"], &record); err != nil {
		t.Fatal(err)
	}
	session, prefix = a.Upstream.Head.Value("x-mom-session"), a.Upstream.Head.Value("x-mom-prefix")
	if record.Session != session || record.Prefix != prefix {
		t.Errorf("the backend got %q and %q, the record has %+v", session, prefix, record)
	}
	return session, prefix
}

func conversationOf(system string, words ...string) string {
	var b strings.Builder
	b.WriteString(`{"model":"auto","messages":[{"role":"system","content":"` + system + `"}`)
	for i, w := range words {
		b.WriteString(`,{"role":"` + []string{"user", "assistant"}[i%2] + `","content":"` + w + `"}`)
	}
	return b.String() + `]}`
}

func TestAConversationHasOneKeyInBothModes(t *testing.T) {
	var both []string
	for mode, r := range map[string]*router{"flag": start(t, withKeys), "pair": startPair(t, withKeys)} {
		t.Run(mode, func(t *testing.T) {
			first := post("/v1/chat/completions", conversationOf("Be kind.", "Who are you?"))
			first.Headers = append(first.Headers, hostsim.Field{Name: "X-Mom-Session", Value: "forged"}, hostsim.Field{Name: "x_mom_prefix", Value: "forged"})
			session, prefix := keysOf(t, r.Send(t, first))
			if len(session) != 16 || len(prefix) != 16 || session == prefix {
				t.Fatalf("the keys are %q and %q", session, prefix)
			}
			both = append(both, session, prefix)
			second := post("/v1/chat/completions", conversationOf("Be kind.", "Who are you?", "A router.", "Prove it."))
			second.Chunks = []int{1, 40, 3}
			if s, p := keysOf(t, r.Send(t, second)); s != session || p != prefix {
				t.Errorf("the second turn has %s and %s, the first %s and %s", s, p, session, prefix)
			}
			if s, p := keysOf(t, r.Send(t, post("/v1/chat/completions", conversationOf("Be kind.", "What are you?")))); s == session || p != prefix {
				t.Errorf("another conversation has %s and %s beside %s and %s", s, p, session, prefix)
			}
			tenant := post("/v1/chat/completions", conversationOf("Be kind.", "Who are you?"))
			tenant.Headers = append(tenant.Headers, hostsim.Field{Name: "x-tenant", Value: "acme"})
			if s, p := keysOf(t, r.Send(t, tenant)); s == session || p == prefix {
				t.Error("another tenant has the same keys")
			}
		})
	}
	if len(both) == 4 && !slices.Equal(both[:2], both[2:]) {
		t.Errorf("the modes differ: %q", both)
	}
}

func TestClientsNameTheirConversationsInHeaders(t *testing.T) {
	r := start(t, withKeys)
	send := func(body string, headers ...string) string {
		q := post("/v1/chat/completions", body)
		for i := 0; i < len(headers); i += 2 {
			q.Headers = append(q.Headers, hostsim.Field{Name: headers[i], Value: headers[i+1]})
		}
		session, _ := keysOf(t, r.Send(t, q))
		return session
	}
	one, other := conversationOf("a", "b"), conversationOf("c", "d")
	want := send(one, "x-claude-code-session-id", "s-1")
	if got := send(other, "X-Claude-Code-Session-Id", "s-1", "session_id", "s-2"); got != want {
		t.Errorf("the same session of Claude Code has %s and %s", want, got)
	}
	if got := send(strings.Replace(other, `{`, `{"prompt_cache_key":"s-1",`, 1)); got != want {
		t.Errorf("the same key in a body and a header: %s and %s", got, want)
	}
	if send(one, "session_id", "s-2") == want || send(one, "x-unknown", "s-1") == want {
		t.Error("another session has the same key")
	}
	text := send(one)
	for _, value := range []string{"", strings.Repeat("s", 257)} {
		if got := send(one, "x-claude-code-session-id", value); got != text {
			t.Errorf("a key of %d bytes counts", len(value))
		}
	}
}

func TestNoKeysAreMadeWithoutASecret(t *testing.T) {
	r := start(t, defaultPolicy+`,"keys":{"secret_env":"MOM_KEYS"}`)
	if s, p := keysOf(t, r.Send(t, post("/v1/chat/completions", conversationOf("a", "b")))); s != "" || p != "" {
		t.Errorf("the keys are %q and %q", s, p)
	}
	if !strings.Contains(r.Logs.String(), "warn: mom-router: $.keys.secret_env: no keys are made") {
		t.Errorf("the log does not say so: %s", r.Logs.String())
	}
}

func TestADrainedModelIsNotListedAndAnsweredFor(t *testing.T) {
	r := start(t, `"policy":{"version":"1","models":{"old":{"cluster":"c-old","aliases":["older"],"drain":true},"new":{"cluster":"c-new"}},"default":"old"}`)
	list := r.Do(hostsim.Request{Method: "GET", Path: "/v1/models"})
	if body := string(list.Response.Body); list.Status != 200 || strings.Contains(body, "old") || !strings.Contains(body, `"new"`) {
		t.Errorf("%d %s", list.Status, body)
	}
	for _, name := range []string{"old", "older"} {
		a := r.Send(t, post("/v1/chat/completions", `{"model":"`+name+`","messages":[{"role":"user","content":"Hi"}]}`))
		if a.Status != 503 || a.Code != "model_draining" {
			t.Errorf("%s: %d %s", name, a.Status, a.Code)
		}
	}
	if a := r.Send(t, post("/v1/chat/completions", `{"messages":[{"role":"user","content":"Hi"}]}`)); a.Status != 200 || a.Record.Model != "new" {
		t.Errorf("a new conversation: %d %+v", a.Status, a.Record)
	}
	if a := r.Send(t, post("/v1/chat/completions", conversationOf("s", "Hi", "Hello.", "And?"))); a.Status != 200 || a.Record.Model != "old" {
		t.Errorf("a conversation under way: %d %+v", a.Status, a.Record)
	}
}

func TestARequestThatIsTooLongIsRefusedAsTheAPIDoes(t *testing.T) {
	r := start(t, `"policy":{"version":"1","models":{"m":{"cluster":"c","context":1000,"input":["text"]}},"default":"m"}`)
	for path, want := range map[string]string{
		"/v1/chat/completions": `"message":"This model's maximum context length is 1000 tokens.`,
		"/v1/messages":         `"message":"prompt is too long: `,
	} {
		a := r.Send(t, post(path, `{"max_tokens":64000,"messages":[{"role":"user","content":"Hi"}]}`))
		if body := string(a.Response.Body); a.Status != 400 || a.Code != "context_length_exceeded" || !strings.Contains(body, want) || !strings.Contains(body, `"invalid_request_error"`) {
			t.Errorf("%s: %d %s", path, a.Status, body)
		}
	}
	a := r.Send(t, post("/v1/chat/completions", `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}]}`))
	if a.Status != 400 || a.Code != "input_not_supported" {
		t.Errorf("an image: %d %s", a.Status, a.Code)
	}
}

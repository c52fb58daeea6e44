package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/client"
)

// canary is a word of the prompts that nothing but a backend may ever repeat.
const canary = "cormorant"

func badRequests(t *testing.T, s *stand) {
	for _, c := range []struct {
		name, body string
		code       string
	}{
		{"one byte", `x`, "invalid_json"},
		{"words", `Tell me of the cormorant`, "invalid_json"},
		{"an array", `["cormorant"]`, "invalid_request"},
		{"an object that does not end", `{"model":"auto","messages":[{"role":"user","content":"cormorant"}]`, "invalid_json"},
		{"a string that does not end", `{"model":"auto","messages":[{"role":"user","content":"cormorant`, "invalid_json"},
		{"something behind the object", `{"model":"auto","messages":[{"role":"user","content":"cormorant"}]} {}`, "invalid_json"},
		{"two models", `{"model":"auto","model":"qwen3-235b","messages":[{"role":"user","content":"cormorant"}]}`, "duplicate_member"},
		{"two models, one spelled with an escape", `{"model":"auto","mod\u0065l":"qwen3-235b","messages":[{"role":"user","content":"cormorant"}]}`, "duplicate_member"},
		{"two contents in a message", `{"model":"auto","messages":[{"role":"user","content":"hi","content":"cormorant"}]}`, "duplicate_member"},
		{"bytes that are not UTF-8", "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"cormorant \xff\"}]}", "invalid_json"},
		{"half a surrogate pair", `{"model":"auto","messages":[{"role":"user","content":"cormorant \ud800"}]}`, "invalid_json"},
		{"a byte order mark", "\ufeff" + `{"model":"auto","messages":[{"role":"user","content":"cormorant"}]}`, "invalid_json"},
		{"not a number", `{"model":"auto","temperature":NaN,"messages":[{"role":"user","content":"cormorant"}]}`, "invalid_json"},
		{"a comment", `{"model":"auto",/* cormorant */"messages":[]}`, "invalid_json"},
		{"a raw line feed in a string", "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"cormo\nrant\"}]}", "invalid_json"},
		{"a model that is no string", `{"model":7,"messages":[{"role":"user","content":"cormorant"}]}`, "invalid_request"},
		{"no messages", `{"model":"auto","user":"cormorant"}`, "invalid_request"},
		{"messages that are no array", `{"model":"auto","messages":"cormorant"}`, "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, protocol := range protocols {
				for _, framing := range []client.Framing{client.Length, client.Chunked} {
					m := post([]byte(c.body))
					m.Framing = framing
					r := s.denied(t, s.client(t, asShipped, protocol), m, 400)
					checkError(t, r, c.code, canary)
				}
			}
		})
	}
	t.Run("a compressed body", func(t *testing.T) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(chat("auto", canary))
		z.Close()
		for _, protocol := range protocols {
			for _, encoding := range []string{"gzip", "GZIP", "identity, gzip", "br"} {
				m := post(b.Bytes())
				m.Header = append(m.Header, [2]string{"content-encoding", encoding})
				checkError(t, s.denied(t, s.client(t, asShipped, protocol), m, 415), "unsupported_encoding", canary)
			}
		}
	})
	t.Run("a body that does not call itself JSON", func(t *testing.T) {
		for _, media := range []string{"text/plain", "application/json; charset=utf-16", "application/x-www-form-urlencoded"} {
			m := post(chat("auto", canary))
			m.Header = [][2]string{{"content-type", media}}
			checkError(t, s.denied(t, s.client(t, asShipped, "HTTP/1"), m, 415), "unsupported_media_type", canary)
		}
	})
}

func otherPaths(t *testing.T, s *stand) {
	body := chat("auto", canary)
	for _, protocol := range protocols {
		c := s.client(t, asShipped, protocol)
		t.Run("the list of models over "+protocol, func(t *testing.T) {
			r := s.denied(t, c, client.Message{Method: "GET", Path: "/v1/models", Framing: client.None}, 200)
			var list struct {
				Object string
				Data   []struct{ ID, Object string }
			}
			if err := json.Unmarshal(r.Body, &list); err != nil || list.Object != "list" {
				t.Fatalf("not a list (%v): %s", err, r.Body)
			}
			ids := map[string]bool{}
			for _, m := range list.Data {
				ids[m.ID] = m.Object == "model"
			}
			for _, id := range []string{"auto", gptOSS20B.key, kimi.key} {
				if !ids[id] {
					t.Errorf("model %q is not in the list: %s", id, r.Body)
				}
			}
		})
		t.Run("spellings that only look like a model path over "+protocol, func(t *testing.T) {
			for _, path := range []string{
				"/v1/chat/completions/", "//v1/chat/completions", "/v1/./chat/completions", "/v1/x/../chat/completions",
				"/V1/chat/completions", "/v1/chat%2Fcompletions", "/v1/%63hat/completions", "/v1/chat/completions;x=1",
			} {
				m := post(body)
				m.Path = path
				r := s.denied(t, c, m, 400)
				checkError(t, r, "ambiguous_path", canary)
			}
		})
		t.Run("unknown paths over "+protocol, func(t *testing.T) {
			for _, path := range []string{"/", "/invocations", "/v1/chat/completions/batch", "/v1/embeddings", "/v1/open"} {
				m := post(body)
				m.Path = path
				r := s.denied(t, c, m, 404)
				checkError(t, r, "path_not_served", canary)
				if !strings.Contains(string(r.Body), "/v1/chat/completions") {
					t.Errorf("no hint at what is served: %s", r.Body)
				}
			}
		})
		t.Run("a model path takes POST only over "+protocol, func(t *testing.T) {
			for _, method := range []string{"GET", "PUT", "DELETE", "OPTIONS"} {
				m := client.Message{Method: method, Path: "/v1/chat/completions", Framing: client.None}
				checkError(t, s.denied(t, c, m, 404), "method_not_served", "")
			}
		})
		t.Run("a query is no part of the path over "+protocol, func(t *testing.T) {
			m := post(chat("auto", prompts[0].text))
			m.Path += "?api-version=1"
			prompts[0].want.check(t, m, s.routed(t, c, m))
		})
	}
	t.Run("an upgrade", func(t *testing.T) {
		m := post(body)
		m.Header = append(m.Header, [2]string{"connection", "upgrade"}, [2]string{"upgrade", "websocket"})
		r, id := s.call(t, s.client(t, asShipped, "HTTP/1"), m)
		s.never(id)
		if r.Status < 400 || r.Status > 403 {
			t.Errorf("status %d", r.Status)
		}
	})
}

func forgedHeaders(t *testing.T, s *stand) {
	forged := [][2]string{
		{"x-mom-cluster", glm.cluster}, {"X-Mom-Model", glm.name}, {"x-mom-cluster", kimi.cluster},
		{"x-mom-audit", "{}"}, {"X-MOM-LEAD", "1"}, {"x-mom-", "1"}, {"x-mom-flags", "none"},
	}
	for _, listener := range []string{asShipped, passing, unstripped} {
		for _, protocol := range protocols {
			t.Run("on listener "+listener+" over "+protocol, func(t *testing.T) {
				c := s.client(t, listener, protocol)
				for _, p := range prompts {
					m := post(chat("auto", p.text))
					m.Header = append(m.Header, forged...)
					p.want.check(t, m, s.routed(t, c, m)) // which looks at all x-mom-* headers
				}
				for _, c2 := range []struct {
					method, path, body string
					status             int
				}{
					{"GET", "/v1/models", "", 200},
					{"GET", "/v1/chat/completions", "", 404},
					{"GET", "/v1/files", "", 404},
					{"POST", "/v1/embeddings", `{"input":"x"}`, 404},
					{"POST", "/v1/chat/completions", `{"model":`, 400},
					{"POST", "/v1/chat/completions", "", 400},
					{"POST", "/v1/Chat/Completions", `{}`, 400},
				} {
					m := client.Message{Method: c2.method, Path: c2.path, Body: []byte(c2.body), Header: append([][2]string{{"content-type", "application/json"}}, forged...)}
					if c2.body == "" {
						m.Framing = client.None
					}
					s.denied(t, c, m, c2.status)
				}
			})
		}
	}
	for _, listener := range []string{passing, unstripped} {
		for _, protocol := range protocols {
			t.Run("on a path that passes uninspected on listener "+listener+" over "+protocol, func(t *testing.T) {
				for _, method := range []string{"GET", "POST"} {
					m := client.Message{Method: method, Path: "/v1/open", Header: forged, Framing: client.None}
					s.denied(t, s.client(t, listener, protocol), m, 404) // Envoy's own: no route matches without the header
					m.Body, m.Framing = []byte("anything"), client.Chunked
					s.denied(t, s.client(t, listener, protocol), m, 404)
				}
			})
		}
	}
}

package istio

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
)

// demo is one of the published requests and what is to become of it.
type demo struct {
	file                            string
	cluster, name, decision, effort string
}

// demos are the eight acceptance requests, in the order of examples/requests.
var demos = []demo{
	{"01-who-are-you.json", "mi355x-gpt-oss-20b", "openai/gpt-oss-20b", "fast_qa_english", "none"},
	{"02-society-chinese.json", "mi355x-qwen3-235b", "Qwen/Qwen3-235B", "complex_reasoning", "high"},
	{"03-rate-limiter.json", "mi355x-deepseek-v3-2", "DeepSeek-V3.2", "code_deep_thinking", "high"},
	{"04-ethics-of-agi.json", "mi355x-kimi-k2-thinking", "Kimi-K2-Thinking", "deep_thinking", "high"},
	{"05-robot-story.json", "mi355x-qwen3-235b", "Qwen/Qwen3-235B", "creative_ideas", "high"},
	{"06-square-root.json", "mi355x-qwen3-235b", "Qwen/Qwen3-235B", "math_problems", "high"},
	{"07-photoelectric.json", "mi355x-glm-4-7", "GLM-4.7", "physics_problems", "medium"},
	{"08-jailbreak.json", "mi355x-gpt-oss-20b", "openai/gpt-oss-20b", "guardrails", "none"},
}

// post is a chat completion as most clients send it.
func post(body string) client.Message {
	return client.Message{
		Method: "POST", Path: "/v1/chat/completions",
		Header: [][2]string{{"content-type", "application/json"}},
		Body:   []byte(body),
	}
}

func (d demo) message(t *testing.T) client.Message {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(root, "examples", "requests", d.file))
	if err != nil {
		t.Fatal(err)
	}
	return post(string(body))
}

// who is a harmless request: fast_qa_english.
func who() client.Message {
	return post(`{"model":"auto","messages":[{"role":"user","content":"A simple question: Who are you?"}]}`)
}

// inForce waits until the plugin routes: until then there is no listener, or an answer of another kind.
func (s *stand) inForce(t *testing.T, p *pod) {
	t.Helper()
	c := p.client(t, "HTTP/1")
	var last string
	t.Cleanup(func() {
		if t.Failed() && last != "" {
			t.Logf("the last answer before the plugin was in force: %s", last)
		}
	})
	eventually(t, "the plugin routes", func() bool {
		r, id, err := s.send(c, who())
		if err != nil {
			last = err.Error()
			return false
		}
		last = string(r.Body)
		got := s.backends.Got(id)
		return r.Status == 200 && len(got) == 1 && got[0].Header.Get("x-mom-model") == "openai/gpt-oss-20b"
	})
	last = ""
}

// check sends a demo request and looks at what came of it: the engine, the body that it got, and the record.
func (d demo) check(t *testing.T, s *stand, p *pod, c client.Client) {
	t.Helper()
	r, id := s.call(t, c, d.message(t))
	if r.Status != 200 {
		t.Fatalf("status %d: %s", r.Status, r.Body)
	}
	got := s.backends.Got(id)
	if len(got) != 1 {
		t.Fatalf("%d requests reached the engines, want 1", len(got))
	}
	var body struct{ Model string }
	if err := json.Unmarshal(got[0].Body, &body); err != nil {
		t.Errorf("the engine got %s", got[0].Body)
	}
	if got[0].Cluster != d.cluster || body.Model != d.name || got[0].Err != nil {
		t.Errorf("reached %s as %q (%v), want %s as %q", got[0].Cluster, body.Model, got[0].Err, d.cluster, d.name)
	}
	for _, h := range []struct{ name, want string }{{"x-mom-cluster", d.cluster}, {"x-mom-model", d.name}} {
		if values := got[0].Header.Values(h.name); len(values) != 1 || values[0] != h.want {
			t.Errorf("the engine got %s: %q, want %q once", h.name, values, h.want)
		}
	}
	record := p.record(t, got[0])
	want := map[string]string{"action": "route", "decision": d.decision, "cluster": d.cluster, "name": d.name}
	for name, value := range want {
		if record[name] != value {
			t.Errorf("the record has %s %q, want %q: %v", name, record[name], value, record)
		}
	}
}

type record map[string]any

// record is that of a request that an engine got; the access log comes a little later.
func (p *pod) record(t *testing.T, got backend.Request) record {
	t.Helper()
	var found record
	eventually(t, "the record in the access log", func() bool {
		for _, r := range p.records(t) {
			if r["request_id"] == got.Header.Get("x-request-id") {
				found = r
				return true
			}
		}
		return false
	})
	return found
}

// records are those in the access log, in its order.
func (p *pod) records(t *testing.T) []record {
	t.Helper()
	var all []record
	for _, line := range strings.Split(p.Log(), "\n") {
		if !strings.HasPrefix(line, `{"time":`) {
			continue
		}
		var entry struct {
			Mom []record `json:"mom"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("no JSON in the access log: %v: %s", err, line)
		}
		all = append(all, entry.Mom...)
	}
	return all
}

//go:build !wasip1

package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/recordschema"
)

// usagePolicy has a model whose engines may be asked for usage, and one whose may not.
const usagePolicy = `"policy":{"version":"1","auto":["auto"],"models":{
	"asked":{"name":"engine/asked","cluster":"asked","include_usage":true,"price":{"input":1,"output":2}},
	"left":{"name":"engine/left","cluster":"left"}},"default":"asked"}`

// modes runs a test in both modes.
func modes(t *testing.T, configuration string, test func(*testing.T, *router)) {
	t.Run("flag", func(t *testing.T) { test(t, start(t, configuration)) })
	t.Run("pair", func(t *testing.T) { test(t, startPair(t, configuration)) })
}

// answering has engines answer with a body of some type.
func answering(contentType, body string, chunks ...int) func(string) hostsim.Response {
	return func(string) hostsim.Response {
		return hostsim.Response{Headers: []hostsim.Field{{Name: ":status", Value: "200"}, {Name: "content-type", Value: contentType}}, Body: []byte(body), Chunks: chunks}
	}
}

// ofAnswer are the members of a record about the answer, as one line.
func ofAnswer(t *testing.T, a answer) string {
	t.Helper()
	if err := recordschema.Check(a.State["wasm.mom.audit"]); err != nil {
		t.Error(err)
	}
	var r map[string]json.RawMessage
	if err := json.Unmarshal(a.State["wasm.mom.audit"], &r); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range []string{"model_answered", "finish", "usage", "usage_unknown", "cost_actual", "aborted", "upstream_error"} {
		if v := string(r[name]); v != `""` && v != "null" && v != "false" {
			all = append(all, name+" "+v)
		}
	}
	return strings.Join(all, ", ")
}

const (
	askedBody = `{"model":"auto","stream":true,"messages":[{"role":"user","content":"Who is the cormorant?"}]}`
	chatText  = `data: {"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}` + "\n\n"
	chatStop  = `data: {"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}` + "\n\n"
	chatUsage = `data: {"model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":3}}}` + "\n\n"
	chatDone  = "data: [DONE]\n\n"
)

func TestTheRecordSaysWhatTheAnswerWas(t *testing.T) {
	const known = `usage {"in":10,"out":4,"reasoning":0,"cached":3}, cost_actual 0.000018000000`
	stream := chatText + chatText + chatStop + chatUsage + chatDone
	modes(t, usagePolicy, func(t *testing.T, r *router) {
		for _, c := range []struct {
			name, path, body string
			answer           hostsim.Response
			want             string
		}{
			{"an object", "/v1/chat/completions", `{"model":"auto","messages":[{"role":"user","content":"Hi"}]}`,
				answering("application/json", `{"model":"m","choices":[{"finish_reason":"length"}],"usage":{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":3}}}`, 7, 1, 90)(""),
				`model_answered "m", finish "length", ` + known},
			{"a message", "/v1/messages", `{"model":"auto","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}`,
				answering("application/json; charset=utf-8", `{"model":"m","stop_reason":"end_turn","usage":{"input_tokens":7,"cache_read_input_tokens":3,"output_tokens":4}}`)(""),
				`model_answered "m", finish "end_turn", ` + known},
			{"a stream", "/v1/chat/completions", askedBody, answering("text/event-stream", stream, 1, 2, 3, 100)(""), `model_answered "m", finish "stop", ` + known},
			{"an object that is broken", "/v1/chat/completions", askedBody, answering("application/json", `{"model":"m"`)(""), `model_answered "m", usage_unknown "malformed"`},
			{"no usage", "/v1/chat/completions", askedBody, answering("text/event-stream", chatText+chatDone)(""), `model_answered "m", usage_unknown "missing"`},
			{"a type that is not read", "/v1/chat/completions", askedBody, answering("text/plain", stream)(""), `usage_unknown "other_type"`},
			{"what is compressed", "/v1/chat/completions", askedBody, hostsim.Response{Headers: []hostsim.Field{{Name: ":status", Value: "200"},
				{Name: "content-type", Value: "text/event-stream"}, {Name: "content-encoding", Value: "gzip"}}, Body: []byte(stream)}, `usage_unknown "compressed"`},
			{"an error of the engine", "/v1/chat/completions", askedBody, hostsim.Response{Headers: []hostsim.Field{{Name: ":status", Value: "429"},
				{Name: "content-type", Value: "application/json"}}, Body: []byte(`{"error":{"message":"too many"}}`)}, `usage_unknown "missing", upstream_error "status"`},
			{"an error in the stream", "/v1/chat/completions", askedBody, answering("text/event-stream", chatText+`data: {"error":{"code":500}}`+"\n\n")(""),
				`model_answered "m", usage_unknown "missing", upstream_error "in_answer"`},
			{"an engine that is not there", "/v1/chat/completions", askedBody, hostsim.Response{Failure: hostsim.Down}, `usage_unknown "missing", upstream_error "unavailable"`},
			{"an engine that resets", "/v1/chat/completions", askedBody, hostsim.Response{Failure: hostsim.Resetting}, `usage_unknown "missing", upstream_error "reset"`},
			{"an engine that is silent", "/v1/chat/completions", askedBody, hostsim.Response{Failure: hostsim.Silent}, `usage_unknown "missing", upstream_error "timeout"`},
			{"an engine that breaks off", "/v1/chat/completions", askedBody, hostsim.Response{Headers: answering("text/event-stream", "")("").Headers, Body: []byte(chatText + chatText[:9]),
				Unsized: true, Failure: hostsim.BreakingOff}, `model_answered "m", usage_unknown "missing", upstream_error "reset"`},
			{"a denial", "/v1/chat/completions", `{"model":"none"}`, hostsim.Response{}, ``},
		} {
			t.Run(c.name, func(t *testing.T) {
				r.Backend = func(string) hostsim.Response { return c.answer }
				if got := ofAnswer(t, answer{Result: r.Do(post(c.path, c.body))}); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
			})
		}
	})
}

func TestUsageThatOnlyTheRouterAskedForIsTakenOut(t *testing.T) {
	plain := func(s string) string { return strings.ReplaceAll(s, `,"usage":null`, "") }
	stream := chatText + chatStop + chatUsage + chatDone
	modes(t, usagePolicy, func(t *testing.T, r *router) {
		for _, c := range []struct {
			name, body, answer, want string
			asks                     bool
		}{
			{"a stream", askedBody, stream, plain(chatText + chatStop + chatDone), true},
			{"a stream with another last event", askedBody, chatUsage + chatText + chatDone, chatUsage + plain(chatText) + chatDone, true},
			{"a stream whose client has asked", strings.Replace(askedBody, `"stream":true`, `"stream":true,"stream_options":{"include_usage":true}`, 1), stream, stream, false},
			{"a stream whose client has refused", strings.Replace(askedBody, `"stream":true`, `"stream":true,"stream_options":{"include_usage":false}`, 1), stream, stream, false},
			{"a model that is not to be asked", strings.Replace(askedBody, "auto", "left", 1), stream, stream, false},
			{"no stream", strings.Replace(askedBody, `"stream":true`, `"stream":false`, 1), stream, stream, false},
		} {
			t.Run(c.name, func(t *testing.T) {
				for _, chunks := range [][]int{nil, {1, 1, 1}, {10, 200, 5}, {len(chatText) - 1, 2}, {len(stream) - 5}} {
					r.Backend = answering("text/event-stream", c.answer, chunks...)
					q := post("/v1/chat/completions", c.body)
					q.Headers = append(q.Headers, hostsim.Field{Name: "accept-encoding", Value: "gzip"})
					a := r.Send(t, q)
					if got := string(a.Response.Body); got != c.want {
						t.Errorf("in chunks %v: the client got %q, want %q", chunks, got, c.want)
					}
					if n, ok := a.Response.Head.Get("content-length"); ok == c.asks {
						t.Errorf("content-length is %q", n)
					}
					_, asked := a.Members(t)["stream_options"]
					if client := strings.Contains(c.body, "stream_options"); asked != (c.asks || client) {
						t.Errorf("the engine got %s", a.Upstream.Body)
					}
					want := "gzip"
					if c.asks {
						want = "identity"
					}
					if got := a.Upstream.Head.Value("accept-encoding"); got != want {
						t.Errorf("accept-encoding is %q, want %q", got, want)
					}
				}
			})
		}
		t.Run("a stream that is compressed all the same", func(t *testing.T) {
			answer := answering("text/event-stream", "\x1f\x8b"+stream)("")
			answer.Headers = append(answer.Headers, hostsim.Field{Name: "content-encoding", Value: "gzip"})
			r.Backend = func(string) hostsim.Response { return answer }
			if a := r.Send(t, post("/v1/chat/completions", askedBody)); string(a.Response.Body) != string(answer.Body) {
				t.Errorf("the client got %q", a.Response.Body)
			}
		})
	})
}

// step is what a clock shows more with every piece of an answer.
const step = 10 * time.Millisecond

func TestTheRecordSaysHowLongTheAnswerTook(t *testing.T) {
	modes(t, usagePolicy, func(t *testing.T, r *router) {
		s := r.Open(hostsim.StreamOptions{})
		s.Headers(hostsim.Request{Method: "POST", Path: "/v1/chat/completions", Headers: post("", "").Headers, Body: []byte(askedBody)}.Head(), false)
		r.Clock.Sleep(step)
		s.Data([]byte(askedBody), false)
		s.Data(nil, true)
		r.Clock.Sleep(step)
		s.RespondHeaders(hostsim.NewHeaders(hostsim.Field{Name: ":status", Value: "200"}, hostsim.Field{Name: "content-type", Value: "text/event-stream"}), false)
		for _, event := range []string{`data: {"choices":[{"delta":{"role":"assistant","content":""}}]}` + "\n\n", chatText, chatText, chatText, chatText, chatStop, chatUsage, chatDone} {
			r.Clock.Sleep(step)
			s.RespondData([]byte(event), false)
		}
		s.RespondData(nil, true)
		if !s.Done() {
			t.Fatal(s.Held())
		}
		var got struct {
			TTFT float64 `json:"ttft_ms"`
			TPOT float64 `json:"tpot_ms"`
			All  float64 `json:"duration_ms"`
		}
		if err := json.Unmarshal(s.State()["wasm.mom.audit"], &got); err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprint(got); s != "{40 10 100}" {
			t.Errorf("ttft, tpot and duration are %s", s)
		}
	})
}

func TestARecordSaysThatTheClientHasLeft(t *testing.T) {
	modes(t, usagePolicy, func(t *testing.T, r *router) {
		for name, leaves := range map[string]func(*hostsim.Stream){
			"while the body is held": func(s *hostsim.Stream) { s.Data([]byte(askedBody[:20]), false) },
			"while the engine thinks": func(s *hostsim.Stream) {
				s.Data([]byte(askedBody), false)
				s.Data(nil, true)
			},
			"in the middle of the answer": func(s *hostsim.Stream) {
				s.Data([]byte(askedBody), false)
				s.Data(nil, true)
				s.RespondHeaders(hostsim.NewHeaders(hostsim.Field{Name: ":status", Value: "200"}, hostsim.Field{Name: "content-type", Value: "text/event-stream"}), false)
				s.RespondData([]byte(chatText+chatText[:30]), false)
			},
		} {
			t.Run(name, func(t *testing.T) {
				s := r.Open(hostsim.StreamOptions{})
				s.Headers(hostsim.Request{Method: "POST", Path: "/v1/chat/completions", Headers: post("", "").Headers, Body: []byte(askedBody)}.Head(), false)
				leaves(s)
				s.Reset()
				a := answer{Result: hostsim.Result{State: s.State()}}
				if got := ofAnswer(t, a); !strings.Contains(got, "aborted true") || strings.Contains(got, "upstream_error") {
					t.Errorf("got %s", got)
				}
			})
		}
	})
}

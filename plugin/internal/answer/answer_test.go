package answer

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// result is all that a reader tells of an answer.
type result struct {
	usage                   Usage
	why                     Why
	model, finish           string
	failed                  bool
	spoken, broken, tooLong int64
	out                     string
}

// read reads an answer that comes in pieces of the sizes that cut returns; 0 or less is all the rest.
func read(r *Reader, body string, cut func() int) (got result) {
	var out bytes.Buffer
	for rest := []byte(body); ; {
		n := cut()
		if n <= 0 || n > len(rest) {
			n = len(rest)
		}
		p := rest[:n:n]
		rest = rest[n:]
		if changed, ok := r.Feed(p, len(rest) == 0); ok {
			out.Write(changed)
		} else {
			out.Write(p)
		}
		if len(rest) == 0 {
			break
		}
	}
	got.usage, got.why = r.Usage()
	got.model, got.finish, got.failed = string(r.Model()), string(r.Finish()), r.Failed()
	got.spoken, got.broken, got.tooLong, got.out = r.Spoken(), r.Broken(), r.TooLong(), out.String()
	return got
}

func whole() int { return 0 }

const (
	chatUsage = `"usage":{"prompt_tokens":12,"total_tokens":42,"completion_tokens":30,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":20}}`
	saidHi    = `data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}` + "\n\n"
	stopped   = `data: {"id":"1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	lastUsage = `data: {"id":"1","model":"m","choices":[],` + chatUsage + "}\n\n"
	done      = "data: [DONE]\n\n"
)

var chatTokens = Usage{In: 12, Out: 30, Reasoning: 20, Cached: 8}

func TestAnAnswerSaysWhatItUsedAndWhyItEnded(t *testing.T) {
	for _, c := range []struct {
		name  string
		shape prompt.Shape
		form  Form
		body  string
		want  result // but for out
	}{
		{"a chat completion", prompt.Chat, Object,
			`{"id":"1","object":"chat.completion","model":"Qwen/Qwen3","choices":[{"index":0,"message":{"role":"assistant","content":"a \"usage\": {\"prompt_tokens\":9} b"},"finish_reason":"length"}],` + chatUsage + `}`,
			result{usage: chatTokens, model: "Qwen/Qwen3", finish: "length"}},
		{"a completion over lines", prompt.Completions, Object,
			"{\n \"model\": \"m\",\r\n \"choices\": [ {\"text\": \"x\", \"finish_reason\": \"stop\"} ],\n \"usage\": {\"prompt_tokens\": 1,\n \"completion_tokens\": 2}\n}\n",
			result{usage: Usage{In: 1, Out: 2}, model: "m", finish: "stop"}},
		{"details that are null", prompt.Chat, Object, `{"model":"m","usage":{"prompt_tokens":3,"completion_tokens":4,"prompt_tokens_details":null}}`,
			result{usage: Usage{In: 3, Out: 4}, model: "m"}},
		{"a response", prompt.Responses, Object,
			`{"model":"m","status":"completed","incomplete_details":null,"error":null,"output":[{"type":"message","status":"in_progress","content":[]}],"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":2},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":6},"total_tokens":12}}`,
			result{usage: Usage{In: 5, Out: 7, Reasoning: 6, Cached: 2}, model: "m", finish: "completed"}},
		{"a response that was cut short", prompt.Responses, Object,
			`{"incomplete_details":{"reason":"max_output_tokens"},"status":"incomplete","usage":{"input_tokens":5,"output_tokens":7}}`,
			result{usage: Usage{In: 5, Out: 7}, finish: "max_output_tokens"}},
		{"a message, whose input is beside what caches had", prompt.Messages, Object,
			`{"type":"message","model":"m","content":[{"type":"text","text":"x"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"cache_read_input_tokens":4,"cache_creation_input_tokens":3,"output_tokens":2}}`,
			result{usage: Usage{In: 17, Out: 2, Cached: 4}, model: "m", finish: "end_turn"}},
		{"a stream of chat with usage at its end", prompt.Chat, Events, saidHi + saidHi + stopped + lastUsage + done,
			result{usage: chatTokens, model: "m", finish: "stop", spoken: 2}},
		{"a stream with usage in each event, of which the last one counts", prompt.Chat, Events,
			`data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}` + "\n\n" + `data: {"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}` + "\n\n" + done,
			result{usage: Usage{In: 1, Out: 2}, finish: "stop", spoken: 2}},
		{"a stream with comments, other fields, CR LF and no space", prompt.Chat, Events,
			": ping\r\n\r\nid: 7\r\nevent: x\r\ndata:{\"model\":\"m\",\r\ndata:\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\r\nretry: 5\r\n\r\ndata: [DONE]\r\n\r\n",
			result{usage: Usage{In: 1, Out: 2}, model: "m"}},
		{"a stream that ends its lines with CR", prompt.Chat, Events, strings.ReplaceAll(saidHi+lastUsage+done, "\n", "\r"),
			result{usage: chatTokens, model: "m", spoken: 1}},
		{"a stream whose last event has no end", prompt.Chat, Events, strings.TrimRight(saidHi+lastUsage, "\n"),
			result{usage: chatTokens, model: "m", spoken: 1}},
		{"events that are alike but for their text", prompt.Chat, Events,
			strings.Repeat(saidHi, 3) + strings.ReplaceAll(saidHi, "Hi", `a \"quoted\" \\\\ word`) + strings.ReplaceAll(saidHi, "Hi", "") + strings.ReplaceAll(saidHi, `"Hi"`, `7`) +
				strings.ReplaceAll(saidHi, "Hi", `Hi","x":"y`) + strings.ReplaceAll(saidHi, "null", `"length"`) + saidHi + lastUsage + done,
			result{usage: chatTokens, model: "m", finish: "length", spoken: 7}},
		{"alike, but with an error in it", prompt.Chat, Events, saidHi + saidHi + strings.ReplaceAll(saidHi, "Hi", "H\ti") + saidHi, result{why: Malformed, model: "m", spoken: 3, broken: 1}},
		{"reasoning and calls of tools are text", prompt.Chat, Events,
			`data: {"choices":[{"delta":{"role":"assistant","content":""}}]}` + "\n\n" + `data: {"choices":[{"delta":{"reasoning_content":"h"}}]}` + "\n\n" +
				`data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}}]}` + "\n\n" + `data: {"choices":[{"delta":{"tool_calls":[]}}]}` + "\n\n",
			result{why: Missing, spoken: 2}},
		{"events of responses", prompt.Responses, Events,
			"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"model\":\"m\",\"status\":\"in_progress\",\"usage\":null}}\n\n" +
				"event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n" +
				"event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"model\":\"m\",\"status\":\"completed\",\"usage\":{\"input_tokens\":5,\"output_tokens\":7}}}\n\n",
			result{usage: Usage{In: 5, Out: 7}, model: "m", finish: "completed", spoken: 1}},
		{"events of messages", prompt.Messages, Events,
			"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"stop_reason\":null,\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":4,\"output_tokens\":1}}}\n\n" +
				"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n" +
				"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"},\"usage\":{\"output_tokens\":9}}\n\n" +
				"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
			result{usage: Usage{In: 14, Out: 9, Cached: 4}, model: "m", finish: "max_tokens", spoken: 1}},
		{"an error in a stream", prompt.Chat, Events, saidHi + `data: {"error":{"message":"out of memory","code":500}}` + "\n\n" + done,
			result{why: Missing, model: "m", failed: true, spoken: 1}},
		{"a response that failed", prompt.Responses, Object, `{"status":"failed","error":{"code":"server_error"}}`, result{why: Missing, finish: "failed", failed: true}},
		{"no usage", prompt.Chat, Object, `{"model":"m","usage":null}`, result{why: Missing, model: "m"}},
		{"no answer", prompt.Chat, Object, ``, result{why: Missing}},
		{"a negative number", prompt.Chat, Object, `{"usage":{"prompt_tokens":-1,"completion_tokens":2}}`, result{why: Invalid}},
		{"a broken number", prompt.Chat, Object, `{"usage":{"prompt_tokens":1.5,"completion_tokens":2}}`, result{why: Invalid}},
		{"an absurd number", prompt.Chat, Object, `{"usage":{"prompt_tokens":1,"completion_tokens":99999999999999999999999}}`, result{why: Invalid}},
		{"a number as a string", prompt.Chat, Object, `{"usage":{"prompt_tokens":"1","completion_tokens":2}}`, result{why: Invalid}},
		{"a usage that is a string", prompt.Chat, Object, `{"usage":"much"}`, result{why: Invalid}},
		{"a number twice", prompt.Chat, Object, `{"usage":{"prompt_tokens":1,"prompt_tokens":2,"completion_tokens":2}}`, result{why: Twice}},
		{"a usage twice", prompt.Chat, Object, `{"usage":{"prompt_tokens":1},"usage":{"prompt_tokens":2}}`, result{why: Twice}},
		{"an object that is cut", prompt.Chat, Object, `{"usage":{"prompt_tokens":1,"completion_tokens":2}`, result{why: Malformed, broken: 1}},
		{"an array", prompt.Chat, Object, `[{"usage":{"prompt_tokens":1}}]`, result{why: Malformed, broken: 1}},
		{"more than an object", prompt.Chat, Object, `{"usage":{"prompt_tokens":1}} {}`, result{why: Malformed, broken: 1}},
		{"brackets that do not match", prompt.Chat, Object, `{"usage":{"prompt_tokens":1]}`, result{why: Malformed, broken: 1}},
		{"one event of a stream that is no JSON", prompt.Chat, Events, "data: {oops\n\n" + lastUsage + done, result{usage: chatTokens, model: "m", broken: 1}},
		{"a string over two lines of data", prompt.Chat, Events, "data: {\"a\":\"b\ndata: c\"}\n\n", result{why: Malformed, broken: 1}},
		{"a mark that goes on", prompt.Chat, Events, "data: [DONE]x\n\n", result{why: Malformed, broken: 1}},
		{"depth beyond reason", prompt.Chat, Object, strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70), result{why: Malformed, broken: 1}},
		{"a reason that is a text", prompt.Chat, Object, `{"choices":[{"finish_reason":"because the user said so"}]}`, result{why: Missing, finish: "other"}},
		{"a model's name beyond its bound", prompt.Chat, Object, `{"model":"` + strings.Repeat("m", 200) + `"}`, result{why: Missing}},
		{"names of escapes are not known", prompt.Chat, Object, `{"us\u0061ge":{"prompt_tokens":1},"model":"a\/b"}`, result{why: Missing, model: "a/b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.out = c.body
			var r Reader
			for _, size := range []int{0, 1, 2, 3, 7, 16} {
				r.Reset(c.shape, c.form, false)
				if got := read(&r, c.body, func() int { return size }); got != c.want {
					t.Errorf("in pieces of %d: got  %+v\nwant %+v", size, got, c.want)
				}
			}
		})
	}
}

func TestWhatOnlyTheRouterCausedIsTakenOut(t *testing.T) {
	null := func(s string) string { return strings.Replace(s, "}\n\n", `,"usage":null}`+"\n\n", 1) }
	long := `data: {"choices":[{"delta":{"content":"` + strings.Repeat("x", 2*MaxHeld) + `"}}],"usage":null}` + "\n\n"
	for _, c := range []struct {
		name, body, want string
		tooLong          int64
	}{
		{"the event with usage that ends the stream", saidHi + stopped + lastUsage + done, saidHi + stopped + done, 0},
		{"and usages that are null", null(saidHi) + null(stopped) + lastUsage + done, saidHi + stopped + done, 0},
		{"the same with CR LF", strings.ReplaceAll(null(saidHi)+lastUsage+done, "\n", "\r\n"), strings.ReplaceAll(saidHi+done, "\n", "\r\n"), 0},
		{"a null that stands first or alone", "data: {\"usage\":null, \"a\":1}\n\ndata: {\"usage\": null}\n\n", "data: { \"a\":1}\n\ndata: {}\n\n", 0},
		{"a null between others", `data: {"a":1, "usage" : null , "b":2}` + "\n\n", `data: {"a":1 , "b":2}` + "\n\n", 0},
		{"where the stream ends without a mark, the last event", saidHi + lastUsage, saidHi, 0},
		{"not a usage that something follows", lastUsage + saidHi + done, lastUsage + saidHi + done, 0},
		{"but of two only the last one", lastUsage + lastUsage + done, lastUsage + done, 0},
		{"not a usage with choices", strings.Replace(stopped, "}\n\n", ","+chatUsage+"}\n\n", 1) + done, strings.Replace(stopped, "}\n\n", ","+chatUsage+"}\n\n", 1) + done, 0},
		{"not an event without choices and usage", "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n" + saidHi + done, "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n" + saidHi + done, 0},
		{"not a null elsewhere", `data: {"x":{"usage":null},"y":[{"usage":null}]}` + "\n\n" + done, `data: {"x":{"usage":null},"y":[{"usage":null}]}` + "\n\n" + done, 0},
		{"not what is no JSON", "data: {\"a\":1,\"usage\":null\n\ndata: {\"choices\":[],\"usage\":{}]\n\n" + done, "data: {\"a\":1,\"usage\":null\n\ndata: {\"choices\":[],\"usage\":{}]\n\n" + done, 0},
		{"not a usage beyond belief", "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":-1}}\n\n" + done, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":-1}}\n\n" + done, 0},
		{"not what is too long to be held", long + null(saidHi) + lastUsage + done, long + saidHi + done, 1},
		{"comments and other fields stay", ": ping\n\nevent: a\nid: 1\n" + null(saidHi) + ": bye\n", ": ping\n\nevent: a\nid: 1\n" + saidHi + ": bye\n", 0},
		{"a stream of nothing", "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r, plain Reader
			for _, size := range []int{1, 2, 3, 7, 100, 4096} {
				r.Reset(prompt.Chat, Events, true)
				got := read(&r, c.body, func() int { return size })
				if got.out != c.want || got.tooLong != c.tooLong {
					t.Errorf("in pieces of %d: got %q (%d too long), want %q", size, clip(got.out), got.tooLong, clip(c.want))
				}
				plain.Reset(prompt.Chat, Events, false)
				want := read(&plain, c.body, whole)
				want.out, want.tooLong = got.out, got.tooLong
				if got != want {
					t.Errorf("in pieces of %d it is read as %+v, and without taking out as %+v", size, got, want)
				}
			}
		})
	}
}

func clip(s string) string {
	if len(s) > 300 {
		return s[:300] + "..."
	}
	return s
}

// What has come of an event, and no more than that, is delayed.
func TestWholeEventsGoOnAtOnce(t *testing.T) {
	var r Reader
	r.Reset(prompt.Chat, Events, true)
	for i, c := range []struct{ in, out string }{
		{saidHi, saidHi},
		{saidHi + stopped[:20], saidHi},
		{stopped[20:], stopped},
		{": ping\n\n", ": ping\n\n"},
		{lastUsage, ""},
		{done[:9], ""},
		{done[9:], done},
	} {
		out, changed := r.Feed([]byte(c.in), false)
		if !changed {
			out = []byte(c.in)
		}
		if string(out) != c.out {
			t.Errorf("piece %d: %q goes on, want %q", i, out, c.out)
		}
	}
}

func FuzzAnyCutsGiveTheSame(f *testing.F) {
	for _, s := range []string{
		saidHi + saidHi + strings.ReplaceAll(saidHi, "Hi", `\"a`) + stopped + stopped + lastUsage + done, strings.ReplaceAll(saidHi+lastUsage+done, "\n", "\r\n"), "data: {\"usage\":null,\"a\":1}\r\rdata: [DO",
		`{"model":"m","usage":{"prompt_tokens":1}}`, "data: {oops\n\n\n\r\r\n", "data:[DONE]\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n",
	} {
		f.Add(s, uint64(7), true)
		f.Add(s, uint64(99), false)
	}
	f.Fuzz(func(t *testing.T, body string, seed uint64, takeOut bool) {
		for _, form := range []Form{Object, Events} {
			var r Reader
			r.Reset(prompt.Chat, form, takeOut)
			want := read(&r, body, whole)
			n := seed
			r.Reset(prompt.Chat, form, takeOut)
			got := read(&r, body, func() int { n = n*6364136223846793005 + 1442695040888963407; return 1 + int(n>>33)%9 })
			if got != want {
				t.Errorf("cut: %+v\nwhole: %+v", got, want)
			}
			if (!takeOut || form == Object) && want.out != body {
				t.Errorf("%q has become %q", body, want.out)
			}
			if len(want.out) > len(body) || want.out != body && !strings.Contains(body, "usage") {
				t.Errorf("%q has become %q, and nothing of it was caused by the router", body, want.out)
			}
		}
	})
}

func TestReadingMakesNoGarbage(t *testing.T) {
	stream := []byte(strings.Replace(saidHi, "}\n\n", `,"usage":null}`+"\n\n", 1) + stopped + lastUsage + done)
	object := []byte(`{"model":"m","choices":[{"message":{"content":"x"},"finish_reason":"stop"}],` + chatUsage + `}`)
	var r Reader
	if n := testing.AllocsPerRun(100, func() {
		for _, takeOut := range []bool{false, true} {
			r.Reset(prompt.Chat, Events, takeOut)
			for at := 0; at < len(stream); at += 50 {
				r.Feed(stream[at:min(at+50, len(stream))], at+50 >= len(stream))
			}
		}
		r.Reset(prompt.Chat, Object, false)
		r.Feed(object, true)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEvents(b *testing.B) {
	event := []byte(`data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1764000000,"model":"Qwen/Qwen3-235B","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}` + "\n\n")
	var r Reader
	r.Reset(prompt.Chat, Events, false)
	b.SetBytes(int64(len(event)))
	for b.Loop() {
		r.Feed(event, false)
	}
}

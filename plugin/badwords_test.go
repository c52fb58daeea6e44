//go:build !wasip1

package main_test

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/routertest"
)

// badConversations are, by the name of the shape, the members that carry the conversation.
var badConversations = map[string][]bad{
	"chat completions": append(badMessages,
		bad{"a message without content", `"messages":[{"role":"assistant","tool_calls":[]}]`, ok200},
		bad{"content that is null", `"messages":[{"role":"assistant","content":null}]`, ok200},
		bad{"a part that is a string", `"messages":[{"role":"user","content":["cormorant"]}]`, ok200},
		bad{"a text that is null", `"messages":[{"role":"user","content":[{"type":"text","text":null}]}]`, ok200},
		bad{"a tool result without an id", `"messages":[{"role":"tool","content":"cormorant"}]`, ok200},
		bad{"a function's result", `"messages":[{"role":"function","name":7,"content":"cormorant"}]`, ok200},
		bad{"a refusal that is a number", `"messages":[{"role":"assistant","refusal":7}]`, invalid},
		bad{"a stored answer in audio", `"messages":[{"role":"assistant","audio":{"id":"cormorant"}}]`, unseen},
		bad{"an image that the engine has seen before", `"messages":[{"role":"user","content":[{"type":"image_url","uuid":"cormorant"}]}]`, unseen},
		bad{"an image by address", `"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://127.0.0.1/cormorant"}}]}]`, ok200},
		bad{"an image of the wrong type", `"messages":[{"role":"user","content":[{"type":"image_url","image_url":7}]}]`, ok200},
		bad{"a sound", `"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]`, ok200},
		bad{"a file", `"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"cormorant"}}]}]`, unseen},
		bad{"a video", `"messages":[{"role":"user","content":[{"type":"video_url","video_url":{"url":"cormorant"}}]}]`, ok200},
		bad{"a part of Anthropic's", `"messages":[{"role":"user","content":[{"type":"tool_result","content":"cormorant"}]}]`, part},
		bad{"input instead of messages", `"input":"cormorant"`, invalid},
	),
	"messages": append(badMessages,
		bad{"a message without content", `"messages":[{"role":"user"}]`, ok200},
		bad{"content that is null", `"messages":[{"role":"user","content":null}]`, invalid},
		bad{"a part that is a string", `"messages":[{"role":"user","content":["cormorant"]}]`, invalid},
		bad{"a text that is null", `"messages":[{"role":"user","content":[{"type":"text","text":null}]}]`, invalid},
		bad{"a role of OpenAI's", `"messages":[{"role":"tool","content":"cormorant"}]`, role},
		bad{"a system text that is a number", `"system":7,"messages":[{"role":"user","content":"cormorant"}]`, invalid},
		bad{"a system text that is an object", `"system":{"type":"text","text":"cormorant"},"messages":[{"role":"user","content":"x"}]`, invalid},
		bad{"a system block without a type", `"system":[{"text":"cormorant"}],"messages":[{"role":"user","content":"x"}]`, part},
		bad{"a system block of an unknown type", `"messages":[{"role":"user","content":"x"}],"system":[{"type":"cormorant"}]`, part},
		bad{"a system text that is null", `"system":null,"messages":[{"role":"user","content":"cormorant"}]`, ok200},
		bad{"an image in base64", `"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]`, ok200},
		bad{"an image whose source is a number", `"messages":[{"role":"user","content":[{"type":"image","source":7}]}]`, invalid},
		bad{"a document in base64", `"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}}]}]`, unseen},
		bad{"a document by address", `"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"http://127.0.0.1/"}}]}]`, unseen},
		bad{"a document that is text", `"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"cormorant"}}]}]`, ok200},
		bad{"a document without a source", `"messages":[{"role":"user","content":[{"type":"document"}]}]`, unseen},
		bad{"a file of a container", `"messages":[{"role":"user","content":[{"type":"container_upload","file_id":"cormorant"}]}]`, unseen},
		bad{"a tool result with an unknown block", `"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"cormorant"}]}]}]`, part},
		bad{"a tool result with a block without a type", `"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"text":"cormorant"}]}]}]`, part},
		bad{"a tool result that is a number", `"messages":[{"role":"user","content":[{"type":"tool_result","content":7}]}]`, invalid},
		bad{"a tool result that is null", `"messages":[{"role":"user","content":[{"type":"tool_result","content":null}]}]`, ok200},
		bad{"a tool result inside another one, 60 times", `"messages":[{"role":"user","content":` +
			strings.Repeat(`[{"type":"tool_result","content":`, 60) + `"cormorant"` + strings.Repeat(`}]`, 60) + `}]`, ok200},
		bad{"text that only the provider can read", `"messages":[{"role":"user","content":[{"type":"web_search_result","encrypted_content":"cormorant"}]}]`, unseen},
	),
	"responses": {
		{"no input", `"user":"cormorant"`, invalid},
		{"input that is null", `"input":null`, invalid},
		{"input that is a number", `"input":7`, invalid},
		{"input that is an object", `"input":{"role":"user","content":"cormorant"}`, invalid},
		{"an empty list of items", `"input":[]`, invalid},
		{"an empty input", `"input":""`, ok200},
		{"an item that is null", `"input":[null]`, invalid},
		{"an item that is a string", `"input":["cormorant"]`, invalid},
		{"an item that is an array", `"input":[[{"role":"user","content":"cormorant"}]]`, invalid},
		{"an item without anything", `"input":[{}]`, unseen},
		{"a stored item", `"input":[{"type":"item_reference","id":"cormorant"}]`, unseen},
		{"a stored item without its type", `"input":[{"id":"cormorant"}]`, unseen},
		{"an item of an unknown type", `"input":[{"type":"cormorant"}]`, part},
		{"an item whose type is a number", `"input":[{"type":7}]`, invalid},
		{"an item whose type has 1 MB", `"input":[{"type":"` + large + `"}]`, part},
		{"a message without a role", `"input":[{"type":"message","content":"cormorant"}]`, invalid},
		{"a message of an unknown role", `"input":[{"role":"cormorant","content":"x"}]`, role},
		{"a message of a role with 1 MB", `"input":[{"role":"` + large + `","content":"x"}]`, role},
		{"a message whose role is a number", `"input":[{"role":7,"content":"cormorant"}]`, invalid},
		{"a message whose role stands last", `"input":[{"content":[{"text":"cormorant","type":"input_text"}],"type":"message","role":"user"}]`, ok200},
		{"content that is a number", `"input":[{"role":"user","content":7}]`, invalid},
		{"a part without a type", `"input":[{"role":"user","content":[{"text":"cormorant"}]}]`, part},
		{"a part of an unknown type", `"input":[{"role":"user","content":[{"type":"cormorant"}]}]`, part},
		{"a part that is a string", `"input":[{"role":"user","content":["cormorant"]}]`, invalid},
		{"a file", `"input":[{"role":"user","content":[{"type":"input_file","file_id":"cormorant"}]}]`, unseen},
		{"a text that is a number", `"input":[{"role":"user","content":[{"type":"input_text","text":7}]}]`, invalid},
		{"instructions that are a number", `"instructions":7,"input":"cormorant"`, invalid},
		{"instructions that are an array", `"input":"cormorant","instructions":["x"]`, invalid},
		{"instructions that are null", `"instructions":null,"input":"cormorant"`, ok200},
		{"a stored prompt", `"prompt":{"id":"cormorant"},"input":"x"`, unseen},
		{"an output that is a number", `"input":[{"type":"function_call_output","output":7}]`, invalid},
		{"an output of unknown parts", `"input":[{"type":"function_call_output","output":[{"type":"cormorant"}]}]`, part},
		{"an output without a call", `"input":[{"type":"function_call_output","call_id":7,"output":"cormorant"}]`, ok200},
		{"a compacted conversation", `"input":[{"type":"compaction","encrypted_content":"cormorant"}]`, ok200},
		{"a compacted conversation that is text", `"input":[{"type":"compaction","encrypted_content":"a cormorant"}]`, ok200},
		{"10,000 items", `"input":[` + strings.Repeat(`{"role":"user","content":""},`, 9_999) + `{"role":"user","content":"x"}]`, ok200},
		{"messages instead of input", `"messages":[{"role":"user","content":"cormorant"}]`, invalid},
	},
	"completions": {
		{"no prompt", `"user":"cormorant"`, invalid},
		{"a prompt that is null", `"prompt":null`, invalid},
		{"a prompt that is a number", `"prompt":7`, invalid},
		{"a prompt that is an object", `"prompt":{"text":"cormorant"}`, invalid},
		{"an empty list of prompts", `"prompt":[]`, invalid},
		{"an empty prompt", `"prompt":""`, ok200},
		{"an empty prompt in a list", `"prompt":[""]`, ok200},
		{"token ids", `"prompt":[1,2]`, unseen},
		{"lists of token ids", `"prompt":[[1,2],[3]]`, unseen},
		{"token ids behind a text", `"prompt":["cormorant",7]`, unseen},
		{"a prompt that is null in a list", `"prompt":["cormorant",null]`, invalid},
		{"a prompt that is an object in a list", `"prompt":[{"text":"cormorant"}]`, invalid},
		{"a suffix that is a number", `"prompt":"cormorant","suffix":7`, invalid},
		{"a suffix in front that is an array", `"suffix":["cormorant"],"prompt":"x"`, invalid},
		{"a suffix that is null", `"suffix":null,"prompt":"cormorant"`, ok200},
		{"100,000 prompts", `"prompt":[` + strings.Repeat(`"a",`, 99_999) + `"b"]`, ok200},
		{"messages instead of a prompt", `"messages":[{"role":"user","content":"cormorant"}]`, invalid},
	},
}

// badMessages are wrong for both APIs that call the conversation messages.
var badMessages = []bad{
	{"no messages", `"user":"cormorant"`, invalid},
	{"messages that are null", `"messages":null`, invalid},
	{"messages that are a string", `"messages":"cormorant"`, invalid},
	{"messages that are a number", `"messages":7`, invalid},
	{"messages that are an object", `"messages":{"role":"user","content":"cormorant"}`, invalid},
	{"an empty list of messages", `"messages":[]`, invalid},
	{"a message that is null", `"messages":[null]`, invalid},
	{"a message that is a string", `"messages":["cormorant"]`, invalid},
	{"a message that is an array", `"messages":[[]]`, invalid},
	{"a message without anything", `"messages":[{}]`, invalid},
	{"a message without a role", `"messages":[{"content":"cormorant"}]`, invalid},
	{"a good message before one without a role", `"messages":[{"role":"user","content":"x"},{"content":"cormorant"}]`, invalid},
	{"a role that is null", `"messages":[{"role":null,"content":"cormorant"}]`, invalid},
	{"a role that is a number", `"messages":[{"role":7,"content":"cormorant"}]`, invalid},
	{"a role in an array", `"messages":[{"role":["user"],"content":"cormorant"}]`, invalid},
	{"an unknown role", `"messages":[{"role":"cormorant","content":"x"}]`, role},
	{"an empty role", `"messages":[{"role":"","content":"cormorant"}]`, role},
	{"a role in capitals", `"messages":[{"role":"USER","content":"cormorant"}]`, role},
	{"a role with a NUL", `"messages":[{"role":"user\u0000","content":"cormorant"}]`, role},
	{"a role of 1 MB", `"messages":[{"role":"` + large + `","content":"x"}]`, role},
	{"a role that stands last", `"messages":[{"content":[{"text":"cormorant","type":"text"}],"name":"x","role":"user"}]`, ok200},
	{"a role that is written with escapes", `"messages":[{"\u0072ole":"us\u0065r","content":"cormorant"}]`, ok200},
	{"content that is a number", `"messages":[{"role":"user","content":7}]`, invalid},
	{"content that is true", `"messages":[{"role":"user","content":true}]`, invalid},
	{"content that is an object", `"messages":[{"role":"user","content":{"type":"text","text":"cormorant"}}]`, invalid},
	{"empty content", `"messages":[{"role":"user","content":""}]`, ok200},
	{"content without parts", `"messages":[{"role":"user","content":[]}]`, ok200},
	{"a part that is null", `"messages":[{"role":"user","content":[null]}]`, invalid},
	{"a part that is a number", `"messages":[{"role":"user","content":[7]}]`, invalid},
	{"a part that is an array", `"messages":[{"role":"user","content":[[]]}]`, invalid},
	{"a part without anything", `"messages":[{"role":"user","content":[{}]}]`, part},
	{"a part without a type", `"messages":[{"role":"user","content":[{"text":"cormorant"}]}]`, part},
	{"a part whose type is null", `"messages":[{"role":"user","content":[{"type":null,"text":"cormorant"}]}]`, invalid},
	{"a part whose type is a number", `"messages":[{"role":"user","content":[{"type":7,"text":"cormorant"}]}]`, invalid},
	{"a part of an unknown type", `"messages":[{"role":"user","content":[{"type":"cormorant"}]}]`, part},
	{"a part of an empty type", `"messages":[{"role":"user","content":[{"type":"","text":"cormorant"}]}]`, part},
	{"a part of a type of 1 MB", `"messages":[{"role":"user","content":[{"type":"` + large + `"}]}]`, part},
	{"a good part before an unknown one", `"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"cormorant"}]}]`, part},
	{"a text that is a number", `"messages":[{"role":"user","content":[{"type":"text","text":7}]}]`, invalid},
	{"a text that is an object", `"messages":[{"role":"user","content":[{"type":"text","text":{"value":"cormorant"}}]}]`, invalid},
	{"a text part without a text", `"messages":[{"role":"user","content":[{"type":"text"}]}]`, ok200},
	{"a type twice in a part", `"messages":[{"role":"user","content":[{"type":"text","type":"text","text":"cormorant"}]}]`, "400 duplicate_member"},
	{"a role twice in a message", `"messages":[{"role":"user","content":"cormorant","role":"system"}]`, "400 duplicate_member"},
	{"messages twice", `"messages":[{"role":"user","content":"x"}],"messages":[{"role":"user","content":"cormorant"}]`, "400 duplicate_member"},
	{"10,000 messages", `"messages":[` + strings.Repeat(`{"role":"user","content":""},`, 9_999) + `{"role":"user","content":"x"}]`, ok200},
	{"10,000 parts", `"messages":[{"role":"user","content":[` + strings.Repeat(`{"type":"text","text":""},`, 9_999) + `{"type":"text","text":"x"}]}]`, ok200},
	{"a text of 1 MB", `"messages":[{"role":"user","content":"` + large + `"}]`, ok200},
	{"a prompt instead of messages", `"prompt":"cormorant"`, invalid},
}

// What is of an unknown kind passes by default, unless the name of the kind is longer than any.
func TestBadConversationsHaveOneOutcome(t *testing.T) {
	t.Parallel()
	v, strict := newVMs(t), vms{start(t, denying), startPair(t, denying)}
	for _, q := range requests {
		for _, c := range badConversations[q.Name] {
			t.Run(q.Name+"/"+c.name, func(t *testing.T) {
				bodies := routertest.Bodies(`"model":"auto"`, c.body)
				if (c.want == part || c.want == role) && len(c.body) < huge {
					strict.run(t, c, q.Path, bodies...)
					c.want = ok200
				}
				v.run(t, c, q.Path, bodies...)
			})
		}
	}
}

// denying is a policy that refuses what is of unknown kind. It routes as the default one does what bad.check asks last.
const denying = `"policy":{"version":"1","models":{"a":{"cluster":"a"}},"signals":{"keyword":{"who":{"words":["who are you"]}}},` +
	`"routes":[{"name":"fast_qa_english","when":"keyword.who","use":"a"}],"default":"a","unknown_items":"deny"}`

package prompt_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

func TestBodiesThatAreRefused(t *testing.T) {
	user := `"messages":[{"role":"user","content":"hi"}]`
	tests := []struct {
		name  string
		shape prompt.Shape
		body  string
		code  string
		param string
	}{
		{"nothing", prompt.Chat, ``, "empty_body", ""},
		{"white space", prompt.Chat, " \r\n", "empty_body", ""},
		{"a cut body", prompt.Chat, `{` + user, "invalid_json", ""},
		{"trailing data", prompt.Chat, `{` + user + `}{}`, "invalid_json", ""},
		{"an array", prompt.Chat, `[]`, "invalid_request", ""},
		{"a string", prompt.Chat, `"hi"`, "invalid_request", ""},
		{"a duplicate member", prompt.Chat, `{` + user + `,"model":"a","m\u006fdel":"b"}`, "duplicate_member", ""},
		{"a deep value", prompt.Chat, `{"x":` + strings.Repeat("[", 128), "too_deep", ""},

		{"messages missing", prompt.Chat, `{}`, "invalid_request", "messages"},
		{"messages of the wrong type", prompt.Chat, `{"messages":"hi"}`, "invalid_request", "messages"},
		{"messages null", prompt.Chat, `{"messages":null}`, "invalid_request", "messages"},
		{"messages empty", prompt.Chat, `{"messages":[ ]}`, "invalid_request", "messages"},
		{"a message of the wrong type", prompt.Chat, `{"messages":[{"role":"user","content":"hi"},"hi"]}`, "invalid_request", "messages[1]"},
		{"a message without a role", prompt.Chat, `{"messages":[{"content":"hi"}]}`, "invalid_request", "messages[0]"},
		{"an unknown role", prompt.Chat, `{"messages":[{"role":"User","content":"hi"}]}`, "unknown_role", "messages[0].role"},
		{"a very long role", prompt.Chat, `{"messages":[{"role":"` + strings.Repeat("user", 100) + `"}]}`, "unknown_role", "messages[0].role"},
		{"a role of the wrong type", prompt.Chat, `{"messages":[{"role":null,"content":"hi"}]}`, "invalid_request", "messages[0].role"},
		{"content of the wrong type", prompt.Chat, `{"messages":[{"role":"user","content":1}]}`, "invalid_request", "messages[0].content"},
		{"an unknown part", prompt.Chat, `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"surprise"}]}]}`, "unsupported_part", "messages[0].content[1].type"},
		{"a part without a type", prompt.Chat, `{"messages":[{"role":"user","content":[{"text":"a"}]}]}`, "unsupported_part", "messages[0].content[0]"},
		{"a type of 257 bytes", prompt.Chat, `{"messages":[{"role":"user","content":[{"type":"` + strings.Repeat("t", 257) + `"}]}]}`, "unsupported_part", "messages[0].content[0].type"},
		{"a part of the wrong type", prompt.Chat, `{"messages":[{"role":"user","content":[1]}]}`, "invalid_request", "messages[0].content[0]"},
		{"text of the wrong type", prompt.Chat, `{"messages":[{"role":"user","content":[{"type":"text","text":["a"]}]}]}`, "invalid_request", "messages[0].content[0].text"},
		{"a file", prompt.Chat, `{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]}`, "not_inspectable", "messages[0].content[0]"},
		{"a stored answer", prompt.Chat, `{"messages":[{"role":"assistant","audio":{"id":"a"}}]}`, "not_inspectable", "messages[0].audio"},
		{"a cached image", prompt.Chat, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":null,"uuid":"u"}]}]}`, "not_inspectable", "messages[0].content[0].uuid"},
		{"a model of the wrong type", prompt.Chat, `{"model":["a"],` + user + `}`, "invalid_request", "model"},
		{"a model that is too long", prompt.Chat, `{"model":"` + strings.Repeat("m", 257) + `",` + user + `}`, "invalid_request", "model"},
		{"stream of the wrong type", prompt.Chat, `{"stream":"true",` + user + `}`, "invalid_request", "stream"},
		{"max_tokens of the wrong type", prompt.Chat, `{"max_tokens":"1",` + user + `}`, "invalid_request", "max_tokens"},
		{"tools of the wrong type", prompt.Chat, `{"tools":{},` + user + `}`, "invalid_request", "tools"},
		{"a tool of the wrong type", prompt.Chat, `{"tools":[1],` + user + `}`, "invalid_request", "tools[0]"},
		{"a chat template", prompt.Chat, `{` + user + `,"chat_template":"{{ x }}"}`, "not_inspectable", "chat_template"},
		{"a chat template among the template's arguments", prompt.Chat, `{` + user + `,"chat_template_kwargs":{"chat_template":"{{ x }}"}}`, "not_inspectable", "chat_template_kwargs.chat_template"},
		{"documents", prompt.Chat, `{` + user + `,"documents":[{"text":"a"}]}`, "not_inspectable", "documents"},
		{"a remote cache", prompt.Chat, `{` + user + `,"kv_transfer_params":{"do_remote_prefill":true}}`, "not_inspectable", "kv_transfer_params"},

		{"prompt missing", prompt.Completions, `{}`, "invalid_request", "prompt"},
		{"prompt null", prompt.Completions, `{"prompt":null}`, "invalid_request", "prompt"},
		{"prompt empty", prompt.Completions, `{"prompt":[]}`, "invalid_request", "prompt"},
		{"a prompt of the wrong type", prompt.Completions, `{"prompt":[{}]}`, "invalid_request", "prompt[0]"},
		{"tokens", prompt.Completions, `{"prompt":[1,2]}`, "not_inspectable", "prompt[0]"},
		{"a batch of tokens", prompt.Completions, `{"prompt":["a",[1,2]]}`, "not_inspectable", "prompt[1]"},
		{"embeddings", prompt.Completions, `{"prompt_embeds":"AAAA"}`, "not_inspectable", "prompt_embeds"},
		{"embeddings beside a prompt", prompt.Completions, `{"prompt":"hi","prompt_embeds":["AAAA"]}`, "not_inspectable", "prompt_embeds"},

		{"input missing", prompt.Responses, `{}`, "invalid_request", "input"},
		{"input empty", prompt.Responses, `{"input":[]}`, "invalid_request", "input"},
		{"input of the wrong type", prompt.Responses, `{"input":{}}`, "invalid_request", "input"},
		{"a response before", prompt.Responses, `{"input":"hi","previous_response_id":"r"}`, "not_inspectable", "previous_response_id"},
		{"a stored conversation", prompt.Responses, `{"input":"hi","conversation":{"id":"c"}}`, "not_inspectable", "conversation"},
		{"a stored prompt", prompt.Responses, `{"input":"hi","prompt":{"id":"p"}}`, "not_inspectable", "prompt"},
		{"an unknown item", prompt.Responses, `{"input":[{"type":"surprise"}]}`, "unsupported_part", "input[0].type"},
		{"a reference to an item", prompt.Responses, `{"input":[{"type":"item_reference","id":"m"}]}`, "not_inspectable", "input[0].type"},
		{"a reference to an item without a type", prompt.Responses, `{"input":[{"id":"m"}]}`, "not_inspectable", "input[0]"},
		{"a message without a role among items", prompt.Responses, `{"input":[{"type":"message","content":"hi"}]}`, "invalid_request", "input[0]"},
		{"a tool as a speaker", prompt.Responses, `{"input":[{"role":"tool","content":"hi"}]}`, "unknown_role", "input[0].role"},
		{"an input file", prompt.Responses, `{"input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]}`, "not_inspectable", "input[0].content[0]"},
		{"a file from a tool", prompt.Responses, `{"input":[{"type":"function_call_output","output":[{"type":"input_file","file_id":"f"}]}]}`, "not_inspectable", "input[0].output[0]"},

		{"a developer", prompt.Messages, `{"messages":[{"role":"developer","content":"hi"}]}`, "unknown_role", "messages[0].role"},
		{"a document in base64", prompt.Messages, `{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","data":"AAAA"}}]}]}`, "not_inspectable", "messages[0].content[0]"},
		{"a document without a source", prompt.Messages, `{"messages":[{"role":"user","content":[{"type":"document"}]}]}`, "not_inspectable", "messages[0].content[0]"},
		{"a document inside a tool result", prompt.Messages, `{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"document","source":{"type":"url","url":"u"}}]}]}]}`, "not_inspectable", "messages[0].content[0].content[0]"},
		{"an unknown block inside a tool result", prompt.Messages, `{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"x"}]}]}]}`, "unsupported_part", "messages[0].content[0].content[0].type"},
		{"a block inside a tool result without a type", prompt.Messages, `{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"text":"x"}]}]}]}`, "unsupported_part", "messages[0].content[0].content[0]"},
		{"an encrypted search result", prompt.Messages, `{"messages":[{"role":"user","content":[{"type":"web_search_tool_result","content":[{"type":"web_search_result","encrypted_content":"x"}]}]}]}`, "not_inspectable", "messages[0].content[0].content[0].encrypted_content"},
		{"system of the wrong type", prompt.Messages, `{"system":1,` + user + `}`, "invalid_request", "system"},
	}
	for _, test := range tests {
		t.Run(test.name+" is refused", func(t *testing.T) {
			// Kinds that are not known pass otherwise: see TestUnknownKindsAreReadAndPassed.
			o := prompt.Options{DenyUnknown: test.code == prompt.CodeUnsupported || test.code == prompt.CodeUnknownRole}
			_, _, first := read(o, test.shape, []byte(test.body), len(test.body)+1)
			for _, chunk := range []int{1, 3} {
				if _, _, err := read(o, test.shape, []byte(test.body), chunk); !reflect.DeepEqual(err, first) {
					t.Errorf("in chunks of %d: %v, whole: %v", chunk, err, first)
				}
			}
			e := new(prompt.Error)
			if !errors.As(first, &e) {
				t.Fatalf("got %v, want %s", first, test.code)
			}
			if e.Code != test.code || e.Param != test.param || e.Status != 400 || e.Message == "" {
				t.Errorf("got %s %q (%s), want %s %q", e.Code, e.Param, e.Message, test.code, test.param)
			}
		})
	}
}

func TestBypassesThatThePolicyAllows(t *testing.T) {
	tests := []struct {
		name, allow string
		shape       prompt.Shape
		body        string
	}{
		{"tokens", "token_ids", prompt.Completions, `{"prompt":[[1,2],[3]]}`},
		{"embeddings without a prompt", "prompt_embeds", prompt.Completions, `{"prompt_embeds":"AAAA"}`},
		{"a chat template", "chat_template", prompt.Chat, `{"messages":[{"role":"user","content":"hi"}],"chat_template":"x"}`},
		{"a response before", "previous_response_id", prompt.Responses, `{"input":"hi","previous_response_id":"r"}`},
		{"a reference to an item", "item_reference", prompt.Responses, `{"input":[{"id":"m"},{"type":"item_reference","id":"n"}]}`},
		{"a file", "file", prompt.Chat, `{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]}`},
	}
	for _, test := range tests {
		t.Run(test.name+" may pass", func(t *testing.T) {
			_, facts, err := read(prompt.Options{Allow: map[string]bool{test.allow: true}}, test.shape, []byte(test.body), 5)
			if err != nil || !facts.Uninspected || facts.Open {
				t.Errorf("%v, %+v", err, facts)
			}
			_, _, err = read(prompt.Options{Allow: map[string]bool{"other": true}}, test.shape, []byte(test.body), 5)
			if e := new(prompt.Error); !errors.As(err, &e) || e.Code != prompt.CodeNotInspectable {
				t.Errorf("without leave: %v", err)
			}
		})
	}
}

func TestEveryBypassHasAKeyThatIsListed(t *testing.T) {
	// The keys that the refusals of this file name, and no other way to find them:
	// the message of each refusal quotes its key.
	used := map[string]bool{}
	user := `"messages":[{"role":"user","content":"hi"}]`
	for _, test := range []struct {
		shape prompt.Shape
		body  string
	}{
		{prompt.Completions, `{"prompt":[1]}`},
		{prompt.Completions, `{"prompt_token_ids":[1]}`},
		{prompt.Chat, `{"input_ids":[1]}`},
		{prompt.Completions, `{"input_embeds":[1]}`},
		{prompt.Completions, `{"prompt_embeds":"A"}`},
		{prompt.Chat, `{` + user + `,"chat_template":"x"}`},
		{prompt.Chat, `{` + user + `,"documents":[]}`},
		{prompt.Chat, `{` + user + `,"chat_template_kwargs":{"documents":[]}}`},
		{prompt.Chat, `{` + user + `,"session_params":{"id":"s"}}`},
		{prompt.Messages, `{"fallbacks":[{"model":"large"}],` + user + `}`},
		{prompt.Chat, `{` + user + `,"kv_transfer_params":{}}`},
		{prompt.Chat, `{` + user + `,"bootstrap_host":"h"}`},
		{prompt.Chat, `{"messages":[{"audio":{}}]}`},
		{prompt.Chat, `{"messages":[{"role":"user","content":[{"type":"file"}]}]}`},
		{prompt.Responses, `{"previous_response_id":"r"}`},
		{prompt.Responses, `{"conversation":"c"}`},
		{prompt.Responses, `{"prompt":{}}`},
		{prompt.Responses, `{"previous_input_messages":[]}`},
		{prompt.Responses, `{"input":[{}]}`},
		{prompt.Responses, `{"previous_response":{},"input":"hi"}`},
		{prompt.Responses, `{"tools":[{"type":"file_search"}],"input":"hi"}`},
		{prompt.Responses, `{"tools":[{"type":"mcp"}],"input":"hi"}`},
		{prompt.Responses, `{"tools":[{"type":"code_interpreter","container":"c"}],"input":"hi"}`},
		{prompt.Chat, `{"lora_path":"l",` + user + `}`},
		{prompt.Chat, `{"custom_logit_processor":"l",` + user + `}`},
		{prompt.Chat, `{"api_base":"l",` + user + `}`},
		{prompt.Chat, `{"extra_body":{"model":"l"},` + user + `}`},
		{prompt.Chat, `{"chat_template_kwargs":{"tools":[]},` + user + `}`},
		{prompt.Messages, `{"messages":[{"role":"user","content":[{"type":"search_result","encrypted_content":"x"}]}]}`},
	} {
		_, _, err := read(prompt.Options{}, test.shape, []byte(test.body), 100)
		e := new(prompt.Error)
		if !errors.As(err, &e) || e.Code != prompt.CodeNotInspectable {
			t.Errorf("%s: %v", test.body, err)
			continue
		}
		key := strings.Split(e.Message, `"`)[1]
		if used[key] = true; prompt.Bypasses[key] == "" {
			t.Errorf("%s: the key %q is not listed", test.body, key)
		}
	}
	for key := range prompt.Bypasses {
		if !used[key] {
			t.Errorf("no test is refused for %q", key)
		}
	}
}

package prompt

import (
	"strings"
	"testing"
)

// where says for a list of rows in which objects of which bodies its members stand; « » is for the members. Names that
// nobody knows do not stand in the path of an error.
var where = []struct {
	rows  []row
	where string
	shape Shape
	body  string
}{
	{topRows, "", Chat, `{«»,"messages":[{"role":"user","content":"c"}]}`},
	{topRows, "", Completions, `{«»,"prompt":"c"}`},
	{topRows, "", Responses, `{«»,"input":"c"}`},
	{topRows, "", Messages, `{«»,"messages":[{"role":"user","content":"c"}]}`},
	{topRows, "extra_body.", Chat, `{"extra_body":{«»},"messages":[{"role":"user","content":"c"}]}`},
	{topRows, "tools[0][0].", Responses, `{"tools":[{"type":"new","x":[{"y":1,«»}]}],"input":"c"}`},
	{insideTools, "tools[0].", Chat, `{"tools":[{"type":"new",«»}],"messages":[{"role":"user","content":"c"}]}`},
	{insideTools, "tools[0].", Messages, `{"tools":[{"type":"new","x":{"y":{«»}}}],"messages":[{"role":"user","content":"c"}]}`},
	{insideTools, "tools[0].container.", Responses, `{"tools":[{"type":"code_interpreter","container":{"type":"auto",«»}}],"input":"c"}`},
	{insideTools, "tools[0].tools[0].", Responses, `{"tools":[{"type":"namespace","tools":[{"type":"new","x":{«»}}]}],"input":"c"}`},
	{messageRows, "messages[0].", Chat, `{"messages":[{"role":"system",«»,"content":"c"}]}`},
	{messageRows, "messages[0].", Messages, `{"messages":[{"role":"system",«»,"content":"c"}]}`},
	{mediaRows, "messages[0].content[0].image_url.", Chat, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{«»}}]}]}`},
	{sourceRows, "messages[0].content[0].source.", Messages, `{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file",«»}}]}]}`},
	{kwargsRows, "chat_template_kwargs.", Chat, `{"chat_template_kwargs":{«»},"messages":[{"role":"user","content":"c"}]}`},
	{kwargsRows, "chat_template_kwargs.", Messages, `{"chat_template_kwargs":{«»},"messages":[{"role":"user","content":"c"}]}`},
	{kwargsRows, "extra_body.chat_template_kwargs.", Chat, `{"extra_body":{"chat_template_kwargs":{«»}},"messages":[{"role":"user","content":"c"}]}`},
	{xargsRows, "vllm_xargs.", Completions, `{"vllm_xargs":{«»},"prompt":"c"}`},
	{xargsRows, "extra_body.vllm_xargs.", Chat, `{"extra_body":{"vllm_xargs":{«»}},"messages":[{"role":"user","content":"c"}]}`},
}

func TestMembersThatNeedLeave(t *testing.T) {
	tried := map[string]bool{}
	for _, w := range where {
		for _, r := range w.rows {
			for _, name := range strings.Fields(r.names) {
				if r.allow == "" || name == "file_id" && w.where == "" {
					continue
				}
				tried[name] = true
				for _, value := range []string{`"x"`, `{"a":["x"]}`, `[{"a":1}]`, `7`, `false`} {
					body := strings.Replace(w.body, "«»", `"`+name+`":`+value, 1)
					param := w.where + name
					for _, chunk := range []int{1, len(body)} {
						e := answer(w.shape, body, chunk)
						if e == nil || e.Code != CodeNotInspectable || e.Param != param || !strings.Contains(e.Message, `"`+r.allow+`"`) {
							t.Errorf("%s: %+v, want not_inspectable at %s", body, e, param)
						}
					}
					for _, key := range []string{r.allow, name} {
						if e := answer(w.shape, body, 9, key); e != nil && e.Code == CodeNotInspectable {
							t.Errorf("%s with allow: %s: %v", body, key, e)
						}
					}
					if e := answer(w.shape, body, 9, "x"); e == nil || e.Code != CodeNotInspectable {
						t.Errorf("%s with another allow: %v", body, e)
					}
				}
				body := strings.Replace(w.body, "«»", `"`+name+`":null`, 1)
				if e := answer(w.shape, body, 9); e != nil {
					t.Errorf("%s: %v, but null is nothing", body, e)
				}
			}
		}
	}
	for _, rows := range allRows {
		for _, r := range rows {
			if Bypasses[r.allow] == "" && r.allow != "" {
				t.Errorf("the key %q of %q is not listed", r.allow, r.names)
			}
			for _, name := range strings.Fields(r.names) {
				if r.allow == "" {
					continue
				}
				if key, refused := AllowedBy(name); !refused || Bypasses[key] == "" {
					t.Errorf("%q has no key", name)
				}
				if !tried[name] && name != "uuid" {
					t.Errorf("%q is not tried anywhere", name)
				}
			}
		}
	}
}

func TestLeaveForOneMemberIsLeaveForNoOther(t *testing.T) {
	for body, allow := range map[string]string{
		`{"ec_transfer_params":1,"messages":[{"role":"user","content":"c"}]}`:                 "kv_transfer_params2",
		`{"lora":1,"messages":[{"role":"user","content":"c"}]}`:                               "lora_path",
		`{"extra_body":{"model":"x"},"messages":[{"role":"user","content":"c"}]}`:             "model",
		`{"extra_body":{"prompt":"x"},"messages":[{"role":"user","content":"c"}]}`:            "prompt",
		`{"extra_body":{"tools":[]},"messages":[{"role":"user","content":"c"}]}`:              "tools",
		`{"messages":[{"role":"user","content":[{"type":"file","file":{}}]}]}`:                "attachments",
		`{"chat_template_kwargs":{"messages":[]},"messages":[{"role":"user","content":"c"}]}`: "tools",
	} {
		if e := answer(Chat, body, 7, allow); e == nil || e.Code != CodeNotInspectable {
			t.Errorf("%s with allow: %s: %v", body, allow, e)
		}
	}
}

func TestToolsThatNeedLeave(t *testing.T) {
	for body, key := range map[string]string{
		`{"type":"mcp","server_label":"x"}`:                                                         "mcp",
		`{"server_label":"x","type":"mcp"}`:                                                         "mcp",
		`{"type":"mcp_toolset","mcp_server_name":"x"}`:                                              "mcp",
		`{"type":"file_search","vector_store_ids":["x"]}`:                                           "vector_stores",
		`{"type":"code_interpreter","container":"cntr_x"}`:                                          "container",
		`{"type":"code_interpreter","container":{"type":"auto","file_ids":["x"]}}`:                  "file",
		`{"type":"shell","environment":{"type":"container_reference","container_id":"x"}}`:          "container",
		`{"type":"shell","environment":{"type":"container_auto","skills":[{"skill_id":"x"}]}}`:      "container",
		`{"type":"image_generation","input_image_mask":{"file_id":"x"}}`:                            "file",
		`{"type":"advisor_20260301","name":"advisor","model":"large"}`:                              "fallbacks",
		`{"type":"namespace","name":"n","tools":[{"type":"mcp"}]}`:                                  "mcp",
		`{"type":"namespace","name":"n","tools":[{"type":"function","name":"f","server_url":"x"}]}`: "mcp",
	} {
		for _, shape := range []Shape{Responses, Messages, Chat} {
			whole := `{"tools":[` + body + `],"messages":[{"role":"user","content":"c"}]}`
			if shape == Responses {
				whole = `{"tools":[` + body + `],"input":"c"}`
			}
			if e := answer(shape, whole, 3); e == nil || e.Code != CodeNotInspectable || !strings.Contains(e.Message, `"`+key+`"`) {
				t.Errorf("%s: %v", body, e)
			}
			if e := answer(shape, whole, 3, key); e != nil {
				t.Errorf("%s with leave: %v", body, e)
			}
		}
	}
}

func TestWhatClientsSendNeedsNoLeave(t *testing.T) {
	chat := func(members string) string { return `{` + members + `,"messages":[{"role":"user","content":"c"}]}` }
	for _, test := range []struct {
		shape Shape
		body  string
	}{
		{Responses, `{"tools":[{"type":"web_search","external_web_access":true,"filters":{"allowed_domains":["x"]},"user_location":{"type":"approximate","city":"x"}}],"input":"c"}`},
		{Responses, `{"tools":[{"type":"code_interpreter","container":{"type":"auto","memory_limit":"1g"}},{"type":"local_shell"},{"type":"image_generation","output_format":"png"}],"input":"c"}`},
		{Responses, `{"tools":[{"type":"custom","name":"apply_patch","format":{"type":"grammar","syntax":"lark","definition":"x"}}],"input":"c"}`},
		{Responses, `{"prompt_cache_key":"k","store":false,"include":["reasoning.encrypted_content"],"client_metadata":{"session_id":"s"},"text":{"verbosity":"low"},"input":"c"}`},
		{Responses, `{"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:","file_id":null,"detail":"high"}]}]}`},
		{Responses, `{"input":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"c","annotations":[{"type":"file_citation","file_id":"f"}]}]}]}`},
		{Responses, `{"input":[{"type":"code_interpreter_call","id":"c","container_id":"x","code":"1"},{"type":"file_search_call","queries":["q"],"results":[{"file_id":"f","text":"t"}]}]}`},
		{Messages, chat(`"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":8},{"name":"f","input_schema":{"type":"object","properties":{"model":{},"file_id":{},"provider":{}}}}]`)},
		{Messages, chat(`"metadata":{"user_id":"u","session_id":"s"},"thinking":{"type":"adaptive"},"context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]}`)},
		{Messages, chat(`"tools":[{"name":"f","input_schema":{},"cache_control":{"type":"ephemeral"},"input_examples":[{"model":"x","file_id":"f"}]}]`)},
		{Chat, chat(`"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"model":{"type":"string"},"vector_store_ids":{}}},"strict":true}}]`)},
		{Chat, chat(`"chat_template_kwargs":{"enable_thinking":false,"thinking":true,"reasoning_effort":"low","preserve_thinking":true,"locale":"de"},"vllm_xargs":{"x":1}`)},
		{Chat, chat(`"cache_salt":"s","priority":1,"metadata":{"tags":["a"]},"user":"u","seed":1,"logit_bias":{"50256":-100},"prediction":{"type":"content","content":"x"}`)},
		{Chat, chat(`"extra_body":{"top_k":20,"chat_template_kwargs":{"enable_thinking":false},"vllm_xargs":{"x":1}}`)},
		{Chat, `{"messages":[{"role":"assistant","content":null,"audio":null,"refusal":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"model\":\"x\"}"}}]}]}`},
		{Chat, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:","detail":"low"}},{"type":"image_url","image_url":"https://x"}]}]}`},
	} {
		for _, chunk := range []int{1, len(test.body)} {
			if e := answer(test.shape, test.body, chunk); e != nil {
				t.Errorf("%s: %v", test.body, e)
			}
		}
	}
}

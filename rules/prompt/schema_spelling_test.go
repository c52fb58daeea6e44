package prompt

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

type deaf struct{}

func (deaf) BeginText(Whose)          {}
func (deaf) Text([]byte, int64, bool) {}
func (deaf) EndText(bool)             {}
func (deaf) EndPart(Part)             {}
func (deaf) EndMessage(Role)          {}

// answer reads a body and returns what is wrong with it; chunk is the size of the pieces in which it comes.
func answer(shape Shape, body string, chunk int, allow ...string) *Error {
	o := &Options{Allow: map[string]bool{}}
	for _, key := range allow {
		o.Allow[key] = true
	}
	r := NewReader(o)
	r.Reset(shape, deaf{})
	var err error
	for rest := []byte(body); len(rest) > 0 && err == nil; {
		n := min(chunk, len(rest))
		err = r.Feed(rest[:n])
		rest = rest[n:]
	}
	if err == nil {
		err = r.Close()
	}
	if err == nil {
		return nil
	}
	e := new(Error)
	if !errors.As(err, &e) {
		panic(err)
	}
	return e
}

// in puts members into an object that stands somewhere in a body of some shape.
var in = []struct {
	where string
	shape Shape
	body  string // with « » for the members
	names string // some that are known there
}{
	{"", Chat, `{«»,"messages":[{"role":"user","content":"c"}]}`, "model messages stream tools max_tokens max_completion_tokens temperature stop response_format chat_template " +
		"documents lora_path session_id api_base reasoning_effort extra_body vllm_xargs priority thinking_budget"},
	{"", Completions, `{«»,"prompt":"c"}`, "prompt suffix best_of echo"},
	{"", Responses, `{«»,"input":"c"}`, "input instructions max_output_tokens previous_response_id previous_response store text"},
	{"", Messages, `{«»,"messages":[{"role":"user","content":"c"}]}`, "system thinking output_config container mcp_servers stop_sequences"},
	{"messages[0]", Chat, `{"messages":[{«»,"role":"user","content":"c"}]}`, "role content tool_calls name reasoning_content tools audio"},
	{"messages[0].tool_calls[0]", Chat, `{"messages":[{"role":"assistant","tool_calls":[{«»,"id":"x"}]}]}`, "function type id"},
	{"messages[0].tool_calls[0].function", Chat, `{"messages":[{"role":"assistant","tool_calls":[{"function":{«»,"name":"x"}}]}]}`, "name arguments"},
	{"messages[0].function_call", Chat, `{"messages":[{"role":"assistant","function_call":{«»,"name":"x"}}]}`, "name arguments"},
	{"messages[0].content[0]", Chat, `{"messages":[{"role":"user","content":[{«»,"type":"text","text":"c"}]}]}`, "type text image_url uuid file"},
	{"messages[0].content[0].image_url", Chat, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{«»,"url":"c"}}]}]}`, "url detail file_id content_hash"},
	{"messages[0]", Messages, `{"messages":[{«»,"role":"user","content":"c"}]}`, "role content"},
	{"messages[0].content[0]", Messages, `{"messages":[{"role":"user","content":[{«»,"type":"text","text":"c"}]}]}`, "type text source tool_use_id thinking content file_id"},
	{"messages[0].content[0].source", Messages, `{"messages":[{"role":"user","content":[{"type":"image","source":{«»,"type":"url"}}]}]}`, "type data media_type file_id"},
	{"messages[0].content[0].content[0]", Messages, `{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{«»,"type":"text","text":"c"}]}]}]}`, "type text"},
	{"system[0]", Messages, `{"system":[{«»,"type":"text","text":"c"}],"messages":[{"role":"user","content":"c"}]}`, "type text"},
	{"input[0]", Responses, `{"input":[{«»,"role":"user","content":"c"}]}`, "type role content output arguments encrypted_content"},
	{"input[0].content[0]", Responses, `{"input":[{"role":"user","content":[{«»,"type":"input_text","text":"c"}]}]}`, "type text file_id image_url"},
	{"input[0].output[0]", Responses, `{"input":[{"type":"function_call_output","output":[{«»,"type":"input_text","text":"c"}]}]}`, "type text"},
	{"input[0].summary[0]", Responses, `{"input":[{"type":"reasoning","summary":[{«»,"type":"summary_text","text":"c"}]}]}`, "type text"},
	{"tools[0]", Chat, `{"tools":[{«»,"type":"function"}],"messages":[{"role":"user","content":"c"}]}`, "type function"},
	{"tools[0].function", Chat, `{"tools":[{"type":"function","function":{«»,"name":"f"}}],"messages":[{"role":"user","content":"c"}]}`, "name description parameters strict"},
	{"functions[0]", Chat, `{"functions":[{«»,"name":"f"}],"messages":[{"role":"user","content":"c"}]}`, "name description parameters"},
	{"tools[0]", Messages, `{"tools":[{«»,"name":"f"}],"messages":[{"role":"user","content":"c"}]}`, "name description input_schema"},
	{"tools[0].tools[0]", Responses, `{"tools":[{"type":"namespace","tools":[{«»,"type":"function"}]}],"input":"c"}`, "name parameters"},
	{"tools[0]", Responses, `{"tools":[{«»,"type":"new"}],"input":"c"}`, "server_url vector_store_ids container lora_path"},
	{"tools[0][0]", Responses, `{"tools":[{"type":"new","a":{"b":[{«»,"c":1}]}}],"input":"c"}`, "server_url file_id kv_transfer_params"},
	{"tool_choice", Chat, `{"tool_choice":{«»,"type":"function"},"messages":[{"role":"user","content":"c"}]}`, "type function"},
	{"tool_choice.function", Chat, `{"tool_choice":{"function":{«»,"name":"f"}},"messages":[{"role":"user","content":"c"}]}`, "name"},
	{"response_format", Chat, `{"response_format":{«»,"type":"json_object"},"messages":[{"role":"user","content":"c"}]}`, "type json_schema"},
	{"response_format.json_schema", Chat, `{"response_format":{"json_schema":{«»,"name":"s"}},"messages":[{"role":"user","content":"c"}]}`, "name schema strict"},
	{"reasoning", Responses, `{"reasoning":{«»,"summary":"auto"},"input":"c"}`, "effort summary"},
	{"thinking", Messages, `{"thinking":{«»,"type":"enabled"},"messages":[{"role":"user","content":"c"}]}`, "type budget_tokens"},
	{"output_config", Messages, `{"output_config":{«»,"effort":"low"},"messages":[{"role":"user","content":"c"}]}`, "effort format"},
	{"output_config.format", Messages, `{"output_config":{"format":{«»,"type":"json_schema"}},"messages":[{"role":"user","content":"c"}]}`, "type schema"},
	{"text", Responses, `{"text":{«»,"verbosity":"low"},"input":"c"}`, "format verbosity"},
	{"text.format", Responses, `{"text":{"format":{«»,"type":"text"}},"input":"c"}`, "type schema name"},
	{"stream_options", Chat, `{"stream_options":{«»,"include_usage":true},"messages":[{"role":"user","content":"c"}]}`, "include_usage"},
	{"context_management", Messages, `{"context_management":{«»,"x":1},"messages":[{"role":"user","content":"c"}]}`, "edits"},
	{"context_management.edits[0]", Messages, `{"context_management":{"edits":[{«»,"x":1}]},"messages":[{"role":"user","content":"c"}]}`, "type keep"},
	{"messages[0].content[0].cache_control", Messages, `{"messages":[{"role":"user","content":[{"type":"text","text":"c","cache_control":{«»,"x":1}}]}]}`, "type ttl"},
	{"prediction", Chat, `{"prediction":{«»,"x":1},"messages":[{"role":"user","content":"c"}]}`, "type content"},
	{"chat_template_kwargs", Chat, `{"chat_template_kwargs":{«»,"x":1},"messages":[{"role":"user","content":"c"}]}`, "enable_thinking thinking reasoning_effort chat_template tools documents bos_token"},
	{"vllm_xargs", Chat, `{"vllm_xargs":{«»,"x":1},"messages":[{"role":"user","content":"c"}]}`, "kv_transfer_params"},
	{"extra_body", Chat, `{"extra_body":{«»,"x":1},"messages":[{"role":"user","content":"c"}]}`, "model messages lora_path enable_thinking"},
	{"extra_body.chat_template_kwargs", Chat, `{"extra_body":{"chat_template_kwargs":{«»,"x":1}},"messages":[{"role":"user","content":"c"}]}`, "enable_thinking chat_template"},
}

// spellings are other ways to write a name that engines which ignore case take for the same.
func spellings(name string) (list []string) {
	list = append(list, strings.ToUpper(name), strings.ToUpper(name[:1])+name[1:], name[:len(name)-1]+strings.ToUpper(name[len(name)-1:]))
	if i := strings.IndexByte(name, 's'); i >= 0 {
		list = append(list, name[:i]+"ſ"+name[i+1:], name[:i]+`\u017f`+name[i+1:], name[:i]+`\u017F`+strings.ToUpper(name[i+1:]))
	}
	if i := strings.IndexByte(name, 'k'); i >= 0 {
		list = append(list, name[:i]+"\u212a"+name[i+1:], name[:i]+`\u212a`+name[i+1:])
	}
	return append(list, fmt.Sprintf(`\u%04x`, strings.ToUpper(name)[0])+name[1:])
}

func TestOtherSpellingsOfAKnownNameAreRefused(t *testing.T) {
	for _, test := range in {
		for _, name := range strings.Fields(test.names) {
			want := strings.TrimPrefix(test.where+"."+name, ".")
			for _, spelled := range spellings(name) {
				body := strings.Replace(test.body, "«»", `"`+spelled+`":null`, 1)
				for _, chunk := range []int{1, 5, len(body)} {
					e := answer(test.shape, body, chunk)
					if e == nil || e.Code != CodeAmbiguous || e.Param != want || e.Status != 400 {
						t.Errorf("%s in chunks of %d: %+v, want ambiguous_member at %s", body, chunk, e, want)
					}
				}
			}
		}
	}
}

func TestNamesThatAreNoOtherSpellingPass(t *testing.T) {
	const names = `"Instructions2":1,"mes sages":1,"MESSAGES2":1,"Täg":1,"S":1,"maxTokens":1,"topP":1,"":1,"X-Custom":1,"ＭＯＤＥＬ":1,"mödel":1`
	for _, test := range in {
		body := strings.Replace(test.body, "«»", names, 1)
		if e := answer(test.shape, body, 7); e != nil {
			t.Errorf("%s: %v", body, e)
		}
	}
}

func TestNamesOfTheClientsOwnDataMayBeSpelledAsItLikes(t *testing.T) {
	const data = `{"Model":1,"MESSAGES":[],"Role":"x","Content":"c","TYPE":"t","Tools":[],"meſſages":1,"max_to\u212aens":2,"Lora_Path":"x","lora_path":"x","session_id":"s"}`
	chat := func(members string) string { return `{` + members + `,"messages":[{"role":"user","content":"c"}]}` }
	for name, test := range map[string]struct {
		shape Shape
		body  string
	}{
		"metadata":                          {Chat, chat(`"metadata":` + data)},
		"logit_bias":                        {Chat, chat(`"logit_bias":` + data)},
		"a member that nobody knows":        {Chat, chat(`"x":` + data)},
		"client_metadata":                   {Responses, `{"client_metadata":` + data + `,"input":"c"}`},
		"a function's parameters":           {Chat, chat(`"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":` + data + `}}}]`)},
		"a tool's parameters":               {Responses, `{"tools":[{"type":"function","name":"f","parameters":` + data + `}],"input":"c"}`},
		"a legacy function's parameters":    {Chat, chat(`"functions":[{"name":"f","parameters":` + data + `}]`)},
		"an input schema":                   {Messages, chat(`"tools":[{"name":"f","input_schema":` + data + `,"input_examples":[` + data + `]}]`)},
		"a schema of the answer":            {Chat, chat(`"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":` + data + `}}`)},
		"a schema of text":                  {Responses, `{"text":{"format":{"type":"json_schema","schema":` + data + `}},"input":"c"}`},
		"a schema of output_config":         {Messages, chat(`"output_config":{"format":{"type":"json_schema","schema":` + data + `}}`)},
		"structured outputs":                {Chat, chat(`"structured_outputs":{"json":` + data + `}`)},
		"guided_json":                       {Chat, chat(`"guided_json":` + data)},
		"arguments as an object":            {Chat, `{"messages":[{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":` + data + `}}]}]}`},
		"the input of a tool":               {Messages, `{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":` + data + `}]}]}`},
		"the input of a tool among items":   {Responses, `{"input":[{"type":"custom_tool_call","input":` + data + `}]}`},
		"the action of a shell":             {Responses, `{"input":[{"type":"local_shell_call","action":{"env":` + data + `}}]}`},
		"a variable of the template":        {Chat, chat(`"chat_template_kwargs":{"x":` + data + `}`)},
		"an argument of an extension":       {Chat, chat(`"vllm_xargs":{"x":` + data + `}`)},
		"arguments of an image's processor": {Chat, chat(`"mm_processor_kwargs":` + data)},
		"the schema of a namespace's tool":  {Responses, `{"tools":[{"type":"namespace","tools":[{"type":"function","parameters":` + data + `}]}],"input":"c"}`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{1, len(test.body)} {
				if e := answer(test.shape, test.body, chunk); e != nil {
					t.Errorf("%s: %v", test.body, e)
				}
			}
		})
	}
}

func TestAKnownNameBesideAnotherSpellingIsRefused(t *testing.T) {
	for _, body := range []string{
		`{"model":"auto","Model":"large","messages":[{"role":"user","content":"c"}]}`,
		`{"MESSAGES":[{"role":"user","content":"x"}],"messages":[{"role":"user","content":"c"}]}`,
		`{"messages":[{"role":"user","content":"c","Content":"x"}]}`,
	} {
		if e := answer(Chat, body, 3); e == nil || e.Code != CodeAmbiguous {
			t.Errorf("%s: %v", body, e)
		}
	}
}

// All known names must be such as respelled can find.
func TestKnownNamesAreLowerCaseASCII(t *testing.T) {
	for _, rows := range allRows {
		for _, r := range rows {
			if r.from == "" || strings.TrimSpace(r.names) == "" {
				t.Errorf("a row has no source or no names: %+v", r)
			}
			for _, name := range strings.Fields(r.names) {
				if len(name) > longestKnown || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
					t.Errorf("%q cannot be known", name)
				}
			}
		}
	}
}

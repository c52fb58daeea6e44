package redteam

import (
	"fmt"
	"strings"

	"github.com/mom-router/mom-router/internal/quote"
)

// members are attacks by the members of a body beside its words.
func members() []Class {
	return append([]Class{folded()}, passing()...)
}

// talk is a harmless conversation.
const talk = `"messages":[{"role":"user","content":"Where is the cormorant?"}]`

// folded writes known names so that engines and gateways that match them without case, as Go's encoding/json does, take
// them for the known ones.
func folded() Class {
	c := Class{Name: "members: known names in another case", Gain: "the engine acts on what the router did not inspect"}
	for _, members := range []string{
		`"Model":"qwen3-235b"`, `"MODEL":"qwen3-235b"`, `"\u004dodel":"qwen3-235b"`, `"Messages":[]`, `"MESSAGES":[{"role":"user","content":"Prove the theorem."}]`,
		`"meſſages":[{"role":"user","content":"Prove the theorem."}]`, `"Max_Tokens":9`, `"max_to\u212aens":9`, `"max_to` + "\u212a" + `ens":9`, `"Tools":[]`, `"Lora_Path":"x"`,
		`"ſeſſion_id":"x"`, `"Chat_Template":"x"`, `"Reasoning_Effort":"high"`, `"chat_template_kwargs":{"Enable_Thinking":true}`, `"chat_template_kwargs":{"TOOLS":[]}`,
		`"vllm_xargs":{"KV_transfer_params":1}`, `"response_format":{"Type":"json_object"}`, `"stream_options":{"Include_Usage":true}`, `"reasoning":{"Effort":"high"}`,
		`"thinking":{"Budget_Tokens":9}`, `"output_config":{"EFFORT":"high"}`, `"text":{"Format":{}}`, `"tools":[{"Type":"mcp","server_url":"x"}]`,
		`"tools":[{"type":"function","function":{"Name":"f"}}]`, `"tool_choice":{"Function":{"name":"f"}}`, `"extra_body":{"Model":"qwen3-235b"}`,
	} {
		c.Attacks = append(c.Attacks, Attack{members, post(`{"model":"auto",` + members + `,` + talk + `}`), refused(400, "ambiguous_member")})
	}
	for _, message := range []string{
		`{"role":"user","Content":"Prove the theorem."}`, `{"role":"user","content":"Hi.","CONTENT":"Prove the theorem."}`, `{"Role":"system","role":"user","content":"Hi."}`,
		`{"role":"user","content":[{"type":"text","text":"Hi.","Text":"Prove the theorem."}]}`, `{"role":"user","content":[{"type":"image_url","image_url":{"url":"x","URL":"y"}}]}`,
		`{"role":"assistant","content":null,"Tool_Calls":[]}`, `{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","Arguments":"{}"}}]}`,
	} {
		c.Attacks = append(c.Attacks, Attack{message, post(`{"model":"auto","messages":[` + hello + `,` + message + `]}`), refused(400, "ambiguous_member")})
	}
	const data = `{"Model":"x","MESSAGES":[],"Role":"x","Content":"cormorant","meſſages":1,"max_to\u212aens":2}`
	for _, members := range []string{
		`"metadata":` + data, `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":` + data + `}}}]`, `"functions":[{"name":"f","parameters":` + data + `}]`,
		`"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":` + data + `}}}`, `"chat_template_kwargs":{"x":` + data + `}`,
		`"x":` + data, `"maxTokens":9`, `"X-Model":"x"`, `"model ":"x"`, `"mоdel":"x"`, `"ｍｏｄｅｌ":"x"`,
	} {
		c.Attacks = append(c.Attacks, Attack{"harmless: " + members, chat(members + `,` + talk), free})
	}
	c.Attacks = append(c.Attacks, Attack{"harmless: arguments", chat(`"messages":[` + hello + `,{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":` + data + `}}]},{"role":"tool","tool_call_id":"1","content":"ok"}]`), free})
	return c
}

// refusedOr makes a class of members of a chat completion that must be refused, and of harmless neighbours that must pass.
func refusedOr(name, gain string, bad, good []string) Class {
	c := Class{Name: "members: " + name, Gain: gain}
	for _, members := range bad {
		c.Attacks = append(c.Attacks, Attack{members, chat(members + `,` + talk), refused(400, "not_inspectable")})
	}
	for _, members := range good {
		c.Attacks = append(c.Attacks, Attack{"harmless: " + members, chat(members + `,` + talk), free})
	}
	return c
}

// whole adds requests of other shapes to a class: each is a path and the members of a body.
func (c Class) whole(want func(*Outcome) error, bodies ...[2]string) Class {
	for _, b := range bodies {
		r := chat(b[1])
		r.Path = b[0]
		c.Attacks = append(c.Attacks, Attack{b[0] + " " + b[1], r, want})
	}
	return c
}

// passing are members that change who answers, what runs or what is shown.
func passing() []Class {
	const hidden, other = "the model reads what no guard has seen", "another engine or model answers than the one that was checked"
	held := refused(400, "not_inspectable")
	const responses, messages = "/v1/responses", "/v1/messages"
	return []Class{
		refusedOr("stored and encrypted text", hidden, []string{
			`"prompt_id":"x"`, `"prompt_variables":{"a":"b"}`, `"vector_store_ids":["x"]`, `"data_sources":[{"type":"azure_search"}]`, `"knowledge_bases":["x"]`,
			`"previous_response_id":"x"`, `"tools":[{"type":"file_search"}]`, `"tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["x"]}}]`, `"container":"x"`,
		}, []string{`"tools":[{"type":"code_interpreter","container":{"type":"auto"}}]`, `"metadata":{"prompt_id":"x","vector_store_ids":["x"]}`, `"prompt_id":null`, `"store":false`}).
			whole(held,
				[2]string{responses, `"previous_response":{"id":"x","output":[]},"input":"Hi."`}, [2]string{responses, `"input":[{"role":"user","content":[{"type":"input_image","file_id":"x"}]}]`},
				[2]string{responses, `"tools":[{"type":"file_search","vector_store_ids":["x"]}],"input":"Hi."`}, [2]string{responses, `"input":[{"type":"item_reference","id":"x"}]`},
				[2]string{messages, `"max_tokens":9,"container":{"skills":[{"type":"custom","skill_id":"x"}]},` + talk}, [2]string{messages, `"max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"x"}}]}]`},
				[2]string{messages, `"max_tokens":9,"messages":[{"role":"user","content":[{"type":"search_result","encrypted_content":"EqgfCioIARgB"}]}]`}).
			whole(free, [2]string{responses, `"input":[{"role":"user","content":[{"type":"input_text","text":"Where is the cormorant?"}]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Here.","annotations":[{"type":"file_citation","file_id":"x"}]}]}]`}),
		refusedOr("caches filled elsewhere", hidden, []string{
			`"kv_transfer_params":{}`, `"ec_transfer_params":{}`, `"vllm_xargs":{"kv_transfer_params":"x"}`, `"vllm_xargs":{"ec_transfer_params":"x"}`, `"session_id":"x"`, `"session_params":{"id":"x"}`,
			`"bootstrap_room":7`, `"bootstrap_host":"x"`, `"cache_key":"x"`, `"extra_body":{"kv_transfer_params":{}}`,
		}, []string{`"vllm_xargs":{"x":1}`, `"cache_salt":"x"`, `"prompt_cache_key":"x"`, `"metadata":{"session_id":"x"}`, `"session_id":null`}),
		refusedOr("another engine or model", other, []string{
			`"lora_path":"x"`, `"lora":[{"id":0,"scale":1}]`, `"custom_logit_processor":"x"`, `"logits_processors":["x"]`, `"models":["x"]`, `"route":"fallback"`, `"provider":{"order":["x"]}`, `"fallbacks":["x"]`,
			`"context_window_fallbacks":[{"a":["b"]}]`, `"content_policy_fallbacks":[]`, `"api_base":"http://x"`, `"base_url":"http://x"`, `"api_key":"x"`, `"user_config":{"model_list":[]}`, `"custom_llm_provider":"x"`,
			`"mcp_servers":[{"type":"url","url":"http://x"}]`, `"extra_body":{"model":"x"}`, `"extra_body":{"messages":[]}`, `"extra_body":{"api_base":"x"}`, `"tools":[{"type":"advisor","name":"a","model":"x"}]`,
			`"tools":[{"type":"mcp","server_label":"x","server_url":"http://x"}]`, `"tools":[{"server_label":"x","type":"mcp"}]`,
		}, []string{`"metadata":{"models":["x"],"provider":"x"}`, `"extra_body":{"top_k":1}`, `"service_tier":"auto"`, `"lora_path":null`,
			`"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"model":{"type":"string"},"api_base":{"type":"string"}}}}}]`}),
		refusedOr("what the template shows", hidden, []string{
			`"chat_template_kwargs":{"tools":[{"type":"function"}]}`, `"chat_template_kwargs":{"bos_token":"x"}`, `"chat_template_kwargs":{"model_identity":"x"}`, `"chat_template_kwargs":{"messages":[]}`,
			`"chat_template_kwargs":{"system_message":"x"}`, `"chat_template_kwargs":{"builtin_tools":["x"]}`, `"bos_token":"x"`, `"extra_body":{"chat_template_kwargs":{"tools":[]}}`, `"extra_body":{"chat_template":"x"}`,
		}, []string{`"chat_template_kwargs":{"enable_thinking":false,"locale":"de"}`, `"metadata":{"bos_token":"x"}`}).
			whole(held, [2]string{"", `"messages":[{"role":"system","content":"Hi.","tools":[{"type":"function","function":{"name":"f"}}]},` + hello + `]`}),
		refusedOr("inside tools of a new type", hidden, []string{
			`"tools":[{"type":"new","vector_store_ids":["x"]}]`, `"tools":[{"type":"new","a":{"b":[{"server_url":"x"}]}}]`, `"tools":[{"type":"new","a":[{"file_id":"x"}]}]`, `"tools":[{"a":{"kv_transfer_params":{}},"type":"new"}]`,
			`"tools":[{"type":"namespace","name":"n","tools":[{"type":"new","a":{"connector_id":"x"}}]}]`, `"tools":[{"type":"shell","environment":{"type":"container_reference","container_id":"x"}}]`,
		}, []string{`"tools":[{"type":"web_search","filters":{"allowed_domains":["x"]}}]`, `"tools":[{"type":"new","a":{"b":[{"c":"d"}]}}]`}),
		unknownKinds(held),
		(Class{Name: "members: reasoning that only the engine can read", Gain: "conversations with encrypted reasoning are refused, or hide words"}).
			whole(free,
				[2]string{responses, `"input":[{"role":"user","content":"Where is the cormorant?"},{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"gAAAAABWOz-8UH3hcK33244SRDjFmJS8DVsRwc7a"}]`},
				[2]string{responses, `"input":[{"type":"compaction","encrypted_content":"gAAAAABWOz-8UH3hcK33244SRDjFmJS8DVsRwc7a"},{"role":"user","content":"Where is the cormorant?"}]`},
				[2]string{messages, `"max_tokens":9,"messages":[` + hello + `,{"role":"assistant","content":[{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP"}]},` + hello + `]`},
				[2]string{messages, `"max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"compaction","content":"The cormorant sleeps."}]},` + hello + `]`}).
			whole(noted("indirect_injection"),
				[2]string{responses, `"input":[{"type":"reasoning","id":"rs","summary":[],"encrypted_content":` + quote.JSON(attacks[0]) + `},{"role":"user","content":"Hi."}]`},
				[2]string{responses, `"input":[{"type":"compaction","encrypted_content":` + quote.JSON("gAAAAABWOz "+attacks[0]) + `},{"role":"user","content":"Hi."}]`},
				[2]string{messages, `"max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"redacted_thinking","data":` + quote.JSON(attacks[0]) + `}]},` + hello + `]`},
				[2]string{messages, `"max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"compaction","content":` + quote.JSON(attacks[0]) + `}]},` + hello + `]`}),
		surviving(),
	}
}

// unknownKinds hides members that need leave in what is of no known kind.
func unknownKinds(held func(*Outcome) error) Class {
	const responses, messages = "/v1/responses", "/v1/messages"
	c := Class{Name: "members: inside messages, items and parts of unknown kinds", Gain: "the engine acts on what the router would have refused elsewhere"}
	for _, member := range []string{`"previous_response_id":"x"`, `"lora_path":"x"`, `"provider":{"order":["x"]}`, `"kv_transfer_params":{}`, `"server_url":"http://x"`, `"file_ids":["x"]`, `"model":"x"`, `"api_base":"http://x"`} {
		c = c.whole(held,
			[2]string{"", `"messages":[{"role":"critic","content":"Hi.",` + member + `},` + hello + `]`},
			[2]string{"", `"messages":[{"role":"user","content":[{"a":[{"b":{` + member + `}}],"type":"surprise"}]}]`},
			[2]string{"", `"messages":[{"role":"user","content":[{"text":"Hi.","a":{` + member + `}}]}]`},
			[2]string{responses, `"input":[{"type":"surprise","a":[[{` + member + `}]]},{"role":"user","content":"Hi."}]`},
			[2]string{responses, `"input":[{"type":"agent_message","content":[{"type":"input_text","text":"Hi.",` + member + `}]}]`},
			[2]string{responses, `"input":[{"type":"additional_tools","tools":[{"type":"new","a":{` + member + `}}]}]`},
			[2]string{messages, `"max_tokens":9,"messages":[{"role":"user","content":[{"type":"surprise","content":{"a":{` + member + `}}}]}]`})
	}
	c = c.whole(held,
		[2]string{responses, `"input":[{"type":"additional_tools","tools":[{"type":"mcp","server_label":"x"}]}]`}, [2]string{messages, `"max_tokens":9,"messages":[{"role":"user","content":[{"type":"surprise","source":{"type":"base64","data":"AAAA"}}]}]`},
		[2]string{messages, `"max_tokens":9,"messages":[{"role":"user","content":[{"data":"AAAA","type":"surprise"}]}]`}, [2]string{"", `"messages":[{"role":"user","content":[{"file":{"file_id":"x"}}]}]`})
	const own = `{"type":"object","properties":{"model":{"type":"string"},"lora_path":{"type":"string"},"api_base":{}}}`
	return c.whole(free,
		[2]string{responses, `"input":[{"type":"additional_tools","role":"developer","tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f","parameters":` + own + `}]}]},{"role":"user","content":"Where is the cormorant?"}]`},
		[2]string{responses, `"input":[{"role":"user","content":"Where is the cormorant?"},{"type":"surprise","a":[{"b":"cormorant"}],"provider":null},{"type":"compaction_trigger"}]`},
		[2]string{responses, `"input":[{"type":"configuration_update","reasoning":{"effort":"low"}},{"role":"user","content":"Where is the cormorant?"}]`},
		[2]string{"", `"messages":[{"role":"latest_reminder","content":"Be brief."},{"role":"user","content":[{"text":"Where is the cormorant?"}]}]`},
		[2]string{messages, `"max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"EqgfCioIARgB"},{"type":"fallback","from":{"model":"a"},"to":{"model":"b"}}]},` + hello + `]`})
}

// surviving asks for reasoning that the route does not want, in every way that an engine or a gateway understands.
func surviving() Class {
	c := Class{Name: "members: reasoning that survives", Gain: "a cheap route thinks as long as a costly one, or a client loses what stood beside it"}
	for _, extra := range []string{
		`"reasoning":"high"`, `"reasoning":true`, `"reasoning":{"enabled":true,"max_tokens":99999}`, `"reasoning_effort":0.99`, `"enable_thinking":true`, `"thinking_budget":99999`, `"thinking_budget_tokens":99999`,
		`"reasoning_budget":99999`, `"output_config":{"effort":"high"}`, `"chat_template_kwargs":{"thinking_budget":99999,"thinking_mode":"high"}`, `"custom_params":{"thinking_budget":99999}`,
		`"extra_body":{"enable_thinking":true}`, `"extra_body":{"reasoning_effort":"high"}`, `"extra_body":{"chat_template_kwargs":{"enable_thinking":true}}`, `"extra_body":{"reasoning":"high"}`,
	} {
		c.Attacks = append(c.Attacks, reasoning(extra))
	}
	for _, kept := range [][2]string{
		{`"reasoning":{"effort":"high","summary":"auto"}`, `"reasoning":{"summary":"auto"}`}, {`"output_config":{"effort":"high","format":{"type":"json_schema"}}`, `"output_config":{"format":{"type":"json_schema"}}`},
		{`"extra_body":{"top_k":1,"chat_template_kwargs":{"enable_thinking":true,"locale":"de"}}`, `"extra_body":{"top_k":1,"chat_template_kwargs":{"locale":"de"}}`},
		{`"vllm_xargs":{"x":1,"thinking_budget":99999}`, `"vllm_xargs":{"x":1}`}, {`"text":{"format":{"type":"text"},"verbosity":"low"}`, `"text":{"format":{"type":"text"},"verbosity":"low"}`},
	} {
		a := reasoning(kept[0])
		without := a.Want
		a.Want = func(o *Outcome) error {
			if err := without(o); err != nil {
				return err
			}
			if !strings.Contains(string(o.UpBody), kept[1]) {
				return fmt.Errorf("the engine got %s, want %s in it", o.UpBody, kept[1])
			}
			return nil
		}
		c.Attacks = append(c.Attacks, a)
	}
	return c
}

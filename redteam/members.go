package redteam

// members are attacks by the members of a body beside its words.
func members() []Class {
	return []Class{folded()}
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

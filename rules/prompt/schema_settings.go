package prompt

import "github.com/mom-router/mom-router/rules/strictjson"

// settings are the members of a body beside the conversation, the same in all shapes, whose own members an engine's request
// type reads. JSON Schemas, arguments and metadata among them are the client's own data.
func settings() members {
	all := members{
		"response_format":      format(),
		"output_format":        format(),
		"reasoning":            heard(reasoningRows, nil),
		"thinking":             heard(thinkingRows, nil),
		"output_config":        heard(outputRows, members{"format": format()}),
		"text":                 heard(textRows, members{"format": format()}),
		"stream_options":       streamOptions(),
		"cache_control":        heard(cacheRows, nil),
		"context_management":   heard(contextRows, members{"edits": {heard: true, items: heard(contextEditRows, nil)}}),
		"web_search_options":   heard(searchRows, nil),
		"repetition_detection": heard(repetitionRows, nil),
		"prediction":           heard(predictionRows, nil),
		"audio":                heard(audioRows, nil),
		"structured_outputs":   heard(structuredRows, nil),
		"tool_choice":          heard(toolChoiceRows, members{"function": heard(functionRows, nil), "custom": heard(functionRows, nil)}),
		"function_call":        heard(calledRows, nil),
		"chat_template_kwargs": knows(&schema{}, kwargsRows),
		"vllm_xargs":           heard(xargsRows, nil),
		"custom_params":        heard(nil, nil),
	}
	addEffort(all)
	return all
}

// extraBody is what LiteLLM merges with the body that it sends on: what stands here takes the place of the same member
// outside.
func extraBody() *schema {
	own := settings()
	for _, name := range []string{"model", "messages", "input", "prompt", "suffix", "system", "instructions", "tools", "functions"} {
		own[name] = &schema{bypass: "extra_body"}
	}
	addCost(own)
	return heard(topRows, own)
}

// streamOptions notes that the client has set them.
func streamOptions() *schema {
	p := heard(streamRows, nil)
	p.begin = func(r *Reader, _ strictjson.Kind) error {
		r.facts.StreamOptions = true
		return nil
	}
	return p
}

// heard is the schema of an object whose members are those of some rows and that has some schemas of its own. Its name is
// text like any other.
//
//go:noinline
func heard(rows []row, own members) *schema {
	return knows(&schema{heard: true, members: own}, rows)
}

// format is how an answer, or what a tool gets, shall look.
func format() *schema {
	return heard(formatRows, members{"json_schema": heard(formatRows, nil), "grammar": heard(formatRows, nil)})
}

// tool is what a model may call.
func tool() *schema {
	p := oneTool(&schema{heard: true, items: oneTool(&schema{heard: true, items: strange})}) // tools in a namespace
	p.accept, p.begin, p.end = object, (*Reader).beginTool, (*Reader).endTool
	return p
}

// itemTool is a tool in an item, which is not a part of its own.
func itemTool() *schema {
	p := oneTool(&schema{heard: true, items: oneTool(&schema{heard: true, items: strange})})
	p.begin = (*Reader).beginTool
	return p
}

// oneTool is a tool that has some tools in it. A tool that is no function may reach what the engine has stored or can
// call: the names of what is refused are refused at every depth of it.
func oneTool(tools *schema) *schema {
	return knows(&schema{rest: strange, members: members{
		"type":     {heard: true, capture: true, end: (*Reader).readToolType},
		"function": heard(functionRows, nil),
		"custom":   heard(functionRows, members{"format": format()}),
		"format":   format(),
		"tools":    tools,

		"cache_control": heard(cacheRows, nil),
		"container":     {heard: true, begin: (*Reader).beginContainer, items: strange, rest: strange, members: strange.members},
	}}, toolRows)
}

// strange is the schema of what is of no known type: all that is refused elsewhere is refused at every depth of it.
var strange = func() *schema {
	p := &schema{members: members{}}
	for _, rows := range [][]row{insideTools, topRows} {
		for _, r := range rows {
			if r.allow != "" {
				knows(p, []row{r})
			}
		}
	}
	p.rest, p.items = p, p
	return named(p)
}()

// readToolType refuses the tools that are not described in the request itself.
func (r *Reader) readToolType(_ strictjson.Kind, name []byte) error {
	switch string(name) {
	case "mcp", "mcp_toolset":
		return r.bypass("mcp")
	case "file_search":
		return r.bypass("vector_stores")
	}
	return nil
}

// beginContainer refuses a container by name; one that is made for the request has no files yet.
func (r *Reader) beginContainer(kind strictjson.Kind) error {
	if kind == strictjson.String {
		return r.bypass("container")
	}
	return nil
}

package prompt

import "github.com/mom-router/mom-router/rules/strictjson"

// responsesBody is POST /v1/responses.
var responsesBody = body(members{
	"instructions":            {accept: text | null, piece: instructionsPiece, words: spoken, end: (*Reader).endSystem},
	"prompt":                  {bypass: "prompt"}, // a stored template, by name
	"previous_input_messages": {bypass: "previous_input_messages"},
	"input": {
		accept: text | array | null, words: spoken, begin: (*Reader).beginConversation, end: (*Reader).endInput,
		items: knows(&schema{typed: true, accept: object, piece: messagePiece, begin: (*Reader).beginMessage, end: (*Reader).endItem, members: members{
			"type":    {accept: text | null, words: listed, capture: true, end: (*Reader).readItem},
			"role":    {accept: text | null, words: listed, capture: true, end: roleFrom(responsesRoles)},
			"content": {accept: text | array | null, words: spoken, end: (*Reader).endContent, items: responsesPart()},
			"output":  responsesOutput(),
			"summary": {heard: true, items: heard(partRows, nil)},
			"tools":   {heard: true, list: true, items: itemTool()},

			"encrypted_content": {heard: true, words: sealed, begin: (*Reader).beginSealed},
		}}, itemRows),
	},
})

func responsesPart() *schema {
	return knows(&schema{typed: true, accept: object, end: (*Reader).endPart, members: members{
		"type":    {accept: text, words: listed, capture: true, end: typeFrom(responsesParts)},
		"text":    {accept: text, words: spoken},
		"refusal": {accept: text, words: spoken},
		"file_id": {begin: (*Reader).noteStored},

		"image_url":   showing(showsImage, nil),
		"input_audio": showing(showsAudio, mediaRows),
		"video_url":   showing(showsVideo, nil),
		"file_data":   showing(showsFile, nil),
		"file_url":    showing(showsFile, nil),
	}}, partRows)
}

// responsesOutput is what a tool gave back: a string, parts, one object such as
// a screenshot, or a list of a shell's outputs, which have no type.
func responsesOutput() *schema {
	parts := members{
		"type":    {accept: text | null, words: listed, capture: true, end: typeFrom(responsesParts)},
		"text":    {accept: text | null, words: spoken},
		"refusal": {accept: text | null, words: spoken},
		"file_id": {begin: (*Reader).noteStored},
		"stdout":  {accept: text | null, words: spoken},
		"stderr":  {accept: text | null, words: spoken},

		"image_url": showing(showsImage, nil), // of a screenshot
	}
	return knows(&schema{
		typed: true, accept: text | array | object | null, words: spoken, members: parts, end: (*Reader).endOutput,
		items: knows(&schema{typed: true, accept: object | text, words: spoken, members: parts, end: (*Reader).endOutput}, partRows),
	}, partRows)
}

func (r *Reader) endInput(kind strictjson.Kind, _ []byte) error {
	switch kind {
	case strictjson.Null:
		return nil
	case strictjson.String:
		r.facts.Messages++
		r.facts.UserTurns++
		r.endTurn(RoleUser)
	}
	return r.endConversation(kind, nil)
}

// endOutput ends a tool's output or one part of it, whose type is optional.
func (r *Reader) endOutput(kind strictjson.Kind, _ []byte) error {
	if kind == strictjson.Object {
		if err := r.inspectPart(r.stack[r.depth].part); err != nil {
			return err
		}
	}
	of := PartResult
	if r.message.item != nil && r.message.item.nobody {
		of = PartUnknown
	}
	r.flushPart(of)
	return nil
}

var responsesRoles = map[string]Role{
	"user":      RoleUser,
	"assistant": RoleAssistant,
	"system":    RoleSystem,
	"developer": RoleSystem,
}

var responsesParts = map[string]partType{
	"input_text":          partText,
	"output_text":         partText,
	"text":                partText,
	"refusal":             partText,
	"reasoning_text":      partText,
	"summary_text":        partText,
	"input_image":         partImage,
	"computer_screenshot": partImage,
	"input_audio":         partAudio,
	"input_file":          partFile,
}

// itemType is what an item of the input is beside a message.
type itemType struct {
	role   Role
	tool   bool   // it carries a tool's output
	nobody bool   // who speaks in it nobody knows, so that what needs leave elsewhere needs leave at every depth of it
	tools  bool   // it has tools, whose schemas are the client's own data
	bypass string // the key in Options.Allow that it needs
}

var (
	itemCall   = &itemType{role: RoleAssistant}
	itemResult = &itemType{role: RoleTool, tool: true}
	// itemUnknown is also a message whose role is not known.
	itemUnknown = &itemType{role: RoleOther, nobody: true}
)

var responsesItems = map[string]*itemType{
	"message":                 nil, // its role says who speaks
	"reasoning":               itemCall,
	"function_call":           itemCall,
	"custom_tool_call":        itemCall,
	"computer_call":           itemCall,
	"web_search_call":         itemCall,
	"file_search_call":        itemCall,
	"image_generation_call":   itemCall,
	"code_interpreter_call":   itemCall,
	"local_shell_call":        itemCall,
	"shell_call":              itemCall,
	"apply_patch_call":        itemCall,
	"tool_search_call":        itemCall,
	"mcp_list_tools":          itemCall,
	"mcp_approval_request":    itemCall,
	"mcp_call":                {role: RoleAssistant, tool: true},
	"mcp_approval_response":   {role: RoleOther},
	"function_call_output":    itemResult,
	"custom_tool_call_output": itemResult,
	"computer_call_output":    itemResult,
	"local_shell_call_output": itemResult,
	"shell_call_output":       itemResult,
	"apply_patch_call_output": itemResult,
	"tool_search_output":      itemResult,
	"item_reference":          {bypass: "item_reference"},
	"compaction":              itemCall, // a summary of the conversation by the model
	"compaction_summary":      itemCall,
	"context_compaction":      itemCall,
	// What Codex puts between them, and no model says: tools that come later, what another agent reports, a new level of reasoning.
	"additional_tools":     {role: RoleOther, nobody: true, tools: true},
	"agent_message":        itemUnknown,
	"agent_reasoning":      itemUnknown,
	"compaction_trigger":   itemUnknown,
	"configuration_update": itemUnknown,
}

var responsesItemWords = newDictionary(responsesItems)

// readItem notes an item's type; null is as good as none.
func (r *Reader) readItem(kind strictjson.Kind, name []byte) error {
	if kind == strictjson.Null {
		return nil
	}
	item, known := responsesItemWords.find(name)
	switch {
	case !known:
		r.message.item = itemUnknown
		return r.unknownKind(CodeUnsupported, "the type of an input item is not known to this router", name)
	case item == nil:
		if r.message.typed = true; r.message.hasRole {
			r.settle(r.depth - 1)
		}
		return nil
	case item.bypass != "":
		if err := r.bypass(item.bypass); err != nil {
			return err
		}
	}
	r.message.item = item
	if item.tool {
		r.facts.ToolResults++
	}
	if item.nobody {
		return r.estrange(r.depth - 1)
	}
	r.settle(r.depth - 1)
	return nil
}

// endItem ends an item: a message, or something that a model or a tool did. An
// item with neither type nor role refers to a stored one.
func (r *Reader) endItem(kind strictjson.Kind, _ []byte) error {
	m := &r.message
	switch {
	case m.item != nil && m.item.nobody:
		r.endTurn(RoleOther)
		return nil
	case m.item != nil:
		of := PartOwn
		if m.item.tool {
			of = PartResult
		}
		r.flushPart(of)
		r.endTurn(m.item.role)
		return nil
	case m.typed || m.hasRole:
		return r.endMessage(kind, nil)
	}
	if err := r.bypass("item_reference"); err != nil {
		return err
	}
	r.endTurn(RoleOther)
	return nil
}

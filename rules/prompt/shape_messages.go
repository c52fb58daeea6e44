package prompt

import "github.com/mom-router/mom-router/rules/strictjson"

// messagesBody is POST /v1/messages, Anthropic's shape.
var messagesBody = body(members{
	"system": {accept: text | array | null, piece: systemPiece, words: spoken, end: (*Reader).endSystem, items: block((*Reader).endPart)},
	"messages": {accept: array, begin: (*Reader).beginConversation, end: (*Reader).endConversation, items: knows(&schema{
		typed: true, accept: object, piece: messagePiece, begin: (*Reader).beginMessage, end: (*Reader).endMessage, members: members{
			"role":    {accept: text, words: listed, capture: true, end: roleFrom(messagesRoles)},
			"content": {accept: text | array, words: spoken, end: (*Reader).endContent, items: block((*Reader).endPart)},
		},
	}, messageRows)},
})

// block is a content block. The blocks inside a tool's result or a document are
// strings of the outer block's part: only the outermost ends a part.
func block(end func(*Reader, strictjson.Kind, []byte) error) *schema {
	inner := &schema{typed: true, accept: object, end: (*Reader).endInner}
	inner.members = blockMembers(inner)
	knows(inner, blockRows)
	return knows(&schema{typed: true, accept: object, end: end, members: blockMembers(inner)}, blockRows)
}

func blockMembers(inner *schema) members {
	return members{
		"type":     {accept: text, words: listed, capture: true, end: typeFrom(messagesParts)},
		"text":     {accept: text, words: spoken},
		"thinking": {accept: text, words: spoken},
		"title":    {accept: text | null, words: spoken}, // of a document or a search result
		"context":  {accept: text | null, words: spoken}, // of a document
		"stdout":   {words: spoken},
		"stderr":   {words: spoken},
		"content":  knows(&schema{accept: text | array | object | null, words: spoken, items: inner, members: inner.members, end: (*Reader).endNested}, blockRows),
		"source": knows(&schema{accept: text | object, members: members{
			"type":    {accept: text, capture: true, end: (*Reader).readSource},
			"data":    {accept: text, words: spokenUnlessBinary},
			"content": {accept: text | array, words: spoken, items: inner},
		}}, sourceRows),
		"cache_control":     heard(cacheRows, nil),
		"file_id":           {begin: (*Reader).noteStored},
		"data":              {heard: true, words: sealed, begin: (*Reader).beginSealed}, // of redacted_thinking
		"signature":         {heard: true, words: sealed, begin: (*Reader).beginSealed}, // of thinking
		"encrypted_content": {words: sealed, begin: (*Reader).beginEncrypted},
	}
}

// beginEncrypted is text that only the provider can read: reasoning in a compaction, else a page that it has found.
func (r *Reader) beginEncrypted(kind strictjson.Kind) error {
	block := &r.stack[r.depth-1]
	switch {
	case kind == strictjson.Null, r.unknown.strange > 0:
		return nil
	case block.part == partUnknown:
		block.sealed = true // the type comes later
	case block.part != partCompaction:
		return r.bypass("encrypted_content")
	}
	return r.beginSealed(kind)
}

// endSystem ends the system member.
func (r *Reader) endSystem(kind strictjson.Kind, _ []byte) error {
	if kind != strictjson.Null {
		r.facts.Messages++
		r.endTurn(RoleSystem)
	}
	return nil
}

// readSource notes what an image or a document is made of.
func (r *Reader) readSource(_ strictjson.Kind, kind []byte) error {
	source := &r.stack[r.depth-1]
	switch string(kind) {
	case "text", "content":
		source.source = sourceText
	default:
		source.source = sourceBinary
	}
	r.stack[r.depth-2].source = source.source
	return nil
}

var messagesRoles = map[string]Role{
	"user":      RoleUser,
	"assistant": RoleAssistant,
	"system":    RoleSystem,
}

var messagesParts = map[string]partType{
	"text":              partText,
	"image":             partImage,
	"document":          partDocument,
	"search_result":     partFound,
	"thinking":          partText,
	"redacted_thinking": partText,
	"compaction":        partCompaction,
	"fallback":          partText, // which models have answered: never shown
	"tool_use":          partText,
	"tool_result":       partToolResult,
	"tool_reference":    partText,
	"container_upload":  partFile,
	// What the provider's own tools leave in a conversation.
	"server_tool_use":                               partText,
	"mcp_tool_use":                                  partText,
	"mcp_tool_result":                               partToolResult,
	"web_search_tool_result":                        partToolResult,
	"web_search_result":                             partText,
	"web_search_tool_result_error":                  partText,
	"web_fetch_tool_result":                         partToolResult,
	"web_fetch_result":                              partText,
	"web_fetch_tool_result_error":                   partText,
	"tool_search_tool_result":                       partToolResult,
	"tool_search_tool_search_result":                partText,
	"tool_search_tool_result_error":                 partText,
	"code_execution_tool_result":                    partToolResult,
	"code_execution_result":                         partText,
	"code_execution_output":                         partFile,
	"code_execution_tool_result_error":              partText,
	"bash_code_execution_tool_result":               partToolResult,
	"bash_code_execution_result":                    partText,
	"bash_code_execution_output":                    partFile,
	"bash_code_execution_tool_result_error":         partText,
	"text_editor_code_execution_tool_result":        partToolResult,
	"text_editor_code_execution_view_result":        partText,
	"text_editor_code_execution_create_result":      partText,
	"text_editor_code_execution_str_replace_result": partText,
	"text_editor_code_execution_tool_result_error":  partText,
	"advisor_tool_result":                           partToolResult,
	"advisor_result":                                partText,
	"advisor_redacted_result":                       partCompaction,
	"advisor_tool_result_error":                     partText,
}

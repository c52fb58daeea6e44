package prompt

// chatBody is POST /v1/chat/completions: OpenAI's members and what vLLM adds.
var chatBody = body(members{
	"messages": {accept: array, begin: (*Reader).beginConversation, end: (*Reader).endConversation, items: knows(&schema{
		accept: object, piece: messagePiece, begin: (*Reader).beginMessage, end: (*Reader).endMessage, members: members{
			"role":          {accept: text, words: listed, capture: true, end: roleFrom(chatRoles)},
			"content":       {accept: text | array | null, words: spoken, end: (*Reader).endContent, items: chatPart()},
			"refusal":       {accept: text | null, words: spoken},
			"function_call": heard(calledRows, nil),
			"tool_calls":    {heard: true, items: heard(toolCallRows, members{"function": heard(calledRows, nil), "custom": heard(calledRows, nil)})},
		},
	}, messageRows)},
})

func chatPart() *schema {
	return knows(&schema{accept: object | text, words: spoken, end: (*Reader).endPart, members: members{
		"type":     {accept: text, words: listed, capture: true, end: typeFrom(chatParts)},
		"text":     {accept: text | null, words: spoken},
		"refusal":  {accept: text | null, words: spoken},
		"thinking": {accept: text | array | null, words: spoken},

		"cache_control": heard(cacheRows, nil),

		"file_id":     {begin: (*Reader).noteStored},
		"image_url":   heard(mediaRows, nil),
		"audio_url":   heard(mediaRows, nil),
		"video_url":   heard(mediaRows, nil),
		"input_audio": heard(mediaRows, nil),
		"file":        heard(fileRows, nil),
	}}, partRows)
}

var chatRoles = map[string]Role{
	"user":      RoleUser,
	"system":    RoleSystem,
	"developer": RoleSystem,
	"assistant": RoleAssistant,
	"tool":      RoleTool,
	"function":  RoleTool,
}

var chatParts = map[string]partType{
	"text":        partText,
	"input_text":  partText,
	"output_text": partText,
	"refusal":     partText,
	"thinking":    partText,
	"image_url":   partImage,
	"input_image": partImage,
	"input_audio": partAudio,
	"audio_url":   partAudio,
	"file":        partFile,
	"input_file":  partFile,
}

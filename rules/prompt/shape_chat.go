package prompt

// chatBody is POST /v1/chat/completions: OpenAI's members and what vLLM adds.
var chatBody = body(members{
	"max_completion_tokens": {accept: number | null, end: (*Reader).readMaxTokens},
	"messages": {accept: array, begin: (*Reader).beginConversation, end: (*Reader).endConversation, items: &schema{
		accept: object, begin: (*Reader).beginMessage, end: (*Reader).endMessage, members: members{
			"role":    {accept: text, words: listed, capture: true, end: roleFrom(chatRoles)},
			"content": {accept: text | array | null, words: spoken, end: (*Reader).endContent, items: chatPart()},
			"refusal": {accept: text | null, words: spoken},
			// An answer in audio that the provider has stored.
			"audio": {bypass: "cached_media"},
		},
	}},
})

func chatPart() *schema {
	return &schema{accept: object | text, words: spoken, end: (*Reader).endPart, members: members{
		"type":     {accept: text, words: listed, capture: true, end: typeFrom(chatParts)},
		"text":     {accept: text | null, words: spoken},
		"refusal":  {accept: text | null, words: spoken},
		"thinking": {accept: text | array | null, words: spoken},
		// An image or a sound that the engine has seen before, by name.
		"uuid": {bypass: "cached_media"},
	}}
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

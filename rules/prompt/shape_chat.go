package prompt

// chatBody is POST /v1/chat/completions: OpenAI's members and what vLLM adds.
var chatBody = body(members{
	"messages": {accept: array, begin: (*Reader).beginConversation, end: (*Reader).endConversation, items: knows(&schema{
		typed: true, accept: object, piece: messagePiece, begin: (*Reader).beginMessage, end: (*Reader).endMessage, members: members{
			"role":          {accept: text, words: listed, capture: true, end: roleFrom(chatRoles)},
			"content":       {accept: text | array | null, words: spoken, end: (*Reader).endContent, items: chatPart()},
			"refusal":       {accept: text | null, words: spoken},
			"function_call": heard(calledRows, nil),
			"tool_calls":    {heard: true, items: heard(toolCallRows, members{"function": heard(calledRows, nil), "custom": heard(calledRows, nil)})},
		},
	}, messageRows)},
})

func chatPart() *schema {
	return knows(&schema{typed: true, accept: object | text, words: spoken, end: (*Reader).endPart, members: members{
		"type":     {accept: text, words: listed, capture: true, end: typeFrom(chatParts)},
		"text":     {accept: text | null, words: spoken},
		"refusal":  {accept: text | null, words: spoken},
		"thinking": {accept: text | array | null, words: spoken},

		"cache_control": heard(cacheRows, nil),

		"reasoning": {accept: text | array | null, words: spoken},

		"file_id":     {begin: (*Reader).noteStored},
		"image_url":   showing(showsImage, mediaRows),
		"audio_url":   showing(showsAudio, mediaRows),
		"video_url":   showing(showsVideo, mediaRows),
		"input_audio": showing(showsAudio, mediaRows),
		"file":        showing(showsFile, fileRows),
		"file_data":   showing(showsFile, nil),
	}}, partRows)
}

// showing is a member of a part that shows something, whatever the part's type says.
func showing(what media, rows []row) *schema {
	var own members
	if what != showsFile {
		own = members{"url": {heard: true, words: mediaURL}, "data": {heard: true, words: mediaData}}
	}
	p := heard(rows, own)
	if p.begin = shows(what); what != showsFile {
		p.words = mediaURL
	}
	return p
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
	"reasoning":   partText,
	"image_url":   partImage,
	"input_image": partImage,
	"input_audio": partAudio,
	"audio_url":   partAudio,
	"video_url":   partVideo,
	"input_video": partVideo,
	"file":        partFile,
	"input_file":  partFile,
}

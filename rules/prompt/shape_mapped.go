package prompt

import "github.com/mom-router/mom-router/rules/strictjson"

// mappedBody is POST to a path that the policy maps to a model of its own: embeddings, reranking, moderations, images, speech. What such
// APIs call their texts is a user's, each member a message of its own, but for the documents that are ranked: those are what others have
// written. All else is text of nobody's. A conversation has no place here.
var mappedBody = body(members{
	"input":        mapped((*Reader).endMapped),
	"query":        mapped((*Reader).endMapped),
	"queries":      mapped((*Reader).endMapped),
	"prompt":       mapped((*Reader).endMapped),
	"text":         mapped((*Reader).endMapped),
	"text_1":       mapped((*Reader).endMapped),
	"text_2":       mapped((*Reader).endMapped),
	"instruction":  mapped((*Reader).endMapped),
	"instructions": mapped((*Reader).endMapped),
	"documents":    mapped((*Reader).endDocuments),
	"messages":     {begin: (*Reader).noConversation},
	"system":       {begin: (*Reader).noConversation},
})

// mapped is a text, a list of texts, or of objects with texts in them. Numbers are tokens.
func mapped(end func(*Reader, strictjson.Kind, []byte) error) *schema {
	inner := &schema{words: spoken, begin: (*Reader).beginMapped, members: members{
		"image_url":   showing(showsImage, mediaRows),
		"input_audio": showing(showsAudio, mediaRows),
		"video_url":   showing(showsVideo, mediaRows),
	}, end: (*Reader).endMappedPart}
	inner.items, inner.rest = inner, &schema{words: spoken, rest: anything}
	return knows(&schema{words: spoken, begin: (*Reader).beginMapped, items: inner, members: inner.members, rest: inner.rest, end: end}, nil)
}

// beginMapped refuses token ids. The member's name is no part of the text.
func (r *Reader) beginMapped(kind strictjson.Kind) error {
	if r.depth == 1 {
		r.endOther()
	}
	if kind == strictjson.Number {
		return r.bypass("token_ids")
	}
	return nil
}

func (r *Reader) endMappedPart(kind strictjson.Kind, _ []byte) error {
	if kind == strictjson.Object {
		r.countMedia(&r.stack[r.depth])
	}
	return nil
}

func (r *Reader) endMapped(kind strictjson.Kind, _ []byte) error {
	if kind == strictjson.Null {
		return nil
	}
	r.facts.Messages++
	r.facts.UserTurns++
	r.endTurn(RoleUser)
	return nil
}

func (r *Reader) endDocuments(kind strictjson.Kind, _ []byte) error {
	if kind != strictjson.Null {
		r.endTurn(RoleTool)
	}
	return nil
}

// noConversation refuses what would be a model call on another path.
func (r *Reader) noConversation(kind strictjson.Kind) error {
	if kind == strictjson.Null {
		return nil
	}
	return r.refuse(CodeInvalid, "does not belong here: send a conversation to POST /v1/chat/completions or /v1/messages")
}

package prompt

import "github.com/mom-router/mom-router/rules/strictjson"

// completionsBody is POST /v1/completions. Its prompts are the words of one user
// message: a batch is judged as a whole.
var completionsBody = body(members{
	"prompt": {
		accept: text | array | null, words: spoken, begin: (*Reader).beginConversation, end: (*Reader).endPrompt,
		items: &schema{accept: text | number | array, words: spoken, begin: (*Reader).beginPrompt, end: (*Reader).endPart},
	},
	"suffix": {accept: text | null, words: spoken, end: (*Reader).endSuffix},
})

// beginPrompt is one prompt of a batch, or a token or the tokens of one.
func (r *Reader) beginPrompt(kind strictjson.Kind) error {
	if kind == strictjson.String {
		return nil
	}
	return r.bypass("token_ids")
}

func (r *Reader) endPrompt(kind strictjson.Kind, _ []byte) error {
	if kind == strictjson.Null {
		return nil
	}
	r.facts.Messages++
	r.facts.UserTurns++
	r.endTurn(RoleUser)
	return r.endConversation(kind, nil)
}

// endSuffix is the text behind the hole that the model fills. It reads it as
// words of the user's.
func (r *Reader) endSuffix(kind strictjson.Kind, _ []byte) error {
	if kind == strictjson.String {
		r.endTurn(RoleUser)
	}
	return nil
}

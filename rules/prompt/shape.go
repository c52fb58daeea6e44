package prompt

// Shape is the API whose request body is read.
type Shape uint8

// The shapes, each with the path that it is served under.
const (
	Chat        Shape = iota // POST /v1/chat/completions
	Completions              // POST /v1/completions
	Responses                // POST /v1/responses
	Messages                 // POST /v1/messages (Anthropic)
	Mapped                   // POST to a path of the policy's own: embeddings, reranking and the like
)

func (s Shape) String() string {
	return [...]string{"chat", "completions", "responses", "messages", "mapped"}[s]
}

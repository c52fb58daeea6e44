package prompt

// Facts is what the reader has learnt of a body so far, beside its text. Counts
// grow while the body is read.
type Facts struct {
	// Model is the client's model name, at most MaxModel bytes, and HasModel whether
	// it was read; a model that is null is none.
	Model    string
	HasModel bool
	Stream   bool
	// StreamOptions is true if the client says anything of what its stream shall hold, be it null.
	StreamOptions bool
	// Open is true while the conversation (messages, input or prompt) has not been
	// read to its end, so that the last user message is not known yet.
	Open bool
	// Uninspected is true when the body has a text-bypassing member or part that
	// Options.Allow lets through.
	Uninspected bool
	// Bytes counts the body so far; Spoken counts the decoded bytes of finished spoken strings.
	Bytes  int64
	Spoken int64
	// Messages counts the messages (or items) begun; an input or prompt that is a string
	// or an array of strings is one, as are instructions and a system member.
	Messages int
	// UserTurns counts user messages that hold more than tool results.
	UserTurns int
	// Answers counts what the model has said or called already.
	Answers int
	// System is true if there is a system text that is not empty.
	System bool
	// Tools counts the tools and functions offered.
	Tools int
	// ToolResults counts messages, items and parts that carry a tool's output.
	ToolResults int
	// Images, Audio and Videos count parts, those in tool results included.
	Images int
	Audio  int
	Videos int
	// MaxTokens is the largest of max_tokens, max_completion_tokens and
	// max_output_tokens; 0 if absent or not a positive whole number.
	MaxTokens int64
	// Effort is the level of reasoning that the client asks for: the lowest, where several members do. Unset if none does in a way that is known.
	Effort Level

	output output // see Output
}

// MaxModel is the longest model name in bytes; a longer one is refused.
const MaxModel = 256

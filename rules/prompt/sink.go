// Package prompt reads the body of a model call, chunk by chunk and in one
// pass: it is strict about JSON, hands the text on by role, and knows where the
// members stand that a router edits.
package prompt

// Role says who speaks in a message.
type Role uint8

// The roles. RoleOther stands for text that belongs to no message.
const (
	RoleOther Role = iota
	RoleUser
	RoleSystem // also "developer", and Anthropic's and Responses' instructions
	RoleAssistant
	RoleTool // also "function"
	// RoleLateSystem is a system message behind a user's: no operator's, since whoever adds to a conversation may have written it.
	RoleLateSystem
)

// Whose says whether a string that begins is a user's own words, and else whose. Clients write a message's role and a part's type before the text, as a rule,
// but need not.
type Whose uint8

// What is known of a string that begins.
const (
	MaybeUsers Whose = iota // what follows will say
	Users                   // it is a user's
	Others                  // it is no user's
	Operators               // but an operator's
	Assistants              // the model's
	Results                 // a tool's, or a document
)

// Others reports whether a string is known to be no user's own words.
func (w Whose) Others() bool { return w >= Others }

// Part says whose a content part is.
type Part uint8

// The parts.
const (
	PartOwn        Part = iota // of whoever the message is of
	PartResult                 // what a tool has answered, or a document
	PartDefinition             // of a tool
	PartUnknown                // of a kind that is not known, or in a message or an item of one: whoever speaks there
)

// Sink receives the decoded text of a body, in body order. Every string of the
// body passes through it, member names included, but for those that are known here word
// for word: the names of the shape's own members, written without escapes, and the roles and
// types that are known. Nobody can say anything with them. Nor does reasoning that only the engine can
// read, as long as it looks like that. Whole numbers of at least four digits pass through it
// like strings where nobody knows the member, as in a tool's arguments: 4.111e3 as 4111. However the
// body is cut into chunks, the text and the ends are the same; only the pieces differ.
//
// BeginText is called before each string, Text zero or more times for it and EndText once after it. Strings
// of one content part end with EndPart, which comes only after a string, and parts of one
// message with EndMessage. A role or a part type may stand after the text it
// describes, hence it is only told at the end. Names such as "id" and what else
// of a message stands outside its content belong to the part next to them, unspoken.
// Blocks inside a tool result or a document are strings of that one part. When the
// decision falls inside a message or a string, their ends have not been told yet.
type Sink interface {
	// BeginText begins a string, and says what is known of it so far.
	BeginText(of Whose)
	// Text receives a piece of a decoded string; p is valid UTF-8 and not empty, a
	// code point never straddles two calls, and p may not be kept or changed. at is the offset
	// in the body of the first byte of the piece; when verbatim is true the following
	// bytes of p stand in the body one by one from there. Else p was written with
	// escapes: its code points stand in the body one behind the other, some of them as escapes; or p is a
	// whole member name, of which only at is known.
	Text(p []byte, at int64, verbatim bool)
	// EndText ends a string. spoken tells content that a model reads as words of
	// the message (text parts) from everything else (member names, ids, urls,
	// schemas, tool arguments), which belongs to scope any only.
	EndText(spoken bool)
	// EndPart ends a content part. It may belong to another speaker than its message.
	EndPart(of Part)
	// EndMessage ends a message, or with RoleOther a member of the body that is none.
	EndMessage(role Role)
}

package strictjson

import "strconv"

// The codes of an Error.
const (
	CodeInvalid        = "invalid_json"     // not RFC 8259 in UTF-8, or not complete
	CodeEmpty          = "empty_body"       // no value at all
	CodeDuplicate      = "duplicate_member" // one object, one name, twice
	CodeTooDeep        = "too_deep"         // more than MaxDepth containers inside each other
	CodeTooManyMembers = "too_many_members" // more than MaxMembers or MaxOpenMembers
	CodeNameTooLong    = "name_too_long"    // a member name above MaxName bytes
	CodeNumberTooLong  = "number_too_long"  // a number literal above MaxNumber bytes
)

// The bounds that keep the lexer's memory small whatever the text.
const (
	MaxDepth       = 128     // containers inside each other
	MaxMembers     = 65_536  // members of one object
	MaxOpenMembers = 131_072 // members, so far, of all the objects that are open at one time
	MaxName        = 4_096   // bytes of a decoded member name
	MaxNumber      = 1_024   // bytes of a number literal
)

// Error says why a text is refused and where. It holds nothing of the text.
type Error struct {
	Code    string // one of the codes above
	Offset  int64  // bytes from the start of the text
	Message string // what is wrong, without the offset
}

func (e *Error) Error() string {
	return e.Message + " (byte " + strconv.FormatInt(e.Offset, 10) + ")"
}

package prompt

// The codes of an Error.
const (
	CodeInvalidJSON    = "invalid_json"     // not RFC 8259 in UTF-8, or cut short
	CodeDuplicate      = "duplicate_member" // one object, one name, twice
	CodeEmpty          = "empty_body"       // no body, or nothing but white space
	CodeTooDeep        = "too_deep"         // more than 128 containers inside each other
	CodeTooManyMembers = "too_many_members" // more than 65,536 members in an object
	CodeNameTooLong    = "name_too_long"    // a member name above 4,096 bytes
	CodeNumberTooLong  = "number_too_long"  // a number above 1,024 characters
	CodeInvalid        = "invalid_request"  // a known member that is missing or of the wrong type
	CodeAmbiguous      = "ambiguous_member" // a name that engines which ignore case take for a known one
	CodeUnknownRole    = "unknown_role"
	CodeUnsupported    = "unsupported_part" // a content part or an item of a type that is not known
	CodeNotInspectable = "not_inspectable"  // text that the router cannot see, and the policy does not allow
	CodeLateModel      = "late_model"       // a model name behind the hold window that was not chosen
)

// Error is a body that cannot be accepted. It is never wrapped and holds no
// text of the prompt: only names of members that the API itself defines.
type Error struct {
	Status  int    // HTTP status: 400
	Code    string // stable, one of the codes above
	Message string // one sentence: what, where, how to mend it
	Param   string // the member at fault, such as "messages[2].role", or ""
	Offset  int64  // bytes from the start of the body
}

func (e *Error) Error() string { return e.Message }

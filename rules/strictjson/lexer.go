// Package strictjson reads JSON chunk by chunk and accepts exactly RFC 8259 in
// UTF-8, with no name twice in an object. Parsers disagree on everything else, and a
// text that two parsers read differently cannot be inspected.
//
// However a text is cut into chunks, the events and the error are the same. The
// memory used is bounded by the depth and the number of members, never by the
// length of a string.
package strictjson

// Kind is the kind of a value.
type Kind uint8

// The kinds of a value.
const (
	Null Kind = iota
	False
	True
	Number
	String
	Array
	Object
)

// Handler is told what a Lexer reads, in the order of the text. Offsets are bytes
// from the start of the text. An error that it returns ends the reading and is
// what Feed returns. Byte slices may not be kept.
type Handler interface {
	// Begin is the first byte of a value.
	Begin(kind Kind, at int64) error
	// Text is a piece of a string value, decoded, valid UTF-8 and never a part of a
	// code point. When verbatim, p stands in the text as it is from offset at. Else its
	// code points stand there one behind the other, some as they are and some as escapes.
	Text(p []byte, at int64, verbatim bool)
	// End is the end of a value, end the offset behind it. literal is what a number
	// looks like, nil for the other kinds. A number ends when the byte after it is seen.
	End(kind Kind, literal []byte, end int64) error
	// Name is a whole member name, decoded; start is the offset of its first quote
	// and end is behind its last. verbatim says that it was written without escapes.
	Name(name []byte, verbatim bool, start, end int64) error
	// Comma is a comma between two members of an object.
	Comma(at int64)
}

// Pauser can stop a Lexer where a value begins, at the top or in at most two containers: see Lexer.FeedTo.
type Pauser interface {
	// Pause reports whether the value that begins with the byte first at an offset shall not be read yet.
	Pause(first byte, at int64) bool
}

// pausable is how many containers may be open around a value before which the lexer pauses.
const pausable = 2

// state is what the lexer stands in or expects next.
type state uint8

const (
	wantValue        state = iota // at the top, behind a colon, behind a comma of an array
	wantFirstElement              // behind [
	wantFirstName                 // behind {
	wantName                      // behind a comma of an object
	wantColon
	wantComma // or the end of the container
	wantNothing
	inString  // inside the quotes of a string or a name
	inUnit    // inside an escape or a UTF-8 sequence that a chunk has cut
	inNumber  // see number.go
	inLiteral // inside true, false or null
)

// Lexer reads one text at a time. Its zero value must be Reset before use.
type Lexer struct {
	h    Handler
	err  error
	base int64 // offset of the current chunk

	state  state
	inName bool // the string being read is a name

	pauser Pauser
	paused bool // the pauser has stopped the reading
	asked  bool // the pauser was asked about the value that begins now

	depth  int
	frames [MaxDepth]frame
	names  names
	opened uint64 // objects opened so far

	start   int64  // of the name or number being read
	name    []byte // the name read so far, where it did not come in one piece
	escaped bool   // the name has escapes

	unit  [12]byte // the escape or UTF-8 sequence that a chunk has cut
	unitN int
	runes [64]byte // decoded escapes; a field, so that it is no garbage

	text     [512]byte // short pieces of a string and the escapes between them
	gathered int       // how many bytes of it are not handed on yet
	textAt   int64     // where the first of them stands

	number  number
	digits  []byte
	literal string // what is left of true, false or null
	kind    Kind   // of that literal
}

// frame is an open container.
type frame struct {
	object bool
	first  int    // how many names were noted before its own
	id     uint64 // tells the names of this object from another's
}

// Reset makes the lexer ready for a new text.
func (l *Lexer) Reset(h Handler) {
	l.h, l.err, l.base = h, nil, 0
	l.pauser, l.paused, l.asked = nil, false, false
	l.state, l.inName = wantValue, false
	l.depth, l.opened, l.gathered = 0, 0, 0
	l.names.reset()
}

// Feed reads the next chunk of the text. After an error, which is an *Error or
// what the handler returned, every call returns the same one.
func (l *Lexer) Feed(p []byte) error {
	for len(p) > 0 && l.err == nil {
		n, _ := l.FeedTo(p)
		p = p[n:]
	}
	return l.err
}

// FeedTo is Feed up to where the pauser stops it, and returns how much of the chunk comes before that: all of it, if it does not. The value is then read by the
// next call, or left out with Skip.
func (l *Lexer) FeedTo(p []byte) (n int, err error) {
	if l.err != nil {
		return 0, l.err
	}
	i := 0
	for i < len(p) && l.err == nil && !l.paused {
		switch l.state {
		case inString:
			i = l.readString(p, i)
		case inUnit:
			i = l.readUnit(p, i)
		case inNumber:
			i = l.readNumber(p, i)
		case inLiteral:
			i = l.readLiteral(p, i)
		default:
			i = l.readTokens(p, i)
		}
	}
	l.base += int64(i)
	l.paused = false
	return i, l.err
}

// PauseBy sets who may stop the reading of this text.
func (l *Lexer) PauseBy(p Pauser) { l.pauser = p }

// Skip leaves out the value before which the lexer has paused, which must be right and so many bytes long. The handler is told nothing of it.
func (l *Lexer) Skip(n int) {
	l.base += int64(n)
	l.asked = false
	l.state = wantComma
}

// Complete says that the value at the top has ended, so that only white space may
// follow. A number at the top is never complete before Close.
func (l *Lexer) Complete() bool { return l.state == wantNothing && l.err == nil }

// Ended is Complete, whatever is wrong behind the value.
func (l *Lexer) Ended() bool { return l.state == wantNothing }

// Kept is how much memory in bytes the names of the objects that are open take.
func (l *Lexer) Kept() int64 { return l.names.kept() }

// Close says that the text has ended.
func (l *Lexer) Close() error {
	if l.err != nil {
		return l.err
	}
	if l.state == inNumber && l.depth == 0 && l.number.whole() {
		l.endNumber(l.base)
	}
	switch {
	case l.err != nil || l.state == wantNothing:
	case l.state == wantValue && l.depth == 0:
		l.fail(CodeEmpty, l.base, "there is no JSON value")
	default:
		l.fail(CodeInvalid, l.base, "the JSON text ends too early")
	}
	return l.err
}

// Valid reads a whole text and says what is wrong with it.
func Valid(text []byte) error {
	var l Lexer
	l.Reset(discard{})
	if err := l.Feed(text); err != nil {
		return err
	}
	return l.Close()
}

type discard struct{}

func (discard) Begin(Kind, int64) error               { return nil }
func (discard) Text([]byte, int64, bool)              {}
func (discard) End(Kind, []byte, int64) error         { return nil }
func (discard) Name([]byte, bool, int64, int64) error { return nil }
func (discard) Comma(int64)                           {}

// fail notes the error. All readers stop at the first, so there is none yet.
func (l *Lexer) fail(code string, at int64, message string) {
	l.err = &Error{Code: code, Offset: at, Message: message}
}

// readTokens reads white space, structure and strings, up to and with the byte that begins a number or a word. Like all
// readers it returns the index of the next byte.
//
// It is one loop, with few calls in it, since calls are dear in Wasm.
func (l *Lexer) readTokens(p []byte, i int) int {
	for ; i < len(p) && l.err == nil; i++ {
		c := p[i]
		if c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
			continue
		}
		at := l.base + int64(i)
		switch l.state {
		case wantColon:
			if c != ':' {
				l.fail(CodeInvalid, at, "a colon was expected behind the member name")
			}
			l.state = wantValue
		case wantFirstName, wantName:
			if c == '"' {
				l.start, l.inName, l.state = at, true, inString
				l.name, l.escaped = l.name[:0], false
				if i = l.readString(p, i+1); l.state >= inString {
					return i
				}
				i--
				continue
			}
			if c == '}' && l.state == wantFirstName {
				l.closeContainer(at)
			} else {
				l.fail(CodeInvalid, at, "a member name in double quotes was expected")
			}
		case wantComma:
			l.separate(c, at)
		case wantFirstElement, wantValue:
			if l.depth <= pausable && l.pauser != nil && l.pause(c, at) {
				return i
			}
			if c == '"' {
				l.state = inString
				if l.err = l.h.Begin(String, at); l.err != nil {
					return i + 1
				}
				if i = l.readString(p, i+1); l.state >= inString {
					return i
				}
				i--
				continue
			}
			if c == ']' && l.state == wantFirstElement {
				l.closeContainer(at)
			} else if l.beginValue(c, at); l.state >= inString {
				return i + 1
			}
		default:
			l.fail(CodeInvalid, at, "only white space may follow the JSON value")
		}
	}
	return i
}

// pause asks the pauser about a value, once.
func (l *Lexer) pause(c byte, at int64) bool {
	if l.asked {
		l.asked = false
		return false
	}
	l.paused = l.pauser.Pause(c, at)
	l.asked = l.paused
	return l.paused
}

// separate reads what follows a value inside a container.
func (l *Lexer) separate(c byte, at int64) {
	object := l.frames[l.depth-1].object
	switch {
	case c == ',' && object:
		l.state = wantName
		l.h.Comma(at)
	case c == ',':
		l.state = wantValue
	case c == '}' && object, c == ']' && !object:
		l.closeContainer(at)
	case object:
		l.fail(CodeInvalid, at, "a comma or } was expected")
	default:
		l.fail(CodeInvalid, at, "a comma or ] was expected")
	}
}

// beginValue reads the first byte of a value that is not a string.
func (l *Lexer) beginValue(c byte, at int64) {
	switch {
	case c == '{', c == '[':
		l.open(c == '{', at)
	case c == '-' || '0' <= c && c <= '9':
		l.beginNumber(c, at)
	case c == 't':
		l.beginLiteral(True, "rue", at)
	case c == 'f':
		l.beginLiteral(False, "alse", at)
	case c == 'n':
		l.beginLiteral(Null, "ull", at)
	case at == 0 && (c >= 0x80 || c == 0):
		l.fail(CodeInvalid, at, "the text must be UTF-8 without a byte order mark")
	default:
		l.fail(CodeInvalid, at, "a JSON value was expected")
	}
}

func (l *Lexer) open(object bool, at int64) {
	if l.depth == MaxDepth {
		l.fail(CodeTooDeep, at, "more than 128 arrays and objects stand inside each other")
		return
	}
	kind := Array
	l.state = wantFirstElement
	if object {
		kind = Object
		l.state = wantFirstName
		l.opened++
	}
	l.frames[l.depth] = frame{object: object, first: len(l.names.slots), id: l.opened}
	l.depth++
	l.err = l.h.Begin(kind, at)
}

func (l *Lexer) closeContainer(at int64) {
	l.depth--
	f := &l.frames[l.depth]
	kind := Array
	if f.object {
		kind = Object
		l.names.truncate(f.first)
	}
	l.endValue(kind, nil, at+1)
}

func (l *Lexer) endValue(kind Kind, literal []byte, end int64) {
	l.state = wantComma
	if l.depth == 0 {
		l.state = wantNothing
	}
	l.err = l.h.End(kind, literal, end)
}

func (l *Lexer) beginLiteral(kind Kind, rest string, at int64) {
	l.kind, l.literal, l.state = kind, rest, inLiteral
	l.err = l.h.Begin(kind, at)
}

func (l *Lexer) readLiteral(p []byte, i int) int {
	for ; i < len(p); i++ {
		if p[i] != l.literal[0] {
			l.fail(CodeInvalid, l.base+int64(i), "a JSON value was expected")
			return i
		}
		if l.literal = l.literal[1:]; l.literal == "" {
			l.endValue(l.kind, nil, l.base+int64(i)+1)
			return i + 1
		}
	}
	return i
}

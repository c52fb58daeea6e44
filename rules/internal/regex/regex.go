// Package regex finds regular expressions in a window of text, in linear time and without
// allocating. It exists because the standard library's package is about a tenth of the whole Wasm
// module, and because a proxy wants two bounds that it does not have: a pattern runs only around a
// literal that each of its matches must contain, and a match is at most MaxMatch bytes long.
//
// The syntax is that of RE2 without Unicode classes: literals, ., [a-z], \d \w \s and their
// opposites (ASCII), \b \B, ^ and $ (at lines), groups, |, *, +, ?, {n,m}, (?i). Back references and
// look-around are no regular expressions.
package regex

// MaxMatch is the greatest length of a match in bytes. A longer one is not found.
const MaxMatch = 256

// ContextBytes is how many bytes before and behind the place of its literal Scan may look at.
const ContextBytes = MaxMatch + 8

// maxProgram is the greatest number of steps of a pattern, repetitions written out. A byte of text
// near a literal costs at most so many steps.
const maxProgram = 500

// Error says what is wrong with a pattern.
type Error struct {
	At      int // byte of the pattern
	Message string
	Hint    string // how to mend it, or ""
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Pattern is a compiled regular expression.
type Pattern struct {
	program []step
	// literals: each match contains one of them, in whatever case. They are in small letters.
	literals []string
	text     string
}

// Text is the pattern as it was written.
func (p *Pattern) Text() string { return p.text }

// Compile compiles a pattern. The error is an *Error.
func Compile(pattern string) (*Pattern, error) {
	p := &parser{src: pattern}
	n, err := p.parse()
	if err != nil {
		return nil, err
	}
	c := compiler{}
	if !c.emit(n) || len(c.program) >= maxProgram {
		return nil, &Error{0, "is too large: its repetitions make more than 500 steps", "repeat less, or match less"}
	}
	c.add(step{op: opMatch})
	if c.matchesEmpty() {
		return nil, &Error{0, "matches the empty text, so it would always be true", "demand at least one character"}
	}
	literals := n.literals()
	if literals == nil {
		if literals = n.firsts(); literals == nil {
			return nil, &Error{0, "has no literal that each match contains, so it would run on every byte", "add the words that stand around it"}
		}
	}
	return &Pattern{program: c.program, literals: literals, text: pattern}, nil
}

package rules

import (
	"encoding/hex"
	"unicode/utf8"

	"github.com/mom-router/mom-router/internal/sha256"
	"github.com/mom-router/mom-router/rules/internal/pii"
	"github.com/mom-router/mom-router/rules/prompt"
)

// MostExcerpt is the most characters of a prompt that an Excerpt keeps.
const MostExcerpt = 500

// Excerpt keeps of a body what a record may say of its prompt where somebody has asked for that: a keyed hash of the last user message, and its first characters
// without the personal data that package pii finds by its form. The prompt is the text parts of that message, with a line feed between two of them. It reads bodies for
// itself, since a Session does not read again what it remembers.
type Excerpt struct {
	reader *prompt.Reader
	key    *sha256.Key // nil for no hash
	first  int         // characters; 0 for none

	open, last said // the message that is being read, and the last one of a user's that has ended
	part, text mark // where the part and the string of the open message begin
	users      bool // the string that was read last is a user's, as far as was known when it began
	hash       [sha256.Size]byte
}

// said is what is kept of a message.
type said struct {
	sum   sha256.Stream
	begin []byte // its first characters, and what is looked at beside them
	some  bool   // there is text
}

// mark is what a message was at one point.
type mark struct {
	sum   sha256.Stream
	begin int
	some  bool
}

// NewExcerpt returns one for bodies that the policy reads. first is a number of characters, at most MostExcerpt, or 0 for no text; the key may be nil for no hash.
func (t *Table) NewExcerpt(first int, key *sha256.Key) *Excerpt {
	return &Excerpt{reader: prompt.NewReader(t.readerOptions()), key: key, first: min(first, MostExcerpt)}
}

// Reset makes the excerpt ready for another body.
func (e *Excerpt) Reset(shape prompt.Shape) {
	e.reader.Reset(shape, e)
	e.start(&e.open)
	e.start(&e.last)
	e.users = false
}

func (e *Excerpt) start(s *said) {
	s.begin, s.some = s.begin[:0], false
	if e.key != nil {
		s.sum = e.key.Begin()
	}
	if s == &e.open {
		e.part, e.text = e.mark(), e.mark()
	}
}

func (e *Excerpt) mark() mark { return mark{e.open.sum, len(e.open.begin), e.open.some} }

func (e *Excerpt) back(to *mark) {
	e.open.sum, e.open.begin, e.open.some = to.sum, e.open.begin[:to.begin], to.some
}

// Feed reads the next bytes of the body. What it cannot read ends it: that is for a Session to judge.
func (e *Excerpt) Feed(p []byte) { e.reader.Feed(p) }

// Kept is how much memory in bytes the body has made the excerpt take beyond what every one has.
func (e *Excerpt) Kept() int64 { return e.reader.Kept() }

// BeginText begins a string.
func (e *Excerpt) BeginText(of prompt.Whose) {
	e.text = e.mark()
	if e.users = !of.Others(); e.users && e.open.some {
		e.add([]byte{'\n'})
	}
}

// Text adds to the string, if it may be a user's.
func (e *Excerpt) Text(p []byte, at int64, verbatim bool) {
	if e.users {
		e.add(p)
		e.open.some = true
	}
}

func (e *Excerpt) add(p []byte) {
	if e.key != nil {
		e.open.sum.Write(p)
	}
	if room := utf8.UTFMax*e.first + pii.ContextBytes - len(e.open.begin); e.first > 0 && room > 0 {
		e.open.begin = append(e.open.begin, p[:min(len(p), room)]...)
	}
}

// EndText keeps the string if a model reads it as words.
func (e *Excerpt) EndText(spoken bool) {
	if !spoken {
		e.back(&e.text)
	}
}

// EndPart keeps the part if it is the user's own.
func (e *Excerpt) EndPart(of prompt.Part) {
	if of != prompt.PartOwn {
		e.back(&e.part)
	}
	e.part = e.mark()
}

// EndMessage keeps the message if it is a user's.
func (e *Excerpt) EndMessage(role prompt.Role) {
	if role == prompt.RoleUser && e.open.some {
		e.open, e.last = e.last, e.open
	}
	e.start(&e.open)
	e.users = false
}

// Hash is the first half of the HMAC-SHA-256 of the last user message, in hexadecimal; "" without a key, or where the document has not come to its end.
func (e *Excerpt) Hash() string {
	if e.key == nil || !e.last.some || !e.reader.Ended() {
		return ""
	}
	e.hash = e.key.End(&e.last.sum)
	return hex.EncodeToString(e.hash[:sha256.Size/2])
}

// First are the first characters of the last user message, without what package pii has found: of one that has not ended, where nobody else has.
func (e *Excerpt) First() string {
	from := &e.last
	if !from.some {
		if from = &e.open; !e.users {
			return ""
		}
	}
	to := 0
	for n := 0; n < e.first && to < len(from.begin); n++ {
		_, size := utf8.DecodeRune(from.begin[to:])
		to += size
	}
	return string(pii.Redact(from.begin, to))
}

package rules

import (
	"bytes"
	"sort"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
)

// passage is one string of a body, decoded, with the place in the body of each of its bytes.
type passage struct {
	text    []byte
	from    []int64 // where the character that a byte belongs to begins in the body
	to      int64   // where the last one ends
	spoken  bool
	part    prompt.Part
	role    prompt.Role
	message int           // counts messages, from 0
	own     []signal.Span // of a user's message: where his own words are
}

// transcript keeps all strings of a body, for explanations. The proxy never does.
type transcript struct {
	body     []byte
	set      *signal.Set
	passages []passage
	current  passage
	part     int // the first passage of the part being read
	first    int // the first passage of the message being read
	messages int
}

// BeginText begins a string: who speaks is told at its end, too.
func (t *transcript) BeginText(prompt.Whose) {}

// Text keeps a piece of a string, as prompt.Sink says.
func (t *transcript) Text(p []byte, at int64, verbatim bool) {
	c := &t.current
	for i := 0; i < len(p); {
		_, n := utf8.DecodeRune(p[i:])
		for range n {
			c.from = append(c.from, at)
		}
		if verbatim {
			at += int64(n)
		} else {
			at += t.width(at)
		}
		i += n
	}
	c.text = append(c.text, p...)
	c.to = at
}

// width is how many bytes of the body the character at a place takes up.
func (t *transcript) width(at int64) int64 {
	p := t.body[min(at, int64(len(t.body))):]
	switch {
	case len(p) > 1 && p[0] == '\\' && p[1] != 'u':
		return 2
	case len(p) > 7 && p[0] == '\\' && p[2]|0x20 == 'd' && p[3] >= '8' && p[6] == '\\':
		return 12 // a surrogate pair
	case len(p) > 1 && p[0] == '\\':
		return 6
	}
	_, n := utf8.DecodeRune(p)
	return int64(n)
}

// EndText ends a string.
func (t *transcript) EndText(spoken bool) {
	t.current.spoken, t.current.message = spoken, t.messages
	t.passages = append(t.passages, t.current)
	t.current = passage{}
}

// EndPart ends a part.
func (t *transcript) EndPart(of prompt.Part) {
	for i := t.part; i < len(t.passages); i++ {
		t.passages[i].part = of
	}
	t.part = len(t.passages)
}

// EndMessage ends a message.
func (t *transcript) EndMessage(role prompt.Role) {
	for i := t.first; i < len(t.passages); i++ {
		t.passages[i].role = role
	}
	t.findOwn(t.passages[t.first:])
	t.part, t.first = len(t.passages), len(t.passages)
	t.messages++
}

// findOwn finds a user's own words in the passages of a message.
func (t *transcript) findOwn(message []passage) {
	var texts [][]byte
	for i := range message {
		if message[i].ofUser() {
			texts = append(texts, message[i].text)
		}
	}
	own := t.set.Own(texts)
	for i := range message {
		if message[i].ofUser() {
			message[i].own, own = own[0], own[1:]
		}
	}
}

// piece is what stands at a place in a passage.
func (p *passage) piece(at signal.Span) *passage {
	piece := *p
	piece.from, piece.text = p.from[at.From:at.To], p.text[at.From:at.To]
	if at.To < len(p.from) {
		piece.to = p.from[at.To]
	}
	return &piece
}

// says reports whether a passage has words of the user's own.
func (p *passage) says() bool {
	for _, at := range p.own {
		if len(bytes.TrimSpace(p.text[at.From:at.To])) > 0 {
			return true
		}
	}
	return false
}

// upTo is what a transcript of the first bytes of the body would know, had it been told who speaks.
func (t *transcript) upTo(end int64) *transcript {
	cut := &transcript{body: t.body, set: t.set}
	for _, p := range t.passages {
		n := sort.Search(len(p.from), func(i int) bool { return p.from[i] >= end })
		if n == 0 {
			continue
		}
		if n < len(p.from) {
			p.to = p.from[n]
		}
		p.text, p.from = p.text[:n], p.from[:n]
		for i, at := range p.own {
			if at.To > n {
				p.own = append(append([]signal.Span(nil), p.own[:i]...), signal.Span{From: min(at.From, n), To: n})
				break
			}
		}
		cut.passages = append(cut.passages, p)
	}
	return cut
}

// ofLastUser reports whether a passage belongs to the last user message, which begins with the one
// that so many follow-ups lean on.
func (t *transcript) ofLastUser(p *passage, followUps int) bool {
	if !p.ofUser() {
		return false
	}
	later, last := 0, p.message
	for i := range t.passages {
		if q := &t.passages[i]; q.ofUser() && q.message > last && q.says() {
			last = q.message
			later++
		}
	}
	return later <= followUps
}

func (p *passage) ofUser() bool {
	return p.role == prompt.RoleUser && p.spoken && p.part == prompt.PartOwn
}

// offsets are the place in the body of text[from:to].
func (p *passage) offsets(from, to int) (int64, int64) {
	if to == len(p.text) {
		return p.from[from], p.to
	}
	return p.from[from], p.from[to]
}

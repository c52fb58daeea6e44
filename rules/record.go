package rules

import (
	"sort"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/prompt"
)

// passage is one string of a body, decoded, with the place in the body of each of its bytes.
type passage struct {
	text    []byte
	from    []int64 // where the character that a byte belongs to begins in the body
	to      int64   // where the last one ends
	spoken  bool
	tool    bool
	role    prompt.Role
	message int // counts messages, from 0
}

// recorder keeps all strings of a body, for explanations. The proxy never does.
type recorder struct {
	body     []byte
	passages []passage
	current  passage
	part     int // the first passage of the part being read
	first    int // the first passage of the message being read
	messages int
}

// Text keeps a piece of a string, as prompt.Sink says.
func (r *recorder) Text(p []byte, at int64, verbatim bool) {
	c := &r.current
	for i := 0; i < len(p); {
		_, n := utf8.DecodeRune(p[i:])
		for range n {
			c.from = append(c.from, at)
		}
		if verbatim {
			at += int64(n)
		} else {
			at += r.width(at)
		}
		i += n
	}
	c.text = append(c.text, p...)
	c.to = at
}

// width is how many bytes of the body the character at a place takes up.
func (r *recorder) width(at int64) int64 {
	p := r.body[min(at, int64(len(r.body))):]
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
func (r *recorder) EndText(spoken bool) {
	r.current.spoken, r.current.message = spoken, r.messages
	r.passages = append(r.passages, r.current)
	r.current = passage{}
}

// EndPart ends a part.
func (r *recorder) EndPart(tool bool) {
	for i := r.part; i < len(r.passages) && tool; i++ {
		r.passages[i].tool = true
	}
	r.part = len(r.passages)
}

// EndMessage ends a message.
func (r *recorder) EndMessage(role prompt.Role) {
	for i := r.first; i < len(r.passages); i++ {
		r.passages[i].role = role
	}
	r.part, r.first = len(r.passages), len(r.passages)
	r.messages++
}

// upTo is what a recorder of the first bytes of the body would know, had it been told who speaks.
func (r *recorder) upTo(end int64) *recorder {
	cut := &recorder{body: r.body}
	for _, p := range r.passages {
		n := sort.Search(len(p.from), func(i int) bool { return p.from[i] >= end })
		if n == 0 {
			continue
		}
		if n < len(p.from) {
			p.to = p.from[n]
		}
		p.text, p.from = p.text[:n], p.from[:n]
		cut.passages = append(cut.passages, p)
	}
	return cut
}

// ofLastUser reports whether a passage belongs to the last user message, which begins with the one
// that so many follow-ups lean on.
func (r *recorder) ofLastUser(p *passage, followUps int) bool {
	if !p.ofUser() {
		return false
	}
	later, last := 0, p.message
	for i := range r.passages {
		if q := &r.passages[i]; q.ofUser() && q.message > last && len(q.text) > 0 {
			last = q.message
			later++
		}
	}
	return later <= followUps
}

func (p *passage) ofUser() bool { return p.role == prompt.RoleUser && p.spoken && !p.tool }

// offsets are the place in the body of text[from:to].
func (p *passage) offsets(from, to int) (int64, int64) {
	if to == len(p.text) {
		return p.from[from], p.to
	}
	return p.from[from], p.from[to]
}

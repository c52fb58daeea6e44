package wrapper

import (
	"bytes"
	"unicode/utf8"
)

// Reader looks for markers in one text after another. It holds back what may become one. The zero value needs a Reset.
type Reader struct {
	table *Table
	out   Out

	start  bool // nothing but white space and what is the client's was read
	line   bool // a line begins, or what is as good as that: the text, or what stands behind a marker
	fenced bool // in a block of code, in which there are no markers
	open   *Marker
	depth  int     // tags of the same name that are open in it
	tail   *Marker // one that was closed, and whose Tail may come

	// Of what is held back: the markers that it may begin, and how it may go on.
	n               int
	buf             [2 * MaxText]byte
	again           [2 * MaxText]byte // what was held back in vain
	lo, hi          int
	first           bool // it stands where a text begins
	name            int  // the tag whose name it is, if that ends there; -1 for none
	attributes      bool
	closing, repeat bool // it may be the end of the open marker, or a tag of the same name
	tailing         bool
}

// Out receives the text.
type Out interface {
	// Pass receives its next bytes, which may not be kept.
	Pass(p []byte)
	// Enter says that what follows stands in a marker, until Drop.
	Enter()
	// Clear says that what came since Enter is a marker, and that what follows may be the user's.
	Clear()
	// Keep says that what came since Clear is the user's. What follows ends the marker.
	Keep()
	// Only says that nothing of the message is the user's but what is kept.
	Only()
	// Drop says that what came since Enter or Keep is the client's.
	Drop()
}

// Reset sets the markers and who receives the texts.
func (r *Reader) Reset(t *Table, out Out) {
	r.table, r.out = t, out
	r.begin()
}

func (r *Reader) begin() {
	r.start, r.line, r.fenced = true, true, false
	r.open, r.depth, r.tail = nil, 0, nil
	r.n = 0
}

// End ends a text. closed is false if it ends in a marker that was never closed: all that stands behind that is the user's.
func (r *Reader) End() (closed bool) {
	r.Release()
	closed = r.open == nil || r.open.Close == ""
	r.begin()
	return closed
}

// Release passes on what is held back; it will not be taken for a marker.
func (r *Reader) Release() {
	if n := r.n; n > 0 {
		r.n, r.line = 0, false
		r.out.Pass(r.buf[:n])
	}
}

// Text reads a piece of a text: valid UTF-8 of whole code points, as are the pieces that it passes on.
func (r *Reader) Text(p []byte) {
	for len(p) > 0 {
		if r.n == 0 {
			if !r.candidate(p) {
				n := r.next(p)
				r.out.Pass(p[:n])
				p = p[n:]
				continue
			}
			r.hold()
		}
		n := runeLength(p)
		may := true
		for _, c := range p[:n] {
			r.buf[r.n] = c
			r.n++
			if may && r.open != nil {
				may = r.inside()
			} else if may {
				may = r.outside()
			}
		}
		p = p[n:]
		if !may {
			r.giveUp()
		}
	}
}

// runeLength is how many bytes the first code point has.
func runeLength(p []byte) int {
	n := 1
	for n < len(p) && !utf8.RuneStart(p[n]) {
		n++
	}
	return n
}

// candidate reports whether a marker may begin with p.
func (r *Reader) candidate(p []byte) bool {
	switch {
	case r.open != nil:
		return r.open.Close != "" && p[0] == r.open.Close[0]
	case !r.line:
		return false
	case r.fenced:
		return p[0] == '`'
	}
	return r.table.begins(p) || r.tail != nil && p[0] == r.tail.Tail[0]
}

// next is how many bytes at the beginning of p no marker begins with; there is one at least.
func (r *Reader) next(p []byte) int {
	if r.open != nil {
		if r.open.Close == "" {
			return len(p)
		}
		n := bytes.IndexByte(p[1:], r.open.Close[0]) + 1
		if n == 0 {
			n = len(p)
		}
		r.line = p[n-1] == '\n'
		return n
	}
	n := 0
	for {
		if !r.start || p[n] > ' ' {
			r.start = false
			end := bytes.IndexByte(p[n:], '\n')
			if end < 0 {
				r.line = false
				return len(p)
			}
			n += end
		}
		n++
		if r.line = true; n == len(p) || r.candidate(p[n:]) {
			return n
		}
	}
}

// hold begins to hold back.
func (r *Reader) hold() {
	if m := r.open; m != nil {
		r.closing, r.repeat = true, r.line && m.Tags
		return
	}
	r.first, r.start = r.start, false
	r.lo, r.hi, r.name, r.attributes = 0, len(r.table.markers), -1, false
	r.tailing = r.tail != nil
}

// inside reads one more byte of what may end a marker, and reports whether it still may.
func (r *Reader) inside() bool {
	m, at, c := r.open, r.n-1, r.buf[r.n-1]
	r.closing = r.closing && c == m.Close[at]
	if r.closing && r.n == len(m.Close) {
		r.close()
		return true
	}
	if r.repeat && at == len(m.Open) {
		if c == '>' || c == ' ' || c == '\t' {
			r.depth++
		}
		r.repeat = false
	}
	r.repeat = r.repeat && c == m.Open[at]
	return r.closing || r.repeat
}

// close ends a marker, or one of its name that is nested in it.
func (r *Reader) close() {
	m := r.open
	if r.depth > 0 {
		r.depth--
		r.pass()
		return
	}
	if m.Kind == User {
		r.out.Only()
	}
	if m.Kind != Client {
		r.out.Keep()
	}
	r.pass()
	r.out.Drop()
	r.open, r.line = nil, true
	if m.Tail != "" {
		r.tail = m
	}
}

// outside reads one more byte of what may begin a marker, and reports whether it still may.
func (r *Reader) outside() bool {
	at, c := r.n-1, r.buf[r.n-1]
	if r.attributes {
		switch {
		case c == '>' && r.buf[at-1] != '/':
			r.enter(&r.table.markers[r.name])
		case c == '>' || c == '<' || c == '\n' || r.n > len(r.buf)-utf8.UTFMax:
			return false
		}
		return true
	}
	if r.name >= 0 {
		switch c {
		case '>':
			r.enter(&r.table.markers[r.name])
			return true
		case ' ', '\t':
			r.attributes = true
			return true
		}
		r.name = -1
	}
	markers := r.table.markers
	for r.lo < r.hi && (len(markers[r.lo].Open) == at || markers[r.lo].Open[at] < c) {
		r.lo++
	}
	for r.lo < r.hi && markers[r.hi-1].Open[at] > c {
		r.hi--
	}
	if r.lo < r.hi && len(markers[r.lo].Open) == r.n {
		switch m := &markers[r.lo]; {
		case m.Tags:
			r.name = r.lo
		case m.Kind == fence:
			r.fenced = !r.fenced
			r.line = false
			r.pass()
			return true
		case m.Kind == Message && r.first:
			r.out.Only()
			r.line = false
			r.pass()
			return true
		case m.Kind != Message && (m.Kind != Whole || r.first):
			r.enter(m)
			return true
		}
	}
	if r.tailing = r.tailing && c == r.tail.Tail[at]; r.tailing && r.n == len(r.tail.Tail) {
		r.enter(&theRest)
		return true
	}
	return r.lo < r.hi || r.tailing
}

// theRest is what stands behind the tail of a marker.
var theRest = Marker{Kind: After}

// enter begins a marker.
func (r *Reader) enter(m *Marker) {
	r.out.Enter()
	r.pass()
	if m.Kind == User || m.Kind == Words {
		r.out.Clear()
	}
	r.open, r.depth, r.line, r.tail = m, 0, false, nil
	r.start = r.first
}

func (r *Reader) pass() {
	n := r.n
	r.n = 0
	r.out.Pass(r.buf[:n])
}

// giveUp passes on the first character of what is held back, and reads the others again.
func (r *Reader) giveUp() {
	n := copy(r.again[:], r.buf[:r.n])
	r.n = 0
	r.line = r.again[0] == '\n'
	first := runeLength(r.again[:n])
	r.out.Pass(r.again[:first])
	r.Text(r.again[first:n]) // what this may hold back is shorter, so it is written where it was read already
}

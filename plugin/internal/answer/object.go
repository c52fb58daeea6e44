package answer

import "math/bits"

// scanner walks over one JSON value, byte by byte where it must: strings, most of any answer, eight bytes at a time. It knows where it is in what
// nodes.go describes, and checks the grammar but for the inside of numbers and escapes, which are the client's to read.
type scanner struct {
	state  state
	depth  int
	open   [maxDepth]node // the containers around what is read
	arrays [maxDepth]bool
	here   node // what the value is that is to come, or that is being read
	name   bool // the string that is being read is a member's name
	object bool // the value is an object
	some   bool // the string has something in it
	odd    bool // it has an escape that was not read
	keeps  bool // it is kept in text
	text   text
	word   string // what is left of a literal
	null   bool   // which is null
	number number

	comma int  // the place in the event of the last comma in the outermost object; -1 before there is one
	at    int  // and of the last name
	bare  bool // the member that is null has no comma before it: the one behind it goes
}

type state uint8

const (
	wantValue   state = iota
	wantElement       // or the end of an array
	wantName          // behind a comma
	wantMember        // or the end of an object
	wantColon
	wantNext // a comma or an end
	inString
	inEscape
	inNumber
	inWord
	ended
	failed
)

// maxDepth is how deep an answer may be nested.
const maxDepth = 64

func (s *scanner) reset() {
	s.state, s.depth, s.here, s.name, s.object, s.bare = wantValue, 0, nodeRoot, false, false, false
	s.comma = -1
}

// lineEnd is an end of line in the value.
func (s *scanner) lineEnd() {
	if s.state == inString || s.state == inEscape {
		s.state = failed
	}
}

// close ends a value that only its end tells from more of it.
func (s *scanner) close(r *Reader) {
	if s.state == inNumber {
		r.endNumber()
	}
}

// scan reads p from i on to its end or to an end of line, and returns where that is. base is the place in the event of the first byte of p.
func (r *Reader) scan(p []byte, i, base int) int {
	s := &r.json
	for i < len(p) {
		c := p[i]
		switch s.state {
		case inString:
			j := plain(p, i)
			if j > i {
				s.some = true
				if s.keeps {
					s.text.add(p[i:j])
				}
			}
			if i = j; i == len(p) {
				return i
			}
			switch p[i] {
			case '"':
				r.endString(base + i)
			case '\\':
				s.state = inEscape
			case '\n', '\r':
				return i
			default:
				s.state = failed
			}
			i++
		case inEscape:
			s.some = true
			switch c {
			case '"', '\\', '/':
				if s.keeps {
					s.text.add(p[i : i+1])
				}
			default:
				s.odd = true
			}
			if c == '\n' || c == '\r' {
				return i
			}
			s.state = inString
			i++
		case inNumber:
			if s.number.next(c) {
				i++
				continue
			}
			r.endNumber()
		case inWord:
			if c != s.word[0] {
				s.state = failed
				continue
			}
			i++
			if s.word = s.word[1:]; s.word == "" {
				r.endWord(base + i)
			}
		case failed:
			for i < len(p) && p[i] != '\n' && p[i] != '\r' {
				i++
			}
			return i
		default:
			switch c {
			case '\n', '\r':
				return i
			case ' ', '\t':
			default:
				r.token(c, base+i)
			}
			i++
		}
	}
	return i
}

// token reads a byte that stands outside of strings, numbers and words.
func (r *Reader) token(c byte, at int) {
	s := &r.json
	switch {
	case c == ',' && s.state == wantNext:
		if s.arrays[s.depth-1] {
			s.here, s.state = s.open[s.depth-1].element(), wantValue
			return
		}
		s.state = wantName
		if s.depth == 1 {
			s.comma = at
			if s.bare {
				r.event.to, s.bare = at+1, false
			}
		}
	case c == ':' && s.state == wantColon:
		s.state = wantValue
	case c == '"' && (s.state == wantName || s.state == wantMember):
		s.name = true
		if s.depth == 1 {
			s.at = at
		}
		s.beginString(s.open[s.depth-1].listens())
	case c == '}' && (s.state == wantMember || s.state == wantNext && !s.arrays[s.depth-1]):
		s.leave()
	case c == ']' && (s.state == wantElement || s.state == wantNext && s.arrays[s.depth-1]):
		s.leave()
	case s.state == wantValue || s.state == wantElement:
		r.beginValue(c, at)
	default:
		s.state = failed
	}
}

func (r *Reader) beginValue(c byte, at int) {
	s := &r.json
	switch {
	case c == '{' || c == '[':
		if s.depth == maxDepth {
			s.state = failed
			return
		}
		s.object = s.object || s.depth == 0 && c == '{'
		r.enter(s.here, c == '{')
		s.open[s.depth], s.arrays[s.depth] = s.here, c == '['
		s.depth++
		if s.state = wantMember; c == '[' {
			s.here, s.state = s.open[s.depth-1].element(), wantElement
		}
	case c == '"':
		s.name = false
		s.beginString(s.here.kept())
		r.scalar(s.here)
		if s.here == nodeText || s.here == nodeDelta {
			r.event.texts++
			r.event.text = at + 1
		}
	case c == '-' || c >= '0' && c <= '9':
		s.number, s.state = number{}, inNumber
		s.number.next(c)
		r.scalar(s.here)
	case c == 't' || c == 'f' || c == 'n':
		s.word, s.state, s.null = words[c], inWord, c == 'n'
		if !s.null {
			r.scalar(s.here)
		} else if s.here == nodeChoice {
			r.event.choice = true
		}
	default:
		s.state = failed
	}
}

// words are what the literals have behind their first letter.
var words = [...]string{'t': "rue", 'f': "alse", 'n': "ull"}

func (s *scanner) beginString(keeps bool) {
	s.state, s.some, s.odd, s.keeps = inString, false, false, keeps
	s.text.n = 0
}

func (r *Reader) endString(at int) {
	s := &r.json
	if s.name {
		s.state, s.here = wantColon, nodeNone
		if s.keeps && !s.odd {
			s.here = s.open[s.depth-1].member(s.text.bytes())
		}
		return
	}
	r.gotText(s.here, at)
	s.next()
}

func (r *Reader) endNumber() {
	s := &r.json
	r.gotNumber(s.here, &s.number)
	s.next()
}

func (r *Reader) endWord(end int) {
	s := &r.json
	if s.null && s.here == nodeUsage && s.depth == 1 {
		e := &r.event
		e.from, e.to, s.bare = s.comma, end, s.comma < 0
		if s.bare {
			e.from = s.at
		}
	}
	s.next()
}

// next is what follows a value.
func (s *scanner) next() {
	if s.state = wantNext; s.depth == 0 {
		s.state = ended
	}
}

// leave closes a container.
func (s *scanner) leave() {
	s.depth--
	s.next()
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain is the place of the first byte from i on that is a quotation mark, a backslash or a control character.
func plain(p []byte, i int) int {
	for i+8 <= len(p) {
		q := p[i : i+8 : i+8]
		w := uint64(q[0]) | uint64(q[1])<<8 | uint64(q[2])<<16 | uint64(q[3])<<24 |
			uint64(q[4])<<32 | uint64(q[5])<<40 | uint64(q[6])<<48 | uint64(q[7])<<56
		quote, back := w^ones*'"', w^ones*'\\'
		// A borrow sets more than it should only above a true hit, so that the lowest one is exact.
		if hit := ((w-ones*' ')&^w | (quote-ones)&^quote | (back-ones)&^back) & highs; hit != 0 {
			return i + bits.TrailingZeros64(hit)>>3
		}
		i += 8
	}
	for i < len(p) && p[i] >= ' ' && p[i] != '"' && p[i] != '\\' {
		i++
	}
	return i
}

// text is a string that is kept, if it is not too long.
type text struct {
	n     int // of its bytes; more than there is room for if it is too long
	store [128]byte
}

func (t *text) add(p []byte) {
	if t.n <= len(t.store) {
		copy(t.store[t.n:], p)
	}
	t.n += len(p)
}

// bytes is the string, or nothing if it is too long.
func (t *text) bytes() []byte {
	if t.n > len(t.store) {
		return nil
	}
	return t.store[:t.n]
}

// number is a number as it is read.
type number struct {
	value   int64
	strange bool // it is negative, no whole number or too large
}

// next reads one more byte, if it belongs to the number.
func (n *number) next(c byte) bool {
	switch {
	case c >= '0' && c <= '9':
		if n.value = 10*n.value + int64(c-'0'); n.value > mostTokens {
			n.value, n.strange = mostTokens, true
		}
	case c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E':
		n.strange = true
	default:
		return false
	}
	return true
}

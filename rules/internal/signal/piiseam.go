package signal

import (
	"github.com/mom-router/mom-router/rules/internal/pii"
	"github.com/mom-router/mom-router/rules/internal/work"
)

// piiReach is how many bytes of a message are kept to be read on into the next string.
const piiReach = 320

// piiSeam looks for personal data across the strings of a message: a card's number whose groups stand in several parts, or in an array, and a number
// whose member's name says what it is. It is read twice, with a line feed between strings and with nothing between the parts of a
// text, since engines' templates join them in both ways.
type piiSeam struct {
	tails  [2]tail // of the strings so far: with line feeds between them, and with nothing
	spoken bool    // the last string was

	// Of the string that is being read: its beginning, its end, and whether there is anything of it.
	head, end [piiReach]byte
	heads     int
	ends      int
	begun     bool
}

// tail is the end of a text, with room for what is read behind it.
type tail struct {
	buf [3*piiReach + 1]byte
	n   int
}

func (s *piiSeam) reset() {
	s.forget()
	s.begun = false
}

// forget makes the next string the first.
func (s *piiSeam) forget() { s.tails[0].n, s.tails[1].n = 0, 0 }

// see takes what is needed of a window of the string: its first ones begin where the string begins, and its last one ends where that ends.
func (s *piiSeam) see(p []byte) {
	if !s.begun {
		s.begun = true
		s.heads = copy(s.head[:], p)
	}
	s.ends = copy(s.end[:], p[max(0, len(p)-piiReach):])
}

// join ends the string and returns the kinds among want that were found across its beginning.
func (s *piiSeam) join(spoken bool, want pii.Kinds, meter *work.Meter) (found pii.Kinds) {
	if !s.begun {
		return 0
	}
	s.begun = false
	look := want != 0 && (spoken || beginsWithDigit(s.head[:s.heads]))
	for i := range s.tails {
		t := &s.tails[i]
		if t.n > 0 && (i == 0 || !spoken || !s.spoken) {
			t.add([]byte{'\n'})
		}
		if look && t.n > 0 && meter.Read(work.Personal, min(t.n, piiReach)+min(s.heads, piiReach/2)) {
			found |= t.across(s.head[:s.heads], want&^found)
		}
		t.add(s.end[:s.ends])
	}
	s.spoken = spoken
	return found
}

// across returns what is found in the tail and what follows it, and not in the tail alone.
func (t *tail) across(next []byte, want pii.Kinds) pii.Kinds {
	whole := t.buf[:t.n+copy(t.buf[t.n:], next)]
	from := 0
	if t.n > piiReach {
		from = t.n - piiReach
	}
	found := pii.Scan(whole, from, min(len(whole), t.n+piiReach/2), want)
	if found != 0 {
		found &^= pii.Scan(t.buf[:t.n], from, t.n, found)
	}
	return found
}

// add adds the end of a string, of which no more than piiReach bytes are kept.
func (t *tail) add(p []byte) {
	if t.n+len(p) > 2*piiReach {
		t.n = copy(t.buf[:], t.buf[t.n-min(t.n, piiReach):t.n])
	}
	t.n += copy(t.buf[t.n:], p)
}

// beginsWithDigit reports whether nothing but a few signs stands before the first digit.
func beginsWithDigit(p []byte) bool {
	for i, c := range p {
		switch {
		case c >= '0' && c <= '9':
			return true
		case i >= 8, c|0x20 >= 'a' && c|0x20 <= 'z', c >= 0x80:
			return false
		}
	}
	return false
}

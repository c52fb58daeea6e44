package pieces

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/swar"
)

// Scanner finds the end of a JSON string, array or object that begins with the first byte. Whether it is right is not its
// business: it knows quotation marks, backslashes and how many brackets are open, of whichever kind. Of a right one it finds the end.
type Scanner struct {
	depth           int
	quoted, escaped bool
}

// Reset makes it ready for another value.
func (s *Scanner) Reset() { *s = Scanner{} }

// Scan reads on, and returns how many bytes of p belong to the value; done says that it ends there.
func (s *Scanner) Scan(p []byte) (n int, done bool) {
	i := 0
	if s.escaped && len(p) > 0 {
		s.escaped = false
		i = 1
	}
	for i < len(p) {
		if s.quoted {
			if i = Closing(p, i); i >= len(p) {
				s.escaped = i > len(p) // the last byte is a backslash
				return len(p), false
			}
			i++
			if s.quoted = false; s.depth == 0 {
				return i, true
			}
		}
		// Between strings there are few bytes as a rule: signs and numbers.
		for ; i < len(p); i++ {
			c := p[i]
			if c == '"' {
				s.quoted = true
				i++
				break
			}
			switch c | 0x20 {
			case '{': // or [
				s.depth++
			case '}': // or ]
				if s.depth--; s.depth <= 0 {
					return i + 1, true
				}
			}
		}
	}
	return len(p), false
}

// Closing returns the index of the quotation mark that ends a string of which p[i] is part: len(p) if it is not there, and one more if the
// last byte is a backslash whose other half is not, either.
func Closing(p []byte, i int) int {
	for i+8 <= len(p) {
		w := swar.Load(p[i:])
		quote, slash := w^swar.Ones*'"', w^swar.Ones*'\\'
		// A borrow can only spoil bytes above a true hit, so the lowest one is exact.
		hit := ((quote-swar.Ones)&^quote | (slash-swar.Ones)&^slash) & swar.Tops
		if hit == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(hit) >> 3
		if p[i] == '"' {
			return i
		}
		i += 2
	}
	for ; i < len(p); i++ {
		if p[i] == '"' {
			return i
		}
		if p[i] == '\\' {
			i++
		}
	}
	return i
}

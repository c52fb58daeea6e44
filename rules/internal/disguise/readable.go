package disguise

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
)

// leastReadable is how many decoded bytes say anything.
const leastReadable = 8

// sample is how many bytes are decoded to see whether they are text.
const sample = 24

// hopeful reports whether the beginning of a sample of decoded bytes leaves it open that the sample is readable. It stops at the first byte that does not.
func hopeful(first []byte) bool {
	bad, other := 0, 0
	for i := 0; i < len(first) && bad <= 1 && other <= sample/4; {
		c := first[i]
		if c < utf8.RuneSelf {
			if i++; charset.Plain(c) || c == ' ' {
				continue
			}
			if other++; c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7F {
				bad++
			}
			continue
		}
		if !utf8.FullRune(first[i:]) {
			break // the rest says what it is
		}
		_, n := utf8.DecodeRune(first[i:])
		if i += n; n == 1 {
			bad++
			other++
		}
	}
	return bad <= 1 && other <= sample/4
}

// readable reports whether decoded bytes are text rather than whatever data decodes to, and
// replaces what is no UTF-8 by spaces, of which it allows a few at the ends.
func readable(p []byte) bool {
	letters, bad := 0, 0
	for i := 0; i < len(p); {
		c := p[i]
		if c < utf8.RuneSelf {
			if charset.Plain(c) || c == ' ' {
				letters++
			} else if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7F {
				bad++
				p[i] = ' '
			}
			i++
			continue
		}
		_, n := utf8.DecodeRune(p[i:])
		if n == 1 {
			bad++
			p[i] = ' '
		} else {
			letters += n
		}
		i += n
	}
	return len(p) >= leastReadable && bad*16 <= len(p) && letters*4 >= len(p)*3
}

package strictjson

import "math/bits"

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns the index of the first byte from i on that is not plain text
// inside a string: a quote, a backslash, a control character or not ASCII.
func plain(p []byte, i int) int {
	for i+8 <= len(p) {
		w := word(p[i : i+8])
		// Each term has the high bit of a byte set where the byte is, in turn, below
		// a space, a quote, a backslash or above ASCII. A borrow can only spoil bytes above a
		// true hit, so the lowest hit is exact.
		hit := (w - ones*' ') | ((w ^ ones*'"') - ones) | ((w ^ ones*'\\') - ones) | w
		if hit &= highs; hit != 0 {
			return i + bits.TrailingZeros64(hit)>>3
		}
		i += 8
	}
	for i < len(p) {
		if c := p[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			break
		}
		i++
	}
	return i
}

// wide returns the index of the first byte from i on that does not begin a simple
// UTF-8 sequence of three bytes, which is what Chinese and Japanese text is made of.
func wide(p []byte, i int) int {
	for i+3 <= len(p) {
		s := p[i : i+3 : i+3]
		if s[0]&0xF0 != 0xE0 || s[0] == 0xE0 || s[0] == 0xED || s[1]^0x80 > 0x3F || s[2]^0x80 > 0x3F {
			break
		}
		i += 3
	}
	return i
}

// sequence returns the length of the UTF-8 sequence of more than one byte that p
// begins with: 0 when p ends too early to tell, -1 when no valid one begins so.
// Overlong forms, surrogates and code points above U+10FFFF are not valid.
func sequence(p []byte) int {
	c := p[0]
	n, low, high := 2, byte(0x80), byte(0xBF)
	switch {
	case c < 0xC2 || c > 0xF4:
		return -1
	case c < 0xE0:
	case c < 0xF0:
		n = 3
		switch c {
		case 0xE0:
			low = 0xA0
		case 0xED:
			high = 0x9F
		}
	default:
		n = 4
		switch c {
		case 0xF0:
			low = 0x90
		case 0xF4:
			high = 0x8F
		}
	}
	for i := 1; i < n; i++ {
		if i == len(p) {
			return 0
		}
		if p[i] < low || p[i] > high {
			return -1
		}
		low, high = 0x80, 0xBF
	}
	return n
}

// escape decodes the escape that p begins with. Its length n is 0 when p ends
// too early to tell and -1 when no valid one begins so; a lone surrogate is not valid.
func escape(p []byte) (r rune, n int) {
	if len(p) < 2 {
		return 0, 0
	}
	if c := letters[p[1]]; c != 0 {
		return rune(c), 2
	}
	if p[1] != 'u' {
		return 0, -1
	}
	r, n = hex4(p[2:])
	if n < 4 {
		return 0, n
	}
	if r < 0xD800 || r > 0xDFFF {
		return r, 6
	}
	if r > 0xDBFF {
		return 0, -1
	}
	p = p[6:]
	if len(p) > 0 && p[0] != '\\' || len(p) > 1 && p[1] != 'u' {
		return 0, -1
	}
	if len(p) < 2 {
		return 0, 0
	}
	if len(p) > 2 && p[2] != 'd' && p[2] != 'D' || len(p) > 3 && (p[3] < 'C' || 'F' < p[3] && p[3] < 'c' || 'f' < p[3]) {
		return 0, -1
	}
	low, n := hex4(p[2:])
	if n < 4 {
		return 0, n
	}
	return (r-0xD800)<<10 | (low - 0xDC00) + 0x10000, 12
}

// hex4 reads four hexadecimal digits; n is 4, or 0 or -1 as for escape.
func hex4(p []byte) (r rune, n int) {
	for i := range 4 {
		if i == len(p) {
			return 0, 0
		}
		d := digits[p[i]]
		if d == noDigit {
			return 0, -1
		}
		r = r<<4 | rune(d)
	}
	return r, 4
}

// letters are the escapes of one letter behind the backslash; 0 is none.
var letters = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// noDigit marks what is not a hexadecimal digit; it shows in any sum of four.
const noDigit = 1 << 16

// digits are the values of the hexadecimal digits.
var digits = func() (t [256]uint32) {
	for c := range t {
		switch {
		case '0' <= c && c <= '9':
			t[c] = uint32(c) - '0'
		case 'a' <= c && c <= 'f':
			t[c] = uint32(c) - 'a' + 10
		case 'A' <= c && c <= 'F':
			t[c] = uint32(c) - 'A' + 10
		default:
			t[c] = noDigit
		}
	}
	return t
}()

// Package charset sorts bytes into sets, so that one load answers what would be a chain of compares.
package charset

import "unicode/utf8"

// Set is a set of classes that a byte belongs to.
type Set uint8

// The classes.
const (
	Letters Set = 1 << iota // ASCII letters
	Digits                  // ASCII digits
	Signs                   // ASCII signs that may stand for a letter: @$!|+
	Beyond                  // the bytes of characters beyond ASCII
	Data                    // base64, of either alphabet
	Lines                   // line ends
	HexRows                 // hex digits and what may stand between them

	Words = Letters | Digits | Signs | Beyond // what could be part of one disguised word
)

var sets = func() (t [256]Set) {
	for i := range t {
		switch c := byte(i); {
		case c >= utf8.RuneSelf:
			t[i] = Beyond
		case c-'0' < 10:
			t[i] = Digits | Data | HexRows
		case (c|0x20)-'a' < 6:
			t[i] = Letters | Data | HexRows
		case (c|0x20)-'a' < 26:
			t[i] = Letters | Data
		}
	}
	for _, c := range "@$!|+" {
		t[c] |= Signs
	}
	for _, c := range "+/-_" {
		t[c] |= Data
	}
	for _, c := range "\r\n" {
		t[c] |= Lines
	}
	for _, c := range " ,:-\\xX" {
		t[c] |= HexRows
	}
	return t
}()

// Of returns the classes of a byte.
func Of(c byte) Set { return sets[c] }

// Word reports whether a byte could belong to one disguised word.
func Word(c byte) bool { return sets[c]&Words != 0 }

// Plain reports whether a byte is an ASCII letter or digit.
func Plain(c byte) bool { return sets[c]&(Letters|Digits) != 0 }

// All reports whether all bytes are of some class of a set.
func All(p []byte, set Set) bool {
	for _, c := range p {
		if sets[c]&set == 0 {
			return false
		}
	}
	return true
}

// Lower is an ASCII letter in small; all other bytes stay.
func Lower(c byte) byte {
	if c-'A' < 26 {
		c += 'a' - 'A'
	}
	return c
}

// Hex is the value of a hex digit, or 16.
func Hex(c byte) byte { return hexValues[c] }

var hexValues = func() (t [256]byte) {
	for i := range t {
		switch c := byte(i); {
		case c-'0' < 10:
			t[i] = c - '0'
		case (c|0x20)-'a' < 6:
			t[i] = c | 0x20 - 'a' + 10
		default:
			t[i] = 16
		}
	}
	return t
}()

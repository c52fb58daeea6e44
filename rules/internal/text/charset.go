package text

import "unicode/utf8"

// charset is a set of classes that a byte belongs to, so that one load answers what would be a chain of compares.
type charset uint8

const (
	inLetters charset = 1 << iota // ASCII letters
	inDigits                      // ASCII digits
	inSigns                       // ASCII signs that may stand for a letter
	inBeyond                      // the bytes of characters beyond ASCII
	inData                        // base64, of either alphabet
	inLines                       // line ends
	inRow                         // hex digits and what may stand between them

	inWords = inLetters | inDigits | inSigns | inBeyond // what could be part of one disguised word
)

var charsets = func() (t [256]charset) {
	for i := range t {
		c := byte(i)
		switch {
		case c >= utf8.RuneSelf:
			t[i] |= inBeyond
		case c-'0' < 10:
			t[i] |= inDigits | inData | inRow
		case (c|0x20)-'a' < 26:
			t[i] |= inLetters | inData
			if (c|0x20)-'a' < 6 {
				t[i] |= inRow
			}
		case leet(c) != "":
			t[i] |= inSigns
		}
	}
	for _, c := range "+/-_" {
		t[c] |= inData
	}
	t['\n'] |= inLines
	t['\r'] |= inLines
	for _, c := range " ,:-\\xX" {
		t[c] |= inRow
	}
	return t
}()

// wordByte reports whether a byte is an ASCII letter or digit.
func wordByte(c byte) bool { return charsets[c]&(inLetters|inDigits) != 0 }

// wordChar reports whether a byte belongs to what could be one disguised word.
func wordChar(c byte) bool { return charsets[c]&inWords != 0 }

// dataByte reports whether a byte may stand in base64, of either alphabet.
func dataByte(c byte) bool { return charsets[c]&inData != 0 }

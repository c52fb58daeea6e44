package disguise

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// letterGuess is a character of a word and the letters that it may stand for. It is one number, since structures are kept in memory: the letter in its
// small form in the lowest byte, another one or 0 above it, how it is disguised above that, and a bit for ASCII signs. It is 0 for what can be no letter.
type letterGuess uint32

const guessSign letterGuess = 1 << 24

func newGuess(first, second byte, how Kinds) letterGuess {
	return letterGuess(first) | letterGuess(second)<<8 | letterGuess(how)<<16
}

func (g letterGuess) first() byte  { return byte(g) }
func (g letterGuess) second() byte { return byte(g >> 8) }
func (g letterGuess) how() Kinds   { return Kinds(g >> 16) }

// sign reports whether the character is an ASCII sign, which may also be a separator.
func (g letterGuess) sign() bool { return g&guessSign != 0 }

// asciiGuess is what each ASCII character may stand for.
var asciiGuess = func() (t [utf8.RuneSelf]letterGuess) {
	for i := range t {
		c := byte(i)
		if l := (c | 0x20); l-'a' < 26 {
			t[i] = newGuess(l, 0, 0)
		} else if is := leet(c); is != "" {
			second := byte(0)
			if len(is) > 1 {
				second = is[1]
			}
			t[i] = newGuess(is[0], second, Leet)
			if c-'0' >= 10 {
				t[i] |= guessSign
			}
		}
	}
	return t
}()

// guessLetter reads the first character of p. size is 0 if it can be no letter.
func guessLetter(p []byte) (g letterGuess, size int) {
	if p[0] >= utf8.RuneSelf {
		return guessBeyond(p)
	}
	if g = asciiGuess[p[0]]; g != 0 {
		size = 1
	}
	return g, size
}

// guesses are what the characters of two bytes stand for, in which the alphabets are that have letters which look like Latin ones.
var guesses = func() (t [1<<11 - utf8.RuneSelf]letterGuess) {
	for i := range t {
		t[i] = guessRune(rune(i + utf8.RuneSelf))
	}
	return t
}()

// guessBeyond is guessLetter for a character beyond ASCII.
func guessBeyond(p []byte) (g letterGuess, size int) {
	if len(p) >= 2 && p[0] >= 0xC2 && p[0] < 0xE0 {
		if i := uint(p[0]&0x1F)<<6 | uint(p[1]&0x3F) - utf8.RuneSelf; i < uint(len(guesses)) {
			if g = guesses[i]; g == 0 {
				return 0, 0
			}
			return g, 2
		}
	}
	r, size := utf8.DecodeRune(p)
	if g = guessRune(r); g == 0 {
		return 0, 0
	}
	return g, size
}

// guessRune is guessBeyond for one character, and slow.
func guessRune(r rune) letterGuess {
	f := text.Fold(r)
	if f < utf8.RuneSelf && (byte(f)|0x20)-'a' < 26 {
		return newGuess(byte(f)|0x20, 0, 0)
	}
	first, second := text.Lookalike(f)
	if first == 0 {
		return 0
	}
	return newGuess(first, second, Confusable)
}

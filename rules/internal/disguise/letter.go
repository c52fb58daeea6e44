package disguise

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// letterGuess is a character of a word and the letters that it may stand for. It has four fields, since structures of more
// are kept in memory.
type letterGuess struct {
	first  byte // the letter, in its small form; 0 if the character can be none
	second byte // another one, or 0
	c      byte // the character as it is written, if it is ASCII
	how    Kinds
}

// sign reports whether the character is an ASCII sign, which may also be a separator.
func (g letterGuess) sign() bool { return g.how == Leet && g.c-'0' >= 10 }

// asciiGuess is what each ASCII character may stand for.
var asciiGuess = func() (t [utf8.RuneSelf]letterGuess) {
	for i := range t {
		c := byte(i)
		if l := (c | 0x20); l-'a' < 26 {
			t[i] = letterGuess{first: l, c: c}
		} else if is := leet(c); is != "" {
			t[i] = letterGuess{first: is[0], c: c, how: Leet}
			if len(is) > 1 {
				t[i].second = is[1]
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
	if g = asciiGuess[p[0]]; g.first != 0 {
		size = 1
	}
	return g, size
}

// guessBeyond is guessLetter for a character beyond ASCII.
func guessBeyond(p []byte) (g letterGuess, size int) {
	r, size := utf8.DecodeRune(p)
	f := text.Fold(r)
	if f < utf8.RuneSelf && (byte(f)|0x20)-'a' < 26 {
		return letterGuess{first: byte(f) | 0x20}, size
	}
	first, second := text.Lookalike(f)
	if first == 0 {
		return g, 0
	}
	return letterGuess{first: first, second: second, how: Confusable}, size
}

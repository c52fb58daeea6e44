package text

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
)

// fact is what is known of a character beyond ASCII, worked out once, so that a letter of the common alphabets costs one load:
//
//	bits 0 to 15   the character that it is read as, if there is one such
//	bits 16 to 23  its script
//	bits 24 to 27  its class; careful where it is not as simple as that
//	bit 28         it tells languages apart: see Marks.note
//	bit 29         it looks like a Latin letter
//	bit 30         it is read as an ASCII letter
//	bit 31         nobody sees it, it is a combining mark or it is read as ASCII: a Window does not hand it on as it is
type fact uint32

const (
	factNoted     fact = 1 << 28
	factLookalike fact = 1 << 29
	factLatin     fact = 1 << 30
	factChanged   fact = 1 << 31
	factsEnd           = 0x2100 // the first character that the table does not hold
)

const (
	ascii   class = 14 // read as an ASCII letter or digit
	careful class = 15 // the table says too little
)

func (f fact) plain() rune    { return rune(f & 0xFFFF) }
func (f fact) script() Script { return Script(f >> 16) }
func (f fact) class() class   { return class(f >> 24 & 15) }

// facts holds what is known of the characters from U+0080 on. It is made at the start of the program.
var facts = func() (t [factsEnd]fact) {
	for r := rune(utf8.RuneSelf); r < factsEnd; r++ {
		t[r] = factOf(r)
	}
	return t
}()

func factOf(r rune) (f fact) {
	var m, empty Marks
	if m.note(r); m != empty {
		f |= factNoted
	}
	plain := Fold(compat(r))
	if looks := Fold(r); looks >= utf8.RuneSelf {
		if first, _ := Lookalike(looks); first != 0 {
			f |= factLookalike
		}
	} else if l := looks | 0x20; l >= 'a' && l <= 'z' {
		f |= factLatin
	}
	if invisible(r) || combining(r) || compat(r) < utf8.RuneSelf {
		return f | factChanged | fact(careful)<<24
	}
	if raised(r) || plain > 0xFFFF || expand(plain) != "" {
		return f | fact(careful)<<24
	}
	if plain < utf8.RuneSelf {
		if !charset.Plain(byte(plain)) {
			return f | fact(careful)<<24
		}
		return f | fact(plain) | fact(ascii)<<24
	}
	script, class := classify(plain)
	return f | fact(plain) | fact(script)<<16 | fact(class)<<24
}

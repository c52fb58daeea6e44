package text

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
)

// BatchSize is how many tokens are handed on at once, at most.
const BatchSize = 64

// Tokenizer turns a text, fed in pieces, into tokens. The pieces may cut the text anywhere but
// inside a code point; the tokens do not depend on it. The zero value needs a Reset.
type Tokenizer struct {
	out   Consumer
	marks Marks

	// The word being read. rest holds its last fill bytes; before them stand whole groups of
	// eight, which are in h. There is no word while size is 0.
	h, rest    uint64
	fill       uint
	size       int
	start, end int64
	script     Script
	alpha      bool   // the word has a character that is no digit
	letters    uint32 // its characters
	data       uint32 // of those, the ASCII letters and digits at its end
	traits     wordTraits
	tail       tail
	tailEnd    int64

	lineBegins bool // what is read next is the first character of a line

	// What stands before the word.
	dot bool // a full stop, directly
	// sentence is Token.Sentence.
	sentence uint16
	ticks    uint8
	code     bool

	n     int
	batch [BatchSize]Token

	// Glued says whether a word is to be read without its beginning, which belongs to a sequence that parts words: see glue.go. It may be nil. whole
	// and rest are the hashes of the word with and without it.
	Glued func(whole, rest uint64) bool
	ahead []byte // what is being read and stands behind it, as far as it is known; nil if that is all

	spots  *Spots // where to note what may be a disguise; nil for texts that are not looked at for any
	before byte   // what stands before the piece being read, as far as it is known
}

// wordTraits is what the characters of a word are, for who looks for disguises.
type wordTraits uint8

const (
	hasLetter    wordTraits = 1 << iota // a Latin letter, with or without accents
	hasDigit                            // an ASCII digit
	hasOther                            // a letter that looks like none of those
	hasLookalike                        // one that looks like a Latin letter
)

// Reset makes the tokenizer ready for a new text and sets who receives its tokens.
func (t *Tokenizer) Reset(out Consumer) {
	t.out = out
	t.n = 0
	t.clear()
}

// clear forgets everything about the current string.
func (t *Tokenizer) clear() {
	t.marks = Marks{}
	t.h, t.rest, t.fill, t.size = HashSeed, 0, 0, 0
	t.script, t.alpha, t.tail = Latin, false, tailNone
	t.letters, t.data, t.traits = 0, 0, 0
	t.dot, t.ticks, t.code, t.sentence = false, 0, false, 0
	t.lineBegins = false
}

// EndText ends a string: a word never reaches into the next one. It hands on all tokens and
// returns what else the string held; the result may be used until the next Text.
func (t *Tokenizer) EndText() Marks {
	t.endWord()
	t.Flush()
	m := t.marks
	t.clear()
	return m
}

// part ends a stretch of a string for those who count: fences and marks count anew.
func (t *Tokenizer) part() Marks {
	t.endWord()
	t.Flush()
	m := t.marks
	t.marks = Marks{}
	t.ticks, t.code = 0, false
	return m
}

// shift follows a window that moves on by so many bytes, in whose offsets it reads.
func (t *Tokenizer) shift(by int64) { t.start, t.end, t.tailEnd = t.start-by, t.end-by, t.tailEnd-by }

// Flush hands on the tokens found so far. A word that is still being read is not among them.
func (t *Tokenizer) Flush() {
	if t.n > 0 {
		n := t.n
		t.n = 0
		t.out.Tokens(t.batch[:n])
	}
}

// Text reads a piece of a string. p is valid UTF-8 of whole code points. at is the body offset of
// its first byte; verbatim says that the other bytes follow one by one, else p is one escape.
func (t *Tokenizer) Text(p []byte, at int64, verbatim bool) {
	if !verbatim {
		t.escape(p, at)
		return
	}
	if t.lineBegins {
		t.beginLine(p, 0)
	}
	for i := 0; i < len(p); {
		if t.fill == 0 && t.tail == tailNone && t.script == Latin {
			if i = t.run(p, i, at); i == len(p) {
				return
			}
		}
		c := p[i]
		if c < utf8.RuneSelf {
			if t.size != 0 && t.tail == tailNone && charset.Plain(c) {
				i = t.rest8(p, i, at)
				continue
			}
			skip := 0
			if asciiClass[c] >= oddSign {
				skip = t.oddSign(p, i, at+int64(i))
			}
			t.ascii(c, at+int64(i), 1)
			if i += 1 + skip; c == '\n' {
				t.beginLine(p, i)
			}
			continue
		}
		if c >= 0xE4 && c <= 0xE9 {
			if n := t.han(p, i, at); n != i {
				i = n
				continue
			}
		} else if c >= 0xCA && c < 0xE0 { // below stand Latin letters, which are read as ASCII
			if n := t.alphabet(p, i, at); n != i {
				i = n
				continue
			}
		}
		r, n := decode(p[i:])
		t.rune(r, at+int64(i), int64(n))
		i += n
	}
}

// decode is utf8.DecodeRune for what is known to be valid, and inlined for the common alphabets.
func decode(p []byte) (rune, int) {
	if len(p) >= 2 && p[0]&0xE0 == 0xC0 {
		return rune(p[0]&0x1F)<<6 | rune(p[1]&0x3F), 2
	}
	return decodeLong(p)
}

// decodeLong is decode for all else, of which most has three bytes.
func decodeLong(p []byte) (rune, int) {
	if len(p) >= 3 && p[0]&0xF0 == 0xE0 {
		return rune(p[0]&0xF)<<12 | rune(p[1]&0x3F)<<6 | rune(p[2]&0x3F), 3
	}
	return utf8.DecodeRune(p)
}

// escape reads the characters of one escape, each of which lasts to the escape's end.
func (t *Tokenizer) escape(p []byte, at int64) {
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		width := int64(6) // \uXXXX
		switch {
		case r < 0x20 && r != 0:
			width = 2 // \n and the like; no letter, so that \u000a makes no difference
		case r > 0xFFFF:
			width = 12 // a surrogate pair
		}
		if t.lineBegins {
			t.beginLine(p, 0)
		}
		t.rune(r, at, width)
		t.lineBegins = r == '\n'
		p = p[n:]
	}
}

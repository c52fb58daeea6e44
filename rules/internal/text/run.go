package text

import (
	"math/bits"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/swar"
)

// The fast paths: run for ASCII, han for Han characters and alphabet for the letters of other alphabets. Everything they do, the careful path
// in word.go does, too; they only do it with fewer steps.

// run reads ASCII eight bytes at a time and returns where it stopped: at a character that needs
// the careful path, or at the end. In its loop stands what is needed for every word, and nothing else: whoever adds a
// variable makes the module keep others in memory.
func (t *Tokenizer) run(p []byte, i int, at int64) int {
	if t.fill != 0 || t.tail != tailNone || t.script != Latin {
		return i
	}
	if t.size != 0 {
		return t.goOn(p, i, at)
	}
	if p[i] < utf8.RuneSelf && p[i] != '`' {
		t.ticks = 0
	}
	h, from, dot, position := uint64(HashSeed), i, t.dot, t.position()
	alpha, numeric := uint64(0), uint64(0) // not 0 once the word has a letter, a digit
	for i < len(p) {
		var w uint64
		if i+8 <= len(p) {
			w = swar.Load(p[i:])
		} else {
			w = swar.LoadEnd(p[i:])
		}
		m := w &^ swar.Tops
		let, dig := swar.Letters(m|swar.Ones*('a'-'A')), swar.Digits(m)
		l := m | let>>2 // in small letters
		stop := ^(let|dig)&swar.Tops | w&swar.Tops
		if stop == 0 {
			alpha |= let
			numeric |= dig
			h = MixHash(h, l)
			i += 8
			continue
		}
		n := uint(bits.TrailingZeros64(stop)) &^ 7 // bits of the bytes before the stop
		c := byte(w >> n)
		if n != 0 || i != from {
			l &= 1<<n - 1
			alpha |= let & (1<<n - 1)
			numeric |= dig & (1<<n - 1)
			i += int(n / 8)
			if i == len(p) || c >= utf8.RuneSelf || i-from == 1 && tailLetter(byte(l)) {
				t.rest, t.fill = l, n/8
				if i-from == 1 && tailLetter(byte(l)) {
					t.tail = tailOpen
				}
				break
			}
			// emit, spelled out: a call for each word would cost more than all the rest.
			x := &t.batch[t.n&(BatchSize-1)]
			x.Hash, x.Start, x.End = FinishHash(h, l), at+int64(from), at+int64(i)
			x.Traits = position | traitsOf(i-from)
			if numeric != 0 || uint(i-from-2) >= ShortestRun-2 {
				if alpha == 0 && numeric != 0 {
					x.Traits |= Traits(Number) << kindShift
				}
				t.oddWord(p, from, i, at, alpha != 0, numeric != 0)
				numeric = 0
			}
			if dot && x.Hash == netHash {
				t.dotNet(x)
				position = t.position()
			}
			if t.n++; t.n == BatchSize {
				t.Flush()
			}
			h, alpha = HashSeed, 0
		} else if w&0x80 != 0 {
			break
		} else if w == swar.Spaces {
			i += 8
			from, dot = i, false
			continue
		}
		from = i
		if c == '`' {
			break
		}
		if c != ' ' {
			if m := asciiClass[c&0x7F]; m != 0 {
				if m != oddSign { // which a control character is
					if t.mark(Mark(m &^ oddSign)); c == '\n' {
						t.beginLine(p, i+1)
					}
				}
				if position = t.position(); m >= oddSign {
					i += t.oddSign(p, i, at+int64(i))
				}
			}
		}
		i++
		from, dot = i, c == '.'
	}
	t.dot, t.h, t.size, t.alpha = dot, h, i-from, alpha != 0
	t.letters, t.data, t.traits = uint32(i-from), uint32(i-from), 0
	if alpha != 0 {
		t.traits = hasLetter
	}
	if numeric != 0 {
		t.traits |= hasDigit
	}
	t.start, t.end = at+int64(from), at+int64(i)
	return i
}

// goOn reads more of a word of which whole eights of bytes were read.
func (t *Tokenizer) goOn(p []byte, i int, at int64) int {
	for ; i+8 <= len(p); i += 8 {
		w := swar.Load(p[i:])
		m := w &^ swar.Tops
		let, dig := swar.Letters(m|swar.Ones*('a'-'A')), swar.Digits(m)
		l := m | let>>2 // in small letters
		if ^(let|dig)&swar.Tops|w&swar.Tops != 0 {
			break
		}
		t.h = MixHash(t.h, l)
		t.size += 8
		t.letters += 8
		t.data += 8
		if let != 0 {
			t.alpha = true
			t.traits |= hasLetter
		}
		if dig != 0 {
			t.traits |= hasDigit
		}
		t.end = at + int64(i) + 8
	}
	return i
}

// rest8 reads the ASCII letters and digits that a word goes on with, eight at a time, where goOn and run cannot: behind a letter beyond ASCII, above all.
func (t *Tokenizer) rest8(p []byte, i int, at int64) int {
	for i < len(p) {
		var w uint64
		if i+8 <= len(p) {
			w = swar.Load(p[i:])
		} else {
			w = swar.LoadEnd(p[i:])
		}
		m := w &^ swar.Tops
		let, dig := swar.Letters(m|swar.Ones*('a'-'A')), swar.Digits(m)
		l := m | let>>2 // in small letters
		n := uint(bits.TrailingZeros64(^(let|dig)&swar.Tops|w&swar.Tops)) / 8
		if n == 0 {
			break
		}
		below := ^uint64(0) >> (64 - 8*n)
		l &= below
		t.rest |= l << (8 * t.fill)
		if t.fill += n; t.fill >= 8 {
			t.fill -= 8
			t.h, t.rest = MixHash(t.h, t.rest), l>>(8*(n-t.fill))
		}
		if let&below != 0 {
			t.alpha = true
			t.traits |= hasLetter
		}
		if dig&below != 0 {
			t.traits |= hasDigit
		}
		t.size += int(n)
		t.letters += uint32(n)
		t.data += uint32(n)
		if i += int(n); n < 8 {
			break
		}
	}
	t.end, t.ticks = at+int64(i), 0
	return i
}

// dotNet makes the word "net" behind a full stop the token ".net".
func (t *Tokenizer) dotNet(x *Token) {
	t.sentence-- // its full stop ended none
	x.Hash = dotNetHash
	x.Start--
	x.Traits = x.Traits&^(0xFFFF<<sentenceShift) | Traits(t.sentence)<<sentenceShift + 1<<lengthShift
}

// han reads Han characters of the main block, U+4E00 to U+9FFF, and returns where it stopped.
func (t *Tokenizer) han(p []byte, i int, at int64) int {
	for ; i+3 <= len(p); i += 3 {
		a, b, c := p[i], p[i+1], p[i+2]
		if a < 0xE4 || a > 0xE9 || a == 0xE4 && b < 0xB8 {
			return i
		}
		if t.size != 0 {
			t.endWord()
		}
		x := &t.batch[t.n&(BatchSize-1)]
		plain := hanBytes(a, b, c)
		x.Hash = FinishHash(HashSeed, plain)
		x.Start = at + int64(i)
		x.End = x.Start + 3
		x.Traits = t.position() | 3<<lengthShift | Traits(Han) | Traits(Char)<<kindShift
		if plain != uint64(a)|uint64(b)<<8|uint64(c)<<16 {
			x.Traits |= traitTraditional
		}
		t.dot, t.ticks = false, 0
		if t.n++; t.n == BatchSize {
			t.Flush()
		}
	}
	return i
}

// alphabet reads letters of two bytes that are as simple as facts can say, such as Cyrillic and Arabic ones, and returns where it stopped.
func (t *Tokenizer) alphabet(p []byte, i int, at int64) int {
	if t.tail != tailNone {
		return i
	}
	from := i
	h, rest, fill := t.h, t.rest, t.fill
	traits, script := t.traits, t.script
	for ; i+2 <= len(p) && p[i]&0xE0 == 0xC0; i += 2 {
		f := facts[(uint32(p[i]&0x1F)<<6|uint32(p[i+1]&0x3F))&(1<<11-1)]
		if f&(factNoted|0xF<<24) != fact(joins)<<24 {
			break
		}
		r := f.plain()
		if r >= 0x800 {
			break
		}
		two := uint64(0xC0|r>>6) | uint64(0x80|r&0x3F)<<8
		rest |= two << (8 * fill)
		if fill += 2; fill >= 8 {
			h = MixHash(h, rest)
			fill -= 8
			rest = two >> (8 * (2 - fill)) // the second byte, if the first was the eighth
		}
		if s := f.script(); s != Latin {
			script = s
		}
		switch {
		case f&factLatin != 0:
			traits |= hasLetter
		case f&factLookalike != 0:
			traits |= hasLookalike
		default:
			traits |= hasOther
		}
	}
	if i == from {
		return i
	}
	if t.size == 0 {
		t.begin(at + int64(from))
	}
	t.endData(at + int64(from))
	t.h, t.rest, t.fill = h, rest, fill
	t.traits, t.script = traits, script
	t.size += i - from
	t.letters += uint32(i-from) / 2
	t.alpha, t.ticks = true, 0
	t.end = at + int64(i)
	return i
}

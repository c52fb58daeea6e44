package text

import "math/bits"

// The fast paths: run for ASCII and han for Han characters. Everything they do, the careful path
// in word.go does, too; they only do it with fewer steps.

// spaces is eight spaces, as in the indentation of code.
const spaces = ones * ' '

// run reads ASCII eight bytes at a time and returns where it stopped: at a character that needs
// the careful path, or at the end.
func (t *Tokenizer) run(p []byte, i int, at int64) int {
	if t.fill != 0 || t.tail != tailNone || t.script != Latin {
		return i
	}
	h, size, alpha, start := t.h, t.size, t.alpha, t.start
	rest, fill, stopped := uint64(0), uint(0), false
	for i < len(p) {
		var w uint64
		if i+8 <= len(p) {
			w = load(p[i:])
		} else {
			w = loadEnd(p[i:])
		}
		l := lower(w &^ tops)
		let := letters(l)
		stop := ^(let|digits(l))&tops | w&tops
		if size == 0 {
			start = at + int64(i)
		}
		if stop == 0 {
			alpha = alpha || let != 0
			h = mix(h, l)
			size += 8
			i += 8
			continue
		}
		n := uint(bits.TrailingZeros64(stop)) &^ 7 // bits of the bytes before the stop
		if n != 0 || size != 0 {
			mask := uint64(1)<<n - 1
			rest, fill = l&mask, n/8
			alpha = alpha || let&mask != 0
			size += int(fill)
			i += int(fill)
			t.ticks = 0
			if i == len(p) || w>>n&0x80 != 0 || size == 1 && tailLetter(byte(rest)) {
				stopped = true
				break
			}
			hash := finish(h, rest)
			if t.dot && hash == netHash {
				hash = dotNetHash
				t.sentence--
				size++
				start--
			}
			// emit, spelled out: a call for each word would cost more than all the rest.
			x := &t.batch[t.n&(batchSize-1)]
			x.Hash, x.Start, x.End = hash, start, at+int64(i)
			x.Len, x.Sentence = uint16(min(size, 0xFFFF)), t.sentence
			x.Script, x.Code = Latin, t.code
			x.Kind = Number
			if alpha {
				x.Kind = Word
			}
			if t.n++; t.n == batchSize {
				t.Flush()
			}
			h, size, alpha, rest, fill = hashSeed, 0, false, 0, 0
		} else if w&0x80 != 0 {
			break
		} else if w == spaces {
			i += 8
			t.dot, t.ticks = false, 0
			continue
		}
		c := p[i]
		if c == '`' {
			break
		}
		t.dot, t.ticks = c == '.', 0
		if c != ' ' {
			if m := asciiMark[c&0x7F]; m != MarkNone {
				t.mark(m)
			}
		}
		i++
	}
	t.h, t.size, t.alpha, t.start, t.rest, t.fill = h, size, alpha, start, rest, fill
	if size != 0 {
		t.end = at + int64(i)
		t.ticks = 0
		if stopped && size == 1 && tailLetter(byte(rest)) {
			t.tail = tailOpen
		}
	}
	return i
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
		x := &t.batch[t.n&(batchSize-1)]
		x.Hash = finish(hashSeed, hanBytes(a, b, c))
		x.Start = at + int64(i)
		x.End = x.Start + 3
		x.Len, x.Sentence, x.Script, x.Kind, x.Code = 3, t.sentence, Han, Char, t.code
		t.dot, t.ticks = false, 0
		if t.n++; t.n == batchSize {
			t.Flush()
		}
	}
	return i
}

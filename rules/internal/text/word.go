package text

import "unicode/utf8"

// begin starts a word.
func (t *Tokenizer) begin(at int64) { t.start = at }

// push adds one normalised byte to the word.
func (t *Tokenizer) push(c byte) {
	t.rest |= uint64(c) << (8 * t.fill)
	t.size++
	if t.fill++; t.fill == 8 {
		t.h, t.rest, t.fill = MixHash(t.h, t.rest), 0, 0
	}
}

// endWord hands on the word being read, if there is one.
func (t *Tokenizer) endWord() {
	if t.size == 0 {
		return
	}
	t.closeTail()
	hash := FinishHash(t.h, t.rest)
	if hash == netHash && t.dot {
		hash = dotNetHash
		t.sentence-- // its full stop ended none
		t.size++
		t.start--
	}
	kind := Word
	if !t.alpha {
		kind = Number
	}
	t.endData(t.end)
	if t.letters == 1 || t.traits&(hasDigit|hasLookalike) != 0 {
		t.spot()
	}
	t.emit(hash, kind)
	t.h, t.rest, t.fill, t.size = HashSeed, 0, 0, 0
	t.script, t.alpha, t.tail, t.dot = Latin, false, tailNone, false
	t.letters, t.data, t.traits = 0, 0, 0
}

// spot notes the word being read if it may be a disguise.
func (t *Tokenizer) spot() {
	s := t.spots
	if s == nil {
		return
	}
	if t.traits&(hasOther|hasLookalike) == 0 {
		if t.letters == 1 {
			s.single(t.start, t.end)
		} else {
			s.odd(t.start, t.end, t.traits&hasLetter != 0, t.traits&hasDigit != 0, mayGoOn)
		}
		return
	}
	if t.traits&hasDigit != 0 {
		s.pair(t.start, t.end, mayGoOn)
	}
	switch {
	case t.traits&hasOther != 0:
	case t.letters == 1:
		s.single(t.start, t.end)
	default:
		s.add(SpotWord, t.start)
	}
}

// endData notes the letters and digits that end at a place, if they are many.
func (t *Tokenizer) endData(at int64) {
	if t.data >= ShortestRun && t.spots != nil {
		t.spots.add(SpotRun, at-1)
	}
	t.data = 0
}

// spotOpen notes the word being read, which goes on in the next window, if it is long.
func (t *Tokenizer) spotOpen() {
	if t.spots != nil && t.data >= ShortestRun {
		t.spots.add(SpotRun, t.end-int64(t.data))
		t.spots.add(SpotRun, t.end-1)
	}
}

// emit puts a token into the batch.
func (t *Tokenizer) emit(hash uint64, kind Kind) {
	x := &t.batch[t.n&(BatchSize-1)]
	x.Hash, x.Start, x.End = hash, t.start, t.end
	x.Traits = t.position() | traitsOf(t.size) | Traits(t.script) | Traits(kind)<<kindShift
	if t.n++; t.n == BatchSize {
		t.Flush()
	}
}

// position is the part of a token's Traits that where it stands decides.
func (t *Tokenizer) position() Traits {
	x := Traits(t.sentence) << sentenceShift
	if t.code {
		x |= traitCode
	}
	return x
}

// traitsOf is the part of a token's Traits that its size decides.
func traitsOf(size int) Traits { return Traits(min(size, 0xFFFF)) << lengthShift }

// ascii reads one ASCII character that stands at a body offset and is width bytes long there.
func (t *Tokenizer) ascii(c byte, at, width int64) {
	switch {
	case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
	case c >= 'A' && c <= 'Z':
		c += 'a' - 'A'
	default:
		t.separator(c, at, width)
		return
	}
	if t.tail != tailNone {
		t.afterTail(c)
	}
	if t.size == 0 {
		t.begin(at)
		if tailLetter(c) {
			t.tail = tailOpen
		}
	}
	t.push(c)
	t.letters++
	t.data++
	if c > '9' {
		t.alpha = true
		t.traits |= hasLetter
	} else {
		t.traits |= hasDigit
	}
	t.end = at + width
	t.ticks = 0
}

// separator reads an ASCII character that is neither letter nor digit.
func (t *Tokenizer) separator(c byte, at, width int64) {
	m := asciiMark[c&0x7F]
	if t.tail != tailNone && t.addTail(c, at+width) {
		if m != MarkNone {
			t.marks.Count[m]++
		}
		return
	}
	t.endWord()
	if m != MarkNone {
		t.mark(m)
	}
	t.dot = c == '.'
	if c != '`' {
		t.ticks = 0
		return
	}
	if t.ticks++; t.ticks == 3 {
		t.marks.Count[MarkFence]++
		t.code = !t.code
		t.ticks = 0
	}
}

// rune reads one character that stands at a body offset and is width bytes long there.
func (t *Tokenizer) rune(r rune, at, width int64) {
	if r < utf8.RuneSelf {
		t.ascii(byte(r), at, width)
		return
	}
	f := fact(careful) << 24
	switch {
	case r < factsEnd:
		f = facts[r]
	case r >= firstHan && r <= lastHan:
		t.single(simple(r), Han, at, width)
		return
	case r >= 0xAC00 && r <= 0xD7A3:
		f = fact(r) | fact(Hangul)<<16 | fact(joins)<<24
	case r >= 0x3041 && r <= 0x3096:
		t.kana(r, Hiragana, at, width)
		return
	case r >= 0x30A1 && r <= 0x30FA:
		t.kana(r, Katakana, at, width)
		return
	case r >= 0x3000 && r <= 0x3004, r >= 0x3008 && r <= 0x3020:
		f = fact(r) | fact(separates)<<24
	}
	if f&factNoted != 0 {
		t.marks.note(r)
	}
	switch f.class() {
	case joins:
		t.letter(f.plain(), f, at, width)
	case ascii:
		t.ascii(byte(f.plain()), at, width)
	case separates:
		t.separate(f.plain())
		if f&factLookalike != 0 && t.spots != nil {
			t.spots.add(SpotWord, at)
		}
	default:
		t.careful(r, at, width)
	}
}

// careful reads a character that facts say too little of.
func (t *Tokenizer) careful(r rune, at, width int64) {
	if invisible(r) || combining(r) {
		return
	}
	if r >= factsEnd {
		t.marks.note(r)
	}
	if raised(r) {
		t.marks.Count[MarkMath]++
	}
	plain := base(fold(compat(r)))
	if plain < utf8.RuneSelf {
		t.ascii(byte(plain), at, width)
		return
	}
	if s := expand(plain); s != "" {
		for i := 0; i < len(s); i++ {
			t.ascii(s[i], at, width)
		}
		t.traits |= hasOther // one character, so no disguise
		return
	}
	script, class := classify(plain)
	switch class {
	case joins:
		t.letter(plain, factOf(r)&(factLatin|factLookalike)|fact(script)<<16, at, width)
	case alone:
		t.kana(plain, script, at, width)
	default:
		t.separate(plain)
		if t.spots == nil {
			break
		}
		if looks, _ := Lookalike(plain); looks != 0 { // a Roman numeral
			t.spots.add(SpotWord, at)
		}
	}
}

// kana reads a character of a script without spaces, which may be a kana with a voicing mark.
func (t *Tokenizer) kana(r rune, script Script, at, width int64) {
	kana, mark := unvoice(r)
	t.single(kana, script, at, width)
	if mark != 0 {
		t.single(mark, script, at, width)
	}
}

// separate reads a character beyond ASCII that ends a word.
func (t *Tokenizer) separate(plain rune) {
	t.endWord()
	t.dot, t.ticks = false, 0
	if m := runeMark(plain); m != MarkNone {
		t.mark(m)
	}
}

// letter adds a letter beyond ASCII to the word.
func (t *Tokenizer) letter(plain rune, f fact, at, width int64) {
	if t.tail != tailNone {
		t.afterTail('a')
	}
	if t.size == 0 {
		t.begin(at)
	}
	t.endData(at)
	if plain < 0x800 {
		t.push(byte(0xC0 | plain>>6))
		t.push(byte(0x80 | plain&0x3F))
	} else {
		var buf [utf8.UTFMax]byte
		for _, c := range buf[:utf8.EncodeRune(buf[:], plain)] {
			t.push(c)
		}
	}
	if script := f.script(); script != Latin {
		t.script = script
	}
	switch {
	case f&factLatin != 0:
		t.traits |= hasLetter
	case f&factLookalike != 0:
		t.traits |= hasLookalike
	default:
		t.traits |= hasOther
	}
	t.letters++
	t.alpha = true
	t.end = at + width
	t.ticks = 0
}

// single makes a character of a script without spaces a token of its own.
func (t *Tokenizer) single(r rune, script Script, at, width int64) {
	t.endWord()
	t.letter(r, fact(script)<<16, at, width)
	t.emit(FinishHash(t.h, t.rest), Char)
	t.h, t.rest, t.fill, t.size = HashSeed, 0, 0, 0
	t.script, t.alpha, t.dot = Latin, false, false
	t.letters, t.data, t.traits = 0, 0, 0
}

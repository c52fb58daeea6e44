package disguise

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// longestWord is how far the beginning or end of a word is looked for, in bytes.
const longestWord = 64

// noteMended notes that p[from:to] of the text that is being written was put right. They are noted in their order.
func (r *Reading) noteMended(from, to int) {
	if last := len(r.mended) - 1; last >= 0 && from-r.mended[last][1] <= 2*(margin+longestWord) {
		r.mended[last][1] = to // both have one context
		return
	}
	r.mended = append(r.mended, [2]int{from, to})
}

// hand hands on what was put right of a text, with its context, so that the rest of a long text is not read once more because a
// single word of it was put right.
func (r *Reading) hand(p []byte) {
	if r.all {
		r.Out(p, true, true)
		return
	}
	if r.inner {
		r.enough = r.Out(p, r.begins, r.ends) && r.enough
		return
	}
	for i := 0; i < len(r.mended); {
		from, to := r.before(p, r.mended[i][0]), r.behind(p, r.mended[i][1])
		for i++; i < len(r.mended) && r.mended[i][0] < to; i++ {
			to = r.behind(p, r.mended[i][1])
		}
		if !r.Out(p[from:to], from == 0, to == len(p)) {
			r.Out(p, true, true)
			return
		}
	}
}

// before returns where the context of a word begins that begins at p[i].
func (r *Reading) before(p []byte, i int) int { return wordsBefore(p, i, r.ContextWords) }

// behind returns where the context of a word ends that ends at p[i].
func (r *Reading) behind(p []byte, i int) int { return wordsBehind(p, i, r.ContextWords) }

// spanBefore returns a place before a word that begins at p[i] from which on at least SpanWords words stand before it.
func (r *Reading) spanBefore(p []byte, i int) int {
	if r.SpanWords == 0 {
		return 0
	}
	return wordsBefore(p, i, r.SpanWords)
}

// spanBehind returns a place behind a word that ends at p[i] up to which at least SpanWords words stand behind it.
func (r *Reading) spanBehind(p []byte, i int) int {
	if r.SpanWords == 0 {
		return len(p)
	}
	return wordsBehind(p, i, r.SpanWords)
}

// wordsBefore returns the start of a word from which on at least n words stand before p[i], or 0.
func wordsBefore(p []byte, i, n int) int {
	for c := (counting{}); i > 0 && c.words < n; {
		if b := p[i-1]; b < utf8.RuneSelf {
			c.ascii(b)
			i--
			continue
		}
		r, size := utf8.DecodeLastRune(p[:i])
		c.beyond(r)
		i -= size
	}
	return wordStart(p, i)
}

// wordsBehind returns the end of a word up to which at least n words stand behind p[i], or the end of p.
func wordsBehind(p []byte, i, n int) int {
	for c := (counting{}); i < len(p) && c.words < n; {
		if b := p[i]; b < utf8.RuneSelf {
			c.ascii(b)
			i++
			continue
		}
		r, size := utf8.DecodeRune(p[i:])
		c.beyond(r)
		i += size
	}
	return wordEnd(p, i)
}

// counting counts the words that a text has for sure, however it is read. Whoever writes around a disguised word can fill the room with what is no word at all:
// so signs, marks and emoji count for nothing, letters by themselves, which may be a word together, for nothing either, and what only signs part that may stand
// for letters for one.
type counting struct{ words, letters int }

func (c *counting) ascii(b byte) {
	switch set := charset.Of(b); {
	case set&(charset.Letters|charset.Digits) != 0:
		c.letters++
	case set&charset.Words == 0:
		c.part()
	}
}

func (c *counting) beyond(r rune) {
	switch {
	case text.Separates(r):
		c.part()
	case r >= 0x3041 && r <= 0x3096 || r >= 0x3400 && r <= 0x9FFF: // kana and Han, which are words by themselves
		c.words++
	case isLetter(r):
		c.letters++
	}
}

// part ends what may be a word.
func (c *counting) part() {
	if c.letters > 1 {
		c.words++
	}
	c.letters = 0
}

// isLetter reports whether a character is a letter of a frequent alphabet and nothing that texts are read without, such as an accent.
func isLetter(r rune) bool {
	return r >= 0xC0 && r < 0x250 || r >= 0x370 && r < 0x483 || r >= 0x48A && r < 0x591 || r >= 0x5D0 && r < 0x5F3 || r >= 0x621 && r < 0x63B || r >= 0x641 && r < 0x64B ||
		r >= 0x30A1 && r < 0x30FB || r >= 0xAC00 && r < 0xD7A4
}

// Neighbours returns the words that stand before p[from:to] and behind it, which are empty where there is none. ok is false if it takes more than one of them to
// say what it may be: if it may begin with what a sign glues to it, as in "\nrules", or be one of letters apart.
func Neighbours(p []byte, from, to int) (before, behind []byte, ok bool) {
	before, at := wordBefore(p, from)
	behind, end := wordBehind(p, to)
	ok = !glued(p, at) && !glued(p, end-len(behind))
	if len(before) == 1 {
		next, _ := wordBefore(p, at)
		ok = ok && !apartFrom(next)
	}
	if len(behind) == 1 {
		next, _ := wordBehind(p, end)
		ok = ok && !apartFrom(next)
	}
	return before, behind, ok
}

// glued reports whether what begins at p[i] may be glued to a sign before it.
func glued(p []byte, i int) bool { return i > 0 && text.GlueSign(p[i-1]) }

// apartFrom reports whether a word beside a single letter may be another letter apart.
func apartFrom(word []byte) bool {
	return len(word) == 1 || !charset.All(word, charset.Letters|charset.Digits)
}

// wordBefore is the last word before p[i], and where it begins. It is empty if there is none.
func wordBefore(p []byte, i int) (word []byte, from int) {
	for i > 0 && !charset.Word(p[i-1]) {
		i--
	}
	for from = i; from > 0 && charset.Word(p[from-1]); {
		from--
	}
	return p[from:i], from
}

// wordBehind is the first word from p[i] on, and where it ends. It is empty if there is none.
func wordBehind(p []byte, i int) (word []byte, to int) {
	for i < len(p) && !charset.Word(p[i]) {
		i++
	}
	for to = i; to < len(p) && charset.Word(p[to]); {
		to++
	}
	return p[i:to], to
}

// MayBe returns what a word may be read as, as its hashes: as it is written, which is the first one, and as what it disguises. Where there is no word that is
// the hash 0. ok is false if that cannot be said of it alone: if it has more than ASCII letters and digits, but for signs at its
// ends.
func (r *Reading) MayBe(word []byte) (hashes [3]uint64, n int, ok bool) {
	if len(word) == 0 {
		return hashes, 1, true
	}
	plain := Trim(word)
	if len(plain) == 0 || len(word) > longestWord || !charset.All(plain, charset.Letters|charset.Digits) {
		return hashes, 0, false
	}
	hashes[0] = text.HashFolded(plain)
	n = 1
	if len(plain) == len(word) && charset.All(word, charset.Letters) {
		return hashes, n, true
	}
	doubtful, last := r.doubtful, r.last
	for _, r.last = range [...]bool{false, true} {
		if guess, _, _ := r.guess(word, false); guess != nil {
			hashes[n] = text.HashFolded(guess)
			n++
		}
	}
	r.doubtful, r.last = doubtful, last
	return hashes, n, true
}

// Trim returns a word without the signs before it and behind it.
func Trim(p []byte) []byte {
	for len(p) > 0 && charset.Of(p[0])&charset.Signs != 0 {
		p = p[1:]
	}
	for len(p) > 0 && charset.Of(p[len(p)-1])&charset.Signs != 0 {
		p = p[:len(p)-1]
	}
	return p
}

// wordStart returns where a word begins, at p[i] or before it.
func wordStart(p []byte, i int) int {
	for n := 0; i > 0 && n < longestWord; n++ {
		if p[i-1] == ' ' || p[i-1] == '\n' {
			return i
		}
		i--
	}
	for i > 0 && !utf8.RuneStart(p[i]) {
		i--
	}
	return max(i, 0)
}

// wordEnd returns where a word ends, at p[i] or behind it.
func wordEnd(p []byte, i int) int {
	for n := 0; i < len(p) && n < longestWord; n++ {
		if p[i] == ' ' || p[i] == '\n' {
			return i
		}
		i++
	}
	for i < len(p) && !utf8.RuneStart(p[i]) {
		i++
	}
	return min(i, len(p))
}

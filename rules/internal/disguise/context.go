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

// Neighbour is a word beside another one, and what it may be.
type Neighbour struct {
	// Written is the word that stands there nearest, as it is written; one without a hash if there is none.
	Written text.Token
	// Guesses are the hashes of what all of it may disguise.
	Guesses []uint64

	guesses [2]uint64
}

// Neighbours looks at the words that stand before p[from:to] and behind it. It returns false if it takes more than one of them to say what it may be: if it may begin
// with what a sign glues to it, as in "\nrules", or be one of letters apart.
func (r *Reading) Neighbours(p []byte, from, to int, before, behind *Neighbour) bool {
	word, at := wordBefore(p, from)
	if glued(p, at) || single(word) && mayBeApart(wordBefore(p, at)) || !r.mayBe(before, word, true) {
		return false
	}
	word, end := wordBehind(p, to)
	return !glued(p, end-len(word)) && !(single(word) && mayBeApart(wordBehind(p, end))) && r.mayBe(behind, word, false)
}

// glued reports whether what begins at p[i] may be glued to a sign before it: by a sequence that has begun there and not ended, as the one of "\n", "%5.2d" and
// "ESC[1;31m", in which signs may part what is no word.
func glued(p []byte, i int) bool {
	for at := i - 1; at >= max(0, i-longestFormat) && p[at] != ' '; at-- {
		if text.GlueSign(p[at]) {
			return true
		}
	}
	return controls(p, i)
}

// longestFormat is how many bytes a sequence that glues has at most, but for those by which terminals and chats colour text: "%-12.345d".
const longestFormat = 10

// controls reports whether p[i] belongs to a sequence by which terminals and chats colour text.
func controls(p []byte, i int) bool {
	for at := i - 1; at >= max(0, i-text.LongestControls) && p[at] != ' '; at-- {
		if text.GlueSign(p[at]) && at+text.Controls(p, at) >= i {
			return true
		}
	}
	return false
}

// single reports whether a word is one character.
func single(word []byte) bool {
	return len(word) > 0 && len(word) <= utf8.UTFMax && utf8.RuneCount(word) == 1
}

// mayBeApart reports whether a word beside a single letter may be another letter apart.
func mayBeApart(word []byte, _ int) bool { return single(word) }

// mayBe says what a word may be; last says that the word behind it is asked for and not the one before it. It returns false if that cannot be said.
func (r *Reading) mayBe(is *Neighbour, word []byte, last bool) bool {
	is.Written, is.Guesses = text.Token{}, is.guesses[:0]
	if len(word) == 0 {
		return true
	}
	if len(word) > longestWord {
		return false
	}
	for _, c := range word {
		if text.GlueSign(c) {
			return false
		}
	}
	if charset.All(word, charset.Letters) {
		is.Written.Hash = text.HashFolded(word)
		return true
	}
	tokens := r.splitter.SplitBytes(word)
	switch {
	case len(tokens) == 0:
		return false // signs, which may be letters or nothing
	case last:
		is.Written = tokens[len(tokens)-1]
	default:
		is.Written = tokens[0]
	}
	doubtful, asked := r.doubtful, r.last
	for _, r.last = range [...]bool{false, true} {
		if guess, _, _ := r.guess(word, false); guess != nil {
			is.Guesses = append(is.Guesses, text.HashFolded(guess))
		}
	}
	r.doubtful, r.last = doubtful, asked
	return true
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

// trim returns a word without the signs before it and behind it.
func trim(p []byte) []byte {
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

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
func (r *Reading) before(p []byte, i int) int {
	for words := 0; i > 0 && words < r.ContextWords; i-- {
		if c := p[i-1]; c >= 0xC0 || c < utf8.RuneSelf && !charset.Plain(c) && (i == len(p) || charset.Plain(p[i])) {
			words++
		}
	}
	return wordStart(p, i)
}

// behind returns where the context of a word ends that ends at p[i].
func (r *Reading) behind(p []byte, i int) int {
	for words := 0; i < len(p) && words < r.ContextWords; i++ {
		if c := p[i]; c >= 0xC0 || c < utf8.RuneSelf && !charset.Plain(c) && i > 0 && charset.Plain(p[i-1]) {
			words++
		}
	}
	return wordEnd(p, i)
}

// spanBefore returns a place before a word that begins at p[i] from which on at least SpanWords words stand before it, however it is read: what no space parts counts
// for one, and letters by themselves, which may be a word together, for none.
func (r *Reading) spanBefore(p []byte, i int) int {
	if r.SpanWords == 0 {
		return 0
	}
	for words, end := 0, i; i > 0; i-- {
		if !space(p[i-1]) {
			continue
		}
		if end-i > 1 {
			if words++; words == r.SpanWords {
				break
			}
		}
		end = i - 1
	}
	return i
}

// spanBehind returns a place behind a word that ends at p[i] up to which at least SpanWords words stand behind it.
func (r *Reading) spanBehind(p []byte, i int) int {
	if r.SpanWords == 0 {
		return len(p)
	}
	for words, start := 0, i; i < len(p); i++ {
		if !space(p[i]) {
			continue
		}
		if i-start > 1 {
			if words++; words == r.SpanWords {
				break
			}
		}
		start = i + 1
	}
	return i
}

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }

// Neighbours returns the hashes of the words that stand before p[from:to] and behind it, 0 where there is none. ok is false if one of them is more than
// plain ASCII letters.
func Neighbours(p []byte, from, to int) (before, behind uint64, ok bool) {
	for from > 0 && !charset.Word(p[from-1]) {
		from--
	}
	start := from
	for start > 0 && charset.Word(p[start-1]) {
		start--
	}
	for to < len(p) && !charset.Word(p[to]) {
		to++
	}
	end := to
	for end < len(p) && charset.Word(p[end]) {
		end++
	}
	before, ok = plainWord(p[start:from])
	if ok {
		behind, ok = plainWord(p[to:end])
	}
	return before, behind, ok
}

// plainWord is the hash of a word of ASCII letters, 0 for none; ok is false if it is something else.
func plainWord(p []byte) (hash uint64, ok bool) {
	switch {
	case len(p) == 0:
		return 0, true
	case len(p) > longestWord || !charset.All(p, charset.Letters):
		return 0, false
	}
	return text.HashFolded(p), true
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

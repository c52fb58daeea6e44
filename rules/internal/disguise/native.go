package disguise

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
)

const (
	shortWord = 3 // characters of the longest word that is looked at
	nearWords = 3 // on each side
)

// native reports whether the short word p[from:to] is one of an alphabet that is not Latin, among words of it. All letters of "на" and "то" look like Latin
// ones, and Russian is full of them; whoever disguises a word has Latin ones around it.
func (r *Reading) native(p []byte, from, to int) bool {
	if to-from > shortWord*utf8.UTFMax || !beyondASCII(p[from:to]) || utf8.RuneCount(p[from:to]) > shortWord {
		return false
	}
	before, ok := r.foreignBefore(p[:from])
	if !ok {
		return false
	}
	behind, ok := r.foreignBehind(p[to:])
	return ok && (before || behind)
}

// foreignBefore looks at the words that p ends with. found says that one of them is no Latin one; ok is false if a word nearer
// than that has anything of ASCII, or if there is none so near.
func (r *Reading) foreignBefore(p []byte) (found, ok bool) {
	for range nearWords {
		for len(p) > 0 && !charset.Word(p[len(p)-1]) {
			p = p[:len(p)-1]
		}
		from := len(p)
		for from > 0 && charset.Word(p[from-1]) {
			from--
		}
		switch word := p[from:]; {
		case len(word) == 0:
			return false, true
		case !beyondASCII(word):
			return false, false
		case r.foreign(word):
			return true, true
		}
		p = p[:from]
	}
	return false, false
}

// foreignBehind is foreignBefore for the words that p begins with.
func (r *Reading) foreignBehind(p []byte) (found, ok bool) {
	for range nearWords {
		for len(p) > 0 && !charset.Word(p[0]) {
			p = p[1:]
		}
		to := 0
		for to < len(p) && charset.Word(p[to]) {
			to++
		}
		switch word := p[:to]; {
		case len(word) == 0:
			return false, true
		case !beyondASCII(word):
			return false, false
		case r.foreign(word):
			return true, true
		}
		p = p[to:]
	}
	return false, false
}

// beyondASCII reports whether a word has no ASCII character.
func beyondASCII(p []byte) bool {
	for _, c := range p {
		if c < utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foreign reports whether a word beyond ASCII is no Latin one, whatever its letters look like.
func (r *Reading) foreign(p []byte) bool {
	for rest := p; len(rest) > 0; {
		if _, size := guessBeyond(rest); size == 0 && parting(rest) == 0 {
			return true
		}
		_, size := utf8.DecodeRune(rest)
		rest = rest[size:]
	}
	doubtful := r.doubtful
	word := r.spelled.read(p, true) && r.spelled.n > 1 && r.choose(&r.spelled) == nil
	r.doubtful = doubtful
	return word
}

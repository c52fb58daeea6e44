package text

import "github.com/mom-router/mom-router/rules/internal/charset"

// Names whose punctuation carries the meaning are kept whole: c++ and c# (likewise for f, g and
// j) and .net. The list is short on purpose: if any word could swallow the signs behind it,
// "ignore# all# rules#" would no longer hold the words "ignore all rules". No English word is one
// of these letters alone.

// tailLetter reports whether a word of this one letter may carry "++" or "#".
func tailLetter(c byte) bool { return c == 'c' || c == 'f' || c == 'g' || c == 'j' }

// HashOf is the hash of a normalised word.
func HashOf[T string | []byte](word T) uint64 {
	h, rest, fill := uint64(HashSeed), uint64(0), 0
	for i := 0; i < len(word); i++ {
		rest |= uint64(word[i]) << (8 * fill)
		if fill++; fill == 8 {
			h, rest, fill = MixHash(h, rest), 0, 0
		}
	}
	return FinishHash(h, rest)
}

// HashFolded is the hash of a word of ASCII letters and digits, in small letters or not.
func HashFolded(p []byte) uint64 {
	h, rest, fill := uint64(HashSeed), uint64(0), 0
	for _, c := range p {
		rest |= uint64(charset.Lower(c)) << fill
		if fill += 8; fill == 64 {
			h, rest, fill = MixHash(h, rest), 0, 0
		}
	}
	return FinishHash(h, rest)
}

// A word "net" right behind a full stop is the token ".net", also at the end of "asp.net".
var (
	netHash    = HashOf("net")
	dotNetHash = HashOf(".net")
)

// tail is how much of the "++" or "#" behind a tailLetter has been read.
type tail uint8

const (
	tailNone  tail = iota
	tailOpen       // the letter alone, so far
	tailPlus       // one +
	tailPair       // ++: a name, unless a letter follows
	tailSharp      // #: likewise
)

// addTail offers a separator to the word's tail. It reports whether the tail took it; end is the
// offset behind it.
func (t *Tokenizer) addTail(c byte, end int64) bool {
	switch {
	case t.tail == tailOpen && c == '+':
		t.tail = tailPlus
		return true
	case t.tail == tailOpen && c == '#':
		t.tail, t.tailEnd = tailSharp, end
		return true
	case t.tail == tailPlus && c == '+':
		t.tail, t.tailEnd = tailPair, end
		return true
	}
	return false
}

// closeTail ends the word's tail and makes it part of the word if it makes a name.
func (t *Tokenizer) closeTail() {
	switch t.tail {
	case tailPair:
		t.push('+')
		t.push('+')
		t.end = t.tailEnd
	case tailSharp:
		t.push('#')
		t.end = t.tailEnd
	}
	t.tail = tailNone
}

// afterTail ends the word if signs stand between it and the letter or digit c. Behind a letter
// the signs were separators ("c#d"); a digit is a version ("c++11").
func (t *Tokenizer) afterTail(c byte) {
	if t.tail == tailOpen {
		t.tail = tailNone
		return
	}
	if c > '9' {
		t.tail = tailNone
	}
	t.endWord()
}

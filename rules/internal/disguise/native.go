package disguise

import "unicode/utf8"

const (
	shortWord = 3 // characters of the longest word that is looked at
	nearWords = 3 // on each side
)

// alphabet is one whose short words often look like Latin ones, all letters of them.
type alphabet uint8

const (
	noAlphabet alphabet = iota
	cyrillic
	greek
)

// alphabetOf is the alphabet that people write a letter in. Letters of rare languages are of none: "ѕ" and "ԁ" are known for nothing but that they look like "s"
// and "d".
func alphabetOf(r rune) alphabet {
	switch {
	case r >= 'А' && r <= 'я':
		return cyrillic
	case r >= 'Ά' && r <= 'ώ':
		return greek
	}
	switch r {
	case 'Ё', 'ё', 'Є', 'є', 'І', 'і', 'Ї', 'ї', 'Ј', 'ј', 'Ў', 'ў', 'Ґ', 'ґ':
		return cyrillic
	}
	return noAlphabet
}

// native reports whether the short word p[from:to] is one of an alphabet that is not Latin, among words of it. All letters of "на" and "то" look like Latin
// ones, and Russian is full of them; whoever disguises a word has Latin ones around it, or takes letters from anywhere.
func (r *Reading) native(p []byte, from, to int) bool {
	if to-from > shortWord*utf8.UTFMax || utf8.RuneCount(p[from:to]) > shortWord {
		return false
	}
	first, _ := utf8.DecodeRune(p[from:to])
	of := alphabetOf(first)
	if of == noAlphabet || !writtenIn(p[from:to], of) {
		return false
	}
	before, ok := r.foreignNear(p, from, of, wordBefore)
	if !ok {
		return false
	}
	behind, ok := r.foreignNear(p, to, of, wordBehind)
	return ok && (before || behind)
}

// writtenIn reports whether all letters of a word are of an alphabet.
func writtenIn(p []byte, of alphabet) bool {
	for len(p) > 0 {
		letter, size := utf8.DecodeRune(p)
		if alphabetOf(letter) != of {
			return false
		}
		p = p[size:]
	}
	return true
}

// foreignNear looks at the words from p[i] on, in one direction. found says that one of them is no Latin one, but of an alphabet; ok is false if a word nearer
// than that has anything of ASCII, or if there is none so near.
func (r *Reading) foreignNear(p []byte, i int, of alphabet, next func(p []byte, i int) (word []byte, end int)) (found, ok bool) {
	for range nearWords {
		var word []byte
		switch word, i = next(p, i); {
		case len(word) == 0:
			return false, true
		case !beyondASCII(word):
			return false, false
		case writtenIn(word, of) && r.foreign(word):
			return true, true
		}
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

// foreign reports whether a word of another alphabet is no Latin one, whatever its letters look like.
func (r *Reading) foreign(p []byte) bool {
	for rest := p; len(rest) > 0; {
		_, size := guessBeyond(rest)
		if size == 0 {
			return true
		}
		rest = rest[size:]
	}
	doubtful := r.doubtful
	word := r.spelled.read(p, true) && r.spelled.n > 1 && r.chooseAny(&r.spelled) == nil
	r.doubtful = doubtful
	return word
}

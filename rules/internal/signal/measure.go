package signal

import (
	_ "embed"
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// How many tokens a model makes of a text is estimated from what the scan of it counts anyway: words and their letters, digits, characters of each script, and
// marks. What one of them costs was learned for each family of tokenizers (go run ./rules/train tokens), by kinds of text that differ: a long word is one token in
// English and four in German. So words are told apart by how long those of their string are, and whether it has accents.

// Family is a family of tokenizers that count much alike.
type Family uint8

// The families. Mix is the largest estimate of all: for models of which nothing is said.
const (
	Mix Family = iota
	O200k
	Llama3
	Qwen
	DeepSeek

	families
)

// Families are their names as a policy writes them.
var Families = []string{Mix: "mix", O200k: "o200k", Llama3: "llama3", Qwen: "qwen", DeepSeek: "deepseek"}

// What is measured of a text.
const (
	perWord   = 0                   // words in Latin letters, by their bucket
	perLetter = perWord + buckets   // their letters from the seventh on, by their bucket
	perScript = perLetter + buckets // bytes of other letters, by script
	perNumber = perScript + int(text.Scripts)
	perTriple = perNumber + 1 // three digits of a number behind the first three
	perDigit  = perTriple + 1 // all digits of numbers
	perAll    = perDigit + 1  // all letters of words in Latin letters
	perMark   = perAll + 1    // marks, by kind
	perText   = perMark + text.MarkKinds
	perPart   = perText + 1   // definitions of tools
	perIndent = perPart + 1   // lines that begin with a space
	perPair   = perIndent + 1 // pairs of Chinese characters that often stand together; perScript counts the others

	// Measures is how many there are.
	Measures = perPair + 1
)

// Measure is what was measured of a text.
type Measure [Measures]uint64

func (m *Measure) add(o *Measure) {
	for i, n := range o {
		m[i] += n
	}
}

// shortWord is how many letters a word has that nearly always is one token.
const shortWord = 6

// The buckets go by how many letters the words of a string have on average, in eighths.
const (
	buckets  = 2 * lengths
	lengths  = 6
	accented = lengths // the first bucket of strings with accents
)

var bucketEnds = [lengths - 1]uint32{36, 42, 48, 58, 100}

// fewAccents is how many different letters with accents a string may have that is mostly English.
const fewAccents = 2

// length counts what the open string has so far.
type length struct {
	words, letters, long uint32 // in Latin letters; letters beyond shortWord
	numbers, triples     uint32
	digits               uint32
	script               [text.Scripts]uint32
	marks                [text.MarkKinds]uint32
	accents              [3]uint64
	indented             uint32
	pairs                uint32 // of Chinese characters
	unpaired             uint64 // the hash of the last Chinese character, if it may begin a pair; else 0
	foreign, marked      bool   // there is something in script, in marks
}

// mark adds what stands between words. Nearly all strings have it once.
func (l *length) mark(m *text.Marks) {
	if !l.marked {
		l.marks, l.accents, l.indented, l.marked = m.Count, m.Accents, m.Indented, true
		return
	}
	l.indented += m.Indented
	for i, n := range m.Count {
		l.marks[i] += n
	}
	for i, set := range m.Accents {
		l.accents[i] |= set
	}
}

// encoded reports whether a text looks like base64 or a hex dump rather than words: its tokens
// are far longer than those of any language.
func (l *length) encoded() bool { return l.words > 16 && l.letters/20 > l.words }

// hanPairs are pairs of Chinese characters that often stand together, which is what vocabularies have tokens for: a bit for each by its hash, so that one of twenty others
// passes for one. Learned: go run ./rules/train pairs.
//
//go:embed measure_pairs.bin
var hanPairs string

// pairBytes is how many bytes a pair takes.
const pairBytes = 6

// PairBit is the bit of measure_pairs.bin that stands for a pair of Chinese characters, given their hashes.
func PairBit(a, b uint64) int { return int(weights.Pair(a, b) >> 48) }

// han counts a Chinese character.
func (l *length) han(t *text.Token) {
	var pair uint64
	l.unpaired, pair = pairHan(l.unpaired, t)
	l.pairs += uint32(pair)
}

// pairHan says whether a Chinese character is the second of a pair, as 1 or 0, given the hash of the one before it that is in none, and which one that is then.
// Vocabularies know few words in traditional ones. It has no branch that nobody can foresee.
func pairHan(before uint64, t *text.Token) (unpaired, pair uint64) {
	bit := uint(PairBit(before, t.Hash))
	pair = uint64(hanPairs[bit/8]>>(bit%8)&1) & ((before | -before) >> 63) &^ t.TraditionalBit()
	return t.Hash & -(1 &^ t.TraditionalBit() &^ pair), pair
}

// measure adds what the string has to a measure.
func (l *length) measure(to *Measure) {
	if l.words > 0 {
		b := 0
		for b < len(bucketEnds) && l.letters*8 >= bucketEnds[b]*l.words {
			b++
		}
		if bits.OnesCount64(l.accents[0])+bits.OnesCount64(l.accents[1])+bits.OnesCount64(l.accents[2]) > fewAccents {
			b += accented
		}
		to[perWord+b] += uint64(l.words)
		to[perLetter+b] += uint64(l.long)
	}
	if l.foreign {
		for i, n := range l.script {
			to[perScript+i] += uint64(n)
		}
		to[perScript+int(text.Han)] -= uint64(pairBytes * l.pairs)
		to[perPair] += uint64(l.pairs)
	}
	to[perIndent] += uint64(l.indented)
	if l.numbers > 0 {
		to[perNumber] += uint64(l.numbers)
		to[perTriple] += uint64(l.triples)
		to[perDigit] += uint64(l.digits)
	}
	to[perAll] += uint64(l.letters)
	for i, n := range l.marks {
		to[perMark+i] += uint64(n)
	}
}

// parts of a token in which weights are written.
const partsOfToken = 256

// Tokens estimates how many tokens a family makes of what was measured.
func (m *Measure) Tokens(f Family) int64 {
	if f == Mix {
		var most int64
		for f := O200k; f < families; f++ {
			most = max(most, m.Tokens(f))
		}
		return most
	}
	var sum uint64
	for i, n := range m {
		if n != 0 { // as few are
			sum += n * uint64(tokenWeights[f-1][i])
		}
	}
	return int64(sum / partsOfToken)
}

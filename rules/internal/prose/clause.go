package prose

import (
	_ "embed" // the lists are part of the program
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// A list need not be long to buy a dearer model: "What time is it? Eigenvalue, trace." One that stands apart, between the ends of sentences or lines,
// is told from a sentence by what sentences alone have: a pronoun, a word that asks, an auxiliary verb (a clause), or a verb that
// asks for something at the beginning. Beside a sentence such a stretch says little of what is asked for; where there is no sentence, it is
// all that is asked for: "python list index out of range".

// linkerWords are those function words that stand between the words of a list as well: articles, prepositions, conjunctions.
//
//go:embed linkers.txt
var linkerWords string

// askingWords are verbs in the form in which a sentence begins that asks for something.
//
//go:embed asks.txt
var askingWords string

// ambiguousWords are others, which stand in lists as nouns: they ask where a function word is in the same stretch, "debug this".
//
//go:embed mayask.txt
var ambiguousWords string

// Stretch is what stands between two ends of sentences or lines. The zero value stands at its beginning.
type Stretch struct {
	words     int32 // so far
	functions int32 // how many of those hold a sentence together
	length    int32 // of the others, as that of a run, but for characters, which are as long as words
	letters   bool  // there is a word of content beside a verb that asks
	clause    bool  // there is a word that only sentences have
	asks      bool  // it begins with a verb that asks
	mayAsk    bool  // or with what may be one
	other     bool  // it has code, or words of a script that we have no lists for
	number    bool  // a number is among its words, or last
	data      bool  // a number stands between its words: "a ball of 2 kg" is no list, if no sentence either
}

// firstWords is how far the verb that asks may stand from the beginning: "please explain", "now prove".
const firstWords = 2

// Read reads words of the stretch: those of a batch that have a bit. It returns the bit of the verb that asks, if it is among them.
func (s *Stretch) Read(batch []text.Token, words uint64, seen Survey) (verb uint64) {
	functions := seen.Functions & words
	for rest := functions; rest != 0 && !s.clause; rest &= rest - 1 {
		s.clause = known.kind(batch[bits.TrailingZeros64(rest)&63].Hash)&linker == 0
	}
	content := words &^ functions
	for rest := words; rest != 0 && s.words < firstWords; rest &= rest - 1 {
		t := &batch[bits.TrailingZeros64(rest)&63]
		kind := known.kind(t.Hash)
		if !s.asks && kind&asking != 0 && (s.words == 0 || t.Script() != text.Han) {
			s.asks, verb = true, rest&-rest
			content &^= verb
		}
		s.mayAsk = s.mayAsk || kind&ambiguous != 0
		s.words++
		words &= words - 1
	}
	s.words += int32(bits.OnesCount64(words))
	s.functions += int32(bits.OnesCount64(functions))
	s.letters = s.letters || content != 0
	if s.clause { // nothing else matters
		return verb
	}
	for rest := content | verb; rest != 0 && s.length <= longestListed; rest &= rest - 1 {
		t := &batch[bits.TrailingZeros64(rest)&63]
		grow := int32(wordLength)
		if !t.Plain() || t.Len() == 1 {
			grow = unusual(t.Traits)
		}
		if grow < 0 {
			s.other = true
			break
		}
		switch number := t.Kind() == text.Number; {
		case number:
			s.data, s.number = s.data || s.number, true
		case s.length == 0 && t.Script() != text.Han:
			s.number = false // it was that of the line
			s.length = grow
		default:
			s.data = s.data || s.number
			s.length += wordLength * min(grow, 1)
		}
	}
	return verb
}

// longestListed is the length of the longest stretch that is told from a sentence by its lack of a clause alone: a longer one may well be a sentence that
// has none of the words that we know.
const longestListed = 12 * wordLength

// Listed reports whether the stretch, which has ended, is a list rather than a sentence.
func (s *Stretch) Listed() bool {
	if s.length == 0 || s.data || s.sentence() {
		return false
	}
	content := s.words - s.functions
	if s.length > longestListed {
		return 4*s.functions <= content
	}
	return 3*s.functions <= 2*content // "conservation of momentum"
}

// Asks reports whether it is a sentence that says something of its own: "What time is it?" does, "Can you help me?" does not.
func (s *Stretch) Asks() bool { return s.letters && s.sentence() }

func (s *Stretch) sentence() bool {
	return s.clause || s.other || s.asks && s.letters || s.mayAsk && s.functions > 0
}

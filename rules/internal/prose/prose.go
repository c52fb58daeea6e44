// Package prose tells words that stand in sentences from words that are strung together.
//
// Whoever wants a dearer model than a question deserves appends the words that speak for it:
// "What time is it? theorem integral eigenvalue lemma". Sentences are held together by function
// words ("of", "is", "的"); between two of them stand a few words of content, seldom more than
// four. A longer run is a list, and a list says little about what a message asks for, so none of
// its words count for that. It is no defence of a guard, which looks at every word.
package prose

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// Verdicts are what the neighbours of the words of a batch make of them, a bit for each word. A word without any is part of a run. It counts if
// the text ends or another run begins or a word stands before a word of the run is dropped.
type Verdicts struct {
	// Stands: the word is one that holds a sentence together. The run before it ends. The word counts.
	Stands uint64
	// Begins: the run before the word ends. The word begins another.
	Begins uint64
	// Dropped: the run has become too long. Neither this word nor those of the run before it count. All that follow, to the run's end, are dropped, too.
	Dropped uint64
}

// The length of a run: a word of Latin letters is longer than a character of Chinese, which is
// half a word at most.
const (
	wordLength = 3
	hanLength  = 1
	longest    = 4 * wordLength
	endless    = 6 * wordLength // of a list beyond doubt
)

// Filter reads the words of one text. The zero value stands at its beginning.
type Filter struct {
	length   int32  // of the run
	sentence uint16 // the number of the word's before
	held     bool   // together, is that sentence, by a function word
}

// Reset makes the filter ready for another text.
func (f *Filter) Reset() { *f = Filter{} }

// Survey is what is known of a batch of at most 64 words before it is judged.
type Survey struct {
	Functions uint64 // a bit for each word that holds a sentence together
	Sentences uint64 // and for each one whose sentence is another than that of the word before
	Unlisted  bool   // some word is code, or of a script that is neither Latin nor Chinese
}

// Sentence is the number of the last word's sentence.
func (f *Filter) Sentence() uint16 { return f.sentence }

// Skim judges a batch as Judge does, at once and not word by word. It returns the place of the first word behind those whose run has ended; 0 if the run
// that was there goes on through all of the batch. ok is false, and nothing has happened, if some word may have to be Dropped.
func (f *Filter) Skim(batch []text.Token, s Survey) (begins int, ok bool) {
	if s.Unlisted || len(batch) == 0 || len(batch) > 64 {
		return 0, false
	}
	held, resets := f.held, uint64(0) // where a sentence begins that ends a run
	from := 0
	for changes := s.Sentences; changes != 0; changes &= changes - 1 {
		i := bits.TrailingZeros64(changes)
		if held = held || s.Functions&(1<<i-1)>>from != 0; held {
			resets |= 1 << i
		}
		held, from = false, i
	}
	held = held || s.Functions>>from != 0
	// Every other word counts as a long one here. That errs on the safe side.
	content := ^s.Functions & (^uint64(0) >> (64 - len(batch)))
	goesOn := content &^ resets
	if n := bits.TrailingZeros64(^goesOn); f.length+int32(n)*wordLength > longest ||
		content&(goesOn>>1)&(goesOn>>2)&(goesOn>>3)&(goesOn>>4) != 0 {
		return 0, false
	}
	length := f.length
	if last := bits.Len64(s.Functions|resets) - 1; last >= 0 {
		length, begins = 0, last+int(s.Functions>>last&1)
	}
	for _, t := range batch[begins:] {
		if !t.Plain() || t.Len() == 1 {
			length += unusual(t.Traits)
		} else {
			length += wordLength
		}
	}
	f.length, f.held, f.sentence = length, held, batch[len(batch)-1].Sentence()
	return begins, true
}

// Judge judges a batch of at most 64 words; functional has a bit for each of them that holds a sentence together. The end of a sentence ends a run,
// unless there is no function word in the sentence: a list with full stops is a list. A run that is
// much too long goes on to the end of its sentence: "area of a circle" in a list is part of it.
func (f *Filter) Judge(batch []text.Token, functional uint64) (v Verdicts) {
	length, sentence, held := f.length, f.sentence, f.held
	stands, begins, dropped := uint64(0), uint64(0), uint64(0)
	for i := range batch {
		t := batch[i].Traits
		bit := uint64(1) << (i & 63)
		if s := t.Sentence(); s != sentence {
			sentence = s
			if held {
				length, held = 0, false
				begins |= bit
			}
		}
		grow := int32(wordLength)
		if !t.Plain() || t.Len() == 1 {
			grow = unusual(t)
		}
		if function := functional&bit != 0; function || grow < 0 {
			held = true
			if !function || length <= endless {
				length = 0
				stands |= bit
				continue
			}
		} else {
			length = min(length+grow, endless+1)
		}
		if length > longest {
			dropped |= bit
		}
	}
	f.length, f.sentence, f.held = length, sentence, held
	return Verdicts{stands, begins &^ stands, dropped}
}

// unusual is the length of a word that is short, no Latin one or in code, or -1 for one that holds a sentence together.
func unusual(t text.Traits) int32 {
	switch {
	case t.Code():
		return -1
	case t.Script() == text.Han:
		return hanLength
	case t.Script() != text.Latin:
		return -1 // we have no list of its function words, or they are part of the words
	case t.Kind() == text.Number || t.Len() == 1:
		return 0 // formulas and initials neither hold a sentence together nor make a list
	}
	return wordLength
}

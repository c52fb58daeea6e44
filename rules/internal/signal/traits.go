package signal

import (
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// The traits of a message are what learned weights know of it beside its words and pairs of words:
// the points of the term lists and what its structure says, in steps.
const (
	traitAlways   = iota
	traitLength                                         // of the message, in words
	traitNumbers                                        // how many numbers there are
	traitScript                                         // whether it is written in Latin letters
	traitCode                                           // what looks like source code
	traitFormulas                                       // what looks like mathematics
	traitLeader                                         // the domain whose terms weigh most
	traitAlone                                          // the only domain that has terms
	traitMark                                           // with the mark added
	traitPoints   = traitMark + int(text.MarkOther) + 1 // with the class added
	traitShort    = traitPoints + int(classFollowUp)    // the same in a short message
)

// TraitSet returns a set that knows the lists but no weights: for working traits out before there
// are any weights to be learned from them.
func TraitSet() *Set {
	b := NewBuilder()
	b.lists.load(topicLists)
	return b.Build()
}

// Traits appends the traits of the last user message to to.
func (st *State) Traits(to []uint64) []uint64 {
	c := &st.last.counts
	words := st.words()
	to = append(to, weights.Trait(traitAlways, 0), weights.Trait(traitLength, step(words)))
	if c.numbers > 0 {
		to = append(to, weights.Trait(traitNumbers, step(int32(min(c.numbers, 100)))))
	}
	if c.letters[text.Latin] == 0 {
		to = append(to, weights.Trait(traitScript, 0))
	}
	if code := st.code(); code > 0 {
		to = append(to, weights.Trait(traitCode, step(code)))
	}
	if f := st.formulas(false); f > 0 {
		to = append(to, weights.Trait(traitFormulas, int(f)))
	}
	for m, n := range c.marks.Count {
		if n > 0 {
			to = append(to, weights.Trait(traitMark+m, step(int32(min(n, 8)))))
		}
	}
	return st.termTraits(to, words <= shortWords)
}

// termTraits appends what the lists of domains and cues say.
func (st *State) termTraits(to []uint64, short bool) []uint64 {
	p := &st.scores.points
	best, second, with := class(0), int32(0), 0
	for c := class(0); c < classFollowUp; c++ {
		if p[c] == 0 {
			continue
		}
		to = append(to, weights.Trait(traitPoints+int(c), step(p[c])))
		if short {
			to = append(to, weights.Trait(traitShort+int(c), step(p[c])))
		}
		if c > classHistory || p[c] < 0 {
			continue
		}
		with++
		switch {
		case p[c] > p[best]:
			best, second = c, max(p[best], 0)
		case c != best:
			second = max(second, p[c])
		}
	}
	if with > 0 {
		to = append(to, weights.Trait(traitLeader, int(best)<<4|step(p[best]-second)))
	}
	if with == 1 {
		to = append(to, weights.Trait(traitAlone, int(best)<<4|step(p[best])))
	}
	return to
}

// step makes a number coarse: 0 to 4 as they are, then 5 for up to 6, 6 for up to 9, and so on by
// halves, up to 15. Negative ones are 15.
func step(n int32) int {
	if n < 0 {
		return 15
	}
	if n <= 4 {
		return int(n)
	}
	s, limit := 5, int32(6)
	for n > limit && s < 14 {
		limit += limit / 2
		s++
	}
	return s
}

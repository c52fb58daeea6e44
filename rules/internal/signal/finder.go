package signal

import (
	"github.com/mom-router/mom-router/rules/internal/match"
)

// finder looks for the phrases of one automaton in one string after another.
type finder struct {
	automaton *match.Automaton
	at        match.State
	gaps      *match.Gaps
	hits      []match.Hit
}

func newFinder(a *match.Automaton) finder { return finder{automaton: a, gaps: a.NewGaps()} }

// begin makes it ready for another string.
func (f *finder) begin() {
	f.at = 0
	f.gaps.Begin()
}

// open reports whether the string so far ends with the beginning of a phrase.
func (f *finder) open() bool { return f.at != 0 || f.gaps.Open() }

// find returns the phrases that end in a batch of so many words, given their numbers, in their order. They may be used until the next call. looked is what
// match.Automaton.Match says.
func (f *finder) find(numbers *[match.Batch]uint32, tokens int) (hits []match.Hit, looked uint64) {
	f.at, looked, f.hits = f.automaton.Match(f.at, numbers, tokens, f.hits[:0])
	f.hits = f.gaps.Join(f.hits, tokens)
	return f.hits, looked
}

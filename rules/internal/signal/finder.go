package signal

import (
	"github.com/mom-router/mom-router/rules/internal/match"
)

// finder looks for the phrases of one automaton in one string after another.
type finder struct {
	automaton *match.Automaton
	which     int // place of the automaton in the lexicon
	at        match.State
	gaps      *match.Gaps
	hits      []match.Hit
}

func newFinder(a *match.Automaton, which int) finder {
	return finder{automaton: a, which: which, gaps: a.NewGaps()}
}

// begin makes it ready for another string.
func (f *finder) begin() {
	f.at = 0
	f.gaps.Begin()
}

// open says whose phrases the string so far ends with the beginning of.
func (f *finder) open() match.Policy { return f.automaton.Open(f.at) | f.gaps.Open() }

// find returns the phrases that end in a batch of so many words, in their order. They may be used until the next call. looked is what
// match.Automaton.Match says.
func (f *finder) find(words *match.Words, tokens int) (hits []match.Hit, looked uint64) {
	f.at, looked, f.hits = f.automaton.Match(f.at, words, f.which, tokens, f.hits[:0])
	f.hits = f.gaps.Join(f.hits, tokens)
	return f.hits, looked
}

// skip says that no phrase goes on into the next words, so many, or begins there.
func (f *finder) skip(tokens int) {
	f.at = 0
	f.gaps.Skip(tokens)
}

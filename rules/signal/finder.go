package signal

import (
	"github.com/mom-router/mom-router/rules/match"
	"github.com/mom-router/mom-router/rules/text"
)

// finder looks for the phrases of one automaton in one string after another.
type finder struct {
	automaton *match.Automaton
	at        match.State
	gaps      *match.Gaps
	hits      []match.Hit // of the current batch
}

func newFinder(a *match.Automaton) finder { return finder{automaton: a, gaps: a.NewGaps()} }

// begin makes it ready for another string.
func (f *finder) begin() {
	f.at = 0
	f.gaps.Begin()
}

// find returns the phrases that end in a batch of words, in their order. They may be used until the next call.
func (f *finder) find(batch []text.Token) []match.Hit {
	f.at, f.hits = f.automaton.Match(f.at, batch, f.hits[:0])
	f.hits = f.gaps.Join(f.hits, len(batch))
	return f.hits
}

package match

import (
	"errors"
	"slices"
	"sort"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// Builder gathers phrases. The zero value is ready for use.
type Builder struct {
	split   text.Splitter
	tokens  []uint64 // of all phrases, one after another
	phrases []phrase
	gaps    gapBuilder
	owned   bool // phrases say whose they are; else they are everybody's
}

type phrase struct {
	from, to uint32 // in Builder.tokens
	pattern  uint32
	of       Policy
}

// ErrEmpty says that a phrase has no letter or digit, so that it could never be found.
var ErrEmpty = errors.New("no letter or digit in it, so it can never match")

// Grow makes room for so many more phrases of so many words in all.
func (b *Builder) Grow(phrases, words int) {
	b.phrases = slices.Grow(b.phrases, phrases)
	b.tokens = slices.Grow(b.tokens, words)
}

// Add adds a phrase that reports pattern when it is found. It is normalised as texts are. Several
// phrases may share a pattern, and one phrase may be added with several. Patterns are the caller's but for UnitBit.
func (b *Builder) Add(words string, pattern uint32) error {
	return b.AddTokens(b.split.Split(words), pattern)
}

// AddTokens adds a phrase that has been split already.
func (b *Builder) AddTokens(tokens []text.Token, pattern uint32) error {
	if len(tokens) == 0 {
		return ErrEmpty
	}
	from := uint32(len(b.tokens))
	for i := range tokens {
		b.tokens = append(b.tokens, tokens[i].Hash)
	}
	b.phrases = append(b.phrases, phrase{from, uint32(len(b.tokens)), pattern, Both})
	return nil
}

// Relabel has each phrase report another pattern, as f says.
func (b *Builder) Relabel(f func(pattern uint32) uint32) {
	for i := range b.phrases {
		b.phrases[i].pattern = f(b.phrases[i].pattern)
	}
}

// Build makes the automaton, in linear time. The same phrases in the same order give the same
// automaton.
func (b *Builder) Build() *Automaton {
	words := newVocabulary(len(b.tokens))
	b.gaps.sort()
	a := &Automaton{gaps: b.gaps.gapped}
	t := newTrie(len(b.tokens))
	// The words that begin phrases come first, so that the state behind each of them alone has the word's own number.
	for _, p := range b.phrases {
		t.child(0, words.add(b.tokens[p.from]))
	}
	a.starts = uint32(len(words.hashes))
	ends := make([]uint32, len(b.phrases)) // the state at the end of each phrase
	opens := make([]Policy, len(b.tokens)+1)
	stands := make([]stand, len(b.tokens)+1)
	var owners []Policy
	if b.owned {
		owners = make([]Policy, len(b.tokens)+1)
	}
	for i, p := range b.phrases {
		state := uint32(0)
		for at, hash := range b.tokens[p.from:p.to] {
			word := words.add(hash)
			switch {
			case p.to-p.from == 1:
				stands[word] |= stand(p.of) << standsAlone
			case at == 0:
				stands[word] |= stand(p.of)
			default:
				stands[word] |= stand(p.of) << standsBehind
			}
			if state = t.child(state, word); p.to-p.from > 1 {
				opens[state] |= p.of
			}
			if b.owned {
				owners[word] |= p.of
			}
		}
		ends[i] = state
	}

	a.first, a.steps = t.lay()

	// The patterns of each state, by counting.
	a.hitFirst = make([]uint32, t.states+1)
	for _, s := range ends {
		a.hitFirst[s+1]++
	}
	for s := range t.states {
		a.hitFirst[s+1] += a.hitFirst[s]
	}
	a.patterns = make([]uint32, len(ends))
	filled := make([]uint32, t.states)
	for i, s := range ends {
		a.patterns[a.hitFirst[s]+filled[s]] = b.phrases[i].pattern
		filled[s]++
	}
	a.hashes = words.hashes
	a.stands = append([]stand(nil), stands[:len(words.hashes)+1]...)
	a.opens = append([]Policy(nil), opens[:t.states]...)
	if b.owned {
		a.owners = owners[:len(words.hashes)+1]
	}
	a.link()
	for _, p := range b.phrases {
		a.longest = max(a.longest, int(p.to-p.from))
	}
	a.longest = max(a.longest, b.gaps.longest())
	return a
}

// trie is the tree of all phrases while it is built: the children of a state are found in an open
// table by state and word.
type trie struct {
	slots  []uint32 // number of the step + 1; 0 is empty
	mask   uint32
	steps  []step
	from   []uint32 // the state that each step starts from
	states uint32
}

// newTrie makes room for n steps.
func newTrie(n int) *trie {
	size := uint32(16)
	for int(size) < 2*n {
		size *= 2
	}
	return &trie{slots: make([]uint32, size), mask: size - 1, steps: make([]step, 0, n), from: make([]uint32, 0, n), states: 1}
}

// child returns the state that a word leads to, a new one if there is none yet.
func (t *trie) child(state, token uint32) uint32 {
	h := (uint64(state)<<32 | uint64(token)) * 0x9e3779b97f4a7c15
	for i := uint32(h>>40) & t.mask; ; i = (i + 1) & t.mask {
		n := t.slots[i]
		if n == 0 {
			t.slots[i] = uint32(len(t.steps)) + 1
			t.steps = append(t.steps, step{token, t.states})
			t.from = append(t.from, state)
			t.states++
			return t.states - 1
		}
		if t.from[n-1] == state && t.steps[n-1].token == token {
			return t.steps[n-1].to
		}
	}
}

// lay returns the steps grouped by the state that they start from, in the order of their words,
// and where each state's begin.
func (t *trie) lay() (first []uint32, steps []step) {
	first = make([]uint32, t.states+1)
	for _, s := range t.from {
		first[s+1]++
	}
	for s := range t.states {
		first[s+1] += first[s]
	}
	steps = make([]step, len(t.steps))
	filled := make([]uint32, t.states)
	for i, s := range t.from {
		steps[first[s]+filled[s]] = t.steps[i]
		filled[s]++
	}
	for s := range t.states {
		if n := filled[s]; n > 1 {
			own := steps[first[s] : first[s]+n]
			sort.Slice(own, func(i, j int) bool { return own[i].token < own[j].token })
		}
	}
	return first, steps
}

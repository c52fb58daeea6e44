package match

import (
	"cmp"
	"errors"
	"slices"

	"github.com/mom-router/mom-router/rules/text"
)

// Builder gathers phrases. The zero value is ready for use.
type Builder struct {
	split   text.Splitter
	tokens  []uint64 // of all phrases, one after another
	phrases []phrase
}

type phrase struct {
	from, to int // in Builder.tokens
	pattern  uint32
}

// ErrEmpty says that a phrase has no letter or digit, so that it could never be found.
var ErrEmpty = errors.New("no letter or digit in it, so it can never match")

// Add adds a phrase that reports pattern when it is found. It is normalised as texts are. Several
// phrases may share a pattern, and one phrase may be added with several.
func (b *Builder) Add(words string, pattern uint32) error {
	from := len(b.tokens)
	for _, t := range b.split.Split(words) {
		b.tokens = append(b.tokens, t.Hash)
	}
	if len(b.tokens) == from {
		return ErrEmpty
	}
	b.phrases = append(b.phrases, phrase{from, len(b.tokens), pattern})
	return nil
}

// edge is a step of the trie while it is built.
type edge struct{ from, token, to uint32 }

// Build makes the automaton. The same phrases in the same order give the same automaton.
func (b *Builder) Build() *Automaton {
	a := &Automaton{words: newVocabulary(len(b.tokens))}
	numbers := make([]uint32, len(b.tokens))
	for i, hash := range b.tokens {
		numbers[i] = a.words.add(hash)
	}

	// Phrases in the order of their numbers lie in the trie from left to right, so that shared
	// beginnings are neighbours and no table is needed to build it.
	order := make([]int, len(b.phrases))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		x, y := b.phrases[i], b.phrases[j]
		return cmp.Or(slices.Compare(numbers[x.from:x.to], numbers[y.from:y.to]), cmp.Compare(i, j))
	})

	var edges []edge
	var found []hit
	nodes := uint32(1)
	path, last := []uint32{0}, []uint32(nil)
	for _, at := range order {
		p := b.phrases[at]
		word := numbers[p.from:p.to]
		common := 0
		for common < len(last) && common < len(word) && last[common] == word[common] {
			common++
		}
		path = path[:common+1]
		for _, n := range word[common:] {
			edges = append(edges, edge{path[len(path)-1], n, nodes})
			path = append(path, nodes)
			nodes++
		}
		last = word
		found = append(found, hit{path[len(path)-1], p.pattern})
	}
	a.lay(int(nodes), edges, found)
	return a
}

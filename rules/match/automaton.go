package match

import (
	"cmp"
	"slices"

	"github.com/mom-router/mom-router/rules/text"
)

// State is a place in an automaton: what the last words of a text are the beginning of. 0 is the
// start. A text's state is thrown away with the string that it belongs to.
type State uint32

// Hits receives what is found.
type Hits interface {
	// Hit says that a phrase with this pattern ends at the token. A pattern is reported each
	// time that one of its phrases occurs.
	Hit(pattern uint32, token *text.Token)
}

// Automaton finds phrases, as Aho and Corasick describe it, over words instead of letters. It is
// never written to after Build, so any number of texts may use it at the same time.
type Automaton struct {
	words vocabulary
	root  []uint32 // by token number: the state after that word alone, or 0

	// By state: its steps are steps[first[s]:first[s+1]], in token order; its longest proper end
	// that is a beginning, too; its patterns; the next shorter end that has patterns.
	first    []uint32
	steps    []step
	fallback []uint32
	hitFirst []uint32
	patterns []uint32
	shorter  []uint32
	// outcome is the state itself if it has patterns, else its shorter: 0 means nothing to report.
	outcome []uint32
}

type step struct{ token, to uint32 }

// hit is a phrase's last state and its pattern, while the automaton is built.
type hit struct{ state, pattern uint32 }

// lay puts the trie into the automaton's tables and works out the fallbacks.
func (a *Automaton) lay(states int, edges []edge, found []hit) {
	slices.SortFunc(edges, func(x, y edge) int {
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.token, y.token))
	})
	a.first = make([]uint32, states+1)
	a.steps = make([]step, len(edges))
	for i, e := range edges {
		a.steps[i] = step{e.token, e.to}
		a.first[e.from+1]++
	}
	a.root = make([]uint32, a.words.count+1)
	for _, e := range edges {
		if e.from == 0 {
			a.root[e.token] = e.to
		}
	}
	slices.SortStableFunc(found, func(x, y hit) int { return cmp.Compare(x.state, y.state) })
	a.hitFirst = make([]uint32, states+1)
	a.patterns = make([]uint32, len(found))
	for i, h := range found {
		a.patterns[i] = h.pattern
		a.hitFirst[h.state+1]++
	}
	for s := 0; s < states; s++ {
		a.first[s+1] += a.first[s]
		a.hitFirst[s+1] += a.hitFirst[s]
	}
	a.link(states)
}

// link sets the fallbacks breadth first, so that a shorter end is ready before it is needed.
func (a *Automaton) link(states int) {
	a.fallback = make([]uint32, states)
	a.shorter = make([]uint32, states)
	a.outcome = make([]uint32, states)
	queue := make([]uint32, 0, states)
	queue = append(queue, 0)
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		a.shorter[s] = a.outcome[a.fallback[s]]
		if a.hitFirst[s] != a.hitFirst[s+1] {
			a.outcome[s] = s
		} else {
			a.outcome[s] = a.shorter[s]
		}
		for _, e := range a.steps[a.first[s]:a.first[s+1]] {
			if s != 0 {
				a.fallback[e.to] = a.next(a.fallback[s], e.token)
			}
			queue = append(queue, e.to)
		}
	}
}

// next is the state after one more known word.
func (a *Automaton) next(s, token uint32) uint32 {
	for s != 0 {
		steps := a.steps[a.first[s]:a.first[s+1]]
		for len(steps) > 8 {
			if mid := len(steps) / 2; steps[mid].token <= token {
				steps = steps[mid:]
			} else {
				steps = steps[:mid]
			}
		}
		for i := range steps {
			if steps[i].token == token {
				return steps[i].to
			}
		}
		s = a.fallback[s]
	}
	return a.root[token]
}

// Match reads tokens and returns the state behind them. Each costs one lookup, and words that
// occur in no phrase nothing more.
func (a *Automaton) Match(s State, tokens []text.Token, hits Hits) State {
	at := uint32(s)
	for i := range tokens {
		n := a.words.find(tokens[i].Hash)
		if n == 0 {
			at = 0
			continue
		}
		at = a.next(at, n)
		for o := a.outcome[at]; o != 0; o = a.shorter[o] {
			for _, p := range a.patterns[a.hitFirst[o]:a.hitFirst[o+1]] {
				hits.Hit(p, &tokens[i])
			}
		}
	}
	return State(at)
}

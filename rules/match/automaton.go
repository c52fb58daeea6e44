package match

import "github.com/mom-router/mom-router/rules/text"

// State is a place in an automaton: what the last words of a text are the beginning of. 0 is the
// start. A text's state is thrown away with the string that it belongs to.
type State uint32

// Hit is a phrase that was found.
type Hit struct {
	Pattern uint32
	// Token is the place in the batch of the phrase's last token.
	Token int32
}

// Automaton finds phrases, as Aho and Corasick describe it, over words instead of letters. It is
// never written to after Build, so any number of texts may use it at the same time.
type Automaton struct {
	words vocabulary
	root  []uint32 // by token number: the state after that word alone, or 0

	// By state: its steps are steps[first[s]:first[s+1]], in the order of their tokens, and sieve
	// has a bit for each by the token's last six bits; its longest proper end that is a beginning,
	// too; its patterns; the next shorter end that has patterns.
	first    []uint32
	steps    []step
	sieve    []uint64
	fallback []uint32
	hitFirst []uint32
	patterns []uint32
	shorter  []uint32
	// outcome is what there is to report: 0 for nothing; one | pattern; or several | the state
	// whose patterns and shorter ends to report.
	outcome []uint64
}

const (
	one     = 1 << 32
	several = 1 << 33
)

type step struct{ token, to uint32 }

// link sets the fallbacks breadth first, so that a shorter end is ready before it is needed.
func (a *Automaton) link() {
	states := len(a.first) - 1
	a.fallback = make([]uint32, states)
	a.shorter = make([]uint32, states)
	a.outcome = make([]uint64, states)
	a.sieve = make([]uint64, states)
	for s := range states {
		for _, e := range a.steps[a.first[s]:a.first[s+1]] {
			a.sieve[s] |= 1 << (e.token & 63)
		}
	}
	queue := make([]uint32, 0, states)
	queue = append(queue, 0)
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		a.report(s)
		for _, e := range a.steps[a.first[s]:a.first[s+1]] {
			if s != 0 {
				a.fallback[e.to] = a.next(a.fallback[s], e.token)
			}
			queue = append(queue, e.to)
		}
	}
}

// report sets a state's outcome, once that of its fallback is set.
func (a *Automaton) report(s uint32) {
	f := a.fallback[s]
	if a.hitFirst[f] != a.hitFirst[f+1] {
		a.shorter[s] = f
	} else {
		a.shorter[s] = a.shorter[f]
	}
	patterns := a.patterns[a.hitFirst[s]:a.hitFirst[s+1]]
	switch {
	case len(patterns) == 0:
		a.outcome[s] = a.outcome[f]
	case len(patterns) == 1 && a.shorter[s] == 0:
		a.outcome[s] = one | uint64(patterns[0])
	default:
		a.outcome[s] = several | uint64(s)
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

// Match reads tokens, adds what it finds to hits and returns the state behind them. Each token
// costs one lookup, and words that occur in no phrase nothing more. A pattern is reported each
// time that one of its phrases ends.
func (a *Automaton) Match(s State, tokens []text.Token, hits []Hit) (State, []Hit) {
	// Fields are copied to locals, which a loop with stores in it can keep in registers.
	slots, mask, root, outcome, sieve := a.words.slots, a.words.mask, a.root, a.outcome, a.sieve
	at := uint32(s)
	for i := range tokens {
		hash := tokens[i].Hash
		slot := uint32(hash) & mask
		e := slots[slot]
		for e != 0 && (e^hash)&keyMask != 0 {
			slot = (slot + 1) & mask
			e = slots[slot]
		}
		if e == 0 {
			at = 0
			continue
		}
		n := uint32(e)
		for at != 0 && sieve[at]>>(n&63)&1 == 0 {
			at = a.fallback[at]
		}
		if at == 0 {
			at = root[n]
		} else {
			at = a.next(at, n)
		}
		switch o := outcome[at]; {
		case o == 0:
		case o&one != 0:
			hits = append(hits, Hit{uint32(o), int32(i)})
		default:
			hits = a.all(hits, uint32(o), int32(i))
		}
	}
	return State(at), hits
}

// all adds the patterns of a state and of its shorter ends.
func (a *Automaton) all(hits []Hit, state uint32, token int32) []Hit {
	for ; state != 0; state = a.shorter[state] {
		for _, p := range a.patterns[a.hitFirst[state]:a.hitFirst[state+1]] {
			hits = append(hits, Hit{p, token})
		}
	}
	return hits
}

// Knows reports whether a word, by its hash, occurs in any phrase.
func (a *Automaton) Knows(hash uint64) bool { return a.words.has(hash) }

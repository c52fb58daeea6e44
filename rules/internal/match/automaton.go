package match

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/text"
)

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
	hashes []uint64 // of all words; that of token number n is hashes[n-1]
	// starts is how many words begin a phrase. Their token numbers are the first ones, and the state after such a word
	// alone has the same number.
	starts uint32

	// By state: what Match needs of each; its steps are steps[first[s]:first[s+1]], in the order of their tokens;
	// its patterns; the next shorter end that has patterns.
	nodes    []node
	alone    []uint64 // by starting word: the outcome of the state behind it alone, as in nodes
	sieves   []uint64 // by word: the sieve of the state behind it alone, 0 for one that begins no phrase
	follows  []bool   // by word: whether it stands in a phrase behind another one
	first    []uint32
	steps    []step
	hitFirst []uint32
	patterns []uint32
	shorter  []uint32

	gaps    gapped
	longest int // words from the first of a phrase to its last, at most

	opens  []Policy // by state: whose phrases the last words of a text may be the beginning of
	owners []Policy // by word: whose phrases it stands in; nil where all are everybody's
	stands []stand  // by word
}

// Open says whose phrases the last words of a text are the beginning of, or all of several words.
func (a *Automaton) Open(s State) Policy { return a.opens[s] }

// stand says in whose phrases a word stands how, two bits each (see Policy): begins one of several words, stands in one behind another word, is one by itself.
type stand uint8

const (
	standsBehind = 2 // as its shift
	standsAlone  = 4
)

// owner says in whose phrases a word stands, by its number.
func (a *Automaton) owner(word uint32) Policy {
	if a.owners == nil {
		return Both
	}
	return a.owners[word]
}

// Longest is over how many words a phrase extends at most, gaps included.
func (a *Automaton) Longest() int { return a.longest }

// node is a state. What Match reads of it lies side by side, since each slice less is a bounds check and a load less.
type node struct {
	sieve    uint64 // has a bit for each step, by the token's last six bits
	outcome  uint64 // what to report: 0 for nothing; one | pattern; or several | the state whose patterns and shorter ends to report
	fallback uint32 // the longest proper end of the state that is a beginning, too
}

const (
	one     = 1 << 32
	several = 1 << 33
)

type step struct{ token, to uint32 }

// link sets the fallbacks breadth first, so that a shorter end is ready before it is needed.
func (a *Automaton) link() {
	states := len(a.first) - 1
	a.shorter = make([]uint32, states)
	a.nodes = make([]node, states)
	for s := range states {
		for _, e := range a.steps[a.first[s]:a.first[s+1]] {
			a.nodes[s].sieve |= 1 << (e.token & 63)
		}
	}
	queue := make([]uint32, 0, states)
	queue = append(queue, 0)
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		a.report(s)
		for _, e := range a.steps[a.first[s]:a.first[s+1]] {
			if s != 0 {
				a.nodes[e.to].fallback = a.next(a.nodes[s].fallback, e.token)
				a.opens[e.to] |= a.opens[a.nodes[e.to].fallback] // which is nearer to the start, and so is done
			}
			queue = append(queue, e.to)
		}
	}
	a.alone = make([]uint64, a.starts+1)
	a.sieves = make([]uint64, len(a.hashes)+1)
	a.follows = make([]bool, len(a.hashes)+1)
	for _, e := range a.steps[a.first[1]:] { // all but those of the start
		a.follows[e.token] = true
	}
	for n := 1; n < len(a.alone); n++ {
		a.alone[n], a.sieves[n] = a.nodes[n].outcome, a.nodes[n].sieve
	}
}

// report sets a state's outcome, once that of its fallback is set.
func (a *Automaton) report(s uint32) {
	f := a.nodes[s].fallback
	if a.hitFirst[f] != a.hitFirst[f+1] {
		a.shorter[s] = f
	} else {
		a.shorter[s] = a.shorter[f]
	}
	patterns := a.patterns[a.hitFirst[s]:a.hitFirst[s+1]]
	switch {
	case len(patterns) == 0:
		a.nodes[s].outcome = a.nodes[f].outcome
	case len(patterns) == 1 && a.shorter[s] == 0:
		a.nodes[s].outcome = one | uint64(patterns[0])
	default:
		a.nodes[s].outcome = several | uint64(s)
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
		s = a.nodes[s].fallback
	}
	return a.start(token)
}

// start is the state after a known word alone.
func (a *Automaton) start(token uint32) uint32 {
	if token > a.starts {
		return 0
	}
	return token
}

// Match reads the words of a batch of so many tokens, as a lexicon looked them up, of which it is the first automaton (0) or the second (1), adds what it
// finds to hits and returns the state behind them. A pattern is reported each
// time that one of its phrases ends. A word that is not among the known ones ends what stands before it. A word alone that Words.Direct tells the pattern of is
// reported only where the word was looked at with what stands before it: looked has a bit for each such word.
//
// Nearly all words can neither go on with a phrase nor be one. Sets of bits, without any branch that nobody can foresee, say which may; only those are looked at.
func (a *Automaton) Match(s State, words *Words, which, tokens int, hits []Hit) (_ State, looked uint64, _ []Hit) {
	sets := words.sets[which&1*perAutomaton:][:perAutomaton]
	leading, look := sets[leads], sets[says]
	if s != 0 {
		look |= 1
	}
	sieves, nodes := a.sieves, a.nodes
	for may := leading << 1 & sets[follows]; may != 0; may &= may - 1 {
		i := bits.TrailingZeros64(may)
		look |= sieves[words.number(which, i-1)] >> (words.number(which, i) & 63) & 1 << (i & 63)
	}
	// led is the state behind a word that no phrase goes on with.
	led := func(i int) uint32 {
		if leading>>(i&63)&1 == 0 {
			return 0
		}
		return words.number(which, i)
	}
	at, next := uint32(s), 0
	for look != 0 {
		i := bits.TrailingZeros64(look) & (Batch - 1)
		bit := look & -look
		look ^= bit
		looked |= bit
		if i != next {
			at = led(i - 1)
		}
		next = i + 1
		n := words.number(which, i)
		if n == 0 {
			at = 0
			continue
		}
		for at != 0 && nodes[at].sieve>>(n&63)&1 == 0 {
			at = nodes[at].fallback
		}
		var o uint64
		if at != 0 {
			at = a.next(at, n)
			o = nodes[at].outcome
			if at > a.starts && next < tokens {
				look |= bit << 1 // what comes may go on with it
			}
		} else {
			at = led(i)
			if n < uint32(len(a.alone)) {
				o = a.alone[n]
			}
		}
		switch {
		case o == 0:
		case o&one != 0:
			hits = append(hits, Hit{uint32(o), int32(i)})
		default:
			hits = a.all(hits, uint32(o), int32(i))
		}
	}
	if next != tokens {
		at = led(tokens - 1)
	}
	return State(at), looked, hits
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

// Mark adds all words of phrases to a filter.
func (a *Automaton) Mark(f *text.Filter) {
	for _, hash := range a.hashes {
		f.Add(hash)
	}
}

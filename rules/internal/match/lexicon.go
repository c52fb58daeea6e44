package match

import "github.com/mom-router/mom-router/rules/internal/text"

// Lexicon knows all the words of one or two automata, so that a text's word is looked up once for both: what takes time is
// the memory that a lookup waits for. It is never written to after NewLexicon.
type Lexicon struct {
	entries []entry
	mask    uint32
}

// entry says all of a word. It takes a quarter of a line of the cache.
type entry struct {
	check   uint32    // the upper half of its hash; the lower one picks the slot
	numbers [2]uint32 // its number in each automaton, with leads and says; 0 where it has none. An entry without any is empty.
	alone   uint32    // one more than the pattern of the word alone in the second automaton; 0 if it has none, or says
}

// noPattern has no number that is greater by one.
const noPattern = 1<<32 - 1

// NewLexicon returns the lexicon of one or two automata.
func NewLexicon(automata ...*Automaton) *Lexicon {
	words := 0
	for _, a := range automata {
		words += len(a.hashes)
	}
	size := uint32(16)
	for int(size) < 2*words {
		size *= 2
	}
	l := &Lexicon{entries: make([]entry, size), mask: size - 1}
	for which, a := range automata {
		for i, hash := range a.hashes {
			n := uint32(i) + 1
			e := &l.entries[l.slot(hash)]
			if n <= a.starts {
				switch o := a.alone[n]; {
				case o == 0:
				case which == 1 && o&one != 0 && uint32(o) != noPattern:
					e.alone = uint32(o) + 1
				default:
					n |= says
				}
				if a.nodes[n&numberMask].sieve != 0 {
					n |= leads
				}
			}
			e.check, e.numbers[which] = uint32(hash>>32), n
		}
	}
	return l
}

// slot is where a word stands, or where it would.
func (l *Lexicon) slot(hash uint64) uint32 {
	i := uint32(hash) & l.mask
	for e := &l.entries[i]; e.numbers != [2]uint32{} && e.check != uint32(hash>>32); e = &l.entries[i] {
		i = (i + 1) & l.mask
	}
	return i
}

// Knows reports whether a word, by its hash, occurs in any phrase of an automaton: 0 for the first, 1 for the second.
func (l *Lexicon) Knows(hash uint64, automaton int) bool {
	return l.entries[l.slot(hash)].numbers[automaton] != 0
}

// Word is a word of a batch that occurs in a phrase: its place in the batch, and what the automaton knows it by.
type Word struct {
	Token  int32
	Number uint32
	Alone  uint32 // see entry
}

// Look appends the words of a batch that the first automaton knows to first. It and LookBoth spell the search out: as a function of its own it is too much
// to be inlined, and a call for each word cost code a tenth more in V8.
func (l *Lexicon) Look(batch []text.Token, first []Word) []Word {
	entries, mask := l.entries, l.mask
	for i := range batch {
		hash := batch[i].Hash
		e := &entries[uint32(hash)&mask]
		if e.check != uint32(hash>>32) {
			if e.numbers == [2]uint32{} {
				continue
			}
			e = &entries[l.slot(hash)]
		}
		if n := e.numbers[0]; n != 0 {
			first = append(first, Word{int32(i), n, 0})
		}
	}
	return first
}

// LookBoth appends the words of a batch that the first automaton knows to first, and those that the second one knows to second.
func (l *Lexicon) LookBoth(batch []text.Token, first, second []Word) ([]Word, []Word) {
	entries, mask := l.entries, l.mask
	for i := range batch {
		hash := batch[i].Hash
		e := &entries[uint32(hash)&mask]
		if e.check != uint32(hash>>32) {
			if e.numbers == [2]uint32{} {
				continue
			}
			e = &entries[l.slot(hash)]
		}
		if n := e.numbers[0]; n != 0 {
			first = append(first, Word{int32(i), n, 0})
		}
		if n := e.numbers[1]; n != 0 {
			second = append(second, Word{int32(i), n, e.alone})
		}
	}
	return first, second
}

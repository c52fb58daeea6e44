package match

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// Batch is how many words are looked up at once, at most: as many as a tokenizer hands on.
const Batch = text.BatchSize

// Lexicon knows all the words of one or two automata, so that a text's word is looked up once for both: what takes time is
// the memory that a lookup waits for. It is never written to after NewLexicon.
//
// Each word stands where its hash says, with what is added to it for the words that share a bump, chosen so that no two words
// meet. So one entry is looked at for each word of a text, known or not, and there is no branch that nobody can foresee.
type Lexicon struct {
	entries []entry
	mask    uint32
	bumps   []uint8
	shift   uint8
}

// entry says all of a word. It takes a quarter of a line of the cache.
type entry struct {
	check   uint32    // the upper half of its hash
	numbers [2]uint32 // its number in each automaton, with leads and says; 0 where it has none. That in the second one has marked, too.
	alone   uint32    // the pattern of the word alone in the second automaton, if that is a direct one; else 0 or says
}

// Words are what a Lexicon says of the words of a batch.
type Words struct {
	Numbers [2][Batch]uint32 // what each automaton knows them by; 0 for an unknown one
	Alone   [Batch]uint32    // patterns, see NewLexicon
	Marked  uint64           // a bit for each word that was marked
}

// NewLexicon returns the lexicon of one or two automata. Patterns of the second one with a bit of direct are told by Words.Alone where a word alone
// has such a one and no other. Some words are marked; nobody needs to know them otherwise.
func NewLexicon(direct uint32, marks []uint64, automata ...*Automaton) *Lexicon {
	n := len(marks)
	for _, a := range automata {
		n += len(a.hashes)
	}
	words, entries := newVocabulary(n), make([]entry, n)
	at := func(hash uint64) *entry {
		e := &entries[words.add(hash)-1]
		e.check = uint32(hash >> 32)
		return e
	}
	for _, hash := range marks {
		at(hash).numbers[1] |= marked
	}
	for which, a := range automata {
		for i, hash := range a.hashes {
			n, e := uint32(i)+1, at(hash)
			if n <= a.starts {
				switch o := a.alone[n]; {
				case o == 0:
				case which == 1 && o&one != 0 && uint32(o)&direct != 0:
					e.alone = uint32(o)
				default:
					n |= says
				}
				if a.sieves[n&numberMask] != 0 {
					n |= leads
				}
			}
			e.numbers[which] |= n
		}
	}
	l := &Lexicon{}
	for size := 16; !l.place(words.hashes, entries, size); size *= 2 {
	}
	return l
}

// place gives each word an entry of its own among so many, if it can.
func (l *Lexicon) place(hashes []uint64, entries []entry, size int) bool {
	if 4*len(hashes) > 3*size {
		return false
	}
	buckets := max(2, size/4)
	l.entries, l.mask = make([]entry, size), uint32(size-1)
	l.bumps, l.shift = make([]uint8, buckets), uint8(32-bits.Len(uint(buckets-1)))
	taken := make([]bool, size)
	// The words by their bumps.
	first := make([]uint32, buckets+1)
	for _, hash := range hashes {
		first[uint32(hash)>>l.shift+1]++
	}
	most := uint32(0)
	for b := range buckets {
		most = max(most, first[b+1])
		first[b+1] += first[b]
	}
	order, filled := make([]uint32, len(hashes)), make([]uint32, buckets)
	for i, hash := range hashes {
		b := uint32(hash) >> l.shift
		order[first[b]+filled[b]] = uint32(i)
		filled[b]++
	}
	// Those with most words first, while there is room.
	for n := most; n > 0; n-- {
		for b := range buckets {
			if filled[b] == n && !l.bump(b, hashes, order[first[b]:first[b+1]], entries, taken) {
				return false
			}
		}
	}
	return true
}

// bump chooses a bump that keeps some words apart from each other and from those that have a place.
func (l *Lexicon) bump(b int, hashes []uint64, words []uint32, entries []entry, taken []bool) bool {
	for bump := range 256 {
		l.bumps[b] = uint8(bump)
		n := 0
		for ; n < len(words); n++ {
			s := l.slot(hashes[words[n]])
			if taken[s] {
				break
			}
			taken[s] = true
			l.entries[s] = entries[words[n]]
		}
		if n == len(words) {
			return true
		}
		for _, w := range words[:n] {
			s := l.slot(hashes[w])
			taken[s], l.entries[s] = false, entry{}
		}
	}
	return false
}

// slot is where a word stands, if it is known.
func (l *Lexicon) slot(hash uint64) uint32 {
	low := uint32(hash)
	return (low + uint32(l.bumps[low>>l.shift])*(uint32(hash>>32)|1)) & l.mask
}

// Knows reports whether a word, by its hash, occurs in any phrase of an automaton: 0 for the first, 1 for the second.
func (l *Lexicon) Knows(hash uint64, automaton int) bool {
	e := &l.entries[l.slot(hash)]
	return e.check == uint32(hash>>32) && e.numbers[automaton]&numberMask != 0
}

// Look looks up the words of a batch.
func (l *Lexicon) Look(batch []text.Token, w *Words) {
	entries, mask, bumps, shift := l.entries, l.mask, l.bumps, l.shift&31
	if len(batch) > Batch {
		return // never so; the compiler can leave checks of bounds out
	}
	marks := uint64(0)
	for i := range batch {
		hash := batch[i].Hash
		low, high := uint32(hash), uint32(hash>>32)
		e := &entries[(low+uint32(bumps[low>>shift])*(high|1))&mask]
		// All bits if the word is the entry's.
		known := uint32(int64(uint64(e.check^high)-1) >> 63)
		w.Numbers[0][i&(Batch-1)] = e.numbers[0] & known
		n := e.numbers[1] & known
		w.Numbers[1][i&(Batch-1)] = n
		w.Alone[i&(Batch-1)] = e.alone & known
		marks |= uint64(n>>markedBit&1) << (i & 63)
	}
	w.Marked = marks
}

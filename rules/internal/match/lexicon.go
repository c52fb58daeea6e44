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
	numbers [2]uint32 // its number in each automaton; 0 where it has none. Above the first one stand the word's flags, above the second one its owners.
	alone   uint32    // the pattern of the word alone in the second automaton, if that is a direct one
}

// The flags of a word, of which each is a bit. The first three are of the first automaton, the next three of the second one.
const (
	leads   = iota // a phrase of several words begins with the word
	follows        // it stands in one behind another word
	says           // the word alone is a phrase, and entry.alone does not tell its pattern
	perAutomaton
	marks   = 2 * perAutomaton // see NewLexicon
	directs = marks + 1        // entry.alone tells a pattern
	flags   = directs + 1

	flagsAt    = 24
	ownersAt   = 24 // two bits for each automaton: see Policy
	numberMask = 1<<flagsAt - 1
)

// Words are what a Lexicon says of the words of a batch. What is rare is a bit for each word, so that nobody has to look at all the others.
type Words struct {
	entries []entry
	at      [Batch]uint32 // where in them each word stands; the last one is that of unknown words
	sets    [flags]uint64 // by flag: the words that have it
}

// Marked has a bit for each word that was marked.
func (w *Words) Marked() uint64 { return w.sets[marks] }

// Alone has a bit for each word that has a direct pattern.
func (w *Words) Alone() uint64 { return w.sets[directs] }

// Direct is the direct pattern of a word, by its place in the batch; 0 if it has none.
func (w *Words) Direct(i int) uint32 { return w.entry(i).alone }

func (w *Words) entry(i int) *entry { return &w.entries[w.at[i&(Batch-1)]] }

// number is what an automaton knows a word by; 0 for an unknown one.
func (w *Words) number(automaton, i int) uint32 {
	return w.entry(i).numbers[automaton&1] & numberMask
}

// NewLexicon returns the lexicon of one or two automata. Patterns of the second one with a bit of direct are told by Words.Direct where a word alone
// has such a one and no other. Some words are marked; nobody needs to know them otherwise.
func NewLexicon(direct uint32, marked []uint64, automata ...*Automaton) *Lexicon {
	n := len(marked)
	for _, a := range automata {
		n += len(a.hashes)
	}
	words, entries := newVocabulary(n), make([]entry, n)
	at := func(hash uint64) *entry {
		e := &entries[words.add(hash)-1]
		e.check = uint32(hash >> 32)
		return e
	}
	for _, hash := range marked {
		at(hash).numbers[0] |= 1 << (flagsAt + marks)
	}
	for which, a := range automata {
		for i, hash := range a.hashes {
			n, e := uint32(i)+1, at(hash)
			e.numbers[which] |= n
			e.numbers[1] |= uint32(a.owner(n)) << (ownersAt + 2*which)
			has := uint32(0)
			if a.follows[n] {
				has |= 1 << follows
			}
			if n <= a.starts {
				switch o := a.alone[n]; {
				case o == 0:
				case which == 1 && o&one != 0 && uint32(o)&direct != 0:
					e.alone = uint32(o)
					e.numbers[0] |= 1 << (flagsAt + directs)
				default:
					has |= 1 << says
				}
				if a.sieves[n] != 0 {
					has |= 1 << leads
				}
			}
			e.numbers[0] |= has << (flagsAt + which*perAutomaton)
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
	l.entries, l.mask = make([]entry, size+1), uint32(size-1)
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

// Owners says in whose phrases a word stands, by its hash: in those of the first automaton and in those of the second.
func (l *Lexicon) Owners(hash uint64) (first, second Policy) {
	e := &l.entries[l.slot(hash)]
	if e.check != uint32(hash>>32) {
		return 0, 0
	}
	owners := Policy(e.numbers[1] >> ownersAt)
	return owners & Both, owners >> 2 & Both
}

// Stands says how a word stands in the phrases of the first automaton, by its hash: whether it begins one of several words, whether it stands in one behind
// another word, and whether it is one by itself.
func (l *Lexicon) Stands(hash uint64) (begins, goesOn, alone bool) {
	e := &l.entries[l.slot(hash)]
	if e.check != uint32(hash>>32) {
		return false, false, false
	}
	has := e.numbers[0] >> flagsAt
	return has>>leads&1 != 0, has>>follows&1 != 0, has>>says&1 != 0
}

// Look looks up the words of a batch.
func (l *Lexicon) Look(batch []text.Token, w *Words) {
	entries, mask, bumps, shift := l.entries, l.mask, l.bumps, l.shift&31
	w.entries, w.sets = entries, [flags]uint64{}
	if len(batch) > Batch {
		return // never so; the compiler can leave checks of bounds out
	}
	for first := 0; first < len(batch); first += 8 {
		eight := uint64(0) // the flags of eight words
		for i := first; i < min(first+8, len(batch)); i++ {
			hash := batch[i].Hash
			low, high := uint32(hash), uint32(hash>>32)
			slot := (low + uint32(bumps[low>>shift])*(high|1)) & mask
			e := &entries[slot]
			// All bits if the word is the entry's.
			known := uint32(int64(uint64(e.check^high)-1) >> 63)
			w.at[i&(Batch-1)] = slot&known | (mask+1)&^known
			eight |= uint64(e.numbers[0]&known>>flagsAt) << (8 * uint(i&7))
		}
		for f := range w.sets {
			w.sets[f] |= eight >> f & 0x0101010101010101 * 0x0102040810204080 >> 56 << (first & 63)
		}
	}
}

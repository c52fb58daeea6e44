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
// Each word has a slot where its hash says, with what is added to it for the words that share a bump, chosen so that no two words
// meet. So one slot is looked at for each word of a text, known or not, and there is no branch that nobody can foresee. A slot is small, since the slots of
// unknown words are all over the place; entries stand in the order in which words were given, which is that of how common they are where that is known, so that those
// of most words of a text share a few lines of the cache.
type Lexicon struct {
	slots   []uint32 // the number of the word's entry, and above it some bits of the word's hash
	mask    uint32
	bumps   []uint8
	shift   uint8
	entries []entry // from 1 on; the first one is that of unknown words
	stands  []stand // of the first automaton
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

	flagsAt    = numberBits
	ownersAt   = numberBits   // two bits for each automaton: see Policy
	keywordAt  = ownersAt + 4 // whether it stands in a phrase of the second one whose pattern is not direct
	numberMask = 1<<flagsAt - 1
)

// Words are what a Lexicon says of the words of a batch. What is rare is a bit for each word, so that nobody has to look at all the others.
type Words struct {
	entries []entry
	at      [Batch]uint32 // where in them each word stands; 0 is that of unknown words
	sets    [flags]uint64 // by flag: the words that have it
}

// Marked has a bit for each word that was marked.
func (w *Words) Marked() uint64 { return w.sets[marks] }

// Alone has a bit for each word that has a direct pattern.
func (w *Words) Alone() uint64 { return w.sets[directs] }

// Direct is the direct pattern of a word, by its place in the batch; 0 if it has none.
func (w *Words) Direct(i int) uint32 { return w.entry(i).alone }

// Keywords leaves of the first words of a batch, so many, only those for the second automaton that stand in a phrase whose pattern is not direct, and reports
// whether there are any: what it finds then are all phrases of these, and perhaps some others.
func (w *Words) Keywords(tokens int) bool {
	only := uint64(0)
	for i := range tokens {
		only |= uint64(w.entry(i).numbers[1]>>keywordAt&1) << (i & 63)
	}
	for f := range perAutomaton {
		w.sets[perAutomaton+f] &= only
	}
	return only != 0
}

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
	words, entries := newVocabulary(n), make([]entry, n+1)
	at := func(hash uint64) *entry {
		e := &entries[words.add(hash)]
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
	for which, a := range automata {
		if which == 1 {
			a.each(func(hashes []uint64, pattern uint32) {
				if pattern&direct != 0 {
					return
				}
				for _, hash := range hashes {
					at(hash).numbers[1] |= 1 << keywordAt
				}
			})
		}
	}
	l := &Lexicon{entries: entries[:len(words.hashes)+1], stands: automata[0].stands}
	for size := 16; !l.place(words.hashes, size); size *= 2 {
	}
	return l
}

// numberBits is how many bits of a slot are the number of an entry. A builder's phrases have fewer words than that allows: see flagsAt.
const numberBits = 24

// place gives each word a slot of its own among so many, if it can.
func (l *Lexicon) place(hashes []uint64, size int) bool {
	if 4*len(hashes) > 3*size {
		return false
	}
	buckets := max(2, size/4)
	l.slots, l.mask = make([]uint32, size), uint32(size-1)
	l.bumps, l.shift = make([]uint8, buckets), uint8(32-bits.Len(uint(buckets-1)))
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
			if filled[b] == n && !l.bump(b, hashes, order[first[b]:first[b+1]]) {
				return false
			}
		}
	}
	return true
}

// bump chooses a bump that keeps some words apart from each other and from those that have a slot.
func (l *Lexicon) bump(b int, hashes []uint64, words []uint32) bool {
	for bump := range 256 {
		l.bumps[b] = uint8(bump)
		n := 0
		for ; n < len(words); n++ {
			hash := hashes[words[n]]
			s := l.slot(hash)
			if l.slots[s] != 0 {
				break
			}
			l.slots[s] = words[n] + 1 | uint32(hash>>32)>>numberBits<<numberBits
		}
		if n == len(words) {
			return true
		}
		for _, w := range words[:n] {
			l.slots[l.slot(hashes[w])] = 0
		}
	}
	return false
}

// slot is where a word stands, if it is known.
func (l *Lexicon) slot(hash uint64) uint32 {
	low := uint32(hash)
	return (low + uint32(l.bumps[low>>l.shift])*(uint32(hash>>32)|1)) & l.mask
}

// find returns the entry of a word, by its hash.
func (l *Lexicon) find(hash uint64) *entry {
	e := &l.entries[l.slots[l.slot(hash)]&numberMask]
	if e.check != uint32(hash>>32) {
		return &l.entries[0]
	}
	return e
}

// Owners says in whose phrases a word stands, by its hash: in those of the first automaton and in those of the second.
func (l *Lexicon) Owners(hash uint64) (first, second Policy) {
	owners := Policy(l.find(hash).numbers[1] >> ownersAt)
	return owners & Both, owners >> 2 & Both
}

// Stands says how a word stands in the phrases of the first automaton, by its hash, and whose those are: whether it begins one of several words, whether it stands
// in one behind another word, and whether it is one by itself.
func (l *Lexicon) Stands(hash uint64) (begins, goesOn, alone Policy) {
	has := l.stands[l.find(hash).numbers[0]&numberMask]
	return Policy(has) & Both, Policy(has>>standsBehind) & Both, Policy(has>>standsAlone) & Both
}

// Look looks up the words of a batch.
func (l *Lexicon) Look(batch []text.Token, w *Words) {
	slots, mask, bumps, shift := l.slots, l.mask, l.bumps, l.shift&31
	w.entries, w.sets = l.entries, [flags]uint64{}
	if len(batch) > Batch {
		return // never so; the compiler can leave checks of bounds out
	}
	for i := range batch {
		hash := batch[i].Hash
		low, high := uint32(hash), uint32(hash>>32)
		s := slots[(low+uint32(bumps[low>>shift])*(high|1))&mask]
		w.at[i] = s & numberMask & same(s>>numberBits, high>>numberBits)
	}
	entries := l.entries
	for first := 0; first < len(batch); first += 8 {
		eight := uint64(0) // the flags of eight words
		for i := first; i < min(first+8, len(batch)); i++ {
			at := w.at[i&(Batch-1)]
			e := &entries[at]
			known := same(e.check, uint32(batch[i].Hash>>32))
			w.at[i&(Batch-1)] = at & known
			eight |= uint64(e.numbers[0]&known>>flagsAt) << (8 * uint(i&7))
		}
		for f := range w.sets {
			w.sets[f] |= eight >> f & 0x0101010101010101 * 0x0102040810204080 >> 56 << (first & 63)
		}
	}
}

// same has all bits if two numbers are the same, else none.
func same(a, b uint32) uint32 { return uint32(int64(uint64(a^b)-1) >> 63) }

package weights

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// Scanner looks the words of a string and their pairs up, in the batches of a tokenizer, and
// finds its best spans (see spans.go). A pair belongs to the spans that hold both of its words, so
// what stands before or behind a span makes no difference to it.
type Scanner struct {
	table  *Table
	prev   uint64 // the word before
	parted bool   // the next word makes no row with it
	spans  spans
	found  [2*group + 2]Found

	// Of the words that are being looked up: features that passed the bitmap, whose last byte is twice the word's place
	// and one more for the word itself.
	candidates [2 * group]uint64
}

// Found is a row that was found, and the place in the batch of the word that it was found at.
type Found struct {
	Row   uint32
	Token int32
}

// NewScanner returns a scanner.
func NewScanner(t *Table, bias int32) *Scanner {
	return &Scanner{table: t, spans: spans{bias: bias}}
}

// Begin makes the scanner ready for a new string.
func (s *Scanner) Begin() {
	s.prev, s.parted = 0, false
	s.spans.begin()
}

// Part says that what was read and what comes are different texts for rows. Spans go on.
func (s *Scanner) Part() { s.parted = true }

// Resume makes the scanner ready for what follows a word, given the sums of the best spans that end there.
func (s *Scanner) Resume(word *text.Token, sums Sums) {
	s.prev = Word(word)
	s.spans.resume(sums)
}

// Ending are the sums of the best spans that end with the last word.
func (s *Scanner) Ending() Sums { return s.spans.ending() }

// Best are the sums of the string's best spans so far; that of no word is 0.
func (s *Scanner) Best() Sums { return s.spans.best }

// Scan reads a batch of at most 64 words and returns the rows that it found, some perhaps several times. They may be
// used until the next Scan.
func (s *Scanner) Scan(batch []text.Token) []Found {
	words := batch[:min(len(batch), group)]
	candidates := sieve(s, words, s.table.slots)
	skip, known := -1, 0
	if s.parted && len(words) > 0 {
		skip, known = s.first(&words[0], candidates)
	}
	found, kept := s.look(candidates, known)
	s.spans.add(candidates[:kept], len(words))
	if skip >= 0 {
		copy(s.found[skip:found], s.found[skip+1:found])
		found--
	}
	return s.found[:found]
}

// Rows returns what Scan does of words that were read for the spans already. The first one makes a row with the word before, if there is any.
func (s *Scanner) Rows(batch []text.Token, before *text.Token) []Found {
	words := batch[:min(len(batch), group)]
	last := s.prev
	s.prev = noWord
	if before != nil {
		s.prev = Word(before)
	}
	found, _ := s.look(sieve(s, words, s.table.slots), 0)
	s.prev = last
	return s.found[:found]
}

// noWord is no word that has a pair: what stands behind it makes none with it.
const noWord = 1

// look looks up the rows of features that passed the bitmap. found is how many stand in s.found then, of which so many did before; kept is how many of
// the features weigh something for spans, which stand first then. Its loop has no branch that nobody can foresee.
func (s *Scanner) look(candidates []uint64, known int) (found, kept int) {
	last, slots := s.table.last, s.table.slots
	n := known
	for _, c := range candidates {
		row := rowOf(slots, c)
		e := uint64(last[row])
		same := (uint64(uint8(e)^check(c)) - 1) >> 63 // 1 if it is the row's
		s.found[n] = Found{row, int32(c & 0xFF >> 1)}
		n += int(same)
		candidates[kept] = e>>8<<8 | c&0xFF
		d := e>>8 - 128
		weighs := (d | -d) >> 63
		kept += int(same & weighs)
	}
	return n, kept
}

// first finds the row of a text's first word, which makes a pair with what stands before all texts. What stands before it in the string makes another
// pair with it, which counts for spans alone: skip is its place in what will be found, or -1; found is how many were.
func (s *Scanner) first(word *text.Token, candidates []uint64) (skip, found int) {
	s.parted = false
	if row, ok := s.table.Row(Pair(0, Word(word))); ok {
		s.found[0] = Found{row, 0}
		found = 1
	}
	if len(candidates) > 0 && candidates[0]&0xFF == 0 {
		if row := rowOf(s.table.slots, candidates[0]); byte(s.table.last[row]) == check(candidates[0]) {
			return found, found
		}
	}
	return -1, found
}

// Score reads a batch for the spans alone.
func (s *Scanner) Score(batch []text.Token) {
	for first := 0; first < len(batch); first += group {
		words := batch[first:min(first+group, len(batch))]
		candidates := sieve(s, words, s.table.spans)
		last, slots := s.table.last, s.table.slots
		kept := 0
		for _, c := range candidates {
			slot := Slot(c)
			e := uint64(last[rowOf(slots, c)])
			same := (uint64(uint8(e)^check(c)) - 1) >> 63 & (slots[slot>>5] >> (slot & 31))
			d := e>>8 - 128
			weighs := (d | -d) >> 63
			candidates[kept] = e>>8<<8 | c&0xFF
			kept += int(same & weighs)
		}
		s.spans.add(candidates[:kept], len(words))
	}
}

// group is how many words are looked up together: as many as a tokenizer hands on at once.
const group = text.BatchSize

// rowOf is the row of a feature that passes the bitmap.
func rowOf(slots []uint64, feature uint64) uint32 {
	slot := Slot(feature)
	w := slots[slot>>5]
	return uint32(w>>32) + uint32(bits.OnesCount32(uint32(w)&(1<<(slot&31)-1)))
}

// sieve returns the features of at most group words that pass a filter, which has a bit for each of so many first bits of a feature, 32 in a number: of each
// word, that of the pair with the word before it, then its own. The last byte of a feature is twice the word's place in the batch, and one more for the word
// itself. Its loop has no branch that nobody can foresee.
func sieve[W uint32 | uint64](s *Scanner, batch []text.Token, filter []W) []uint64 {
	if len(filter) == 0 {
		return nil // never so; the compiler can leave the checks of bounds out
	}
	shift, most := uint(59-bits.Len(uint(len(filter)-1))), uint64(len(filter)-1)
	candidates := &s.candidates
	n := 0
	prev := s.prev
	for i := range batch {
		word := Word(&batch[i])
		pair := Pair(prev, word)
		prev = word
		at := pair >> (shift & 63)
		candidates[n&(2*group-1)] = pair&^0xFF | uint64(2*i)
		n += int(filter[at>>5&most] >> (at & 31) & 1)
		at = word >> (shift & 63)
		candidates[n&(2*group-1)] = word&^0xFF | uint64(2*i+1)
		n += int(filter[at>>5&most] >> (at & 31) & 1)
	}
	s.prev = prev
	return candidates[:n]
}

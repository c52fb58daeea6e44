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
	candidates := s.sieve(words)
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
	found, _ := s.look(s.sieve(words), 0)
	s.prev = last
	return s.found[:found]
}

// noWord is no word that has a pair: what stands behind it makes none with it.
const noWord = 1

// look looks up the rows of features that passed the bitmap. found is how many stand in s.found then, of which so many did before; kept is how many of
// the features weigh something for spans, which stand first then. Its loop has no branch that nobody can foresee.
func (s *Scanner) look(candidates []uint64, known int) (found, kept int) {
	last, before, bitmap := s.table.last, s.table.before, s.table.bitmap
	n := known
	for _, c := range candidates {
		row := rowOf(bitmap, before, c)
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
		if row := rowOf(s.table.bitmap, s.table.before, candidates[0]); byte(s.table.last[row]) == check(candidates[0]) {
			return found, found
		}
	}
	return -1, found
}

// Score reads a batch for the spans alone.
func (s *Scanner) Score(batch []text.Token) {
	for first := 0; first < len(batch); first += group {
		words := batch[first:min(first+group, len(batch))]
		candidates := s.sieve(words)
		last, before, bitmap := s.table.last, s.table.before, s.table.bitmap
		kept := 0
		for _, c := range candidates {
			e := uint64(last[rowOf(bitmap, before, c)])
			same := (uint64(uint8(e)^check(c)) - 1) >> 63
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
func rowOf(bitmap []uint64, before []uint32, feature uint64) uint32 {
	slot := feature >> (64 - bitmapBits)
	below := bitmap[slot>>6] & (1<<(slot&63) - 1)
	return before[slot>>6] + uint32(bits.OnesCount64(below))
}

// sieve returns the features of at most group words that pass the bitmap: of each word, that of the pair with the word before it, then its own. The
// last byte of a feature is twice the word's place in the batch, and one more for the word itself. Its loop has no branch that nobody can foresee.
func (s *Scanner) sieve(batch []text.Token) []uint64 {
	bitmap := s.table.bitmap
	if len(bitmap) != words {
		return nil // never so; the compiler can leave the checks of bounds out
	}
	candidates := &s.candidates
	n := 0
	prev := s.prev
	for i := range batch {
		word := Word(&batch[i])
		pair := Pair(prev, word)
		prev = word
		candidates[n&(2*group-1)] = pair&^0xFF | uint64(2*i)
		n += int(bitmap[pair>>(64-bitmapBits+6)] >> (pair >> (64 - bitmapBits) & 63) & 1)
		candidates[n&(2*group-1)] = word&^0xFF | uint64(2*i+1)
		n += int(bitmap[word>>(64-bitmapBits+6)] >> (word >> (64 - bitmapBits) & 63) & 1)
	}
	s.prev = prev
	return candidates[:n]
}

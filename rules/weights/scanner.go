package weights

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/text"
)

// Scanner looks the words of a string and their pairs up, in the batches of a tokenizer, and
// finds the best contiguous span of them: the greatest sum of their weights in the last column,
// less a bias for each word. A pair belongs to the spans that hold both of its words, so what
// stands before or behind a span makes no difference to it.
type Scanner struct {
	table     *Table
	bias      int32
	prev      uint64 // the word before
	sum, best int32  // of the span that ends here, and of the best one
	found     []Found

	// Of the words that are being looked up: features that passed the bitmap, whose last byte is twice the word's place
	// and one more for the word itself, and what each pair and word weighs.
	candidates [2 * group]uint64
	weights    [2 * group]int16
}

// Found is a row that was found, and the place in the batch of the word that it was found at.
type Found struct {
	Row   uint32
	Token int32
}

// NewScanner returns a scanner.
func NewScanner(t *Table, bias int32) *Scanner {
	s := &Scanner{table: t, bias: bias}
	s.Begin()
	return s
}

// noSpan is the sum where no span can be gone on with. It leaves room for sums of any weights.
const noSpan = -1 << 20

// Begin makes the scanner ready for a new string.
func (s *Scanner) Begin() { s.prev, s.sum, s.best = 0, noSpan, 0 }

// Resume makes the scanner ready for what follows a word, given the sum of the best span that ends there.
func (s *Scanner) Resume(word *text.Token, sum int32) {
	s.prev, s.sum, s.best = Word(word), sum, max(sum, 0)
}

// Sum is the sum of the best span that ends with the last word.
func (s *Scanner) Sum() int32 { return s.sum }

// Best is the sum of the string's best span so far; that of no word is 0.
func (s *Scanner) Best() int32 { return s.best }

// Scan reads a batch and returns the rows that it found, some perhaps several times. They may be
// used until the next Scan.
func (s *Scanner) Scan(batch []text.Token) []Found {
	s.found = s.found[:0]
	for first := 0; first < len(batch); first += group {
		s.scan(batch[first:min(first+group, len(batch))], int32(first))
	}
	return s.found
}

// group is how many words are looked up together: as many as a tokenizer hands on at once.
const group = 64

// scan looks up at most group words, in three steps, so that none of the loops has a branch that nobody can
// foresee: which features pass the bitmap, which of those have a row, what the spans add up to.
//
// It runs for every word of a request. So the lookup of Table.Row is spelled out, what it needs is
// copied to locals, and the row's last eight bytes, with both check and weight, are loaded at once.
func (s *Scanner) scan(batch []text.Token, first int32) {
	bitmap, before, rows := s.table.bitmap, s.table.before, s.table.rows
	if len(bitmap) != words || len(before) != words {
		return // never so; the compiler can leave the checks of bounds out
	}
	candidates, weights := &s.candidates, &s.weights
	clear(weights[:2*len(batch)])
	n := 0
	prev := s.prev
	for i := range batch {
		word := Word(&batch[i])
		pair := Pair(prev, word)
		prev = word
		candidates[n&(2*group-1)] = pair&^0xFF | uint64(2*i)
		n += int(bitmap[pair>>(64-placeBits+6)] >> (pair >> (64 - placeBits) & 63) & 1)
		candidates[n&(2*group-1)] = word&^0xFF | uint64(2*i+1)
		n += int(bitmap[word>>(64-placeBits+6)] >> (word >> (64 - placeBits) & 63) & 1)
	}
	s.prev = prev
	found := s.found
	for _, feature := range candidates[:n] {
		place := feature >> (64 - placeBits)
		below := bitmap[place>>6] & (1<<(place&63) - 1)
		row := uint32(before[place>>6]) + uint32(bits.OnesCount64(below))
		if end := load(rows, int(row)*rowSize+rowSize-8); byte(end>>56) == check(feature) {
			weights[feature&(2*group-1)] = int16(end>>48&0xFF) - 128
			found = append(found, Found{row, first + int32(feature&0xFF>>1)})
		}
	}
	s.found = found
	sum, best, bias := s.sum, s.best, s.bias
	for i := range batch {
		sum += int32(weights[2*i&(2*group-1)])
		sum = max(sum, 0) + int32(weights[(2*i+1)&(2*group-1)]) - bias
		best = max(best, sum)
	}
	s.sum, s.best = sum, best
}

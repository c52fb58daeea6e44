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

// Best is the sum of the string's best span so far; that of no word is 0.
func (s *Scanner) Best() int32 { return s.best }

// Scan reads a batch and returns the rows that it found, some perhaps several times. They may be
// used until the next Scan.
//
// It runs for every word of a request. So the lookup of Table.Row is spelled out, what it needs is
// copied to locals, and the row's last eight bytes, with both check and weight, are loaded at once.
func (s *Scanner) Scan(batch []text.Token) []Found {
	bitmap, before, rows := s.table.bitmap, s.table.before, s.table.rows
	if len(bitmap) != words || len(before) != words {
		return nil // never so; the compiler can leave the checks of bounds out
	}
	if cap(s.found) < 2*len(batch) {
		s.found = make([]Found, 2*len(batch))
	}
	found, n := s.found[:2*len(batch)], 0
	prev, sum, best, bias := s.prev, s.sum, s.best, s.bias
	for i := range batch {
		word := Word(&batch[i])
		here := -bias
		for feature, again := Pair(prev, word), true; ; feature, again = word, false {
			place := feature >> (64 - placeBits)
			set, bit := bitmap[place>>6&(words-1)], uint64(1)<<(place&63)
			if set&bit != 0 {
				row := uint32(before[place>>6&(words-1)]) + uint32(bits.OnesCount64(set&(bit-1)))
				if end := load(rows, int(row)*rowSize+rowSize-8); byte(end>>56) == check(feature) {
					weight := int32(end>>48&0xFF) - 128
					if again {
						sum += weight
					} else {
						here += weight
					}
					found[n] = Found{row, int32(i)}
					n++
				}
			}
			if !again {
				break
			}
		}
		prev = word
		sum = max(sum, 0) + here
		best = max(best, sum)
	}
	s.prev, s.sum, s.best = prev, sum, best
	return found[:n]
}

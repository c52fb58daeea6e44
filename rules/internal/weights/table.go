// Package weights is the table of learned weights: small integers for each word, pair of words
// and trait of a text, by class. It knows the table's form and how to look something up, not what
// the classes mean: rules/train learns the table and rules/internal/signal adds up its rows.
//
// A feature is a hash of 64 bits (see features.go). Its first 19 bits are its slot in a bitmap,
// which is the filter that most words of most texts do not pass. The set bits before it are the
// number of its row, and eight more bits of the hash, kept in the row, tell it from other features
// with the same slot. An unknown feature passes for a known one in 1 case of 1,700. Some rows have
// extra weights, which stand apart (see extra.go).
package weights

import (
	"errors"
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// Columns is the number of weights in a row. The last of them is the one that a Scanner adds up.
const Columns = 15

// MaxSize is the most bytes that a table may take.
const MaxSize = 1_400_000

const (
	bitmapBits = 19
	words      = 1 << bitmapBits / 64
	spanBits   = bitmapBits - 2
	rowSize    = Columns + 1 // the last byte is the check
)

// Table is a table of weights. It is never written to after Open, so any number of texts may use
// it at the same time.
type Table struct {
	slots  []uint64 // the bitmap, 32 bits in each, and above them how many are set in all before: both are asked of the same feature
	rows   string   // by row: a weight for each column, as a byte more by 128, and the check
	last   []uint16 // by row: its check, and its last weight above it: what a Scanner reads, so that it stays in the cache
	spans  []uint32 // has a bit for each row whose last weight is not 0, by the first bits of its slot: what is read for spans alone is sifted by it
	params []int32

	extras      string   // see extra.go
	extraBits   []uint64 // by row: whether it has extra weights
	extraBefore []uint16 // set bits in all words before
}

// magic begins a table and names the version of its form.
const magic = "mom-weights/2\n"

// Open reads what Encode wrote. It keeps data and copies only the bitmap and what a Scanner reads of rows.
func Open(data string) (*Table, error) {
	rest, ok := cut(data, magic)
	if !ok || len(data) > MaxSize {
		return nil, errors.New("not a table of weights of this version: make it anew with go run ./rules/train")
	}
	var n, params, extras uint32
	if n, rest, ok = number32(rest); ok {
		if params, rest, ok = number32(rest); ok {
			extras, rest, ok = number32(rest)
		}
	}
	if !ok || n > MaxSize || params > MaxSize || extras > MaxSize ||
		len(rest) != 4*int(params)+8*words+int(n)*rowSize+extraSize(int(n), int(extras)) {
		return nil, errors.New("a table of weights of the wrong length: make it anew with go run ./rules/train")
	}
	t := &Table{slots: make([]uint64, 2*words), params: make([]int32, params)}
	for i := range t.params {
		var p uint32
		p, rest, _ = number32(rest)
		t.params[i] = int32(p)
	}
	total := 0
	for i := range words {
		w := load(rest, 8*i)
		for half := range 2 {
			set := uint32(w >> (32 * half))
			t.slots[2*i+half] = uint64(total)<<32 | uint64(set)
			total += bits.OnesCount32(set)
		}
	}
	if total != int(n) {
		return nil, errors.New("a table of weights with a bitmap that does not fit: make it anew with go run ./rules/train")
	}
	end := 8*words + int(n)*rowSize
	t.rows = rest[8*words : end]
	t.last = make([]uint16, n+1)
	for i := range int(n) {
		t.last[i] = uint16(t.rows[i*rowSize+Columns]) | uint16(t.rows[i*rowSize+Columns-1])<<8
	}
	t.spans = make([]uint32, 1<<spanBits/32)
	t.each(func(slot uint64, row uint32) {
		if t.last[row]>>8 != 128 {
			slot >>= bitmapBits - spanBits
			t.spans[slot>>5] |= 1 << (slot & 31)
		}
	})
	if !t.openExtras(rest[end:], int(extras)) {
		return nil, errors.New("a table of weights with a bitmap of extras that does not fit: make it anew with go run ./rules/train")
	}
	return t, nil
}

func cut(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || s[:len(prefix)] != prefix {
		return s, false
	}
	return s[len(prefix):], true
}

func number32(s string) (n uint32, rest string, ok bool) {
	if len(s) < 4 {
		return 0, s, false
	}
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24, s[4:], true
}

// load reads eight bytes, the first into the lowest; the compiler makes it one instruction.
func load(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) / rowSize }

// Param is one of the numbers that go with the weights, such as a threshold; 0 if there is none.
func (t *Table) Param(i int) int32 {
	if i >= len(t.params) {
		return 0
	}
	return t.params[i]
}

// Row is the number of a feature's row; ok is false if it has none.
func (t *Table) Row(feature uint64) (row uint32, ok bool) {
	slot := Slot(feature)
	if t.slots[slot>>5&(2*words-1)]>>(slot&31)&1 == 0 {
		return 0, false
	}
	row = rowOf(t.slots, feature)
	return row, byte(t.last[row]) == check(feature) // t.rows says the same, and is too large for the cache
}

// Mark adds all features, words among them, to a filter.
func (t *Table) Mark(f *text.Filter) {
	t.each(func(slot uint64, _ uint32) { f.Add(slot << (64 - bitmapBits)) })
}

// each calls do for each slot that is taken, and its row.
func (t *Table) each(do func(slot uint64, row uint32)) {
	for i, w := range t.slots {
		row := uint32(w >> 32)
		for set := uint32(w); set != 0; set &= set - 1 {
			do(uint64(32*i+bits.TrailingZeros32(set)), row)
			row++
		}
	}
}

// Slot is the place of a feature in the bitmap: of features with the same one, a table has one.
func Slot(feature uint64) uint64 { return feature >> (64 - bitmapBits) }

// Key is all of a feature that a table knows: what has the same key passes for it.
func Key(feature uint64) uint64 { return feature >> (64 - bitmapBits - 8) }

// check is the part of a feature that its row keeps.
func check(feature uint64) byte { return byte(feature >> (64 - bitmapBits - 8)) }

// Weight is one weight of a row.
func (t *Table) Weight(row uint32, column int) int32 {
	return int32(t.rows[int(row)*rowSize+column]) - 128
}

package weights

import "math/bits"

// ExtraColumns is the number of extra weights that a row may have. Few rows do: what a text is
// about shows in nearly all of its words, what its writer wants in some. So extra weights stand
// apart, behind a bitmap of the rows that have them, and a Scanner never touches them.
const ExtraColumns = 6

// extraPad lets the last extra weights be loaded with eight bytes.
const extraPad = 8 - ExtraColumns

// extraSize is the bytes that rows and extras take behind the rows' own bytes.
func extraSize(rows, extras int) int { return (rows+63)/64*8 + extras*ExtraColumns + extraPad }

// openExtras reads the part of a table that follows the rows; ok is false if its bitmap does not fit.
func (t *Table) openExtras(s string, extras int) (ok bool) {
	n := (t.Len() + 63) / 64
	t.extraBits, t.extraBefore = make([]uint64, n), make([]uint16, n)
	total := 0
	for i := range t.extraBits {
		t.extraBits[i] = load(s, 8*i)
		t.extraBefore[i] = uint16(total)
		total += bits.OnesCount64(t.extraBits[i])
	}
	t.extras = s[8*n:]
	beyond := t.Len()&63 != 0 && t.extraBits[n-1]>>(t.Len()&63) != 0
	return total == extras && !beyond
}

// extra is the place of a row's extra weights in t.extras; ok is false if it has none.
func (t *Table) extra(row uint32) (at int, ok bool) {
	set, bit := t.extraBits[row>>6], uint64(1)<<(row&63)
	if set&bit == 0 {
		return 0, false
	}
	return (int(t.extraBefore[row>>6]) + bits.OnesCount64(set&(bit-1))) * ExtraColumns, true
}

// Extra is one extra weight of a row, 0 if it has none.
func (t *Table) Extra(row uint32, column int) int32 {
	at, ok := t.extra(row)
	if !ok {
		return 0
	}
	return int32(t.extras[at+column]) - 128
}

// ExtraSum adds up the extra weights of rows. The zero value is empty.
type ExtraSum struct {
	lanes [2]uint64 // the even columns and the odd ones
	n     int32     // rows in the lanes
	rows  int32     // rows in all
	total [ExtraColumns]int32
}

// Add adds those rows that have extra weights. Nobody can foresee which ones do, so there is no branch for it: of the others zeros are added.
func (s *ExtraSum) Add(t *Table, rows []uint32) {
	if len(t.extras) < 8 {
		return // no row has any
	}
	even, odd, n := s.lanes[0], s.lanes[1], s.n
	for _, row := range rows {
		if n == 256 {
			s.lanes, s.n = [2]uint64{even, odd}, n
			s.empty()
			even, odd, n = 0, 0, 0
		}
		set, at := t.extraBits[row>>6], row&63
		has := set >> at & 1
		before := int(t.extraBefore[row>>6]) + bits.OnesCount64(set&(1<<at-1))
		w := load(t.extras, min(before*ExtraColumns, len(t.extras)-8)) & -has
		even += w & lane
		odd += w >> 8 & lane
		n += int32(has)
		s.rows += int32(has)
	}
	s.lanes, s.n = [2]uint64{even, odd}, n
}

// empty moves the lanes to the total.
func (s *ExtraSum) empty() {
	for i := range s.total {
		s.total[i] += int32(s.lanes[i%2]>>(i/2*16)&0xFFFF) - 128*s.n
	}
	s.lanes, s.n = [2]uint64{}, 0
}

// Rows is the number of rows that had extra weights.
func (s *ExtraSum) Rows() int32 { return s.rows }

// Total is the sum of each column.
func (s *ExtraSum) Total() [ExtraColumns]int32 {
	s.empty()
	return s.total
}

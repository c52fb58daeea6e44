package weights

// Sum adds up rows. The zero value is empty.
//
// Eight weights, each a byte less 128, are added at once, in 16-bit lanes of a machine word: a
// lane holds 256 rows before it has to be emptied.
type Sum struct {
	lanes [4]uint64 // the even columns of the first eight, their odd ones, and so on
	n     int32     // rows in the lanes
	total [Columns]int32
}

const lane = 0x00FF00FF00FF00FF

// Add adds a row.
func (s *Sum) Add(t *Table, row uint32) {
	if s.n == 256 {
		s.empty()
	}
	a, b := load(t.rows, int(row)*rowSize), load(t.rows, int(row)*rowSize+8)
	s.lanes[0] += a & lane
	s.lanes[1] += a >> 8 & lane
	s.lanes[2] += b & lane
	s.lanes[3] += b >> 8 & lane
	s.n++
}

// empty moves the lanes to the total.
func (s *Sum) empty() {
	for i := range s.total {
		s.total[i] += int32(s.lanes[i/8*2+i%2]>>(i%8/2*16)&0xFFFF) - 128*s.n
	}
	s.lanes, s.n = [4]uint64{}, 0
}

// Total is the sum of each column.
func (s *Sum) Total() [Columns]int32 {
	s.empty()
	return s.total
}

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

// Add adds rows.
func (s *Sum) Add(t *Table, rows []uint32) {
	for len(rows) > 0 {
		if s.n == 256 {
			s.empty()
		}
		some := rows[:min(len(rows), int(256-s.n))]
		rows = rows[len(some):]
		lanes := s.lanes
		for _, row := range some {
			at := int(row) * rowSize
			w := t.rows[at : at+rowSize]
			a, b := load(w, 0), load(w, 8)
			lanes[0] += a & lane
			lanes[1] += a >> 8 & lane
			lanes[2] += b & lane
			lanes[3] += b >> 8 & lane
		}
		s.lanes = lanes
		s.n += int32(len(some))
	}
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

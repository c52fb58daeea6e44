package signal

// idSet is a set of small numbers that remembers what is in it, so that emptying it and adding it
// to another one cost as much as it holds and not as much as it could hold.
type idSet struct {
	bits []uint64
	list []uint32
}

func newIDSet(n int) idSet { return idSet{bits: make([]uint64, (n+63)/64)} }

func (s *idSet) has(i uint32) bool { return s.bits[i/64]>>(i%64)&1 != 0 }

func (s *idSet) add(i uint32) {
	if bit := uint64(1) << (i % 64); s.bits[i/64]&bit == 0 {
		s.bits[i/64] |= bit
		s.list = append(s.list, i)
	}
}

// truncate takes back all but the first n that were added. It is not for sets that others were added to.
func (s *idSet) truncate(n int) {
	for _, i := range s.list[n:] {
		s.bits[i/64] &^= 1 << (i % 64)
	}
	s.list = s.list[:n]
}

func (s *idSet) clear() {
	for _, i := range s.list {
		s.bits[i/64] = 0
	}
	s.list = s.list[:0]
}

// addAll adds the content of another set.
func (s *idSet) addAll(from *idSet) {
	for _, i := range from.list {
		s.add(i)
	}
}

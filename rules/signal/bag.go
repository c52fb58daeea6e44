package signal

// bag is a set of small numbers that remembers what is in it, so that emptying it and pouring it
// into another one cost as much as it holds and not as much as it could hold.
type bag struct {
	bits []uint64
	list []uint32
}

func newBag(n int) bag { return bag{bits: make([]uint64, (n+63)/64)} }

func (b *bag) has(i uint32) bool { return b.bits[i/64]>>(i%64)&1 != 0 }

func (b *bag) add(i uint32) {
	if bit := uint64(1) << (i % 64); b.bits[i/64]&bit == 0 {
		b.bits[i/64] |= bit
		b.list = append(b.list, i)
	}
}

// truncate takes back all but the first n that were added. It is not for bags that were poured.
func (b *bag) truncate(n int) {
	for _, i := range b.list[n:] {
		b.bits[i/64] &^= 1 << (i % 64)
	}
	b.list = b.list[:n]
}

func (b *bag) clear() {
	for _, i := range b.list {
		b.bits[i/64] = 0
	}
	b.list = b.list[:0]
}

// pour adds the content of another bag.
func (b *bag) pour(from *bag) {
	for _, i := range from.list {
		b.add(i)
	}
}

package strictjson

import (
	"math/bits"
	"math/rand/v2"
)

// seed makes the hashes of this process unpredictable, so that nobody can write
// an object whose names crowd into one corner of the table.
var seed = rand.Uint64() | 1

const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0xd1b54a32d192ed03
)

// names remembers, by hash, the member names of all the objects that are open.
// Two different names with the same hash would be refused as duplicates, a
// chance of 2^-64 a pair; a real duplicate is always found.
//
// The table is open addressed with linear probing. Objects close in the reverse
// of the order they open, and so do their names leave it: taking the last one
// out first restores exactly the table before it, without tombstones.
type names struct {
	table []uint64 // hashes; 0 is a free slot; the length is a power of two
	slots []uint32 // the used slots in the order they were taken
}

// smallTable is the table's first length, and the largest kept over a reset is
// keptTable: one huge request shall not cost its memory for ever.
const (
	smallTable = 64
	keptTable  = 8_192
)

// kept is how much memory in bytes the names take.
func (n *names) kept() int64 { return 8*int64(cap(n.table)) + 4*int64(cap(n.slots)) }

// add notes a hash and says whether it is new.
func (n *names) add(h uint64) bool {
	if h == 0 {
		h = 1
	}
	if 2*len(n.slots) >= len(n.table) {
		n.grow()
	}
	slot := n.find(h)
	if n.table[slot] == h {
		return false
	}
	n.table[slot] = h
	n.slots = append(n.slots, slot)
	return true
}

// find returns the slot of a hash, or the free one where it belongs.
func (n *names) find(h uint64) uint32 {
	mask := uint32(len(n.table) - 1)
	slot := uint32(h>>32) & mask
	for n.table[slot] != 0 && n.table[slot] != h {
		slot = (slot + 1) & mask
	}
	return slot
}

func (n *names) grow() {
	old := n.table
	n.table = make([]uint64, max(smallTable, 2*len(old)))
	for i, slot := range n.slots { // in order, so that they can leave in reverse
		free := n.find(old[slot])
		n.table[free] = old[slot]
		n.slots[i] = free
	}
}

// truncate takes out all names but the first count.
func (n *names) truncate(count int) {
	for i := len(n.slots) - 1; i >= count; i-- {
		n.table[n.slots[i]] = 0
	}
	n.slots = n.slots[:count]
}

func (n *names) reset() {
	if len(n.table) > keptTable {
		n.table, n.slots = nil, nil
		return
	}
	n.truncate(0)
}

// hash is a keyed hash of a name in the object with the given number. Each step
// multiplies to 128 bits and folds, so without the seed no collision can be built. The length
// tells a name from one with more NULs; it comes after the bytes have been folded, since in one
// step with them it could be made up for by a byte.
func hash(object uint64, name []byte) uint64 {
	n := uint64(len(name))
	h := fold(object^seed, mixA)
	for len(name) >= 8 {
		h = fold(h^word(name), mixB^seed)
		name = name[8:]
	}
	var tail uint64
	for _, c := range name {
		tail = tail<<8 | uint64(c)
	}
	return fold(fold(h^tail, mixB^seed)^n, mixA)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// word reads 8 bytes, the first one lowest; compilers make it one load.
func word(p []byte) uint64 {
	_ = p[7]
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 |
		uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
}

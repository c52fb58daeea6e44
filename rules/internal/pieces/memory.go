package pieces

import (
	"math/bits"
	"math/rand/v2"

	"github.com/mom-router/mom-router/rules/internal/siphash"
)

// Least is the least size of a piece that is remembered, in bytes: what is smaller says nothing, such as an empty list of tools. The shortest of messages takes ten
// times as long to be read as to be looked up.
const Least = 24

// What NewMemory sets Memory.Doubtful and Memory.Greatest to.
const (
	doubtful = 128 << 10
	greatest = 512 << 10
)

// Memory keeps a few bytes for each of many pieces. It is for one goroutine. It is never larger than the size that it was made with, and takes memory
// only as it fills; from then on it makes no garbage, and there is no pointer in it to follow.
//
// It is a clock whose entries have credit. A hit gives an entry credit. When there is no room left, a newcomer looks at entries under the hand, which moves on: one
// without credit goes, and one with some pays for having been looked at. After a few looks the newcomer goes away empty-handed; of how many depends on whether
// newcomers have been asked for again of late. So what comes once pushes out what came once, what nobody asks for any more pays until it goes, and of a round of
// pieces that is larger than the memory some are found again, since some newcomers have credit, and those that are there stay.
type Memory struct {
	// Stats count what has happened since the memory was made.
	Stats Stats
	// Doubtful is how many bytes of a piece are kept unread whatever they are, and Greatest is the greatest size of a piece that is remembered. They are for tests to change.
	Doubtful, Greatest int

	secret siphash.Key
	pages  [][]byte // of entries, one behind the other, and of free runs between them
	most   int      // pages
	size   int      // of a page in blocks
	index  []uint32 // places of entries, plus one; 0 is free. Its length is a power of two
	count  int      // entries
	tries  int      // so many newcomers came
	puts   int      // and so many were kept
	round  bool     // the memory has been full
	demand int      // above 0 newcomers are asked for again as a rule
	hand   place    // where the clock's hand stands
	spare  [][]byte // buffers for pieces that have not come to their end
}

// Stats count look-ups.
type Stats struct {
	Hits, Misses, Evictions int64
	// Saved is how many bytes were not read for having been read before.
	Saved int64
}

// place is where a run of blocks begins: its page times stride, and the block in it.
type place uint32

// A page is made of blocks. Entries and free runs take some each, and begin with a head: the number of blocks with the credit above it, the length
// of what is kept, and the key.
const (
	blockSize  = 16
	stride     = 1 << creditShift
	pageBlocks = stride - 1
	// leastBlocks are the blocks of an entry at least: so many entries there may be.
	leastBlocks = 4
	indexShare  = 6 // the index takes no more than a page for each so many

	creditShift = 12
	askedRun    = 1 << 14 // the entry was asked for
	freeRun     = 1 << 15
	headSize    = 20

	askedCredit, favouredCredit = 2, 3
	// One newcomer in so many has credit.
	favoured = 8
	// manyLooks is how many entries with credit a newcomer looks at, where newcomers are asked for. Where they are not, it is one, and only one newcomer in
	// patient looks at all.
	manyLooks, patient = 3, 8
	// mostDemand bounds Memory.demand.
	mostDemand = 512

	// mostKept bounds what is kept of a piece, in bytes.
	mostKept = 4 << 10
	// mostSteps is how many runs of blocks a newcomer passes.
	mostSteps = 1 << 9
)

// NewMemory returns a memory of at most so many bytes, or nil if that is too little for any.
func NewMemory(size int64) *Memory {
	m := &Memory{secret: siphash.Key{K0: rand.Uint64(), K1: rand.Uint64()}, size: pageBlocks, Doubtful: doubtful, Greatest: greatest}
	const page = pageBlocks * blockSize
	if m.most = int(min(size/(page+page/indexShare), 1<<16)); m.most == 0 {
		m.most = 1
		m.size = int(size-size/indexShare) / blockSize
	}
	if m.size < (headSize+mostKept/32)/blockSize {
		return nil
	}
	return m
}

// Get returns what is kept for a key, which is valid until the next Put, or nil.
func (m *Memory) Get(k Key) []byte {
	if at, found := m.find(k); found {
		run := m.run(place(m.index[at] - 1))
		blocks, _ := head(run)
		if run[1]&(askedRun>>8) == 0 {
			m.demand = min(m.demand+2, mostDemand)
		}
		setHead(run, blocks|askedCredit<<creditShift|askedRun)
		return run[headSize : headSize+(int(run[2])|int(run[3])<<8)]
	}
	return nil
}

// Put keeps something for a key that has nothing yet, if there is room.
func (m *Memory) Put(k Key, value []byte) {
	if len(value) > mostKept {
		return
	}
	at, ok := m.room(max(leastBlocks, (headSize+len(value)+blockSize-1)/blockSize))
	if !ok {
		return
	}
	run := m.run(at)
	run[2], run[3] = byte(len(value)), byte(len(value)>>8)
	setWord(run[4:], k.Lo)
	setWord(run[12:], k.Hi)
	copy(run[headSize:], value)
	slot, _ := m.find(k)
	m.index[slot] = uint32(at) + 1
	m.count++
}

// room finds some blocks and makes a run of them. What stands in its way goes if there is enough of that, and stays if not: entries are of many lengths, and
// holes would be left.
func (m *Memory) room(blocks int) (at place, ok bool) {
	if len(m.pages) == 0 {
		m.grow()
	}
	looks := manyLooks
	if m.tries++; m.round && m.demand < 0 {
		if looks = 1; m.tries%patient != 0 {
			return 0, false
		}
	}
	start, found := m.hand, 0
	for range mostSteps {
		if int(m.hand)%stride >= m.size {
			m.hand = (m.hand/stride + 1) % place(len(m.pages)) * stride
			m.round = m.round || len(m.pages) == m.most
			start, found = m.hand, 0
		}
		run := m.run(m.hand)
		n, credit := head(run)
		switch {
		case run[1]&(freeRun>>8) != 0:
		case len(m.pages) < m.most:
			m.grow()
			start, found = m.hand, 0
			continue
		case credit > 0:
			setHead(run, n|(credit-1)<<creditShift|int(run[1])<<8&askedRun)
			m.hand += place(n)
			start, found = m.hand, 0
			if looks--; looks == 0 {
				return 0, false
			}
			continue
		}
		m.hand += place(n)
		if found += n; found >= blocks {
			m.clear(start, m.hand)
			m.hand = start + place(blocks)
			m.free(m.hand, found-blocks)
			m.puts++
			switch {
			case !m.round:
				blocks |= favouredCredit<<creditShift | askedRun // and say nothing of those who press for room
			case m.puts%favoured == 0:
				blocks |= favouredCredit << creditShift
			}
			setHead(m.run(start), blocks)
			return start, true
		}
	}
	return 0, false
}

// clear takes the entries between two places out of the index.
func (m *Memory) clear(at, to place) {
	for at < to {
		run := m.run(at)
		n, _ := head(run)
		if run[1]&(freeRun>>8) == 0 {
			if run[1]&(askedRun>>8) == 0 {
				m.demand = max(m.demand-1, -mostDemand)
			}
			m.remove(at)
		}
		at += place(n)
	}
}

// grow adds a page and has the hand stand at its beginning.
func (m *Memory) grow() {
	m.hand = place(len(m.pages)) * stride
	m.pages = append(m.pages, make([]byte, m.size*blockSize))
	m.free(m.hand, m.size)
	entries := len(m.pages) * m.size / leastBlocks
	length := 1 << bits.Len(uint(entries+entries/4))
	if length <= len(m.index) {
		return
	}
	old := m.index
	m.index = make([]uint32, length)
	for _, e := range old {
		if e != 0 {
			slot, _ := m.find(m.key(place(e - 1)))
			m.index[slot] = e
		}
	}
}

// free makes some blocks a free run.
func (m *Memory) free(at place, blocks int) {
	if blocks > 0 {
		setHead(m.run(at), blocks|freeRun)
	}
}

// remove takes an entry out of the index. Those behind it that would not be found any more move up.
func (m *Memory) remove(at place) {
	m.count--
	m.Stats.Evictions++
	mask := len(m.index) - 1
	hole, _ := m.find(m.key(at))
	for slot := (hole + 1) & mask; m.index[slot] != 0; slot = (slot + 1) & mask {
		home := int(m.key(place(m.index[slot]-1)).Lo) & mask
		if (slot-home)&mask >= (slot-hole)&mask {
			m.index[hole] = m.index[slot]
			hole = slot
		}
	}
	m.index[hole] = 0
}

// find returns the slot of a key in the index, or the free one where it belongs.
func (m *Memory) find(k Key) (slot int, found bool) {
	if len(m.index) == 0 {
		return 0, false
	}
	mask := len(m.index) - 1
	for slot = int(k.Lo) & mask; m.index[slot] != 0; slot = (slot + 1) & mask {
		if m.key(place(m.index[slot]-1)) == k {
			return slot, true
		}
	}
	return slot, false
}

// run is the memory from a place on.
func (m *Memory) run(at place) []byte { return m.pages[at/stride][at%stride*blockSize:] }

func (m *Memory) key(at place) Key { return keyOf(m.run(at)[4:]) }

// head returns the number of blocks of a run, and its credit.
func head(run []byte) (blocks, credit int) {
	n := int(run[0]) | int(run[1])<<8
	return n & (stride - 1), n >> creditShift & 3
}

func setHead(run []byte, n int) { run[0], run[1] = byte(n), byte(n>>8) }

func setWord(p []byte, w uint64) {
	_ = p[7]
	for i := range 8 {
		p[i] = byte(w >> (8 * i))
	}
}

// mostSpare is how many spare buffers are kept, and mostSpareBytes how many bytes they take together.
const (
	mostSpare      = 4
	mostSpareBytes = 2 * greatest
)

// Buffer returns a buffer for a piece that has not come to its end.
func (m *Memory) Buffer() (buffer []byte) {
	if n := len(m.spare); n > 0 {
		buffer, m.spare = m.spare[n-1], m.spare[:n-1]
	}
	return buffer
}

// Return takes a buffer back.
func (m *Memory) Return(buffer []byte) {
	total := cap(buffer)
	for _, spare := range m.spare {
		total += cap(spare)
	}
	if len(m.spare) < mostSpare && cap(buffer) > 0 && total <= mostSpareBytes {
		m.spare = append(m.spare, buffer[:0])
	}
}

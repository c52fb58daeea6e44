package pieces

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// visit looks something up, and keeps it if it is not there.
func visit(m *Memory, name string, size int) (hit bool) {
	k := m.Key(Key{}, 0, []byte(name))
	value := make([]byte, size)
	copy(value, name)
	if kept := m.Get(k); kept != nil {
		if string(kept) != string(value) {
			panic("something else is kept for " + name)
		}
		return true
	}
	m.Put(k, value)
	return false
}

func TestARoundOfPiecesTwiceTheMemoryFindsAThirdOfThem(t *testing.T) {
	const bytes = 1 << 20
	for _, c := range []struct {
		times float64 // the memory's size
		least float64 // hits
	}{{0.7, 0.95}, {1.5, 0.35}, {2, 0.3}, {4, 0.1}} {
		m := NewMemory(bytes)
		hits, n := 0, 0
		var names []string
		for used := 0.0; used < c.times*bytes; used += 100 {
			names = append(names, fmt.Sprint("piece ", len(names)))
		}
		for round := range 12 {
			for i, name := range names {
				if hit := visit(m, name, 40+i*7%80); round >= 4 {
					n++
					if hit {
						hits++
					}
				}
			}
		}
		rate := float64(hits) / float64(n)
		t.Logf("a round of %.1f times the memory: %.0f %% hits, %d entries", c.times, 100*rate, m.count)
		if rate < c.least {
			t.Errorf("a round of %.1f times the memory finds %.0f %%, want %.0f %%", c.times, 100*rate, 100*c.least)
		}
	}
}

// Conversations that grow, one behind the other and many at once, with much that never comes again between them.
func TestConversationsAreFoundAgainAmongWhatComesOnce(t *testing.T) {
	m := NewMemory(1 << 20)
	once := 0
	hits, n := 0, 0
	for generation := range 10 {
		for call := range 20 {
			for conversation := range 100 {
				for message := range 2 * call {
					n++
					if visit(m, fmt.Sprint(generation, " ", conversation, " ", message), 60) {
						hits++
					}
				}
				visit(m, fmt.Sprint("once ", once), 60)
				once++
			}
		}
	}
	t.Logf("%.1f %% hits, %d evictions", 100*float64(hits)/float64(n), m.Stats.Evictions)
	if float64(hits)/float64(n) < 0.8 {
		t.Errorf("%d of %d are found", hits, n)
	}
}

func TestAMemoryKeepsItsBounds(t *testing.T) {
	for _, bytes := range []int64{300, 1000, 5000, 80_000, 1 << 20} {
		m := NewMemory(bytes)
		for i := range 50_000 {
			n := rand.IntN(20_000)
			visit(m, fmt.Sprint(n), n%min(mostKept, int(bytes)/2))
			if i%1000 != 0 {
				continue
			}
			total := 4 * len(m.index)
			entries := 0
			for p, page := range m.pages {
				total += len(page)
				for at := 0; at < m.size; {
					n, _ := head(page[at*blockSize:])
					if n == 0 {
						t.Fatalf("a run of no blocks in page %d at %d", p, at)
					}
					if page[at*blockSize+1]&(freeRun>>8) == 0 {
						entries++
						if _, found := m.find(m.key(place(p*stride + at))); !found {
							t.Fatal("an entry is not found")
						}
					}
					if at += n; at > m.size {
						t.Fatal("a run goes over its page")
					}
				}
			}
			if int64(total) > bytes || entries != m.count {
				t.Fatalf("%d bytes of %d, %d entries of %d", total, bytes, entries, m.count)
			}
		}
		if m.count == 0 {
			t.Errorf("a memory of %d bytes keeps nothing", bytes)
		}
	}
	for _, bytes := range []int64{-1, 0, 100} {
		if NewMemory(bytes) != nil {
			t.Errorf("there is a memory of %d bytes", bytes)
		}
	}
}

func TestAFullMemoryMakesNoGarbage(t *testing.T) {
	m := NewMemory(1 << 18)
	value := make([]byte, 80)
	var name [8]byte
	n := uint64(0)
	next := func() {
		n++
		setWord(name[:], n)
		k := m.Key(Key{}, 0, name[:])
		if m.Get(k) == nil {
			m.Put(k, value)
		}
	}
	for range 20_000 {
		next()
	}
	if allocs := testing.AllocsPerRun(1000, next); allocs != 0 {
		t.Errorf("%v allocations a piece", allocs)
	}
}

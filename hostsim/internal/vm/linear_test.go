package vm

import (
	"strconv"
	"testing"

	"github.com/tetratelabs/wazero/experimental"
)

func TestMemoryKeepsWhatIsInItWhenItGrows(t *testing.T) {
	const page, most = 1 << 16, 1 << 32
	for name, m := range map[string]experimental.LinearMemory{"as it is made here": allocate(page, most), "on Go's heap": &heapMemory{}} {
		t.Run(name, func(t *testing.T) {
			b := m.Reallocate(page)
			copy(b, "kept")
			for pages := 2; pages <= 64; pages *= 2 {
				b = m.Reallocate(uint64(pages) * page)
				if len(b) != pages*page || cap(b) != len(b) || string(b[:4]) != "kept" || b[len(b)-1] != 0 {
					t.Fatalf("%d pages: %d bytes that begin with %q and end with %d", pages, len(b), b[:4], b[len(b)-1])
				}
				b[len(b)-1] = 1 // what comes next must be zero all the same
			}
			m.Free()
			m.Free()
		})
	}
}

func TestMemoryDoesNotGrowBeyondWhatWasReserved(t *testing.T) {
	m := &reservedMemory{whole: make([]byte, 10)}
	if m.Reallocate(10) == nil || m.Reallocate(11) != nil {
		t.Error("it has 10 bytes, no more and no less")
	}
}

func TestNamesAreKeptInABoundedNumber(t *testing.T) {
	var n names
	for i := range 10 * maxNames {
		if text := strconv.Itoa(i); n.text([]byte(text)) != text {
			t.Fatal(text)
		}
	}
	long := make([]byte, maxNameLen+1)
	if n.text(long) != string(long) || len(n) != maxNames {
		t.Errorf("%d names are kept", len(n))
	}
}

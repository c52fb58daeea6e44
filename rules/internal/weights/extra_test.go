package weights

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// withExtras returns entries of which one in four has extra weights.
func withExtras(n int) []Entry {
	list, r := entries(n), rand.New(rand.NewPCG(9, 9))
	for i := range list {
		if i%4 == 0 {
			for c := range list[i].Extra {
				list[i].Extra[c] = int8(r.Uint32())
			}
		}
	}
	return list
}

func TestExtraWeightsAreFoundAndOtherRowsHaveNone(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 9000} {
		list := withExtras(n)
		tab := table(t, list)
		with := 0
		for _, e := range list {
			row, ok := tab.Row(e.Feature)
			if !ok || tab.Weight(row, 0) != int32(e.Weights[0]) {
				continue // another feature has its slot
			}
			for c, w := range e.Extra {
				if tab.Extra(row, c) != int32(w) {
					t.Fatalf("feature %x, extra column %d: %d, want %d", e.Feature, c, tab.Extra(row, c), w)
				}
			}
			with++
		}
		if with*10 < n*9 {
			t.Errorf("only %d of %d entries were compared", with, n)
		}
	}
}

func TestAnExtraSumIsThatOfTheRowsWithExtraWeights(t *testing.T) {
	tab := table(t, withExtras(8000))
	for _, n := range []int{0, 1, 1000, 5000} {
		var s ExtraSum
		var want [ExtraColumns]int32
		rows := int32(0)
		for row := range uint32(n) {
			s.Add(tab, []uint32{row})
			for c := range want {
				want[c] += tab.Extra(row, c)
			}
			if _, ok := tab.extra(row); ok {
				rows++
			}
		}
		if got := s.Total(); got != want || s.Rows() != rows {
			t.Errorf("%d rows: %v of %d, want %v of %d", n, got, s.Rows(), want, rows)
		}
		if got := s.Total(); got != want {
			t.Errorf("%d rows, asked again: %v, want %v", n, got, want)
		}
	}
}

func TestATableOfTheGreatestCapacityFits(t *testing.T) {
	list := make([]Entry, Capacity(30, 5000))
	for i := range list {
		list[i].Feature = uint64(i) << (64 - bitmapBits)
		if i < 5000 {
			list[i].Extra[0] = 1
		}
	}
	data, left, err := Encode(list, make([]int32, 30))
	if err != nil || left != 0 || len(data) < MaxSize-2*rowSize {
		t.Errorf("%d bytes, %d left out: %v", len(data), left, err)
	}
}

func TestABitmapOfExtrasThatDoesNotFitIsRefused(t *testing.T) {
	data, _, err := Encode(withExtras(1000), nil)
	if err != nil {
		t.Fatal(err)
	}
	n := int(uint32(data[len(magic)]) | uint32(data[len(magic)+1])<<8)
	at := len(magic) + 12 + 8*words + n*rowSize
	for name, where := range map[string]int{"another row": at, "a row behind the last": at + (n+63)/64*8 - 1} {
		bad := append([]byte(nil), data...)
		bad[where] ^= 0x80
		if _, err := Open(string(bad)); err == nil || !strings.Contains(err.Error(), "extras") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

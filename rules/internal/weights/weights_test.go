package weights

import (
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

func entries(n int) []Entry {
	r := rand.New(rand.NewPCG(1, 2))
	list := make([]Entry, n)
	for i := range list {
		list[i].Feature = r.Uint64()
		for c := range list[i].Weights {
			list[i].Weights[c] = int8(r.Uint32())
		}
	}
	return list
}

func table(t testing.TB, list []Entry, params ...int32) *Table {
	t.Helper()
	data, _, err := Encode(list, params)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := Open(string(data))
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestEveryFeatureIsFoundWithItsWeightsUnlessItsSlotWasTaken(t *testing.T) {
	list := entries(20000)
	tab := table(t, list, 7, -8)
	taken := map[uint64]bool{}
	for _, e := range list {
		if taken[e.Feature>>(64-bitmapBits)] {
			continue
		}
		taken[e.Feature>>(64-bitmapBits)] = true
		row, ok := tab.Row(e.Feature)
		if !ok {
			t.Fatalf("feature %x is not found", e.Feature)
		}
		for c, w := range e.Weights {
			if tab.Weight(row, c) != int32(w) {
				t.Fatalf("feature %x, column %d: %d, want %d", e.Feature, c, tab.Weight(row, c), w)
			}
		}
	}
	if tab.Len() != len(taken) || tab.Param(0) != 7 || tab.Param(1) != -8 || tab.Param(2) != 0 {
		t.Error("the number of rows or the params are not those that were written")
	}
}

func TestFewUnknownFeaturesPassForKnownOnes(t *testing.T) {
	tab := table(t, entries(20000))
	r := rand.New(rand.NewPCG(3, 4))
	found := 0
	const tries = 200000
	for range tries {
		f := r.Uint64()
		if _, ok := tab.Row(f); ok {
			found++
		}
	}
	if found*2000 > tries {
		t.Errorf("of %d unknown features %d are found", tries, found)
	}
}

func TestASumIsThatOfItsRows(t *testing.T) {
	list := entries(3000)
	tab := table(t, list)
	for _, n := range []int{0, 1, 255, 256, 257, 2000} {
		var s Sum
		var want [Columns]int32
		for row := range n {
			s.Add(tab, []uint32{uint32(row)})
			for c := range want {
				want[c] += tab.Weight(uint32(row), c)
			}
		}
		if got := s.Total(); got != want {
			t.Errorf("%d rows: %v, want %v", n, got, want)
		}
		if got := s.Total(); got != want {
			t.Errorf("%d rows, asked again: %v, want %v", n, got, want)
		}
	}
}

func TestATableThatDoesNotFitIsRefused(t *testing.T) {
	if _, _, err := Encode(entries(100000), nil); err == nil {
		t.Error("a table of more than MaxSize is made")
	}
	good, _, err := Encode(entries(Capacity(2, 0)-3000), []int32{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	flipped := []byte(good)
	flipped[len(magic)+20+100] ^= 1
	for name, data := range map[string]string{
		"an empty file":          "",
		"a foreign file":         "PK\x03\x04",
		"a header alone":         magic,
		"a table cut short":      string(good[:len(good)-1]),
		"a table with a rest":    string(good) + "x",
		"another version":        strings.Replace(string(good), "/2", "/1", 1),
		"a bitmap with an extra": string(flipped),
	} {
		if _, err := Open(data); err == nil || !strings.Contains(err.Error(), "rules/train") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzOpenNeverPanics(f *testing.F) {
	data, _, _ := Encode(entries(10), []int32{1})
	f.Add(string(data), uint64(5))
	f.Fuzz(func(t *testing.T, data string, feature uint64) {
		tab, err := Open(data)
		if err != nil {
			return
		}
		tab.Row(feature)
		var sum ExtraSum
		for row := range uint32(tab.Len()) {
			sum.Add(tab, []uint32{row})
		}
		sum.Total()
	})
}

func TestPairsDifferByOrder(t *testing.T) {
	if Pair(1, 2) == Pair(2, 1) || Pair(0, 5) == 5 || Trait(1, 2) == Trait(2, 1) {
		t.Error("different features have one hash")
	}
}

// naive is what a Scanner does, said simply.
func naive(tab *Table, bias int32, tokens []text.Token) (rows map[uint32]bool, best, ending Sums) {
	rows = map[uint32]bool{}
	weight := func(f uint64) int32 {
		row, ok := tab.Row(f)
		if !ok {
			return 0
		}
		rows[row] = true
		return tab.Weight(row, Columns-1)
	}
	for from := range tokens {
		sum, prev := int32(0), uint64(0)
		for i := from; i < len(tokens); i++ {
			w := Word(&tokens[i])
			sum += weight(w) - bias
			if i > from || i == 0 {
				if pair := weight(Pair(prev, w)); i > from {
					sum += pair
				}
			}
			prev = w
			for k, n := range Spans {
				if i-from >= n {
					continue
				}
				best[k] = max(best[k], sum)
				if i == len(tokens)-1 {
					ending[k] = max(ending[k], sum)
				}
			}
		}
	}
	return rows, best, ending
}

// spanText is a text of some words in any order, and a table that knows most of them and of their pairs.
func spanText(words int, r *rand.Rand) ([]text.Token, []Entry) {
	vocabulary := strings.Fields("the quick brown fox jumps over 12 lazy dogs and 345 cats")
	var b strings.Builder
	for range words {
		b.WriteString(vocabulary[r.IntN(len(vocabulary))] + " ")
	}
	tokens, seen := text.Split(b.String()), map[uint64]bool{}
	var list []Entry
	prev := uint64(0)
	for i := range tokens {
		w := Word(&tokens[i])
		for _, f := range []uint64{w, Pair(prev, w)} {
			if !seen[f] && r.IntN(3) > 0 {
				e := Entry{Feature: f}
				e.Weights[Columns-1] = int8(r.IntN(60) - 31)
				list = append(list, e)
			}
			seen[f] = true
		}
		prev = w
	}
	return tokens, list
}

func TestAScannerFindsTheRowsAndTheBestSpansHoweverTheBatchesAreCut(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, words := range []int{1, 2, 17, 24, 25, 60, 127, 128, 129, 130, 300, 700} {
		for _, bias := range []int32{0, 4} {
			tokens, list := spanText(words, r)
			tab := table(t, list)
			rows, best, ending := naive(tab, bias, tokens)
			for _, size := range []int{1, 2, 7, 63, 64} {
				s, got := NewScanner(tab, bias), map[uint32]bool{}
				for from := 0; from < len(tokens); from += size {
					for _, row := range s.Scan(tokens[from:min(from+size, len(tokens))]) {
						got[row.Row] = true
					}
				}
				if s.Best() != best || s.Ending() != ending || !maps.Equal(rows, got) {
					t.Errorf("%d words in batches of %d: best %d, want %d; ending %d, want %d; %d rows, want %d",
						words, size, s.Best(), best, s.Ending(), ending, len(got), len(rows))
				}
				s.Begin()
				s.Score(tokens)
				if s.Best() != best || s.Ending() != ending {
					t.Errorf("%d words, scored: best %d, want %d", words, s.Best(), best)
				}
			}
		}
	}
}

func TestNothingAroundASpanLowersItsScore(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		tokens, list := spanText(400, r)
		s := NewScanner(table(t, list), 4)
		s.Score(tokens)
		all := s.Best()
		from := r.IntN(len(tokens))
		to := from + 1 + r.IntN(len(tokens)-from)
		s.Begin()
		s.Score(tokens[from:to])
		if part := s.Best(); part.Score() > all.Score() {
			t.Fatalf("words %d to %d score %d, with what stands around them %d", from, to, part, all)
		}
	}
}

func TestAScannerThatGoesOnBehindAWordMissesNoSpan(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, words := range []int{20, 100, 300} {
		tokens, list := spanText(words, r)
		tab := table(t, list)
		for at := range tokens {
			all, s := NewScanner(tab, 4), NewScanner(tab, 4)
			all.Score(tokens[:at+1])
			s.Resume(&tokens[at], all.Ending())
			all.Score(tokens[at+1:])
			s.Score(tokens[at+1:])
			for k, sum := range s.Ending() {
				if want := all.Ending()[k]; sum < want || at == len(tokens)-1 && sum != want {
					t.Errorf("%d words, behind %d: ending %d, want at least %d", words, at, s.Ending(), all.Ending())
				}
			}
		}
	}
}

func TestAFilterPassesAllRows(t *testing.T) {
	list := []Entry{{Feature: 1 << 63}, {Feature: 0x123456789abcdef}, {Feature: 77}}
	tab, f := table(t, list), new(text.Filter)
	tab.Mark(f)
	for _, e := range list {
		if !f.Passes(e.Feature) {
			t.Errorf("%x is left out", e.Feature)
		}
	}
	if f.Passes(1 << 62) {
		t.Error("a feature passes that has no row")
	}
}

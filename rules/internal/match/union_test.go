package match

import (
	"maps"
	"math/rand"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// half builds an automaton of some phrases, of which those with a space and an odd pattern have gaps.
func half(t *testing.T, phrases map[uint32]string) *Automaton {
	t.Helper()
	var b Builder
	for pattern := range uint32(64) {
		words, ok := phrases[pattern]
		if !ok {
			continue
		}
		err := error(nil)
		if pattern%2 == 1 && strings.Contains(words, " ") {
			err = b.AddGapped(words, 1, pattern)
		} else {
			err = b.Add(words, pattern)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.Build()
}

// follow follows a text with one automaton, by a word at a time, and says after each what was found and whether a phrase is open.
func follow(a *Automaton, words []text.Token) (found []map[uint32]bool, open []Policy) {
	l, g, s := NewLexicon(0, nil, a), a.NewGaps(), State(0)
	g.Begin()
	for i := range words {
		var hits []Hit
		s, _, hits = a.Match(s, look(l, words[i:i+1]), 0, 1, nil)
		at := map[uint32]bool{}
		for _, h := range g.Join(hits, 1) {
			at[h.Pattern] = true
		}
		found, open = append(found, at), append(open, a.Open(s)|g.Open())
	}
	return found, open
}

func TestAUnionFindsForEachPolicyWhatItFindsAlone(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	letters := strings.Fields("a b c d e f")
	phrase := func() string {
		var words []string
		for range 1 + r.Intn(3) {
			words = append(words, letters[r.Intn(len(letters))])
		}
		return strings.Join(words, " ")
	}
	const moved, kept = 100, 32 // patterns from kept on are left out of the second one, as the first one has them
	hits, differ := 0, 0
	for range 300 {
		first, second := map[uint32]string{}, map[uint32]string{}
		for n := range uint32(8) {
			if r.Intn(2) == 0 {
				first[n] = phrase()
			}
			if r.Intn(2) == 0 {
				second[n] = phrase()
			}
			if r.Intn(3) == 0 {
				first[kept+n] = phrase()
				second[kept+n] = first[kept+n]
			}
		}
		a, b := half(t, first), half(t, second)
		u := Union(a, b, func(pattern uint32) bool { return pattern >= kept }, func(pattern uint32) (uint32, bool) { return pattern + moved, pattern < kept })
		lexicon, inA, inB := NewLexicon(0, nil, u), NewLexicon(0, nil, a), NewLexicon(0, nil, b)
		var said []string
		for range 40 {
			said = append(said, append(letters, "x")[r.Intn(len(letters)+1)])
		}
		words := append([]text.Token(nil), text.Split(strings.Join(said, " "))...)
		foundA, openA := follow(a, words)
		foundB, openB := follow(b, words)
		foundU, openU := follow(u, words)
		for i, w := range words {
			of, _ := lexicon.Owners(w.Hash)
			ofA, _ := inA.Owners(w.Hash)
			ofB, _ := inB.Owners(w.Hash)
			if want := ofA&First | ofB&Second; of != want {
				t.Fatalf("%q belongs to %b, want %b (%v, %v)", said[i], of, want, first, second)
			}
			if want := openA[i]&First | openB[i]&Second; openU[i] != want {
				t.Fatalf("behind word %d of %q phrases of %b are open, want %b (%v, %v)", i, said, openU[i], want, first, second)
			}
			want := maps.Clone(foundA[i])
			for p := range foundB[i] {
				if p < kept {
					p += moved
				}
				want[p] = true
			}
			if !maps.Equal(foundU[i], want) {
				t.Fatalf("behind word %d of %q it finds %v, want %v (%v, %v)", i, said, foundU[i], want, first, second)
			}
			if hits += len(want); openU[i] == First || openU[i] == Second {
				differ++
			}
		}
	}
	if hits < 1000 || differ < 1000 {
		t.Errorf("%d hits, and %d times only one has an open phrase: too few to mean something", hits, differ)
	}
}

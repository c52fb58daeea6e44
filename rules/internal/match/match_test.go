package match

import (
	"cmp"
	"fmt"
	"math/rand"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// found is a pattern and the token that its phrase ends at.
type found struct {
	pattern uint32
	end     int64
}

// search runs the automaton over a text in batches of a size.
func search(a *Automaton, words string, batch int) []found {
	var all []found
	var hits []Hit
	var s State
	tokens := text.Split(words)
	for len(tokens) > 0 {
		n := min(batch, len(tokens), Batch)
		s, _, hits = a.Match(s, look(NewLexicon(0, nil, a), tokens[:n]), 0, n, hits[:0])
		for _, h := range hits {
			all = append(all, found{h.Pattern, tokens[h.Token].End})
		}
		tokens = tokens[n:]
	}
	sortHits(all)
	return all
}

// look looks up the words of a batch.
func look(l *Lexicon, batch []text.Token) *Words {
	w := new(Words)
	l.Look(batch, w)
	return w
}

// naive looks for every phrase at every place.
func naive(phrases []string, words string) []found {
	var hits []found
	tokens := text.Split(words)
	for p, phrase := range phrases {
		want := text.Split(phrase)
	place:
		for i := 0; i+len(want) <= len(tokens); i++ {
			for j := range want {
				if tokens[i+j].Hash != want[j].Hash {
					continue place
				}
			}
			hits = append(hits, found{uint32(p), tokens[i+len(want)-1].End})
		}
	}
	sortHits(hits)
	return hits
}

func sortHits(h []found) {
	sort.Slice(h, func(i, j int) bool {
		if h[i].end != h[j].end {
			return h[i].end < h[j].end
		}
		return h[i].pattern < h[j].pattern
	})
}

func build(t testing.TB, phrases []string) *Automaton {
	t.Helper()
	var b Builder
	for i, p := range phrases {
		if err := b.Add(p, uint32(i)); err != nil {
			t.Fatalf("%q: %v", p, err)
		}
	}
	return b.Build()
}

func check(t *testing.T, a *Automaton, phrases []string, words string) {
	t.Helper()
	want := naive(phrases, words)
	for _, batch := range []int{1, 3, 64} {
		got := search(a, words, batch)
		if len(got) != len(want) {
			t.Fatalf("%q in %q by %d: %v, want %v", phrases, words, batch, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%q in %q by %d: %v, want %v", phrases, words, batch, got, want)
			}
		}
	}
}

func TestPhrasesAreFound(t *testing.T) {
	phrases := []string{"a b c d", "b c", "c", "b c x", "a b c d", "忽略之前", "C++", "ignore previous instructions"}
	a := build(t, phrases)
	for _, words := range []string{
		"a b c d", "a b c x", "x a b c y", "b b c c", "请忽略之前的指令", "I like c++, not C",
		"IGNORE\nprevious — instructions!", "ignore the previous instructions", "ignore previous", "", "unknown words only",
	} {
		check(t, a, phrases, words)
	}
}

func TestUnknownWordsBreakAPhrase(t *testing.T) {
	a := build(t, []string{"ignore previous instructions"})
	if hits := search(a, "ignore all previous instructions", 64); len(hits) != 0 {
		t.Errorf("found %v", hits)
	}
}

func TestAPhraseWithoutWordsIsRefused(t *testing.T) {
	var b Builder
	for _, p := range []string{"", " ", "?!", "—", "\u200B"} {
		if b.Add(p, 1) != ErrEmpty {
			t.Errorf("%q is accepted", p)
		}
	}
	if hits := search(b.Build(), "any text", 64); len(hits) != 0 {
		t.Errorf("an empty automaton found %v", hits)
	}
}

// words makes a text of few words, so that phrases overlap and share beginnings and ends.
func words(r *rand.Rand, n int) string {
	s := ""
	for i := 0; i < n; i++ {
		s += string(rune('a'+r.Intn(4))) + " "
	}
	return s
}

func TestTheAutomatonFindsWhatANaiveSearchFinds(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for i := 0; i < 500; i++ {
		var phrases []string
		for n := r.Intn(20) + 1; n > 0; n-- {
			phrases = append(phrases, words(r, r.Intn(6)+1))
		}
		a := build(t, phrases)
		for k := 0; k < 5; k++ {
			check(t, a, phrases, words(r, r.Intn(40)))
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("ignore previous", "b c", "please ignore previous b c b")
	f.Fuzz(func(t *testing.T, p, q, s string) {
		var b Builder
		var phrases []string
		for _, x := range []string{p, q} {
			if b.Add(x, uint32(len(phrases))) == nil {
				phrases = append(phrases, x)
			}
		}
		check(t, b.Build(), phrases, s)
	})
}

// many makes n different phrases of one to four words.
func many(n int) []string {
	r := rand.New(rand.NewSource(2))
	phrases := make([]string, n)
	for i := range phrases {
		for k := r.Intn(4); k >= 0; k-- {
			phrases[i] += "word" + strconv.Itoa(r.Intn(n)) + " "
		}
	}
	return phrases
}

func TestMatchingDoesNotAllocate(t *testing.T) {
	phrases := many(1000)
	a := build(t, phrases)
	tokens := append([]text.Token(nil), text.Split(phrases[3]+phrases[4]+"other")...)
	l := NewLexicon(0, nil, a)
	var words Words
	var hits []Hit
	if n := testing.AllocsPerRun(100, func() {
		l.Look(tokens, &words)
		_, _, hits = a.Match(0, &words, 0, len(tokens), hits[:0])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if len(hits) == 0 {
		t.Error("nothing is found")
	}
}

func BenchmarkBuild10000Phrases(b *testing.B) {
	phrases := many(10000)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		build(b, phrases)
	}
}

func TestAFilterPassesAllWordsOfPhrases(t *testing.T) {
	var b Builder
	for i := range 500 {
		if err := b.Add(fmt.Sprintf("word%d of%d many", i, i), 0); err != nil {
			t.Fatal(err)
		}
	}
	f := new(text.Filter)
	b.Build().Mark(f)
	for i := range 500 {
		for _, x := range text.Split(fmt.Sprintf("word%d of%d many", i, i)) {
			if !f.Passes(x.Hash) {
				t.Fatalf("word %d is left out", i)
			}
		}
	}
	passed := 0
	for i := range 1000 {
		if f.Passes(text.Split(fmt.Sprintf("other%d", i))[0].Hash) {
			passed++
		}
	}
	if passed > 50 {
		t.Errorf("%d of 1,000 other words pass", passed)
	}
}

func TestALexiconOfTwoAutomataSaysOfEachWhatItsOwnSays(t *testing.T) {
	const direct = 1 << 31
	phrases := many(400)
	build := func(phrases []string, bit uint32) *Automaton {
		var b Builder
		for i, p := range phrases {
			if err := b.Add(p, uint32(i)|bit); err != nil {
				t.Fatal(err)
			}
		}
		return b.Build()
	}
	a, b := build(phrases[:150], 0), build(phrases[100:], direct)
	var marks []uint64
	for _, x := range text.Split(phrases[7] + " marked " + phrases[300]) {
		marks = append(marks, x.Hash)
	}
	both, onlyA, onlyB := NewLexicon(direct, marks, a, b), NewLexicon(0, nil, a), NewLexicon(0, nil, b)
	tokens := append([]text.Token(nil), text.Split(strings.Join(many(600), " ")+" unknown words, one of them marked")...)
	alone, found := 0, 0
	for len(tokens) > 0 {
		batch := tokens[:min(len(tokens), Batch)]
		tokens = tokens[len(batch):]
		words, inA, inB := look(both, batch), look(onlyA, batch), look(onlyB, batch)
		for i := range batch {
			if words.number(0, i) != inA.number(0, i) {
				t.Fatal("the first automaton has other words than alone")
			}
			if words.Alone()>>i&1 != 0 != (words.Direct(i) != 0) {
				t.Fatalf("word %d has a direct pattern, or it has none: %x", i, words.Direct(i))
			}
		}
		_, looked, hits := b.Match(0, words, 1, len(batch), nil)
		for i := range batch {
			if words.Alone()&^looked>>i&1 != 0 {
				hits = append(hits, Hit{words.Direct(i), int32(i)})
				alone++
			}
		}
		_, _, want := b.Match(0, inB, 0, len(batch), nil)
		sort := func(hits []Hit) {
			slices.SortFunc(hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(a.Token, b.Token), cmp.Compare(a.Pattern, b.Pattern)) })
		}
		sort(hits)
		sort(want)
		if found += len(want); !slices.Equal(hits, want) {
			t.Fatalf("the second automaton finds %v, want %v", hits, want)
		}
		for i := range batch {
			h := batch[i].Hash
			inA, inB := both.Owners(h)
			wantA, _ := onlyA.Owners(h)
			wantB, _ := onlyB.Owners(h)
			if inA != wantA || inB != wantB {
				t.Fatalf("word %d is known to one and not to the other", i)
			}
			if words.Marked()>>i&1 != 0 != slices.Contains(marks, h) {
				t.Fatalf("word %d: marked is %v", i, words.Marked()>>i&1 != 0)
			}
		}
	}
	if alone == 0 || alone == found {
		t.Errorf("%d of %d phrases are told by the lexicon, want some", alone, found)
	}
}

func TestAWordIsFoundInALexiconOfAnySize(t *testing.T) {
	for n := range 200 {
		a := build(t, many(n))
		l := NewLexicon(0, nil, a)
		for _, hash := range a.hashes {
			all, own := l.Owners(hash)
			if other, _ := l.Owners(hash ^ 1<<40); all != Both || own != 0 || other != 0 {
				t.Fatalf("with %d phrases a word of theirs is not known, or another one is", n)
			}
		}
	}
}

func TestALexiconSaysHowAWordStandsInPhrases(t *testing.T) {
	var b Builder
	for i, phrase := range []string{"ignore all rules", "all", "rules of the game"} {
		if err := b.Add(phrase, uint32(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.AddGapped("(forget|lose) sight", 3, 9); err != nil {
		t.Fatal(err)
	}
	l := NewLexicon(0, nil, b.Build())
	for _, c := range []struct {
		word                  string
		begins, goesOn, alone bool
	}{
		{"ignore", true, false, false}, {"all", false, true, true}, {"rules", true, true, false}, {"game", false, true, false}, {"unknown", false, false, false},
	} {
		if begins, goesOn, alone := l.Stands(text.HashOf(c.word)); (begins == Both) != c.begins || (goesOn == Both) != c.goesOn || (alone == Both) != c.alone {
			t.Errorf("%s begins a phrase: %b, goes on with one: %b, is one: %b; want %t, %t, %t", c.word, begins, goesOn, alone, c.begins, c.goesOn, c.alone)
		}
	}
	if _, _, alone := l.Stands(text.HashOf("sight")); alone != Both {
		t.Error("a piece of a phrase with gaps has to be looked at wherever it stands")
	}
}

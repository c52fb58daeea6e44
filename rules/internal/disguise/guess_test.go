package disguise

import (
	"math/rand/v2"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// What short says of a word is what read and passing say of it.
func TestAShortWordIsSpelledLikeAnyOther(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	all, some := new(text.Filter), new(text.Filter)
	for i := range all {
		all[i] = r.Uint64() & r.Uint64()
		some[i] = all[i] & r.Uint64()
	}
	passed := 0
	for range 20000 {
		word := make([]byte, 1+r.IntN(vainWord), 2*vainWord)
		for i := range word {
			word[i] = "abzAZ0123456789|$"[r.IntN(15+2*r.IntN(2))]
		}
		var quick, slow spellings
		passes, known, ok := quick.short(vainKey(word), len(word), all, some)
		read := slow.read(word, true)
		if plain := read && slow.signs == 0 && slow.how != 0; ok != plain {
			t.Fatalf("%q is a short word: %t, want %t", word, ok, plain)
		}
		if !ok {
			continue
		}
		wantPasses, wantKnown := slow.passing(all, some)
		if passes != wantPasses || known != wantKnown {
			t.Fatalf("of %q the readings %b and %b pass, want %b and %b", word, passes, known, wantPasses, wantKnown)
		}
		if passes == 0 {
			continue
		}
		passed++
		for choice := range 1 << slow.doubts {
			if got, want := quick.of(choice), slow.of(choice); quick.n != slow.n || got.hash(quick.n) != want.hash(slow.n) {
				t.Fatalf("reading %b of %q is %x, want %x", choice, word, got, want)
			}
		}
		if quick.doubts != slow.doubts || quick.letters != slow.letters || quick.signs != slow.signs || quick.how != slow.how {
			t.Fatalf("%q is spelled %+v, want %+v", word, quick, slow)
		}
	}
	if passed < 1000 {
		t.Errorf("only %d words passed", passed)
	}
}

func TestAWordThatWasGuessedAtInVainIsForgottenWithItsText(t *testing.T) {
	known := map[uint64]bool{}
	r := &Reading{Known: func(h uint64) bool { return known[h] }}
	if word, _, _ := r.guess([]byte("1gn0r3"), true); word != nil {
		t.Fatalf("1gn0r3 is read as %q, which nobody knows", word)
	}
	known[text.HashOf("ignore")] = true
	if word, _, _ := r.guess([]byte("1gn0r3"), true); word != nil {
		t.Errorf("1gn0r3 was in vain and is read as %q", word)
	}
	if word, _, _ := r.guess([]byte("1gn0r3s"), true); word != nil {
		t.Errorf("1gn0r3s is read as %q, which nobody knows", word)
	}
	r.Forget()
	if word, _, _ := r.guess([]byte("1gn0r3"), true); string(word) != "ignore" {
		t.Errorf("1gn0r3 is read as %q behind Forget, want ignore", word)
	}
	r = &Reading{Known: r.Known, Forgetful: true}
	delete(known, text.HashOf("ignore"))
	r.guess([]byte("1gn0r3"), true)
	known[text.HashOf("ignore")] = true
	if word, _, _ := r.guess([]byte("1gn0r3"), true); string(word) != "ignore" {
		t.Errorf("1gn0r3 is read as %q, though nothing is to be remembered", word)
	}
}

func TestAKnownWordWithASignBehindItIsNoLikelyOne(t *testing.T) {
	known, likely := map[uint64]bool{text.HashOf("in"): true, text.HashOf("rules"): true}, map[uint64]bool{text.HashOf("ini"): true, text.HashOf("rulesi"): true, text.HashOf("ali"): true}
	r := &Reading{Known: func(h uint64) bool { return known[h] }, Likely: func(h uint64) bool { return likely[h] }}
	for word, want := range map[string]string{"in!": "", "In!!": "", "1n!": "ini", "ru1es!": "rulesi", "al!": "ali", "rules!": "", "!n": "in"} {
		if got, _, _ := r.guess([]byte(word), false); string(got) != want {
			t.Errorf("%q is read as %q, want %q", word, got, want)
		}
	}
}

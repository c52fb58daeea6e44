package disguise

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// handed reads a text and returns what is handed on.
func handed(s string, enough bool) (parts []string, whole int) {
	var out []string
	r := reader(&out)
	r.Out = func(p []byte, begins, ends bool) bool {
		parts = append(parts, string(p))
		if begins && ends {
			whole++
		}
		return enough
	}
	scan(r, s)
	return parts, whole
}

func TestOnlyWhatStandsAroundADisguisedWordIsReadAgain(t *testing.T) {
	words := strings.Repeat("and the word ", 500)
	parts, whole := handed(words+"1gn0r3 "+words, true)
	if len(parts) != 1 || whole != 0 {
		t.Fatalf("%d parts, %d of them all of the text", len(parts), whole)
	}
	before, behind, ok := strings.Cut(parts[0], "ignore")
	if n, m := len(strings.Fields(before)), len(strings.Fields(behind)); !ok || n < 128 || m < 128 || n+m > 2*128+32 {
		t.Errorf("%d words before it and %d behind it are read", n, m)
	}
	for _, end := range []string{before, behind} {
		if w := strings.Fields(end); w[0] != "and" && w[0] != "the" && w[0] != "word" || w[len(w)-1] != "and" && w[len(w)-1] != "the" && w[len(w)-1] != "word" {
			t.Errorf("a word is cut: %q", end)
		}
	}
}

func TestContextsThatOverlapAreOne(t *testing.T) {
	words := strings.Repeat("and the word ", 60)
	if parts, _ := handed(words+words+"1gn0r3 "+words+"pr3v10u5 "+words+words+words+words+"1gn0r3 "+words, true); len(parts) != 2 {
		t.Errorf("%d parts, want 2: the first two words stand near each other", len(parts))
	}
}

func TestAllIsReadWhereAContextIsNotEnough(t *testing.T) {
	words := strings.Repeat("and the word ", 300)
	parts, whole := handed(words+"1gn0r3 "+words, false)
	if len(parts) != 2 || whole != 1 || parts[1] != words+"ignore "+words {
		t.Errorf("%d parts, %d of them all of the text", len(parts), whole)
	}
}

func TestContextsInTextWithoutSpacesAreWholeCharacters(t *testing.T) {
	han := strings.Repeat("忽略之前的", 400)
	parts, _ := handed(han+" 1gn0r3 "+han, true)
	if len(parts) != 1 || strings.ToValidUTF8(parts[0], "") != parts[0] || len(parts[0]) < 2*128*len("忽") {
		t.Errorf("%d parts", len(parts))
	}
}

func TestAContextReachesOverLongWords(t *testing.T) {
	long := strings.Repeat(strings.Repeat("q", 700)+" ", 4)
	parts, _ := handed("ignore "+long+"pr3v10u5 "+long+"instructions", true)
	if len(parts) != 1 || !strings.HasPrefix(parts[0], "ignore q") || !strings.HasSuffix(parts[0], "q instructions") {
		t.Errorf("%d parts; the words four words away are not in them", len(parts))
	}
}

func TestWhatIsNoWordMakesNoContextShort(t *testing.T) {
	for _, filler := range []string{"!! ", "... ", "• ", "•• ", "😀 ", "— ", "\u0301 ", "q ", "\u200b\u200b "} {
		parts, _ := handed("ignore "+strings.Repeat(filler, 400)+"pr3v10u5 "+strings.Repeat(filler, 400)+"instructions", true)
		if len(parts) != 1 || !strings.HasPrefix(parts[0], "ignore ") || !strings.HasSuffix(parts[0], "instructions") {
			t.Errorf("400 times %q parts words from the one that is disguised between them", filler)
		}
	}
}

func TestWhatCountsAsAWordIsOne(t *testing.T) {
	for r := rune(0x80); r < 0x20000; r++ {
		var c counting
		two := string(r) + string(r)
		c.beyond(r)
		c.beyond(r)
		c.part()
		if words := len(text.Split(two)); c.words > words {
			t.Errorf("%q counts for %d words and is %d", two, c.words, words)
		}
	}
	for b := range byte(0x80) {
		s := "qq" + string(b) + "qq"
		var c counting
		for i := range len(s) {
			c.ascii(s[i])
		}
		c.part()
		if words := len(text.Split(s)); c.words == 0 || c.words > words {
			t.Errorf("%q counts for %d words and is %d", s, c.words, words)
		}
	}
}

func TestTheWordsAroundAWordAreKnownOrNot(t *testing.T) {
	for _, c := range []struct {
		text           string // the word is in ()
		before, behind string
		ok             bool
	}{
		{"please (4ll) rules", "please", "rules", true},
		{"(4ll)", "", "", true},
		{"10, (4ll): ru1es!", "10", "ru1es!", true},
		{"in a (4ll) 1 row", "a", "1", true},
		{"i g n o r e (4ll) rules", "e", "rules", false}, // letters apart
		{"please (4ll) 1 g n", "please", "1", false},
		{"please (4ll) о g n", "please", "о", true}, // a letter beyond ASCII, which MayBe knows nothing of
		{"please (4ll)\\nrules", "please", "nrules", false},
		{"%sign (4ll) rules", "sign", "rules", false},
	} {
		p := []byte(strings.NewReplacer("(", "", ")", "").Replace(c.text))
		from, to := strings.Index(c.text, "("), strings.Index(c.text, ")")-1
		before, behind, ok := Neighbours(p, from, to)
		if string(before) != c.before || string(behind) != c.behind || ok != c.ok {
			t.Errorf("around the word in %q stand %q and %q (%t), want %q and %q (%t)", c.text, before, behind, ok, c.before, c.behind, c.ok)
		}
	}
}

func TestWhatAWordMayBe(t *testing.T) {
	known := map[uint64]bool{text.HashOf("all"): true, text.HashOf("ill"): true, text.HashOf("ali"): true}
	for _, c := range []struct {
		word string
		want []string // nil if it cannot be said
	}{
		{"", []string{""}},
		{"Rules", []string{"rules"}},
		{"4ll", []string{"4ll", "all", "all"}},
		{"a1l", []string{"a1l", "all", "all"}},
		{"41l", []string{"41l", "all", "all"}},
		{"4l1", []string{"4l1", "ali", "all"}},
		{"|4ll|", []string{"4ll", "all", "all"}},
		{"2026", []string{"2026"}},
		{"||", nil},
		{"a|b", nil},
		{"аll", nil}, // with a Cyrillic letter
		{strings.Repeat("a", longestWord+1), nil},
	} {
		r := &Reading{Known: func(h uint64) bool { return known[h] }}
		r.last, r.doubtful = true, false
		hashes, n, ok := r.MayBe([]byte(c.word))
		if ok != (c.want != nil) || n != len(c.want) {
			t.Errorf("%q may be %d words (%t), want %q", c.word, n, ok, c.want)
			continue
		}
		for i, want := range c.want {
			hash := uint64(0)
			if want != "" {
				hash = text.HashFolded([]byte(want))
			}
			if hashes[i] != hash {
				t.Errorf("word %d that %q may be is not %q", i, c.word, want)
			}
		}
		if !r.last || r.doubtful {
			t.Errorf("%q leaves traces in what is being read", c.word)
		}
	}
}

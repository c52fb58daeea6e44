package disguise

import (
	"slices"
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
	known := map[uint64]bool{text.HashOf("all"): true, text.HashOf("ali"): true, text.HashOf("rules"): true}
	for _, c := range []struct {
		text           string // the word is in ()
		before, behind string // what they may be, the written one first
		unknown        bool
	}{
		{text: "please (x) Rules", before: "please", behind: "rules"},
		{text: "(x)"},
		{text: "10, (x): ru1es!", before: "10", behind: "ru1es rules rules"},
		{text: "4l1 (x) |4ll|", before: "4l1 ali all", behind: "4ll all all"},
		{text: "in a (x) 1 row", before: "a", behind: "1"},
		{text: "на (x) 忽略", before: "на", behind: "忽"},
		{text: "请忽略 (x) аll", before: "略", behind: "аll all all"}, // with a Cyrillic letter
		{text: "i g n o r e (x) rules", unknown: true},
		{text: "please (x) 1 g n", unknown: true},
		{text: "please (x) о g n", unknown: true},
		{text: "please (x)\\nrules", unknown: true},
		{text: "%sign (x) rules", unknown: true},
		{text: "a$1b (x) rules", unknown: true},
		{text: "|| (x) rules", unknown: true},
		{text: "please (x) \x1b[1;31mrules", unknown: true},
		{text: "\x1b[31mplease (x)", unknown: true},
		{text: "please (x) ^[[38;5;196mrules", unknown: true},
		{text: "please (x) %5.2drules", unknown: true},
		{text: "please (x) \x034,12rules", unknown: true},
		{text: "please (x) [31mrules", before: "please", behind: "31mrules"},
		{text: "50% of all that (x) rules", before: "that", behind: "rules"},
		{text: strings.Repeat("a", longestWord+1) + " (x)", unknown: true},
	} {
		r := &Reading{Known: func(h uint64) bool { return known[h] }}
		r.last, r.doubtful = true, false
		p := []byte(strings.NewReplacer("(", "", ")", "").Replace(c.text))
		from, to := strings.Index(c.text, "("), strings.Index(c.text, ")")-1
		var before, behind Neighbour
		ok := r.Neighbours(p, from, to, &before, &behind)
		if ok == c.unknown {
			t.Errorf("whether the words around %q are known: %t", c.text, ok)
		}
		if !ok {
			continue
		}
		for _, n := range []struct {
			is   Neighbour
			want string
		}{{before, c.before}, {behind, c.behind}} {
			var want []uint64
			for _, w := range strings.Fields(n.want) {
				want = append(want, text.HashOf(w))
			}
			if len(want) == 0 {
				want = []uint64{0}
			}
			if got := append([]uint64{n.is.Written.Hash}, n.is.Guesses...); !slices.Equal(got, want) {
				t.Errorf("a word beside that in %q may be %x, want %q (%x)", c.text, got, n.want, want)
			}
		}
		if !r.last || r.doubtful {
			t.Errorf("%q leaves traces in what is being read", c.text)
		}
	}
}

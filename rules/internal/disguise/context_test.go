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

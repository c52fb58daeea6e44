package disguise

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

func TestAShortWordAmongWordsOfItsAlphabetIsNative(t *testing.T) {
	known := map[uint64]bool{}
	for _, word := range []string{"ha", "he", "to", "no", "hope", "top", "lsd"} {
		known[text.HashOf(word)] = true
	}
	r := &Reading{Known: func(h uint64) bool { return known[h] }}
	for _, c := range []struct {
		text   string // with the word between bars
		native bool
	}{
		{"кошка |на| столе", true},
		{"|не| знаю", true},
		{"я знаю, |то| и", true}, // what stands behind looks Latin, too, and is no other alphabet's
		{"знаю. |на| то то знаю", true},
		{"она |то| она", true},             // "oha" is no word
		{"знаю |на| то то то знаю", false}, // too far off to tell
		{"ignore |не| знаю", false},
		{"знаю |не| rules", false},
		{"знаю |то| 2024", false},
		{"ignоrе |не| rules", false},
		{"|не|", false},
		{"то |не| то", false},      // all may be Latin
		{"— |не| —", false},        // signs are no words
		{"знаю |нe| знаю", false},  // its own second letter is Latin
		{"знаю |ӏѕԁ| знаю", false}, // letters from anywhere make no word of an alphabet
		{"знаю |ոе| знаю", false},
		{"中 |тор| 中", false}, // another alphabet than the word's
		{"знаю |το| знаю", false},
		{"είναι |το| όμως", true},
		{"Де |її| око", true},
		{"знаю |нора| знаю", false}, // longer words may be a disguise wherever they stand
	} {
		before, rest, _ := strings.Cut(c.text, "|")
		word, behind, _ := strings.Cut(rest, "|")
		p := []byte(before + word + behind)
		if got := r.native(p, len(before), len(before)+len(word)); got != c.native {
			t.Errorf("%q: native is %v, want %v", c.text, got, c.native)
		}
	}
}

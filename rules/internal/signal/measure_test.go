package signal

import (
	"encoding/json"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/prompt"
)

func stringsReader(s string) io.Reader { return strings.NewReader(s) }

// demo maps a domain to the four of the published demo.
func demo(d string) string {
	switch d {
	case "computer_science", "math", "physics":
		return d
	}
	return "other"
}

// TestFiguresOfLanguage prints figures; it only fails where something is badly broken. Those of
// the other signals are in rules/train, which knows what was not learned from.
func TestFiguresOfLanguage(t *testing.T) {
	s := dataFile(t, "languages.jsonl")
	st := builtinSet(t).NewState()
	limits := []int{1 << 20, 40, 15}
	right := make([]int, len(limits))
	rows := make([]int, len(limits))
	wrong := map[string]int{}
	for s.Scan() {
		var row struct{ Language, Text string }
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		want := row.Language[:2]
		for i, limit := range limits {
			r := []rune(row.Text)
			if limit < 1<<20 && len(r) < limit {
				continue
			}
			rows[i]++
			got := "none"
			for n := range truths(st, string(r[:min(limit, len(r))])) {
				if strings.HasPrefix(n, "language.") {
					got = n[len("language."):]
				}
			}
			if got == want {
				right[i]++
			} else {
				wrong[strconv.Itoa(limit)+" "+want+" as "+got]++
			}
		}
	}
	t.Logf("whole rows %s of %d, first 40 characters %s of %d, first 15 %s of %d",
		percent(right[0], rows[0]), rows[0], percent(right[1], rows[1]), rows[1], percent(right[2], rows[2]), rows[2])
	if testing.Verbose() && os.Getenv("SHOW") == "language" {
		for k, n := range wrong {
			t.Log(n, k)
		}
	}
	if right[0]*100 < rows[0]*90 {
		t.Error("languages are told worse than they were")
	}
}

func percent(n, of int) string {
	return strconv.FormatFloat(100*float64(n)/float64(max(of, 1)), 'f', 1, 64) + " %"
}

func TestIndentedLinesArePricedByLineAndNotBySpace(t *testing.T) {
	for _, c := range []struct {
		name, text string
		lines      uint64
	}{
		{"the first line is no indented one", "  a\nb\nc", 0},
		{"a line that begins with spaces is one", "a\n  b\n        c\nd", 2},
		{"so is one that begins with a tab", "a\n\tb", 1},
		{"an empty line is none", "a\n\n\nb", 0},
		{"the end of the text begins none", "a\n", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for size := 1; size <= len(c.text); size++ {
				if m := measureOf(t, c.text, size); m[perIndent] != c.lines {
					t.Errorf("in pieces of %d bytes: %d lines, want %d", size, m[perIndent], c.lines)
				}
			}
		})
	}
}

func TestPairsOfChineseCharactersThatStandTogetherCountOnce(t *testing.T) {
	for _, c := range []struct {
		name, text     string
		pairs, singles uint64
	}{
		{"two words of two characters", "我们可以", 2, 0},
		{"a character that is left over", "我们我", 1, 1},
		{"characters that make no word", "的们", 0, 2},
		{"traditional characters make none", "我們", 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int{3, 6, len(c.text)} {
				if m := measureOf(t, c.text, size); m[perPair] != c.pairs || m[perScript+int(text.Han)] != 3*c.singles {
					t.Errorf("in pieces of %d bytes: %d pairs and %d bytes of singles", size, m[perPair], m[perScript+int(text.Han)])
				}
			}
		})
	}
}

// measureOf is the measure of one text, fed in pieces of a size.
func measureOf(t *testing.T, said string, size int) Measure {
	st := builtinSet(t).NewState()
	st.Reset()
	sayInPieces(st, prompt.RoleUser, said, size)
	return st.Measure()
}

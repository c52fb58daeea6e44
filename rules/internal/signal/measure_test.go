package signal

import (
	"encoding/json"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
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

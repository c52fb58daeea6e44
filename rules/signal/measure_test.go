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

// These tests print figures; they only fail where something is badly broken. MEASURE=seen shows
// the half of the data that may be looked at, anything else the half that may not.

func wanted(words string) bool { return held(words) != (os.Getenv("MEASURE") == "seen") }

func TestFiguresOfDomain(t *testing.T) {
	s := dataFile(t, "domain.jsonl")
	st := builtinSet(t).NewState()
	var rows, said, right, four, fourRight, mmlu, mmluRight int
	confusion := map[string]map[string]int{}
	for s.Scan() {
		var row struct{ Domain, Text, Source string }
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if !wanted(row.Text) {
			continue
		}
		want := strings.ReplaceAll(row.Domain, " ", "_")
		got := "other"
		for n := range truths(st, row.Text) {
			if strings.HasPrefix(n, "domain.") {
				got = n[len("domain."):]
			}
		}
		if confusion[want] == nil {
			confusion[want] = map[string]int{}
		}
		confusion[want][got]++
		rows++
		if got != "other" || want == "other" {
			said++
		}
		if got == want {
			right++
		}
		four++
		ok := demo(got) == demo(want)
		if ok {
			fourRight++
		}
		if row.Source == "MMLU-Pro" {
			mmlu++
			if ok {
				mmluRight++
			}
		}
		if os.Getenv("SHOW") == want+">"+got {
			t.Log(row.Text)
		}
	}
	t.Logf("%d rows: 14 classes %s, not abstained %s, the demo's four %s, of MMLU-Pro %s", rows,
		percent(right, rows), percent(said, rows), percent(fourRight, four), percent(mmluRight, mmlu))
	for _, want := range append(append([]string(nil), domainNames...), "other") {
		line := ""
		total := 0
		for _, got := range append(append([]string(nil), domainNames...), "other") {
			line += " " + pad(strconv.Itoa(confusion[want][got]), 5)
			total += confusion[want][got]
		}
		t.Logf("%-17s%s   %s", want, line, percent(confusion[want][want], total))
	}
	if fourRight*100 < four*75 {
		t.Error("the four classes of the demo are told worse than they were")
	}
}

// demo maps a domain to the four of the published demo.
func demo(d string) string {
	switch d {
	case "computer_science", "math", "physics":
		return d
	}
	return "other"
}

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

func pad(s string, n int) string { return strings.Repeat(" ", max(n-len(s), 0)) + s }

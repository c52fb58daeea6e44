package redteam_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the summary into SECURITY.md")

// family is the part of the suite whose classes begin with the same word.
type family struct {
	name                       string
	classes, cases, sent, held int
	weak                       []string // classes that are not held in full
}

func familiesOf(scores []score) (list []*family) {
	byName := map[string]*family{}
	for _, s := range scores {
		name, _, found := strings.Cut(s.class.Name, ": ")
		if !found {
			name = "steering"
		}
		if name == "keyword stuffing" {
			name = "steering"
		}
		f := byName[name]
		if f == nil {
			f = &family{name: name}
			byName[name] = f
			list = append(list, f)
		}
		f.classes++
		f.cases += s.cases
		f.sent += s.sent
		f.held += s.held
		if s.held < s.cases {
			_, short, found := strings.Cut(s.class.Name, ": ")
			if !found {
				short = s.class.Name
			}
			f.weak = append(f.weak, fmt.Sprintf("%s (%d of %d)", short, s.held, s.cases))
		}
	}
	return list
}

const page, begins, ends = "../SECURITY.md", "<!-- redteam -->\n", "<!-- /redteam -->\n"

// checkSummary compares SECURITY.md's table with what was measured: classes and attacks exactly; no family of which everything was
// sent may have got worse than it says.
func checkSummary(t *testing.T, scores []score) {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begins)
	said, after, ok2 := strings.Cut(rest, ends)
	if !ok || !ok2 {
		t.Fatalf("SECURITY.md has no summary between %q and %q", begins, ends)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+begins+summaryOf(scores)+ends+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	row := regexp.MustCompile(`(?m)^\| ([a-zA-Z ]+) \| (\d+) \| (\d+) \| (\d+) \| (.*) \|$`)
	rows := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(said, -1) {
		rows[m[1]] = m
	}
	for _, f := range familiesOf(scores) {
		m := rows[f.name]
		delete(rows, f.name)
		if m == nil || m[2] != strconv.Itoa(f.classes) || m[3] != strconv.Itoa(f.cases) {
			t.Errorf("SECURITY.md: the row of %q is missing or old, it has %d classes with %d attacks: go test ./redteam -update", f.name, f.classes, f.cases)
			continue
		}
		if held, _ := strconv.Atoi(m[4]); f.sent == f.cases && f.held < held {
			t.Errorf("SECURITY.md says that %d attacks of %q are held off; it is %d, weak are %s", held, f.name, f.held, strings.Join(f.weak, ", "))
		}
	}
	for name := range rows {
		t.Errorf("SECURITY.md has a row of %q, which the suite does not have", name)
	}
}

func summaryOf(scores []score) string {
	var b strings.Builder
	b.WriteString("| attacks by | classes | attacks | held off | not held in full |\n|---|---|---|---|---|\n")
	for _, f := range familiesOf(scores) {
		weak := "–"
		if len(f.weak) > 0 {
			weak = strings.Join(f.weak, ", ")
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %s |\n", f.name, f.classes, f.cases, f.held, weak)
	}
	return b.String()
}

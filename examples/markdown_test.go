package examples

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// row is one row of a table, by the table's heads.
type row map[string]string

// section is the text under a heading of docs/http-api.md or docs/policy.md, up to the next one.
func section(t *testing.T, heading string) string {
	t.Helper()
	for _, file := range []string{"../docs/http-api.md", "../docs/policy.md"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, after, found := strings.Cut(string(data), "\n"+heading+"\n")
		if !found {
			continue
		}
		if i := strings.Index(after, "\n#"); i >= 0 {
			after = after[:i]
		}
		return after
	}
	t.Fatalf("docs/http-api.md and docs/policy.md have no heading %q", heading)
	return ""
}

// table reads the table under a heading of these that has exactly these heads.
func table(t *testing.T, heading string, heads ...string) []row {
	t.Helper()
	lines := strings.Split(section(t, heading), "\n")
	at := slices.IndexFunc(lines, func(line string) bool { return slices.Equal(cells(line), heads) })
	if at < 0 {
		t.Fatalf("no table under %q has the heads %q", heading, heads)
	}
	var rows []row
	for _, line := range lines[at+1:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if strings.HasPrefix(line, "|---") {
			continue
		}
		values := cells(line)
		if len(values) != len(heads) {
			t.Fatalf("this row has %d cells and its table %d heads: %s", len(values), len(heads), line)
		}
		r := row{}
		for i, head := range heads {
			r[head] = values[i]
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		t.Fatalf("the table under %q is empty", heading)
	}
	return rows
}

func cells(line string) []string {
	inner := strings.Trim(strings.TrimSpace(line), "|")
	var out []string
	for _, cell := range strings.Split(inner, "|") {
		out = append(out, strings.TrimSpace(cell))
	}
	return out
}

var code = regexp.MustCompile("`([^`]+)`")

// codes are the texts in back quotes of a cell or a paragraph.
func codes(text string) []string {
	var out []string
	for _, m := range code.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// plain is a cell without its back quotes.
func plain(cell string) string { return strings.ReplaceAll(cell, "`", "") }

package wrapper

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// split is an Out that keeps whose words are whose.
type split struct {
	all, outer, held, kept []byte
	inside, only, cut      bool
}

func (s *split) Pass(p []byte) {
	s.cut = s.cut || !utf8.Valid(p)
	s.all = append(s.all, p...)
	if s.inside {
		s.held = append(s.held, p...)
	} else {
		s.outer = append(s.outer, p...)
	}
}
func (s *split) Enter() { s.inside, s.held = true, s.held[:0] }
func (s *split) Clear() { s.held = s.held[:0] }
func (s *split) Keep()  { s.kept, s.held = append(s.kept, s.held...), s.held[:0] }
func (s *split) Only()  { s.only = true }
func (s *split) Drop()  { s.inside, s.held = false, s.held[:0] }

// own returns what of a text is the user's, read in pieces of some size.
func own(t *testing.T, table *Table, text string, size int) string {
	t.Helper()
	var s split
	var r Reader
	r.Reset(table, &s)
	for rest := text; rest != ""; {
		n := min(size, len(rest))
		for n < len(rest) && !utf8.RuneStart(rest[n]) {
			n++
		}
		r.Text([]byte(rest[:n]))
		rest = rest[n:]
	}
	if !r.End() {
		s.Keep()
	}
	if string(s.all) != text || s.cut {
		t.Errorf("in pieces of %d bytes %q was passed on as %q", size, text, s.all)
	}
	if s.only {
		s.outer = nil
	}
	return string(s.outer) + string(s.kept)
}

func testTable(t *testing.T) *Table {
	t.Helper()
	return New(parse(`
client reminder
client reminder-list
user query
words answer
whole Caveat: said by a program
message [tool
after # Rules for answers:
between ### Task:\nAnswer by what was found | </found>
template Found below.\n | \nQuery: | Answer:
`))
}

func TestTheUsersOwnWordsAreToldFromMarkers(t *testing.T) {
	table := testTable(t)
	for name, c := range map[string]struct{ text, want string }{
		"no marker":                             {"Fix the bug\nin main.go", "Fix the bug\nin main.go"},
		"nothing":                               {"", ""},
		"before the words":                      {"<reminder>\nbe brief\n</reminder>\nFix it", "\nFix it"},
		"behind the words":                      {"Fix it\n<reminder>be brief</reminder>", "Fix it\n"},
		"directly before the words":             {"<reminder>be brief</reminder>Fix it", "Fix it"},
		"two side by side":                      {"<reminder>a</reminder><reminder>b</reminder>Fix it", "Fix it"},
		"repeated":                              {"Fix\n<reminder>a</reminder>\nit\n<reminder>b</reminder>\nnow", "Fix\n\nit\n\nnow"},
		"nested of one name":                    {"<reminder>a\n<reminder>b</reminder>\nc</reminder>Fix it", "Fix it"},
		"nested of two names":                   {"<reminder>a\n<query>b</query>\n</reminder>Fix it", "Fix it"},
		"a user's around a client's":            {"<query>Fix\n<reminder>it</reminder></query>", "Fix\n<reminder>it</reminder>"},
		"never closed":                          {"Fix it\n<reminder>and the rest", "Fix it\n<reminder>and the rest"},
		"closed once of two":                    {"<reminder>a\n<reminder>b</reminder>Fix it", "<reminder>a\n<reminder>b</reminder>Fix it"},
		"only closed":                           {"Fix it</reminder> now", "Fix it</reminder> now"},
		"a longer name":                         {"<reminder-list>a</reminder-list>Fix it", "Fix it"},
		"a name that only begins alike":         {"<reminders>a</reminders>\nFix it", "<reminders>a</reminders>\nFix it"},
		"attributes":                            {"<reminder kind=\"x\" n=1>a</reminder>Fix it", "Fix it"},
		"attributes without an end":             {"<reminder kind=\n>a</reminder>Fix it", "<reminder kind=\n>a</reminder>Fix it"},
		"a tag that holds nothing":              {"<reminder/>\nFix it", "<reminder/>\nFix it"},
		"such a tag with attributes":            {"<reminder n=1/>\nFix it", "<reminder n=1/>\nFix it"},
		"inside a line":                         {"What is <reminder>a</reminder>?", "What is <reminder>a</reminder>?"},
		"inside code":                           {"Explain\n```xml\n<reminder>a</reminder>\n```\nto me\n<reminder>b</reminder>", "Explain\n```xml\n<reminder>a</reminder>\n```\nto me\n"},
		"in capitals":                           {"<REMINDER>a</REMINDER>\nFix it", "<REMINDER>a</REMINDER>\nFix it"},
		"the user's tags":                       {"Date: today\n<query>\nFix it\n</query>\nBe brief", "\nFix it\n"},
		"the user's tags twice":                 {"<query>Fix</query>x\n<query>it</query>", "Fixit"},
		"the user's tags with attributes":       {"<query mode=\"act\">Fix it</query>", "Fix it"},
		"the user's tags, never closed":         {"Fix\n<query>it", "Fix\nit"},
		"words that may stand alone":            {"Yes\n<answer>Fix it</answer>", "Yes\nFix it"},
		"words in a message of a program's":     {"[tool for x] Result:\nall is well\n<answer>Fix it</answer>", "Fix it"},
		"a text of a program's":                 {"\n Caveat: said by a program, not by me", "\n "},
		"a text of a program's behind another":  {"<reminder>a</reminder>\n\nCaveat: said by a program", "\n\n"},
		"the same behind one with signs in it":  {"<reminder>a < b</reminder>\n\nCaveat: said by a program", "\n\n"},
		"characters beyond ASCII":               {"<é>\nIgnöre\n<reminder>ü</reminder>é<\n", "<é>\nIgnöre\né<\n"},
		"such a beginning of a later line":      {"Fix\nCaveat: said by a program", "Fix\nCaveat: said by a program"},
		"a message of a program's":              {"[tool for x] Result:\nFix it", ""},
		"such a beginning of a later line, too": {"Fix\n[tool for x]", "Fix\n[tool for x]"},
		"instructions behind the words":         {"Fix it\n\n# Rules for answers:\nbe brief\n```\n<query>x</query>", "Fix it\n\n"},
		"found documents before the words":      {"### Task:\nAnswer by what was found in\n<found>\nabc\n</found>\n\nWho am I?", "\n\nWho am I?"},
		"another heading":                       {"### Task:\nAnswer", "### Task:\nAnswer"},
		"a template":                            {"Found below.\nabc\nQuery: Who am I?\nAnswer: ", " Who am I?\n"},
		"a template without a question":         {"Found below.\nabc", "Found below.\nabc"},
		"its tail without the template":         {"Who am I?\nAnswer: me", "Who am I?\nAnswer: me"},
		"beginnings of markers in a row":        {"### Task:\n### Task:\nAnswer by <reminder <reminder>a</reminder>", "### Task:\n### Task:\nAnswer by <reminder <reminder>a</reminder>"},
		"a beginning before a marker":           {"### Task:\n<reminder>a</reminder>Fix it", "### Task:\nFix it"},
		"an end that begins twice":              {"<reminder>a </rem</reminder>Fix it", "Fix it"},
		"cut at the very end":                   {"Fix it\n<remin", "Fix it\n<remin"},
	} {
		for _, size := range []int{len(c.text) + 1, 1, 2, 3, 7} {
			if got := own(t, table, c.text, size); got != c.want {
				t.Errorf("%s: in pieces of %d bytes: got %q, want %q", name, size, got, c.want)
			}
		}
	}
}

func TestTheMarkersOfKnownClientsAreInOrder(t *testing.T) {
	line := regexp.MustCompile(`^(|# .*|(client|user|words) [^ |]+|(whole|message|after) [^|]+|between [^|]+ \| [^|]+|template [^|]+ \| [^|]+ \| [^|]+)$`)
	for _, c := range clients {
		if !strings.Contains(c.file, "\n# Source: ") {
			t.Errorf("%s names no source", c.name)
		}
		for number, text := range strings.Split(c.file, "\n") {
			if !line.MatchString(text) || strings.TrimSpace(text) != text {
				t.Errorf("%s:%d: %q is no marker", c.name, number+1, text)
			}
		}
		for _, m := range Of(c.name) {
			if wrong, hint := m.Check(); wrong != "" || m.Open == "" {
				t.Errorf("%s: %+v: %s (%s)", c.name, m, wrong, hint)
			}
		}
	}
	for _, m := range Builtin() {
		if m.Kind == Message {
			continue
		}
		text := m.Open
		if m.Tags {
			text += ">"
		}
		text += " x " + m.Close
		if got, want := own(t, New(Builtin()), text, 1), ""; m.Kind != User && m.Kind != Words && got != want {
			t.Errorf("%q: %q is left", text, got)
		}
	}
}

func TestWhatIsHeldBackIsBounded(t *testing.T) {
	table := testTable(t)
	for _, text := range []string{
		"<reminder " + strings.Repeat("a", 4096), strings.Repeat("<reminder ", 4096), strings.Repeat("### Task:\n", 4096), strings.Repeat("Found below.\n", 4096),
		"<reminder>" + strings.Repeat("</reminde", 4096), "Found below.\nx" + strings.Repeat("\nQuery", 4096),
	} {
		if got := own(t, table, text, 1); got != text {
			t.Errorf("%.40q: %d bytes are left of %d", text, len(got), len(text))
		}
	}
}

func TestReadingMakesNoGarbage(t *testing.T) {
	table := testTable(t)
	text := []byte(strings.Repeat("<reminder>a\n</reminder>\n### Task:\nx <query a=1>b</query>\n<remi>\nFound below.\n", 20))
	var r Reader
	var out nobody
	if n := testing.AllocsPerRun(10, func() {
		r.Reset(table, &out)
		r.Text(text)
		r.End()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

type nobody struct{}

func (*nobody) Pass([]byte) {}
func (*nobody) Enter()      {}
func (*nobody) Clear()      {}
func (*nobody) Keep()       {}
func (*nobody) Only()       {}
func (*nobody) Drop()       {}

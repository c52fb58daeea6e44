// Package main_test checks the form of the hand-written test sets in testdata. Whether the signals get them
// right is the evaluation's business, not this file's.
package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// row is one line of any of the sets; a set allows only the members that it needs.
type row struct {
	Text       string   `json:"text"`
	Domain     string   `json:"domain"`
	Intent     string   `json:"intent"`
	Not        []string `json:"not"`
	Complexity string   `json:"complexity"`
	Decision   string   `json:"decision"`
	Kind       string   `json:"kind"`
	Lang       string   `json:"lang"`
	Labels     []string `json:"labels"`
	Language   string   `json:"language"`
	Follows    *bool    `json:"follows"`
	Half       int      `json:"half"`
	Hostile    bool     `json:"hostile"`
	Messages   []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	Says []struct {
		Text    string `json:"text"`
		Results int    `json:"results"`
	} `json:"says"`
}

// set says what a file must look like: its label, the values that the label takes, and the least number of
// rows for each value.
type set struct {
	file    string
	members []string // those a row must have; "not" is always optional
	label   func(row) []string
	values  []string
	least   int
}

var domains = []string{"math", "physics", "chemistry", "biology", "computer_science", "engineering", "law",
	"economics", "business", "health", "psychology", "philosophy", "history", "other"}

var sets = []set{
	{"short_questions.jsonl", []string{"text", "domain"},
		func(r row) []string { return []string{r.Domain} }, domains, 30},
	{"short_questions_zh.jsonl", []string{"text", "domain"},
		func(r row) []string { return []string{r.Domain} }, domains, 5},
	{"blind_intents.jsonl", []string{"text", "intent"},
		func(r row) []string { return []string{r.Intent} },
		[]string{"deep_thinking", "fast_qa", "creative", "coding", "fact_check", "none"}, 33},
	{"blind_complexity.jsonl", []string{"text", "complexity"},
		func(r row) []string { return []string{r.Complexity} }, []string{"easy", "medium", "hard"}, 49},
	{"blind_followups.jsonl", []string{"messages", "follows"}, followsOrNot, []string{"follows", "new"}, 58},
	{"blind_lists.jsonl", []string{"text", "kind"},
		func(r row) []string { return []string{r.Kind} }, []string{"question", "list", "coding", "math", "physics", "creative", "reasoning"}, 4},
	{"intents.jsonl", []string{"text", "intent"},
		func(r row) []string { return []string{r.Intent} },
		[]string{"deep_thinking", "fast_qa", "creative", "coding", "fact_check", "none"}, 60},
	{"operators.jsonl", []string{"half", "kind", "hostile", "text"},
		func(r row) []string { return []string{fmt.Sprint(r.Kind, " ", r.Half, " ", r.Hostile)} },
		[]string{"prompt 1 true", "prompt 2 true", "tool 1 true", "tool 2 true", "prompt 1 false", "prompt 2 false", "tool 1 false", "tool 2 false"}, 5},
	{"planted.jsonl", []string{"text"}, func(row) []string { return []string{""} }, []string{""}, 80},
	{"complexity.jsonl", []string{"text", "complexity"},
		func(r row) []string { return []string{r.Complexity} }, []string{"easy", "medium", "hard"}, 60},
	{"demo_paraphrases.jsonl", []string{"text", "decision"},
		func(r row) []string { return []string{r.Decision} },
		[]string{"fast_qa_english", "complex_reasoning", "code_deep_thinking", "deep_thinking", "creative_ideas",
			"math_problems", "physics_problems", "guardrails"}, 12},
	{"attacks_own.jsonl", []string{"text", "kind", "lang"},
		func(r row) []string { return []string{r.Kind} }, []string{"jailbreak", "injection"}, 50},
	{"benign_own.jsonl", []string{"text", "kind"},
		func(r row) []string { return []string{r.Kind} },
		[]string{"security-sounding", "ordinary", "code", "roleplay", "meta"}, 35},
	{"user_roles.jsonl", []string{"text", "kind"},
		func(r row) []string { return []string{r.Kind} }, []string{"role", "act as", "rules", "agent"}, 20},
	{"everyday.jsonl", []string{"text", "lang", "kind"},
		func(r row) []string { return []string{r.Lang, r.Kind} },
		[]string{"en", "de", "es", "fr", "pt", "it", "ja", "ko", "ru", "ar", "hi", "zh",
			"coding", "math", "physics", "reasoning", "creative", "plain"}, 40},
	{"trivial.jsonl", []string{"text", "kind"},
		func(r row) []string { return []string{r.Kind} }, []string{"question", "phrase", "keywords", "tiny", "hard"}, 12},
	{"pii.jsonl", []string{"text", "labels"},
		func(r row) []string { return r.Labels },
		[]string{"email", "phone", "ssn", "card", "iban", "ip", "api_key"}, 10},
	{"languages_short.jsonl", []string{"text", "language"},
		func(r row) []string { return []string{r.Language} },
		[]string{"en", "zh", "ja", "ko", "ru", "ar", "hi", "es", "fr", "de", "pt", "it", "und"}, 40},
	{"conversations.jsonl", []string{"kind", "says"},
		func(r row) []string { return []string{r.Kind} }, []string{"tools", "xml", "chat"}, 5},
	{"followups.jsonl", []string{"messages", "follows"}, followsOrNot, []string{"follows", "new"}, 30},
}

func followsOrNot(r row) []string {
	if r.Follows != nil && *r.Follows {
		return []string{"follows"}
	}
	return []string{"new"}
}

func TestEachSetHasItsMembersItsLabelsAndEnoughRows(t *testing.T) {
	for _, s := range sets {
		t.Run(s.file, func(t *testing.T) {
			count := map[string]int{}
			for _, r := range read(t, s) {
				for _, l := range s.label(r) {
					if !slices.Contains(s.values, l) {
						t.Errorf("unknown label %q of %q", l, r.Text)
					}
					count[l]++
				}
			}
			for _, v := range s.values {
				if count[v] < s.least {
					t.Errorf("label %q has %d rows, need %d", v, count[v], s.least)
				}
			}
		})
	}
}

func TestNoTextStandsTwice(t *testing.T) {
	seen := map[string]string{}
	for _, s := range sets {
		for _, r := range read(t, s) {
			key := plain(text(r))
			if first, ok := seen[key]; ok {
				t.Errorf("%s: %q stands in %s, too", s.file, text(r), first)
			}
			seen[key] = s.file
		}
	}
}

func TestAnIntentNeverExcludesItself(t *testing.T) {
	s := find("intents.jsonl")
	for _, r := range read(t, s) {
		for _, n := range r.Not {
			if n == r.Intent || !slices.Contains(s.values, n) || n == "none" {
				t.Errorf("%q cannot exclude %q", r.Text, n)
			}
		}
	}
}

func TestAttacksComeInEightLanguages(t *testing.T) {
	rows, langs := read(t, find("attacks_own.jsonl")), map[string]bool{}
	for _, r := range rows {
		langs[r.Lang] = true
	}
	if len(langs) < 8 || len(rows) < 120 {
		t.Errorf("%d rows in %d languages, need 120 in 8", len(rows), len(langs))
	}
}

func TestThereAreEnoughBenignRows(t *testing.T) {
	if n := len(read(t, find("benign_own.jsonl"))); n < 250 {
		t.Errorf("%d rows, need 250", n)
	}
}

func TestHalfOfThePersonalDataRowsAreLookAlikes(t *testing.T) {
	with, without := 0, 0
	for _, r := range read(t, find("pii.jsonl")) {
		if len(r.Labels) > 0 {
			with++
		} else {
			without++
		}
	}
	if with < 120 || without < 120 {
		t.Errorf("%d rows with personal data and %d without, need 120 of each", with, without)
	}
}

func TestEachLanguageHasShortAndLongRows(t *testing.T) {
	s := find("languages_short.jsonl")
	short, long := map[string]int{}, map[string]int{}
	for _, r := range read(t, s) {
		switch n := utf8.RuneCountInString(r.Text); {
		case n <= 21:
			short[r.Language]++
		case n >= 40:
			long[r.Language]++
		default:
			t.Errorf("%q has %d characters: neither short nor long", r.Text, n)
		}
	}
	for _, l := range s.values {
		if short[l] < 25 || long[l] < 15 {
			t.Errorf("%s has %d short and %d long rows, need 25 and 15", l, short[l], long[l])
		}
	}
}

func TestEachConversationEndsWithAUserTurnAfterAnAnswer(t *testing.T) {
	for _, r := range read(t, find("followups.jsonl")) {
		n := len(r.Messages)
		if n < 3 || r.Messages[n-1].Role != "user" || r.Messages[n-2].Role != "assistant" {
			t.Errorf("%q does not end with an answer and a user turn", text(r))
		}
	}
}

func TestEachSessionHasSeveralMessagesAndOnlyToolsAnswerThere(t *testing.T) {
	for _, r := range read(t, find("conversations.jsonl")) {
		results := 0
		for _, says := range r.Says {
			if results += says.Results; says.Results < 0 || strings.TrimSpace(says.Text) == "" {
				t.Errorf("%q says nothing", text(r))
			}
		}
		if len(r.Says) < 6 || (results > 0) != (r.Kind != "chat") {
			t.Errorf("%q has %d messages and %d results of tools in a session of kind %s", text(r), len(r.Says), results, r.Kind)
		}
	}
}

// A key that a scanner could read from the file would stop a push or alarm somebody; see testdata/README.md.
func TestNoFileShowsAKeyToASecretScanner(t *testing.T) {
	key := regexp.MustCompile(`(sk-|sk_live_|gh[pousr]_|github_pat_|glpat-|hf_|npm_|dop_v1_|shpat_|xox[bp]-|AKIA|AIza|SG\.)` +
		`[A-Za-z0-9_.-]{16}|BEGIN [A-Z ]*PRIVATE`)
	for _, s := range sets {
		raw, err := os.ReadFile(filepath.Join("testdata", s.file))
		if err != nil {
			t.Fatal(err)
		}
		if m := key.Find(raw); m != nil {
			t.Errorf("%s: %q: write one of its letters as a JSON escape", s.file, m)
		}
	}
}

// read returns the rows of s and fails the test on a line that is not exactly an object of its members.
func read(t *testing.T, s set) []row {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", s.file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []row
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(lines.Bytes(), &members); err != nil || !utf8.Valid(lines.Bytes()) {
			t.Fatalf("%s:%d: not a JSON object in UTF-8: %v", s.file, n, err)
		}
		delete(members, "not")
		for _, m := range s.members {
			if _, ok := members[m]; !ok {
				t.Fatalf("%s:%d: no member %q", s.file, n, m)
			}
		}
		if len(members) != len(s.members) {
			t.Fatalf("%s:%d: has members besides %q", s.file, n, s.members)
		}
		var r row
		strict := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&r); err != nil {
			t.Fatalf("%s:%d: %v", s.file, n, err)
		}
		if strings.TrimSpace(text(r)) == "" {
			t.Fatalf("%s:%d: no text", s.file, n)
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s: %v", s.file, err)
	}
	return rows
}

func find(file string) set {
	return sets[slices.IndexFunc(sets, func(s set) bool { return s.file == file })]
}

// text is what a row is about: its text or its messages.
func text(r row) string {
	s := r.Text
	for _, m := range r.Messages {
		s += m.Role + ": " + m.Content + "\n"
	}
	for _, says := range r.Says {
		s += says.Text + "\n"
	}
	return s
}

// plain drops case and everything but letters and digits, unless nothing is left.
func plain(s string) string {
	p := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, s)
	if p == "" {
		return s
	}
	return p
}

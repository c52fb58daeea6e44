package main

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ownLists are the sources of samples and tasks that are no rows of public data.
var ownLists = []string{"phrase", "templates", "own prompts"}

func allowList(t *testing.T) *licences {
	t.Helper()
	l, err := readLicences(licenceList)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOnlyLicencesThatAllowEveryUseAreAllowed(t *testing.T) {
	l := allowList(t)
	restricted := regexp.MustCompile(`(?i)\b(NC|ND)\b|non-?commercial|no-?deriv|unknown|vary|other|research`)
	for _, name := range l.allowed {
		if restricted.MatchString(name) || name == "" {
			t.Errorf("licence %q is allowed", name)
		}
	}
	for name, s := range l.sources {
		if !s.measure && !slices.Contains(l.allowed, s.licence) {
			t.Errorf("source %q is to be learned from under licence %q, which is not allowed", name, s.licence)
		}
	}
	if s, ok := l.sources["CodeAlpaca"]; !ok || !s.measure || s.licence != "CC BY-NC 4.0" {
		t.Errorf("CodeAlpaca stands as %+v", s)
	}
}

func TestARowOnTermsThatAreNotAllowedIsRefused(t *testing.T) {
	l, err := readLicences("allow, MIT\nlearn, MIT, good\nlearn, CC BY-NC 4.0, bad\nmeasure, CC BY-NC 4.0, yardstick\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, source, licence, want string }{
		{"the list's licence is not allowed", "bad", "", `data.jsonl:7: source "bad": licence "CC BY-NC 4.0" is not allowed`},
		{"the list does not name the source", "stranger", "MIT", `data.jsonl:7: source "stranger" has no licence`},
		{"the row has no source", "", "MIT", `data.jsonl:7: source "" has no licence`},
		{"the row says another licence", "good", "CC BY-NC 4.0", `data.jsonl:7: source "good": the row's licence is "CC BY-NC 4.0"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for hash := range uint64(10) { // held back or not
				rows, err := l.learnable([]row{{Source: c.source, Licence: c.licence, place: "data.jsonl:7", hash: hash}})
				if err == nil || !strings.HasPrefix(err.Error(), c.want) || len(rows) > 0 {
					t.Fatalf("%d rows, %v, want the error %s", len(rows), err, c.want)
				}
			}
		})
	}
	rows, err := l.learnable([]row{{Source: "good"}, {Source: "yardstick"}, {Source: "good", Licence: "MIT"}, {Source: "good", hash: 8}, {Source: "good", hash: 9}})
	if err != nil || len(rows) != 2 || rows[0].Source != "good" || rows[1].Source != "good" {
		t.Errorf("%v, %v: want the two rows of the good source that are not held", rows, err)
	}
}

func TestAListOfLicencesWithAMistakeIsRefused(t *testing.T) {
	for _, c := range []struct{ list, want string }{
		{"allow", "licences.txt:1:"},
		{"\nlearn, MIT", "licences.txt:2:"},
		{"use, MIT, a", "licences.txt:1:"},
		{"learn, MIT, a\nmeasure, MIT, a", `licences.txt:2: source "a" stands twice`},
	} {
		if _, err := readLicences(c.list); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.list, err, c.want)
		}
	}
}

// TestNothingIsLearnedOnOtherTerms goes through everything that the learners are given.
func TestNothingIsLearnedOnOtherTerms(t *testing.T) {
	l, all := allowList(t), data(t)
	rows, err := l.learnable(all)
	if err != nil {
		t.Fatal(err)
	}
	allowed := func(source string) bool {
		s, ok := l.sources[source]
		return ok && !s.measure && slices.Contains(l.allowed, s.licence)
	}
	learned := map[string]int{}
	for i := range rows {
		if r := &rows[i]; !allowed(r.Source) || r.held() {
			t.Fatalf("%s: source %q, held %v, is learned from", r.place, r.Source, r.held())
		}
		learned[rows[i].Source]++
	}
	for name, s := range l.sources {
		if !s.measure && learned[name] == 0 {
			t.Errorf("source %q has no row", name)
		}
	}
	samples, err := domainSamples(rows, "../..", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if source, _, _ := strings.Cut(strings.TrimSuffix(s.source, " with answers"), "abroad"); source != "" && !allowed(source) && !slices.Contains(ownLists, source) {
			t.Errorf("domains are learned from source %q", s.source)
		}
	}
	jobs, err := tasks(rows, "../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range jobs {
		if !allowed(k.source) && !slices.Contains(ownLists, k.source) {
			t.Errorf("intents are learned from source %q", k.source)
		}
	}
	never := map[string]string{} // by text: why not
	for i := range all {
		if r := &all[i]; !allowed(r.Source) || r.held() {
			never[plain(r.Text)] = r.place
		}
	}
	texts, err := attackTexts(rows, "../..", func(*row) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range texts {
		if why, ok := never[plain(a.text)]; ok && a.group != 2 { // an own phrase may be a common question
			t.Errorf("attacks are learned from %s", why)
		}
	}
}

func TestARowThatIsMeasuredOnlyIsNotLearnedFromAnotherFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("domain.jsonl", `{"text":"Reverse a list.","domain":"computer science","source":"CodeAlpaca"}`+"\n")
	write("attacks.jsonl", `{"text":"Obey me!","kind":"injection","source":"giskard"}`+"\n")
	write("benign.jsonl", `{"text":"reverse a LIST","kind":"instruction","source":"self-instruct"}`+"\n")
	if err := os.Mkdir(filepath.Join(dir, "learn"), 0o700); err != nil {
		t.Fatal(err)
	}
	packLines(t, filepath.Join(dir, "learn/domain.jsonl.gz"),
		`{"label":"math","text":"Reverse: a list","source":"GPTeacher-code","licence":"MIT"}`,
		`{"label":"math","text":"Add a list","source":"GPTeacher-code","licence":"MIT"}`,
		`{"label":"math","text":"Sort a list","source":"not in the list","licence":"CC BY-NC 4.0"}`)
	packLines(t, filepath.Join(dir, "learn/benign.jsonl.gz"),
		`{"label":0,"text":"Add a map","source":"PurpleLlama instruct","licence":"MIT"}`)
	packLines(t, filepath.Join(dir, "learn/attack.jsonl.gz"),
		`{"label":1,"text":"Obey me","source":"s-labs","licence":"MIT"}`,
		`{"label":1,"text":"Obey them","source":"s-labs","licence":"MIT"}`)
	rows, err := load(dir, allowList(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range rows {
		got = append(got, rows[i].Text+"|"+rows[i].about()+"|"+strings.TrimPrefix(rows[i].place, dir))
	}
	want := []string{"Reverse a list.|computer_science|/domain.jsonl:1", "Obey me!||/attacks.jsonl:1",
		"Add a list|math|/learn/domain.jsonl.gz:2", "Add a map|computer_science|/learn/benign.jsonl.gz:1", "Obey them||/learn/attack.jsonl.gz:2"}
	if !slices.Equal(got, want) {
		t.Errorf("rows are %q, want %q", got, want)
	}
}

// packLines writes a packed file.
func packLines(t *testing.T, name string, lines ...string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte(strings.Join(lines, "\n"))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

package regex

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// finder notes what is found.
type finder map[int]bool

func (f finder) Wanted(n int) bool { return !f[n] }
func (f finder) Found(n int)       { f[n] = true }

func matches(t testing.TB, pattern, text string) bool {
	t.Helper()
	p, err := Compile(pattern)
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	var s Set
	s.Add(p)
	f := finder{}
	s.NewRunner().Scan([]byte(text), 0, len(text), f)
	return f[0]
}

func TestPatternsMatchAsInTheStandardLibrary(t *testing.T) {
	texts := []string{"", "a", "ab", "abc", "aXbc", "ACC-12345678", "acc-12345678", "acc-1234567", "x\nabc\ny", "foo.bar", "foobar", "naïve café",
		"CAFÉ", "日本語 text", "colour color colr", "aaaa", "a-b", "[x]", "id=7f3a;", "tab\there", "(555) 010", "ab12ab", "key: value", "key:value",
		"über Über", "Ключ ключ", "foo bar", "foo  bar", "a{b", "a{2b", "x1y", "--", "employee 12345", "employee 123456"}
	for _, pattern := range []string{"abc", "a.c", "a.bc", "ACC-[0-9]{8}", "(?i)acc-\\d{8}", "^abc$", "foo\\.bar", "caf[éè]", "(?i)café", "日.語",
		"colou?r", "colo(u|)r", "a{4}", "a{5}", "aa+", "(ab|cd)c", "\\bfoo\\b", "\\Bbar", "\\[x\\]", "id=[0-9a-f]{2,4};", "\\there", "\\(\\d+\\) ",
		"ab(\\d\\d)?ab", "key:\\s*value", "(?i)über", "(?i:КЛЮЧ)", "foo[^a]+bar", "a\\{b", "a{b", "a{2b", "x[1-3]y", "[-]-", "\\x2d\\x{2D}",
		"employee \\d{5}\\b", "foo(?: |-)?bar", "[[:]x", "\\d{3}\\) ", "(key|id)[=:]", "\\w\\.\\w+", "ab|foo", "[^\\d]12"} {
		want, err := regexp.Compile("(?m)" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if got := matches(t, pattern, text); got != want.MatchString(text) {
				t.Errorf("%q in %q: %v", pattern, text, got)
			}
		}
	}
}

func TestBadPatternsAreRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		"a(b":                    "has a ( without its )",
		"ab)":                    "has a ) without its (",
		"a[b":                    "has a [ without its ]",
		"*a":                     "repeats nothing",
		"ab\\":                   "ends with a backslash",
		"a\\1":                   "has a back reference, which is no regular expression",
		"(?=ab)":                 "has a look-around or named group, which this engine does not have",
		"(?s)ab":                 "has a look-around or named group, which this engine does not have",
		"a\\q":                   "has an unknown escape \\q",
		"a\\xZZ":                 "has a bad \\x escape",
		"a[z-a]":                 "has a range that ends before it begins",
		"a{3,2}":                 "has a repetition that is too large or ends before it begins",
		"a{300}":                 "has a repetition that is too large or ends before it begins",
		"(a{100}){100}":          "is too large: its repetitions make more than 500 steps",
		"a{100}{100}":            "repeats a repetition too often",
		"(a{50}b){11}":           "is too large: its repetitions make more than 500 steps",
		"":                       "matches the empty text, so it would always be true",
		"(abc)*":                 "matches the empty text, so it would always be true",
		"^$":                     "matches the empty text, so it would always be true",
		"[a-z]+":                 "has no literal that each match contains, so it would run on every byte",
		".+":                     "has no literal that each match contains, so it would run on every byte",
		"\xff":                   "is not valid UTF-8",
		strings.Repeat("(", 100): "has more than 50 groups inside each other",
	} {
		_, err := Compile(pattern)
		var e *Error
		if !errors.As(err, &e) || e.Message != want {
			t.Errorf("%q: %v, want %s", pattern, err, want)
		}
	}
}

func TestALongMatchIsNotFound(t *testing.T) {
	for n, want := range map[int]bool{10: true, MaxMatch - 2: true, MaxMatch - 1: false, 2000: false} {
		if got := matches(t, "a\\d+b", "a"+strings.Repeat("1", n)+"b"); got != want {
			t.Errorf("%d digits: %v", n, got)
		}
	}
}

func TestSeveralPatternsAreFoundTogether(t *testing.T) {
	var s Set
	for _, pattern := range []string{"foo\\d", "bar\\d", "foo[a-z]", "\\d{3}-\\d{2}"} {
		p, err := Compile(pattern)
		if err != nil {
			t.Fatal(err)
		}
		s.Add(p)
	}
	f := finder{}
	text := strings.Repeat("foo- bar ", 500) + "foox 123-45 "
	s.NewRunner().Scan([]byte(text), 0, len(text), f)
	if f[0] || f[1] || !f[2] || !f[3] {
		t.Errorf("found %v", f)
	}
}

func TestScanningDoesNotAllocate(t *testing.T) {
	var s Set
	p, _ := Compile("key=[a-z]{3,9}\\d")
	s.Add(p)
	r := s.NewRunner()
	text := []byte(strings.Repeat("key=value ", 100))
	f := finder{}
	var any Finder = f
	if n := testing.AllocsPerRun(10, func() { r.Scan(text, 0, len(text), any) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzMatch compares with the standard library, also where the text is parted.
func FuzzMatch(f *testing.F) {
	f.Add("a(b|c)+d{2,3}", "xabbcddx", uint8(3))
	f.Add("(?i)ключ\\b|[0-9]{2}x", "КЛЮЧ 12x", uint8(5))
	f.Add("^x.y?$", "a\nxby", uint8(1))
	f.Fuzz(func(t *testing.T, pattern, text string, n uint8) {
		if len(text) > MaxMatch || !utf8.ValidString(text) || len(pattern) > 60 {
			return
		}
		p, err := Compile(pattern)
		if err != nil {
			return
		}
		std, err := regexp.Compile("(?m)" + pattern)
		if err != nil || strings.Contains(pattern, "[[:") || strings.Contains(pattern, "[^[:") {
			return
		}
		want := std.MatchString(text)
		if strings.Contains(pattern, "(?i)") && strings.ContainsAny(text, "\u212A\u017F") {
			return
		}
		var s Set
		s.Add(p)
		found := finder{}
		r := s.NewRunner()
		cut := int(n) % (len(text) + 1)
		r.Scan([]byte(text), 0, cut, found)
		r.Scan([]byte(text), cut, len(text), found)
		if found[0] != want {
			t.Errorf("%q in %q: %v, want %v", pattern, text, found[0], want)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	var s Set
	for _, pattern := range []string{"(?i)project[- ]atlas", "ACC-\\d{8}", "employee (id|number) \\d+", "internal[- ]only"} {
		p, _ := Compile(pattern)
		s.Add(p)
	}
	text := []byte(strings.Repeat("Design a distributed rate limiter using Redis and explain the algorithm with implementation details. ", 320))
	r, f := s.NewRunner(), finder{}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Scan(text, 0, len(text), f)
	}
}

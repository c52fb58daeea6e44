package signal

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/tree"
)

func fields(s string) []string { return strings.Fields(s) }

func TestMistakesInDeclarationsAreReported(t *testing.T) {
	for name, row := range map[string]struct{ typ, name, options, want string }{
		"an unknown type":                   {"keywrd", "x", `{}`, `unknown signal type "keywrd" (did you mean "keyword"?)`},
		"a type that cannot be declared":    {"intent", "poetry", `{}`, "cannot be declared"},
		"a bad name":                        {"keyword", "Bad.Name", `{"words": ["x"]}`, "bad signal name"},
		"a name that was yes in YAML 1.1":   {"keyword", "true", `{"words": ["x"]}`, "YAML 1.1"},
		"options that are no map":           {"keyword", "x", `["x"]`, "a map is expected, not a list"},
		"an unknown option":                 {"keyword", "x", `{"word": ["x"], "words": ["x"]}`, `unknown key "word" (did you mean "words"?)`},
		"phrases for words":                 {"keyword", "x", `{"phrases": ["x"]}`, `unknown key "phrases" (known: in, gap, words, words_of, mentions)`},
		"no words":                          {"keyword", "x", `{"in": "any"}`, `"words" is missing`},
		"an empty list of words":            {"keyword", "x", `{"words": []}`, "the list is empty"},
		"words that are no list":            {"keyword", "x", `{"words": "x"}`, "a list is expected, not a string (write [x])"},
		"a word that is a number":           {"keyword", "x", `{"words": [3]}`, "a string is expected, not a number"},
		"a word that can never match":       {"keyword", "x", `{"words": ["ok", "?!"]}`, `"?!" has no letter or digit`},
		"an empty word":                     {"keyword", "x", `{"words": [""]}`, `"" has no letter or digit`},
		"an unknown scope":                  {"keyword", "x", `{"in": "sytem", "words": ["x"]}`, `unknown in "sytem" (known: last_user, user, operator, assistant, tool, any)`},
		"a scope that is no string":         {"keyword", "x", `{"in": true, "words": ["x"]}`, "in must name speakers, found a boolean"},
		"an empty list of speakers":         {"keyword", "x", `{"in": [], "words": ["x"]}`, "in is empty"},
		"a speaker twice":                   {"keyword", "x", `{"in": ["tool", "tool"], "words": ["x"]}`, `"tool" is in the list already`},
		"last_user beside others":           {"keyword", "x", `{"in": ["tool", "last_user"], "words": ["x"]}`, "last_user cannot stand beside others"},
		"the words of nobody":               {"keyword", "x", `{"in": "tool", "words_of": "y"}`, `words_of names no keyword with words of its own: "y"`},
		"own words and those of another":    {"keyword", "x", `{"in": "tool", "words_of": "y", "words": ["x"]}`, "words cannot stand beside words_of"},
		"mentions that are no word":         {"keyword", "x", `{"in": "operator", "words": ["x"], "mentions": true}`, `mentions can only be "ignore"`},
		"mentions that count":               {"keyword", "x", `{"in": "operator", "words": ["x"], "mentions": "count"}`, `mentions can only be "ignore"`},
		"mentions of a user":                {"keyword", "x", `{"in": "user", "words": ["x"], "mentions": "ignore"}`, "mentions are told from uses in what operators say only"},
		"mentions of the last user":         {"keyword", "x", `{"words": ["x"], "mentions": "ignore"}`, "mentions are told from uses in what operators say only"},
		"mentions of operators and tools":   {"keyword", "x", `{"in": ["operator", "tool"], "words": ["x"], "mentions": "ignore"}`, "mentions are told from uses in what operators say only"},
		"a score of last_user":              {"jailbreak", "x", `{"in": "last_user", "threshold": 50}`, "cannot look at last_user"},
		"a size without bounds":             {"size", "x", `{}`, "over or under is missing"},
		"a size that is no number":          {"size", "x", `{"over": "many"}`, "a number is expected, not a string"},
		"a size with a fraction":            {"size", "x", `{"over": 1.5}`, "1.5 is not a whole number"},
		"a negative size":                   {"size", "x", `{"under": -1}`, "-1 is out of range (between 1 and 1000000000000)"},
		"a threshold above its range":       {"jailbreak", "x", `{"threshold": 100}`, "100 is out of range (between 10 and 99)"},
		"a threshold below its range":       {"jailbreak", "x", `{"threshold": 9}`, "9 is out of range (between 10 and 99)"},
		"no threshold":                      {"jailbreak", "x", `{}`, `"threshold" is missing`},
		"bounds that leave nothing between": {"size", "x", `{"over": 10, "under": 11}`, "no size is over and under these bounds"},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBuilder()
			var ps tree.Problems
			b.Declare(&tree.Node{Kind: tree.String, Text: row.typ}, &tree.Node{Kind: tree.String, Text: row.name}, node(t, row.options), &ps)
			if len(ps.List) == 0 {
				t.Fatal("no mistake is reported")
			}
			if got := ps.Error(); !strings.Contains(got, row.want) {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestASignalIsDeclaredOnce(t *testing.T) {
	b := NewBuilder()
	declare(t, b, "keyword", "x", `{"words": ["x"]}`)
	var ps tree.Problems
	b.Declare(&tree.Node{Text: "keyword"}, &tree.Node{Text: "x"}, node(t, `{"words": ["x"]}`), &ps)
	if len(ps.List) != 1 || !strings.Contains(ps.Error(), "declared twice") {
		t.Errorf("got %v", ps.List)
	}
}

func TestABadDeclarationIsNotReportedAgainWhereItIsUsed(t *testing.T) {
	b := NewBuilder()
	var ps tree.Problems
	b.Declare(&tree.Node{Text: "keyword"}, &tree.Node{Text: "x"}, node(t, `{}`), &ps)
	if _, _, ok := b.Lookup("keyword.x"); !ok {
		t.Error("keyword.x is not known")
	}
}

func TestReferencesAreResolved(t *testing.T) {
	b := NewBuilder()
	declare(t, b, "keyword", "jailbreak", `{"in": "any", "words": ["x"]}`)
	declare(t, b, "keyword", "recent", `{"words": ["x"]}`)
	declare(t, b, "size", "long", `{"over": 1000}`)
	declare(t, b, "size", "short", `{"under": 1000}`)
	for ref, monotone := range map[string]bool{
		"keyword.jailbreak": true, "keyword.recent": false, "size.long": true, "size.short": false, "domain.math": false,
		"intent.fast_qa": false, "language.zh": false, "conversation.images": true, "conversation.follow_up": false,
	} {
		s, _, ok := b.Lookup(ref)
		if !ok || s.Name != ref || s.Monotone != monotone || (s.WhyNot == "") != monotone {
			t.Errorf("%s: %+v, %v", ref, s, ok)
		}
		if again, _, _ := b.Lookup(ref); again != s {
			t.Errorf("%s is found twice: %+v and %+v", ref, s, again)
		}
	}
	for ref, hint := range map[string]string{
		"domain.maths": `did you mean "domain.math"?`, "keyword.jailbrake": `did you mean "keyword.jailbreak"?`,
		"keyword.abc": "declare it under signals, keyword", "math": "", "": "", "a.b.c": "",
	} {
		if _, got, ok := b.Lookup(ref); ok || got != hint {
			t.Errorf("%q: hint %q, want %q; found: %v", ref, got, hint, ok)
		}
	}
	set := b.Build()
	if set.Len() != 9 || set.Name(0) != "keyword.jailbreak" {
		t.Errorf("%d signals, the first %s", set.Len(), set.Name(0))
	}
}

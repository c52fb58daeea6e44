package tree

import (
	"strings"
	"testing"
)

func TestMistakesAreToldWithTheirCure(t *testing.T) {
	word := func(s string) *Node { return &Node{Kind: String, Text: s, Path: "$.x"} }
	number := func(s string) *Node { return &Node{Kind: Number, Text: s, Path: "$.x"} }
	truth := &Node{Kind: Bool, Text: "true", Path: "$.x"}
	list := &Node{Kind: List, Path: "$.x"}
	object := &Node{Kind: Map, Path: "$.x", Keys: []*Node{{Text: "modle", Path: "$.x.modle"}, {Text: "true", Path: "$.x.true"}}, Items: []*Node{word("a"), word("b")}}
	for name, c := range map[string]struct {
		read func(Fields)
		want string // "" where nothing is wrong
	}{
		"a string":                     {func(f Fields) { f.Word(word("a")) }, ""},
		"an empty string":              {func(f Fields) { f.Word(word(" ")) }, "$.x: the string is empty"},
		"a string that may be empty":   {func(f Fields) { f.Text(word("")) }, ""},
		"a number for a string":        {func(f Fields) { f.Word(number("5")) }, `$.x: a string is expected, not a number (put it in quotes: "5")`},
		"a boolean for a string":       {func(f Fields) { f.Text(truth) }, "$.x: a string is expected, not a boolean (YAML 1.1 reads"},
		"a boolean":                    {func(f Fields) { f.Bool(truth) }, ""},
		"a string for a boolean":       {func(f Fields) { f.Bool(word("true")) }, "$.x: true or false is expected, not a string"},
		"a string for a list":          {func(f Fields) { f.Items(word("a")) }, "$.x: a list is expected, not a string (write [a])"},
		"an empty list":                {func(f Fields) { f.Items(list) }, ""},
		"an empty list of something":   {func(f Fields) { f.SomeItems(list) }, "$.x: the list is empty"},
		"a list for a map":             {func(f Fields) { f.Map(list) }, "$.x: a map is expected, not a list"},
		"an unknown key":               {func(f Fields) { f.Map(object, "true", "model") }, `$.x.modle: unknown key "modle" (did you mean "model"?)`},
		"a key that was yes":           {func(f Fields) { f.Map(object, "modle") }, `$.x.true: unknown key "true" (YAML 1.1`},
		"a key that is missing":        {func(f Fields) { f.Required(object, "model", "add it") }, `$.x: "model" is missing (add it)`},
		"a key that is there":          {func(f Fields) { f.Required(object, "modle", "") }, ""},
		"one of some words":            {func(f Fields) { f.OneOf(word("a"), "letter", []string{"a"}) }, ""},
		"none of some words":           {func(f Fields) { f.OneOf(word("x"), "letter", []string{"a", "b"}) }, `$.x: unknown letter "x" (known: a, b)`},
		"a number within bounds":       {func(f Fields) { f.Number(number("1.5"), 1, 2) }, ""},
		"a number out of bounds":       {func(f Fields) { f.Number(number("2.5"), 1, 2) }, "$.x: 2.5 is out of range (between 1 and 2)"},
		"a number that is none":        {func(f Fields) { f.Number(word("2"), 1, 2) }, "$.x: a number is expected, not a string"},
		"a whole number":               {func(f Fields) { f.Integer(number("1e1"), 1, 20) }, ""},
		"a whole number with fraction": {func(f Fields) { f.Integer(number("1.5"), 1, 20) }, "$.x: 1.5 is not a whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			f := Fields{new(Problems)}
			c.read(f)
			got := f.Problems.Error()
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) || len(f.List) > 1 {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheNearestKnownNameIsMeant(t *testing.T) {
	many := strings.Fields("a1 a2 a3 a4 a5 a6 a7 a8 a9 b1 b2 b3 b4 b5 b6 b7 keyword")
	for wrong, want := range map[string]string{
		"keywrd": `did you mean "keyword"?`, "kyeword": `did you mean "keyword"?`, "KEYWORD": `did you mean "keyword"?`, "a10": `did you mean "a1"?`, "tree": "", "": "",
	} {
		if got := DidYouMean(wrong, many); got != want {
			t.Errorf("%q is answered with %q, want %q", wrong, got, want)
		}
	}
	if got := DidYouMean("tree", []string{"keyword", "size"}); got != "known: keyword, size" {
		t.Errorf("where few are known: %q", got)
	}
	if got := DidYouMean("tree", nil); got != "" {
		t.Errorf("where none is known: %q", got)
	}
}

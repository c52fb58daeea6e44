package tree

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// YAML11 explains a boolean that stands where a word is due, as kubectl and others write it.
const YAML11 = "YAML 1.1 reads y, yes, n, no, on and off as booleans: put the word in quotes"

// Fields reads values of the expected kinds and notes every mistake, in the same words wherever in a policy or a
// configuration they stand. Where ok is false a mistake was noted.
type Fields struct{ *Problems }

// WrongKind notes that a value is not of the expected kind.
//
//go:noinline
func (f Fields) WrongKind(n *Node, want string) {
	hint := ""
	switch {
	case n.Kind == Bool && want == "a string":
		hint = YAML11
	case n.Kind == Number && want == "a string":
		hint = "put it in quotes: \"" + n.Text + "\""
	case want == "a list" && n.Kind == String:
		hint = "write [" + n.Text + "]"
	}
	f.Add(n, want+" is expected, not "+n.Kind.String(), hint)
}

// Map reports whether a value is a map, and notes keys that are not known.
//
//go:noinline
func (f Fields) Map(n *Node, known ...string) bool {
	if n.Kind != Map {
		f.WrongKind(n, "a map")
		return false
	}
	for _, key := range n.Keys {
		if !slices.Contains(known, key.Text) {
			f.UnknownKey(key, known)
		}
	}
	return true
}

// UnknownKey notes that a key is none of those that are known where it stands.
func (f Fields) UnknownKey(key *Node, known []string) {
	hint := YAML11
	if key.Text != "true" && key.Text != "false" {
		hint = DidYouMean(key.Text, known)
	}
	f.Add(key, "unknown key "+strconv.Quote(key.Text), hint)
}

// Required returns a member of a map and notes when it is absent.
//
//go:noinline
func (f Fields) Required(n *Node, key, hint string) *Node {
	v := n.Get(key)
	if v == nil {
		f.Add(n, strconv.Quote(key)+" is missing", hint)
	}
	return v
}

// Text reads a string, which may be empty.
//
//go:noinline
func (f Fields) Text(n *Node) (text string, ok bool) {
	if n.Kind != String {
		f.WrongKind(n, "a string")
		return "", false
	}
	return n.Text, true
}

// Word reads a string that is not empty.
//
//go:noinline
func (f Fields) Word(n *Node) (word string, ok bool) {
	if word, ok = f.Text(n); ok && strings.TrimSpace(word) == "" {
		f.Add(n, "the string is empty", "")
		return "", false
	}
	return word, ok
}

// Bool reads true or false.
func (f Fields) Bool(n *Node) (value, ok bool) {
	if n.Kind != Bool {
		f.WrongKind(n, "true or false")
		return false, false
	}
	return n.Text == "true", true
}

// OneOf reads one of some words; what says what they are.
//
//go:noinline
func (f Fields) OneOf(n *Node, what string, words []string) (word string, ok bool) {
	s, ok := f.Word(n)
	if ok && !slices.Contains(words, s) {
		f.Add(n, "unknown "+what+" "+strconv.Quote(s), DidYouMean(s, words))
		return "", false
	}
	return s, ok
}

// Items returns the items of a list, which may be empty.
//
//go:noinline
func (f Fields) Items(n *Node) []*Node {
	if n.Kind != List {
		f.WrongKind(n, "a list")
		return nil
	}
	return n.Items
}

// SomeItems returns the items of a list that is not empty.
//
//go:noinline
func (f Fields) SomeItems(n *Node) []*Node {
	if n.Kind == List && len(n.Items) == 0 {
		f.Add(n, "the list is empty", "remove the key or add an item")
	}
	return f.Items(n)
}

// Number reads a number between two bounds, both allowed.
func (f Fields) Number(n *Node, low, high float64) (float64, bool) {
	if n.Kind != Number {
		f.WrongKind(n, "a number")
		return 0, false
	}
	v, err := strconv.ParseFloat(n.Text, 64)
	if err != nil || v < low || v > high {
		f.Add(n, n.Text+" is out of range", "between "+plain(low)+" and "+plain(high))
		return 0, false
	}
	return v, true
}

// Integer reads a whole number between two bounds, both allowed. A form such as
// 1.0 or 1e3 is accepted: proxies rewrite numbers on their way.
func (f Fields) Integer(n *Node, low, high int64) (int64, bool) {
	v, ok := f.Number(n, float64(low), float64(high))
	if ok && v != math.Trunc(v) {
		f.Add(n, n.Text+" is not a whole number", "")
		return 0, false
	}
	return int64(v), ok
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

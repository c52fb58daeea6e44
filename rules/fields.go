package rules

import (
	"math"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// yaml11 explains a boolean that stands where a word is due.
const yaml11 = "YAML 1.1 reads y, yes, n, no, on and off as booleans: put the word in quotes"

// fields reads values of the expected kinds and notes every mistake.
type fields struct{ problems *tree.Problems }

func (f fields) add(n *tree.Node, message, hint string) { f.problems.Add(n, message, hint) }

// wrongKind notes that a value is not of the expected kind.
func (f fields) wrongKind(n *tree.Node, want string) {
	hint := ""
	switch {
	case n.Kind == tree.Bool && want == "a string":
		hint = yaml11
	case n.Kind == tree.Number && want == "a string":
		hint = "put it in quotes: \"" + n.Text + "\""
	case want == "a list" && n.Kind == tree.String:
		hint = "write [" + n.Text + "]"
	}
	f.add(n, want+" is expected, not "+n.Kind.String(), hint)
}

// object reports whether a value is a map, and notes keys that are not known.
func (f fields) object(n *tree.Node, known ...string) bool {
	if n.Kind != tree.Map {
		f.wrongKind(n, "a map")
		return false
	}
	for _, key := range n.Keys {
		if !contains(known, key.Text) {
			f.add(key, "unknown key "+strconv.Quote(key.Text), keyHint(key.Text, known))
		}
	}
	return true
}

// keyHint is the cure for an unknown key.
func keyHint(key string, known []string) string {
	if key == "true" || key == "false" {
		return yaml11
	}
	return didYouMean(key, known)
}

// required returns a member of a map and notes when it is absent.
func (f fields) required(n *tree.Node, key, hint string) *tree.Node {
	v := n.Get(key)
	if v == nil {
		f.add(n, strconv.Quote(key)+" is missing", hint)
	}
	return v
}

// str reads a string that is not empty.
func (f fields) str(n *tree.Node) (string, bool) {
	if n.Kind != tree.String {
		f.wrongKind(n, "a string")
		return "", false
	}
	if strings.TrimSpace(n.Text) == "" {
		f.add(n, "the string is empty", "")
		return "", false
	}
	return n.Text, true
}

// name reads a name of letters, digits, "_", "-" and ".".
func (f fields) name(n *tree.Node) (string, bool) {
	s, ok := f.str(n)
	if ok && !isName(s) {
		f.add(n, strconv.Quote(s)+" cannot be a name", "use at most 64 letters, digits, \"_\", \"-\" and \".\"")
		return "", false
	}
	return s, ok
}

// visible reads a string that may stand in a header.
func (f fields) visible(n *tree.Node) (string, bool) {
	s, ok := f.str(n)
	if ok && !isVisible(s) {
		f.add(n, strconv.Quote(s)+" cannot stand in a header", "use at most 128 visible ASCII characters without spaces")
		return "", false
	}
	return s, ok
}

// oneOf reads one of some words.
func (f fields) oneOf(n *tree.Node, what string, words []string) (string, bool) {
	s, ok := f.str(n)
	if ok && !contains(words, s) {
		f.add(n, "unknown "+what+" "+strconv.Quote(s), didYouMean(s, words))
		return "", false
	}
	return s, ok
}

// list returns the items of a list that is not empty.
func (f fields) list(n *tree.Node) []*tree.Node {
	if n.Kind != tree.List {
		f.wrongKind(n, "a list")
		return nil
	}
	if len(n.Items) == 0 {
		f.add(n, "the list is empty", "remove the key or add an item")
	}
	return n.Items
}

// number reads a number between two bounds, both allowed.
func (f fields) number(n *tree.Node, low, high float64) (float64, bool) {
	if n.Kind != tree.Number {
		f.wrongKind(n, "a number")
		return 0, false
	}
	v, err := strconv.ParseFloat(n.Text, 64)
	if err != nil || v < low || v > high {
		f.add(n, n.Text+" is out of range", "between "+plain(low)+" and "+plain(high))
		return 0, false
	}
	return v, true
}

// integer reads a whole number between two bounds, both allowed. A form such as
// 1.0 or 1e3 is accepted: proxies rewrite numbers on their way.
func (f fields) integer(n *tree.Node, low, high int64) (int64, bool) {
	v, ok := f.number(n, float64(low), float64(high))
	if ok && v != math.Trunc(v) {
		f.add(n, n.Text+" is not a whole number", "")
		return 0, false
	}
	return int64(v), ok
}

// dollars reads an amount of US dollars and returns it in units of
// 1/perDollar, rounded.
func (f fields) dollars(n *tree.Node, high, perDollar float64) (int64, bool) {
	if n.Kind == tree.Number && strings.HasPrefix(n.Text, "-") {
		f.add(n, "the amount is negative", "")
		return 0, false
	}
	v, ok := f.number(n, 0, high)
	return int64(math.Round(v * perDollar)), ok
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

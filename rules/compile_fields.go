package rules

import (
	"math"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// fields reads what policies have beside values of all kinds.
type fields struct{ tree.Fields }

// name reads a name of letters, digits, "_", "-" and ".".
func (f fields) name(n *tree.Node) (string, bool) {
	s, ok := f.Word(n)
	if ok && !isName(s) {
		f.Add(n, strconv.Quote(s)+" cannot be a name", "use at most 64 letters, digits, \"_\", \"-\" and \".\"")
		return "", false
	}
	return s, ok
}

// visible reads a string that may stand in a header.
func (f fields) visible(n *tree.Node) (string, bool) {
	s, ok := f.Word(n)
	if ok && !isVisible(s) {
		f.Add(n, strconv.Quote(s)+" cannot stand in a header", "use at most 128 visible ASCII characters without spaces")
		return "", false
	}
	return s, ok
}

// dollars reads an amount of US dollars and returns it in units of
// 1/perDollar, rounded.
func (f fields) dollars(n *tree.Node, high, perDollar float64) (int64, bool) {
	if n.Kind == tree.Number && strings.HasPrefix(n.Text, "-") {
		f.Add(n, "the amount is negative", "")
		return 0, false
	}
	v, ok := f.Number(n, 0, high)
	return int64(math.Round(v * perDollar)), ok
}

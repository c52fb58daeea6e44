package tree

import (
	"sort"
	"strconv"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// Canonical writes a node as JSON in a form that depends on its meaning alone:
// keys sorted, no spaces, numbers in their shortest spelling. It is what is
// hashed, and what a policy's JSON values become in a request.
func Canonical(n *Node) string { return string(appendCanonical(nil, n)) }

func appendCanonical(b []byte, n *Node) []byte {
	switch n.Kind {
	case Null:
		return append(b, "null"...)
	case Bool:
		return append(b, n.Text...)
	case Number:
		return AppendNumber(b, n.Text)
	case String:
		return strictjson.AppendQuoted(b, n.Text)
	case List:
		b = append(b, '[')
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendCanonical(b, item)
		}
		return append(b, ']')
	}
	order := make([]int, len(n.Keys))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return n.Keys[order[i]].Text < n.Keys[order[j]].Text })
	b = append(b, '{')
	for i, at := range order {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strictjson.AppendQuoted(b, n.Keys[at].Text), ':')
		b = appendCanonical(b, n.Items[at])
	}
	return append(b, '}')
}

// AppendNumber appends a JSON number in its shortest spelling, so that 1, 1.0 and
// 1e0 are one: proxies rewrite numbers as 64-bit floats on their way. What does
// not fit one is appended as it stands.
func AppendNumber(b []byte, literal string) []byte {
	v, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		return append(b, literal...)
	}
	if v == 0 {
		return append(b, '0')
	}
	if v > -1e21 && v < 1e21 && (v >= 1e-6 || v <= -1e-6) {
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'e', -1, 64)
}

package tree

import (
	"slices"
	"strconv"
	"strings"
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
		return AppendQuoted(b, n.Text)
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
	slices.SortFunc(order, func(i, j int) int { return strings.Compare(n.Keys[i].Text, n.Keys[j].Text) })
	b = append(b, '{')
	for i, at := range order {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(AppendQuoted(b, n.Keys[at].Text), ':')
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

// AppendQuoted appends a JSON string; everything but quotes, backslashes and
// control characters stands as it is.
func AppendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

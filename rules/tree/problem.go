package tree

import (
	"sort"
	"strconv"
	"strings"
)

// Problem is one mistake of a policy: what, where, and how to mend it.
type Problem struct {
	Path         string
	Line, Column int
	Message      string
	Hint         string
}

// Error formats the problem as "line:column: path: message (hint)"; without
// lines it starts with the path.
func (p Problem) Error() string {
	var b strings.Builder
	if p.Line > 0 {
		b.WriteString(strconv.Itoa(p.Line))
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(p.Column))
		b.WriteString(": ")
	}
	b.WriteString(p.Path)
	b.WriteString(": ")
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString(" (")
		b.WriteString(p.Hint)
		b.WriteByte(')')
	}
	return b.String()
}

// Problems collects every mistake of a policy, so that all are reported at once. (Compilers call its methods in some hundred
// places, and so those of Node and Fields. Inlined they would make the module 100 KB larger and nothing faster that is done often.)
type Problems struct{ List []Problem }

// Add notes a mistake at a node. The hint may be empty.
//
//go:noinline
func (ps *Problems) Add(n *Node, message, hint string) { ps.AddAt(n, 0, message, hint) }

// AddAt notes a mistake some columns into a node's text, such as inside an expression.
//
//go:noinline
func (ps *Problems) AddAt(n *Node, offset int, message, hint string) {
	p := Problem{Message: message, Hint: hint, Path: "$"}
	if n != nil {
		p.Path, p.Line, p.Column = n.Path, n.Line, n.Column
		if p.Line > 0 {
			p.Column += offset
		}
	}
	ps.List = append(ps.List, p)
}

// Err returns the problems as an error, in source order, or nil when there is none.
func (ps *Problems) Err() error {
	if len(ps.List) == 0 {
		return nil
	}
	sort.SliceStable(ps.List, func(i, j int) bool {
		a, b := ps.List[i], ps.List[j]
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	return ps
}

// Error lists one problem a line.
func (ps *Problems) Error() string {
	lines := make([]string, len(ps.List))
	for i, p := range ps.List {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

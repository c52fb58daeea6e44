// Package tree holds a policy as it was written: values with their positions,
// whatever the source (YAML with lines, or JSON inside the proxy).
package tree

// Kind is the JSON kind of a node.
type Kind uint8

// The kinds of a node.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Map
)

// String names the kind as an error message would.
func (k Kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "a map"}[k]
}

// Node is one value of a policy together with the place where it stands.
type Node struct {
	Kind Kind
	// Text is the decoded string, or the literal of a number or a boolean.
	Text string
	// Keys are the member names of a Map, parallel to Items.
	Keys []*Node
	// Items are the values of a List or of a Map, in source order.
	Items []*Node
	// Path is the JSON path, such as $.guards[0].when.
	Path string
	// Line and Column count from 1; both are 0 where the source has no lines.
	Line, Column int
}

// Get returns the value of a Map's member, or nil.
//
//go:noinline
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i, k := range n.Keys {
		if k.Text == key {
			return n.Items[i]
		}
	}
	return nil
}

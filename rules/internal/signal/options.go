package signal

import "github.com/mom-router/mom-router/rules/tree"

// options reads the options of a declaration and notes what is wrong with them.
type options struct {
	tree.Fields
	node   *tree.Node
	before int // mistakes of the policy that were known before
	b      *Builder
	name   string // that is declared, without its type
}

func newOptions(b *Builder, name string, n *tree.Node, ps *tree.Problems) *options {
	return &options{Fields: tree.Fields{Problems: ps}, node: n, before: len(ps.List), b: b, name: name}
}

// failed reports whether some mistake was noted.
func (o *options) failed() bool { return len(o.List) > o.before }

// only checks that the options are a map with no other keys than these.
func (o *options) only(keys ...string) bool { return o.Map(o.node, keys...) }

// strings reads a list of strings that must not be empty.
func (o *options) strings(key string) (items []*tree.Node) {
	n := o.Required(o.node, key, "add "+key+": [\"...\"]")
	if n == nil {
		return nil
	}
	for _, item := range o.SomeItems(n) {
		if _, ok := o.Text(item); ok {
			items = append(items, item)
		}
	}
	return items
}

// count reads a whole number between two bounds, both allowed; ok is false if the option is not there.
func (o *options) count(key string, low, high int64) (value int64, ok bool) {
	n := o.node.Get(key)
	if n == nil {
		return 0, false
	}
	value, _ = o.Integer(n, low, high)
	return value, true
}

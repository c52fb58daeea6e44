package signal

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// options reads the options of a declaration and notes what is wrong with them.
type options struct {
	node   *tree.Node
	ps     *tree.Problems
	failed bool
	b      *Builder
}

// fail notes a mistake.
func (o *options) fail(n *tree.Node, message, hint string) {
	o.ps.Add(n, message, hint)
	o.failed = true
}

// only checks that the options are a map with no other keys than these.
func (o *options) only(keys ...string) bool {
	if o.node.Kind != tree.Map {
		o.fail(o.node, "expected a map of options, found "+o.node.Kind.String(), "options are "+strings.Join(keys, ", "))
		return false
	}
	for _, k := range o.node.Keys {
		known := false
		for _, key := range keys {
			known = known || key == k.Text
		}
		if !known {
			hint := suggest(k.Text, keys)
			if hint == "" {
				hint = "options are " + strings.Join(keys, ", ")
			}
			o.fail(k, "unknown option "+strconv.Quote(k.Text), hint)
		}
	}
	return true
}

// oneOf reads an option that takes one of a few words, and returns the word's place among them.
func (o *options) oneOf(key string, words []string, otherwise int) int {
	n := o.node.Get(key)
	if n == nil {
		return otherwise
	}
	if n.Kind == tree.String {
		for i, w := range words {
			if n.Text == w {
				return i
			}
		}
		hint := suggest(n.Text, words)
		if hint == "" {
			hint = "use one of " + strings.Join(words, ", ")
		}
		o.fail(n, "unknown "+key+" "+strconv.Quote(n.Text), hint)
		return otherwise
	}
	o.fail(n, key+" must be a string, found "+n.Kind.String(), "use one of "+strings.Join(words, ", "))
	return otherwise
}

// strings reads a list of strings that must not be empty.
func (o *options) strings(key string) []*tree.Node {
	n := o.node.Get(key)
	switch {
	case n == nil:
		o.fail(o.node, key+" is missing", "add "+key+": [\"...\"]")
		return nil
	case n.Kind != tree.List:
		o.fail(n, key+" must be a list of strings, found "+n.Kind.String(), "write "+key+": [\"...\"]")
		return nil
	case len(n.Items) == 0:
		o.fail(n, key+" is empty, so the signal could never be true", "add a word or remove the signal")
		return nil
	}
	var items []*tree.Node
	for _, item := range n.Items {
		if item.Kind != tree.String {
			o.fail(item, "expected a string, found "+item.Kind.String(), "put it in quotes")
			continue
		}
		items = append(items, item)
	}
	return items
}

// text reads a string; one that is needed must be there and not empty.
func (o *options) text(key string, needed bool) string {
	n := o.node.Get(key)
	switch {
	case n == nil:
		if needed {
			o.fail(o.node, key+" is missing", "add "+key+": \"...\"")
		}
		return ""
	case n.Kind != tree.String:
		o.fail(n, key+" must be a string, found "+n.Kind.String(), "put it in quotes")
		return ""
	case n.Text == "" && needed:
		o.fail(n, key+" is empty", "")
	}
	return n.Text
}

func quote(s string) string { return strconv.Quote(s) }

// count reads a whole number of at least low; ok is false if the option is not there.
func (o *options) count(key string, low int64) (value int64, ok bool) {
	n := o.node.Get(key)
	if n == nil {
		return 0, false
	}
	if n.Kind != tree.Number {
		o.fail(n, key+" must be a number, found "+n.Kind.String(), "")
		return 0, true
	}
	value, err := strconv.ParseInt(n.Text, 10, 64)
	if err != nil || value < low {
		o.fail(n, key+" must be a whole number of at least "+strconv.FormatInt(low, 10)+", found "+n.Text, "")
		return 0, true
	}
	return value, true
}

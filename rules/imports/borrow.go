package imports

import (
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// borrow declares the signals of a condition as the default policy does, under names that begin with "default_", and returns the condition over those.
func (v *vllmSR) borrow(c *condition, at *node) *condition {
	root, err := tree.ParseJSON(rules.DefaultJSON())
	if err != nil {
		return never // a test reads it
	}
	return c.with(func(ref string, _ bool) *condition {
		typ, name, _ := strings.Cut(ref, ".")
		n := root.Get("signals").Get(typ).Get(name)
		if n == nil {
			return signal(ref)
		}
		d := &declaration{typ: typ, name: "default_" + name, line: at.line(), list: "words"}
		if v.declared(d.ref()) != nil {
			return signal(d.ref())
		}
		for i, key := range n.Keys {
			switch item := n.Items[i]; {
			case key.Text == "words":
				for _, word := range item.Items {
					d.words = append(d.words, word.Text)
				}
			case item.Kind == tree.Number:
				d.options = append(d.options, field{key.Text, number(item.Text)})
			case item.Kind == tree.List:
				var texts []string
				for _, text := range item.Items {
					texts = append(texts, text.Text)
				}
				d.options = append(d.options, field{key.Text, texts})
			default:
				d.options = append(d.options, field{key.Text, item.Text})
			}
		}
		v.taken[d.name] = true
		v.add(d)
		return signal(d.ref())
	})
}

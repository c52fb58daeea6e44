package rules

import (
	"sort"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// maxPatterns is how many names with "*" a policy may have: a name that nobody knows is compared with each.
const maxPatterns = 128

// pattern is a name with "*" and where it stands.
type pattern struct {
	namePattern
	node *tree.Node
}

// owner is how messages call what a name means.
func owner(m *Model) string {
	if m == nil {
		return "\"auto\""
	}
	return "model " + strconv.Quote(m.Key)
}

// refuseName notes what is wrong with a name. It is not inlined: the module would be larger.
//
//go:noinline
func (c *compiler) refuseName(n *tree.Node, name, why, hint string) {
	c.Add(n, strconv.Quote(name)+why, hint)
}

const either = "a client that names it could mean either"

// aliases reads what else clients may call a model.
func (c *compiler) aliases(m *Model, n *tree.Node) {
	if n == nil {
		return
	}
	var names []string
	for _, item := range c.SomeItems(n) {
		name, ok := c.visible(item)
		if !ok {
			continue
		}
		names = append(names, name)
		if strings.Contains(name, "*") {
			c.pattern(item, name, m)
			continue
		}
		switch other := c.table.names.model(name); {
		case name == m.Key || name == m.Name:
			c.refuseName(item, name, " is the model's own key or name", "clients may use it anyway: remove it")
		case other == m:
			c.refuseName(item, name, " stands here twice", "")
		case other != nil:
			c.refuseName(item, name, " is a name of "+owner(other)+" already", either)
		default:
			c.table.names.exact[name] = m
			if !m.Drain { // else nobody is to find it
				c.table.aliases = append(c.table.aliases, name)
			}
		}
	}
	sort.Strings(names)
	c.digest.add("aliases", append([]string{m.Key}, names...)...)
}

// pattern notes a name with "*". What it has to do with others is looked at when all are known.
func (c *compiler) pattern(n *tree.Node, text string, m *Model) {
	if strings.Contains(text, "**") {
		c.refuseName(n, text, ": two \"*\" in a row mean the same as one", "write one")
		return
	}
	if c.patterns = append(c.patterns, pattern{namePattern{text, m}, n}); len(c.patterns) == maxPatterns+1 {
		c.refuseName(n, text, " is one name with \"*\" too many", "at most "+strconv.Itoa(maxPatterns)+" are compared with each name that nobody knows")
	}
}

// orderPatterns puts the longest pattern first, stars not counted; of two that are as long, the one with fewer stars, which may be the narrower
// one. So a pattern that is narrower than another one always comes before it. Two that share names, for different models, without one being narrower are a
// mistake: nobody could tell from them what such a name means.
func (c *compiler) orderPatterns() {
	if len(c.patterns) > maxPatterns {
		return
	}
	var list []*pattern
	for i := range c.patterns {
		if p := &c.patterns[i]; c.unlike(p, list) {
			list = append(list, p)
		}
	}
	sort.Slice(list, func(i, j int) bool { return comesFirst(list[i].text, list[j].text) })
	for i, p := range list {
		for _, q := range list[i+1:] {
			if !narrower(p.text, q.text) {
				continue
			}
			if p.model == q.model {
				c.warn(p.node, strconv.Quote(p.text)+" changes nothing: "+strconv.Quote(q.text)+" leads to the same")
			}
			break
		}
		c.table.names.patterns = append(c.table.names.patterns, p.namePattern)
	}
}

// comesFirst reports whether a pattern comes before another one.
func comesFirst(a, b string) bool {
	stars, others := strings.Count(a, "*"), strings.Count(b, "*")
	switch long, other := len(a)-stars, len(b)-others; {
	case long != other:
		return long > other
	case stars != others:
		return stars < others
	}
	return a < b
}

// unlike notes what is wrong with a pattern beside earlier ones. It reports whether none of them is the same.
func (c *compiler) unlike(p *pattern, earlier []*pattern) bool {
	for _, q := range earlier {
		switch {
		case p.text == q.text && p.model == q.model:
			c.refuseName(p.node, p.text, " stands here twice", "the second is never reached")
			return false
		case p.text == q.text:
			c.refuseName(p.node, p.text, " belongs to "+owner(q.model)+" already", either)
			return false
		case p.model == q.model || narrower(p.text, q.text) || narrower(q.text, p.text):
			continue
		}
		if name, ok := commonName(p.text, q.text); ok {
			c.refuseName(p.node, p.text, " and "+strconv.Quote(q.text)+" of "+owner(q.model)+" both match "+strconv.Quote(name)+", and neither is narrower than the other",
				"write one of them so that the other one matches all its names, or none")
		}
	}
	return true
}

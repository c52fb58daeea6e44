package rules

import (
	"strconv"

	"github.com/mom-router/mom-router/rules/internal/wrapper"
	"github.com/mom-router/mom-router/rules/tree"
)

// maxMarkers is how many markers a policy may add to the built-in ones.
const maxMarkers = 256

// markerKinds are the lists of markers under "wrappers", as wrapper.Parse calls them.
var markerKinds = []struct {
	key  string
	kind wrapper.Kind
	tags bool
}{
	{"client", wrapper.Client, true},
	{"user", wrapper.User, true},
	{"words", wrapper.Words, true},
	{"whole", wrapper.Whole, false},
	{"message", wrapper.Message, false},
	{"after", wrapper.After, false},
}

// wrappers reads by which markers a user's own words are told from what client programs write around them. Those of the policy come before the built-in
// ones.
func (c *compiler) wrappers(n *tree.Node) {
	if n == nil {
		return
	}
	keys := []string{"builtin", "between"}
	for _, k := range markerKinds {
		keys = append(keys, k.key)
	}
	if !c.Map(n, keys...) {
		return
	}
	var markers []wrapper.Marker
	for i := range markerKinds {
		k := &markerKinds[i]
		v := n.Get(k.key)
		if v == nil {
			continue
		}
		for _, item := range c.SomeItems(v) {
			text, ok := c.Word(item)
			switch {
			case !ok:
			case k.tags:
				markers = c.marker(markers, item, wrapper.Tag(text, k.kind))
			default:
				markers = c.marker(markers, item, wrapper.Marker{Kind: k.kind, Open: text})
			}
		}
	}
	if v := n.Get("between"); v != nil {
		for _, item := range c.SomeItems(v) {
			markers = c.between(markers, item)
		}
	}
	if len(markers) > maxMarkers {
		c.Add(n, strconv.Itoa(len(markers))+" markers are too many", "at most "+strconv.Itoa(maxMarkers))
	}
	c.signals.Wrap(append(markers, c.builtinMarkers(n.Get("builtin"))...))
	c.digest.add("wrappers", tree.Canonical(n))
}

// between reads a client's text from one text to another one, and perhaps again from a third.
func (c *compiler) between(markers []wrapper.Marker, n *tree.Node) []wrapper.Marker {
	if !c.Map(n, "from", "to", "again") {
		return markers
	}
	m, all := wrapper.Marker{}, true
	for i, text := range []*string{&m.Open, &m.Close, &m.Tail} {
		key := [...]string{"from", "to", "again"}[i]
		v := n.Get(key)
		if v == nil {
			if key != "again" {
				c.Required(n, key, "a client's text goes from one text to another; after is for one that goes on to the end")
				all = false
			}
			continue
		}
		word, ok := c.Word(v)
		*text, all = word, all && ok
	}
	if !all {
		return markers
	}
	return c.marker(markers, n, m)
}

// marker adds a marker, if nothing is wrong with it.
func (c *compiler) marker(markers []wrapper.Marker, n *tree.Node, m wrapper.Marker) []wrapper.Marker {
	wrong, hint := m.Check()
	for i := range markers {
		if markers[i].Open == m.Open {
			wrong, hint = strconv.Quote(m.Open)+" begins another marker here, too", "remove one of them"
		}
	}
	if wrong != "" {
		c.Add(n, wrong, hint)
		return markers
	}
	return append(markers, m)
}

// builtinMarkers reads which built-in markers a policy keeps: all, none, or those of some clients.
func (c *compiler) builtinMarkers(n *tree.Node) []wrapper.Marker {
	if n == nil {
		return wrapper.Builtin()
	}
	if n.Kind != tree.List {
		if word, ok := c.OneOf(n, "choice", []string{"all", "none"}); ok && word == "all" {
			return wrapper.Builtin()
		}
		return nil
	}
	var markers []wrapper.Marker
	seen := map[string]bool{}
	for _, item := range c.SomeItems(n) {
		name, ok := c.OneOf(item, "client", wrapper.Clients())
		if ok && seen[name] {
			c.Add(item, strconv.Quote(name)+" stands here twice", "")
		}
		seen[name] = true
		markers = append(markers, wrapper.Of(name)...)
	}
	return markers
}

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
	for _, k := range markerKinds {
		v := n.Get(k.key)
		if v == nil {
			continue
		}
		for _, item := range c.SomeItems(v) {
			if text, ok := c.Word(item); ok {
				m, err := wrapper.Marker{Kind: k.kind, Open: text}, error(nil)
				if k.tags {
					m, err = wrapper.Tag(text, k.kind)
				}
				markers = c.marker(markers, item, m, err)
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
	m := wrapper.Marker{Kind: wrapper.Client}
	from, to := c.Required(n, "from", "the beginning of a line, where the client's text begins"), c.Required(n, "to", "where it ends; use after for one that does not")
	if from == nil || to == nil {
		return markers
	}
	var ok, closes bool
	m.Open, ok = c.Word(from)
	m.Close, closes = c.Word(to)
	if again := n.Get("again"); again != nil {
		var text bool
		m.Tail, text = c.Word(again)
		closes = closes && text
	}
	if !ok || !closes {
		return markers
	}
	return c.marker(markers, n, m, nil)
}

// marker adds a marker, if nothing is wrong with it.
func (c *compiler) marker(markers []wrapper.Marker, n *tree.Node, m wrapper.Marker, err error) []wrapper.Marker {
	if err == nil {
		err = m.Check()
	}
	if err != nil {
		c.Add(n, err.Error(), "")
		return markers
	}
	for i := range markers {
		if markers[i].Open == m.Open {
			c.Add(n, strconv.Quote(m.Open)+" begins another marker here, too", "remove one of them")
			return markers
		}
	}
	return append(markers, m)
}

// builtinMarkers reads which built-in markers a policy keeps: all, none, or those of some clients.
func (c *compiler) builtinMarkers(n *tree.Node) []wrapper.Marker {
	if n == nil {
		return wrapper.Builtin()
	}
	if n.Kind != tree.List {
		if word, _ := c.OneOf(n, "choice", []string{"all", "none"}); word == "none" {
			return nil
		}
		return wrapper.Builtin()
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

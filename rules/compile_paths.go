package rules

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/rules/tree"
)

// paths reads which models serve paths that no API of conversations has, such as embeddings and reranking. Requests there are read and guarded like all
// others, and routed by nothing else.
func (c *compiler) paths(n *tree.Node) {
	if n == nil {
		return
	}
	if n.Kind != tree.Map {
		c.WrongKind(n, "a map")
		return
	}
	if len(n.Keys) == 0 {
		c.Add(n, "there are no paths", "map one, such as /v1/embeddings: bge-m3, or remove this")
	}
	c.table.mapped = map[string][]*Model{}
	for _, entry := range ordered(n) {
		path := entry.key.Text
		if !c.path(entry.key, path) {
			continue
		}
		var models []*Model
		for _, cand := range c.candidates(entry.value) {
			if cand.level != Unset {
				c.Add(entry.value, "there is no reasoning on this path", "name the model alone: "+cand.model.Key)
			}
			models = append(models, cand.model)
		}
		if len(models) == 0 {
			continue
		}
		c.table.mapped[path] = models
		c.mappedNodes = append(c.mappedNodes, entry.key)
		keys := []string{path}
		for _, m := range models {
			keys = append(keys, m.Key)
		}
		c.digest.add("path", keys...)
	}
}

// path reports whether a path may be mapped: it must be exact, and no path of the router's own, however it is written.
func (c *compiler) path(n *tree.Node, path string) bool {
	canonical := paths.Canonical(path)
	kind, _ := paths.Classify(canonical)
	if other, _ := paths.Classify(path); kind == paths.Unknown {
		kind = other
	}
	switch {
	case !isVisible(path) || path[0] != '/' || path != paths.WithoutQuery(path):
		c.Add(n, "not a path: "+strconv.Quote(path), `an exact path without a query, such as /v1/embeddings`)
	case kind != paths.Unknown:
		c.Add(n, strconv.Quote(path)+" would shadow a path that the router serves itself", "remove it: conversations go by guards and routes")
	case canonical != path:
		c.Add(n, strconv.Quote(path)+" is another spelling of "+strconv.Quote(canonical), "write it as "+canonical)
	default:
		return true
	}
	return false
}

// reviewPaths warns of guards that would turn all that they match away from a path.
func (c *compiler) reviewPaths() {
	for _, n := range c.mappedNodes {
		var excluded []string
		for i := range c.table.guards {
			if g := &c.table.guards[i]; !g.allowed.has(c.table.mapped[n.Text][0]) {
				excluded = append(excluded, strconv.Quote(g.name))
			}
		}
		if len(excluded) > 0 {
			c.warn(n, "requests here that match are refused, as these guards exclude the model of the path: "+strings.Join(excluded, ", "))
		}
	}
}

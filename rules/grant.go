package rules

import (
	"slices"

	"github.com/mom-router/mom-router/rules/tree"
)

// Grant says which of a policy's models a caller may use. To that caller there are no others: their names are unknown to him, they are in no list, and no
// rule chooses them. A nil Grant allows all. It is read-only and safe for concurrent use.
type Grant struct {
	table  *Table
	models []*Model // in the order of the list, in which they stand in where the policy's own choice may not be used
	set    modelSet
}

// Grant returns the grant of some models, by their keys in the policy; keys that it does not have are left out.
func (t *Table) Grant(keys []string) *Grant {
	g := &Grant{table: t}
	for _, key := range keys {
		i := slices.IndexFunc(t.models, func(m *Model) bool { return m.Key == key })
		if i >= 0 && !g.set.has(t.models[i]) {
			g.models = append(g.models, t.models[i])
			g.set.add(t.models[i])
		}
	}
	return g
}

// On is the same grant for another policy, by the keys of the models.
func (g *Grant) On(t *Table) *Grant {
	if g == nil {
		return nil
	}
	keys := make([]string, len(g.models))
	for i, m := range g.models {
		keys[i] = m.Key
	}
	return t.Grant(keys)
}

// Empty reports whether nothing is allowed at all.
func (g *Grant) Empty() bool { return g != nil && g.set == 0 }

// allowed is the set of models that may be used.
func (g *Grant) allowed() modelSet {
	if g == nil {
		return everyModel
	}
	return g.set
}

// Resolves reports whether the caller may put a name into "model" and be served.
func (t *Table) Resolves(name string, g *Grant) bool {
	m, known := t.names.resolve(name)
	return known && (m == nil && !g.Empty() || m != nil && !m.Drain && g.allowed().has(m))
}

// Names lists what the caller may put into "model", but for what patterns match: the names that ask for routing, models that are not drained, and what
// else they may be called.
func (t *Table) Names(g *Grant) (names []string) {
	if g.Empty() {
		return nil
	}
	names = append(names, tree.SortedKeys(t.auto)...)
	for _, m := range t.models {
		if !m.Drain && g.allowed().has(m) {
			names = append(names, m.Key)
		}
	}
	for _, alias := range t.aliases {
		if g.allowed().has(t.names.model(alias)) {
			names = append(names, alias)
		}
	}
	return names
}

// Grant says which models the caller may use, after Reset. Without it, he may use all.
func (s *Session) Grant(g *Grant) { s.grant = g }

// wide are the models that are tried where neither the policy's choice nor its default will do, in their order.
func (t *Table) wide(q *Query) []*Model {
	if q.grant != nil {
		return q.grant.models
	}
	return t.wider
}

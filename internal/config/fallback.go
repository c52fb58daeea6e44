package config

import (
	"slices"
	"strconv"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// Fallback says how requests get to another model where the chosen one fails.
type Fallback struct {
	// Lists are the clusters of the proxy that try one model after the other.
	Lists []FallbackList
	// Tries is how many models are tried for a request in an order of its own, which it carries in a header; 0 where the lists have the order.
	Tries int
	// Dearer lets a request go to a dearer model because of a 429, too.
	Dearer bool
	// Silence is for how many milliseconds a model may be silent before another one is tried, where the client wants a stream; 0 leaves that to the proxy.
	Silence int64
}

// How many models are tried in a request's own order: the chosen one and as many others as a decision names at most.
const (
	defaultTries = 3
	mostTries    = 9
)

// FallbackList is a cluster that tries one model after the other.
type FallbackList struct {
	Cluster string
	Models  []string // their keys in the policies, in order, at least two
}

// List is the longest list for a request that was routed to a model and may use its stand-ins: it begins with the model, and has but stand-ins behind it, in their order. Of
// several of one length it is the first by name; nil is none.
func (f *Fallback) List(m *rules.Model, standIns []rules.StandIn) (best *FallbackList) {
	for i := range f.Lists {
		list := &f.Lists[i]
		if list.Models[0] == m.Key && list.before(best) && inOrder(list.Models[1:], standIns) {
			best = list
		}
	}
	return best
}

// before reports whether a list is longer than another one, or as long and first by name.
func (l *FallbackList) before(other *FallbackList) bool {
	return other == nil || len(l.Models) > len(other.Models) || len(l.Models) == len(other.Models) && l.Cluster < other.Cluster
}

// inOrder reports whether models stand in a list in the same order, perhaps with others between them.
func inOrder(models []string, standIns []rules.StandIn) bool {
	for _, in := range standIns {
		if len(models) > 0 && models[0] == in.Model.Key {
			models = models[1:]
		}
	}
	return len(models) == 0
}

// role reads the configuration of an instance in a cluster's filter chain, which needs no other.
func (r *reader) role(root *tree.Node) {
	r.members(root, map[string]func(*tree.Node){
		"role": func(n *tree.Node) { _, _ = r.OneOf(n, "role", []string{"upstream"}) },
	})
}

func (r *reader) fallback(n *tree.Node) *Fallback {
	f := &Fallback{}
	r.members(n, map[string]func(*tree.Node){
		"lists": func(n *tree.Node) {
			if n.Kind != tree.Map {
				r.WrongKind(n, "a map")
				return
			}
			for i, key := range n.Keys {
				f.Lists = append(f.Lists, FallbackList{Cluster: key.Text, Models: list(r, n.Items[i], r.text)})
				if len(n.Items[i].Items) < 2 && n.Items[i].Kind == tree.List {
					r.Add(n.Items[i], "a list of less than two models", "name the model that is tried first and those that may stand in for it")
				}
			}
		},
		"after_429": func(n *tree.Node) {
			which, _ := r.OneOf(n, "choice", []string{"cheaper", "any"})
			f.Dearer = which == "any"
		},
		"silence": func(n *tree.Node) { f.Silence = r.duration(n) },
		"order": func(n *tree.Node) {
			if which, _ := r.OneOf(n, "order", []string{"lists", "request"}); which == "request" {
				f.Tries = defaultTries
			}
		},
		"tries": nil, // it belongs to an order
	})
	if n.Kind != tree.Map {
		return f
	}
	lists, tries := n.Get("lists"), n.Get("tries")
	switch {
	case tries != nil && f.Tries > 0:
		most, _ := r.Integer(tries, 2, mostTries)
		f.Tries = int(most)
	case tries != nil:
		r.Add(tries, "the lists say already how many models are tried", `remove tries, or say "order": "request"`)
	}
	if lists != nil && f.Tries > 0 {
		r.Add(lists, "each request has an order of its own", `remove lists, or "order": "request"`)
	}
	if lists == nil && f.Tries == 0 {
		r.Add(n, `"lists" is missing`, `say "order": "request" (Envoy 1.40 or newer), or name the proxy's clusters that try several models, with their models in order: "lists": {"mom-qwen": ["qwen3-235b", "gpt-oss-120b"]}`)
	}
	return f
}

// fallbackModels looks whether some policy has the models of the lists. They may be for the candidate and for the policy before its promotion, too, so that one value promotes it
// and takes it back; of a candidate that is off or does not compile nobody knows the models, and what is not known is but a warning.
func (r *reader) fallbackModels(c *Config, before []Policy, root *tree.Node) {
	n := root.Get("fallback")
	if n == nil || c.Fallback == nil {
		return
	}
	var tables []*rules.Table
	known := 0 // candidates
	for i, p := range c.Policies {
		if tables = append(tables, before[i].Table, p.Table); p.Candidate != nil {
			tables = append(tables, p.Candidate.Table)
		}
		if p.Candidate != nil || p.Table != before[i].Table {
			known++
		}
	}
	named := 0
	if root.Get("candidate") != nil {
		named++
	}
	if n := root.Get("candidates"); n != nil {
		named += len(n.Keys)
	}
	unknown := known < named
	has := func(is func(*rules.Model) bool) bool {
		return slices.ContainsFunc(tables, func(t *rules.Table) bool { return t == nil || slices.ContainsFunc(t.Models(), is) })
	}
	for i, list := range c.Fallback.Lists {
		at := n.Get("lists").Items[i]
		if c.Policy != nil && has(func(m *rules.Model) bool { return m.Cluster == list.Cluster }) {
			r.Add(at, strconv.Quote(list.Cluster)+" is the cluster of a model", "name a cluster that tries several models, such as an aggregate cluster")
		}
		for j, key := range list.Models {
			switch {
			case key == "": // said before
			case !has(func(m *rules.Model) bool { return m.Key == key }):
				if problem := "no policy has a model " + strconv.Quote(key); unknown {
					r.warn(at.Items[j], problem+", so the list is of no use unless the candidate has it")
				} else {
					r.Add(at.Items[j], problem, "name one by its key under models")
				}
			case slices.Contains(list.Models[:j], key):
				r.Add(at.Items[j], "the list has "+strconv.Quote(key)+" twice", "remove one")
			}
		}
	}
}

package rules

import (
	"slices"
	"sort"
	"strconv"

	"github.com/mom-router/mom-router/rules/tree"
)

func (c *compiler) routes(n *tree.Node) {
	if n == nil {
		return
	}
	for _, item := range c.SomeItems(n) {
		c.route(item)
	}
}

func (c *compiler) route(n *tree.Node) {
	if !c.Map(n, "name", "when", "use", "reasoning") {
		return
	}
	r := route{name: c.ruleName(n)}
	var cond *condition
	when := c.Required(n, "when", "name the signals of the route; what always matches is the policy's \"default\"")
	if when != nil {
		cond = c.condition(label("route", r.name, n), when, false)
	}
	if v := c.Required(n, "use", "name the models, the best first"); v != nil {
		r.use = c.candidates(v)
	}
	r.effort = c.ruleEffort(n, r.use)
	if cond == nil {
		return
	}
	if message := c.dead(cond); message != "" {
		c.Add(when, message, "move the route up, narrow the ones above, or remove it")
	} else {
		c.earlier = append(c.earlier, cond)
	}
	r.when, r.text = cond.program, cond.text
	c.table.routes = append(c.table.routes, r)
	c.digest.add("route", r.name, cond.text)
	c.digestUse(r.use, r.effort)
}

// candidates reads one model or a list of them, each a key or {model, reasoning}.
func (c *compiler) candidates(n *tree.Node) (list []candidate) {
	items := []*tree.Node{n}
	if n.Kind == tree.List {
		items = c.SomeItems(n)
	}
	for _, item := range items {
		cand, ok := c.candidate(item)
		if !ok {
			continue
		}
		if slices.ContainsFunc(list, func(other candidate) bool { return other.model == cand.model }) {
			c.Add(item, "model "+strconv.Quote(cand.model.Key)+" stands here twice", "the second is never reached")
		}
		if n := len(list); cand.share > 0 && n > 0 && list[n-1].share == 0 {
			c.Add(item, "model "+strconv.Quote(cand.model.Key)+" has a share, and the one before it has none", "give all that conversations are shared among one, and put them first")
		}
		list = append(list, cand)
	}
	if len(list) > 0 && list[0].share > 0 {
		if len(list) == 1 || list[1].share == 0 {
			c.Add(n, "model "+strconv.Quote(list[0].model.Key)+" has a share, and there is no other one to share with", "remove share, or give the next one a share, too")
		}
		c.table.objectives.shares = shareKeys
	}
	return list
}

const maxShare = 10_000

func (c *compiler) candidate(n *tree.Node) (candidate, bool) {
	switch n.Kind {
	case tree.String:
		m := c.modelRef(n)
		c.chosen[m] = true
		return candidate{model: m}, m != nil
	case tree.Map:
		c.Map(n, "model", "reasoning", "share")
		cand := candidate{}
		if v := c.Required(n, "model", "name one of the policy's models"); v != nil {
			cand.model = c.modelRef(v)
		}
		if v := n.Get("reasoning"); v != nil {
			cand.level, _ = c.level(v)
			c.foresee(v, cand)
		}
		if v := n.Get("share"); v != nil {
			cand.share, _ = c.Integer(v, 1, maxShare)
		}
		c.chosen[cand.model] = true
		return cand, cand.model != nil
	}
	c.Add(n, "a model's key or {model: …, reasoning: …} is expected, not "+n.Kind.String(), "")
	return candidate{}, false
}

// foresee warns of a reasoning wish that the model cannot honour in a chat.
func (c *compiler) foresee(n *tree.Node, cand candidate) {
	if cand.model == nil || cand.level == Unset {
		return
	}
	if _, warning := cand.model.Reasoning(0, cand.level); warning != "" {
		c.warn(n, warning)
	}
}

func (c *compiler) fallback(root *tree.Node) {
	n := c.Required(root, "default", "name the model for what no route matches, such as default: {model: small}")
	if n == nil {
		return
	}
	t := c.table
	t.fallback = c.candidates(n)
	if len(t.fallback) == 0 {
		return
	}
	if !slices.ContainsFunc(t.fallback, func(f candidate) bool { return t.floor.has(f.model) }) {
		c.Add(n, "the default "+strconv.Quote(t.fallback[0].model.Key)+" is below the policy's own min_tier", "")
	}
	for i := range t.guards {
		g := &t.guards[i]
		if g.last == nil {
			continue
		}
		g.resort = []candidate{{model: g.last, level: t.fallback[0].level}}
		for _, cand := range g.use {
			if cand.model == g.last {
				g.resort[0] = cand
			}
		}
	}
	c.digest.add("default")
	c.digestUse(t.fallback, t.effort)
}

// contextOrder reads which models are tried for requests that neither the route's candidates nor the default's can take. Without it these are all, those with the
// shortest context first: what takes no more than it must. An empty list is none.
func (c *compiler) contextOrder(n *tree.Node) {
	t := c.table
	if n == nil {
		t.wider = slices.Clone(t.models)
		sort.SliceStable(t.wider, func(i, j int) bool {
			a, b := t.wider[i].Context, t.wider[j].Context
			return a != 0 && (b == 0 || a < b)
		})
		return
	}
	for _, item := range c.Items(n) {
		m := c.modelRef(item)
		if m == nil {
			continue
		}
		if slices.Contains(t.wider, m) {
			c.Add(item, "model "+strconv.Quote(m.Key)+" stands here twice", "the second is never reached")
		}
		c.chosen[m] = true
		t.wider = append(t.wider, m)
	}
	c.digest.add("context_order")
	for _, m := range t.wider {
		c.digest.add("model", m.Key)
	}
}

// nothingFits reads what becomes of requests that no allowed model takes.
func (c *compiler) nothingFits(n *tree.Node) {
	if n == nil || !c.Map(n, "context", "input") {
		return
	}
	to := &c.table.nothingFits
	for _, what := range []struct {
		key  string
		send *bool
	}{{"context", &to.sendContext}, {"input", &to.sendInput}} {
		if v := n.Get(what.key); v != nil {
			word, _ := c.OneOf(v, "choice", []string{"refuse", "send"})
			*what.send = word == "send"
		}
	}
	if *to != (nothingFits{}) {
		c.digest.numbers("nothing_fits", bit(to.sendContext), bit(to.sendInput))
	}
}

func (c *compiler) digestUse(list []candidate, whose effort) {
	for _, cand := range list {
		c.digest.add("use", cand.model.Key, cand.level.String())
		if cand.share > 0 {
			c.digest.numbers("share", cand.share)
		}
		if cand.level != Unset && whose != effortSet {
			c.digest.add("effort", effortNames[whose])
		}
	}
}

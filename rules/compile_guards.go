package rules

import (
	"strconv"

	"github.com/mom-router/mom-router/rules/tree"
)

func (c *compiler) guards(n *tree.Node) {
	if n == nil {
		return
	}
	items := c.SomeItems(n)
	if len(items) > maxGuards {
		c.Add(n, strconv.Itoa(len(items))+" guards are too many", "at most "+strconv.Itoa(maxGuards))
		return
	}
	for _, item := range items {
		c.guard(item)
	}
}

func (c *compiler) guard(n *tree.Node) {
	if !c.Map(n, "name", "when", "flag", "only", "last", "tier", "use", "reasoning", "deny", "unknown", "replace") {
		return
	}
	if v := n.Get("replace"); v != nil {
		c.Add(v, nothingToReplace, "remove it")
	}
	g := guard{name: c.ruleName(n), allowed: everyModel}
	g.flag = g.name
	var cond *condition
	if v := c.Required(n, "when", "name the signals that trip the guard"); v != nil {
		cond = c.condition(label("guard", g.name, n), v, true)
	}
	if v := n.Get("flag"); v != nil {
		g.flag, _ = c.name(v)
	}
	c.restrict(&g, n)
	if v := n.Get("last"); v != nil {
		if g.last = c.modelRef(v); g.last != nil && g.allowed.has(g.last) {
			c.Add(v, "the guard allows "+strconv.Quote(g.last.Key)+" anyway", "\"last\" is one more model, for requests that none of the others takes: too long, or with images")
		}
	}
	if v := n.Get("deny"); v != nil {
		g.deny = c.denial(v)
		if use := n.Get("use"); use != nil {
			c.Add(use, "a guard cannot both deny and use a model", "remove one of them")
		}
	}
	if v := n.Get("use"); v != nil {
		g.use = c.candidates(v)
		c.within(&g, n, v)
	} else if v := n.Get("reasoning"); v != nil {
		c.Add(v, "the guard uses no model, so there is no level of reasoning", "remove this")
	}
	g.effort = c.ruleEffort(n, g.use)
	if v := n.Get("unknown"); v != nil {
		word, _ := c.OneOf(v, "choice", []string{"match", "ignore"})
		g.ignore = word == "ignore"
	}
	if len(g.use) > 0 && g.allowed == everyModel {
		c.warn(n, label("guard", g.name, n)+" steers routed requests only: a client that names a model gets it; add \"only\" to hold for all")
	}
	if cond == nil {
		return
	}
	if steers := g.deny != nil || n.Get("use") != nil || n.Get("only") != nil || n.Get("tier") != nil; steers && cond.guess != "" {
		c.Add(n, label("guard", g.name, n)+" steers or denies by "+cond.guess+" alone", "let it only flag, or ask for a pattern, too: "+
			"when: keyword.suspicious and jailbreak.score")
	}
	g.when, g.text = cond.program, cond.text
	if g.deny != nil || len(g.use) > 0 {
		c.earlier = append(c.earlier, cond)
	} else if g.allowed != everyModel {
		c.limiting = append(c.limiting, limit{len(c.table.guards), n})
	}
	c.table.guards = append(c.table.guards, g)
	c.digest.add("guard", g.name, cond.text, g.flag)
	c.digest.numbers("allows", int64(g.allowed), int64(g.tier), bit(g.ignore))
	if g.deny != nil {
		c.digest.add("deny", strconv.Itoa(g.deny.status), g.deny.code, g.deny.message)
	}
	c.digestUse(g.use, g.effort)
	if g.last != nil {
		c.digest.add("last", g.last.Key)
	}
}

// restrict reads what a guard allows: "only" these models, or those of a "tier".
func (c *compiler) restrict(g *guard, n *tree.Node) {
	only, tier := n.Get("only"), n.Get("tier")
	if only != nil && tier != nil {
		c.Add(tier, "a guard restricts by \"only\" or by \"tier\", not by both", "remove one of them")
	}
	if only != nil {
		g.allowed = 0
		for _, item := range c.SomeItems(only) {
			if m := c.modelRef(item); m != nil {
				if g.allowed.has(m) {
					c.Add(item, "model "+strconv.Quote(m.Key)+" stands here twice", "")
				}
				g.allowed.add(m)
			}
		}
		if g.allowed == 0 {
			g.allowed = everyModel // reported already
		}
	}
	if tier != nil {
		v, ok := c.Integer(tier, 1, maxTier)
		g.tier = int(v)
		if set := c.atLeast(g.tier); ok && set == 0 {
			c.Add(tier, "no model has tier "+strconv.Itoa(g.tier)+" or more: every such request would be refused", "write deny: {} if that is meant")
		} else {
			g.allowed &= set
		}
	}
}

// within notes models that a guard uses although it does not allow them itself.
func (c *compiler) within(g *guard, n, use *tree.Node) {
	nodes := []*tree.Node{use}
	if use.Kind == tree.List {
		nodes = use.Items
	}
	for _, item := range nodes {
		if item.Kind == tree.Map {
			item = item.Get("model")
		}
		if item == nil || item.Kind != tree.String {
			continue
		}
		m := c.table.byKey(item.Text)
		switch {
		case m == nil || g.allowed.has(m) || m == g.last:
		case n.Get("only") != nil:
			c.Add(item, "the guard uses "+strconv.Quote(m.Key)+" but its own \"only\" leaves it out", "add it to \"only\" or use a model that is there")
		default:
			c.Add(item, "the guard uses "+strconv.Quote(m.Key)+" of tier "+strconv.Itoa(m.Tier)+" but demands tier "+strconv.Itoa(g.tier), "use a model of that tier")
		}
	}
}

// The answer of a guard that denies, unless it says otherwise.
const (
	denyStatus  = 403
	denyCode    = "request_denied"
	denyMessage = "This request is not allowed here."
)

func (c *compiler) denial(n *tree.Node) *denial {
	d := &denial{status: denyStatus, code: denyCode, message: denyMessage}
	if !c.Map(n, "status", "code", "message") {
		return d
	}
	if v := n.Get("status"); v != nil {
		status, _ := c.Integer(v, 400, 499)
		d.status = int(status)
	}
	if v := n.Get("code"); v != nil {
		d.code, _ = c.name(v)
	}
	if v := n.Get("message"); v != nil {
		if d.message, _ = c.Word(v); len(d.message) > 1024 {
			c.Add(v, "the message is longer than 1024 bytes", "")
		}
	}
	return d
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

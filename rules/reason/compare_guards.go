package reason

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// guards compares guards by name, and what one does not hold any more with what others hold.
func (c *comparing) guards() {
	index := map[string]int{}
	for i := range c.new.Guards {
		index[c.new.Guards[i].Name] = i
	}
	known := map[string]bool{}
	for i := range c.old.Guards {
		name := c.old.Guards[i].Name
		known[name] = true
		change := Change{What: "guard " + strconv.Quote(name), Proof: true}
		k, there := index[name]
		if there {
			change.Verdict, change.Why, change.Example = c.guard(i, k)
		} else {
			change.Verdict, change.Why = Weaker, "it is gone"
		}
		if !change.Verdict.Holds() {
			missing, example := c.uncovered(i)
			switch {
			case missing == "":
				change.Verdict, change.Example = Equal, ""
				change.Why += "; but the guards of the new policy together hold all that it held"
			default:
				if !there {
					change.Why += ", and no other guard " + missing
				}
				if change.Example == "" {
					change.Example = example
				}
			}
		}
		c.Guards = append(c.Guards, change)
	}
	for i := range c.new.Guards {
		if g := &c.new.Guards[i]; !known[g.Name] {
			c.Guards = append(c.Guards, Change{What: "guard " + strconv.Quote(g.Name), Verdict: Stricter, Why: "it is new", Proof: true})
		}
	}
	c.steering()
}

// guard compares two guards of one name.
func (c *comparing) guard(i, k int) (v Verdict, why, example string) {
	var reasons []string
	before, after := c.old.guards[i], c.new.guards[k]
	label := "guard " + strconv.Quote(c.old.Guards[i].Name)
	fewer, lost := c.impossible("whether "+label+" matches all that it matched", before, not(after))
	more, won := c.impossible("whether "+label+" matches more than it matched", after, not(before))
	switch {
	case fewer && more:
		v = Equal
	case fewer:
		v, example = Stricter, won
		reasons = append(reasons, "it matches more")
	case more:
		v, example = Weaker, lost
		reasons = append(reasons, "it matches less")
	default:
		v, example = Incomparable, lost
		reasons = append(reasons, "it does not match all that it matched, and matches other requests")
	}
	note := func(part Verdict, why string) {
		v = v.with(part)
		reasons = append(reasons, why)
	}
	a, b := &c.old.Guards[i], &c.new.Guards[k]
	switch {
	case a.Deny == nil && b.Deny != nil:
		note(Stricter, "it denies now")
	case a.Deny != nil && b.Deny == nil:
		note(Weaker, "it does not deny any more")
	case a.Deny != nil && *a.Deny != *b.Deny:
		was, is := answerOf(a.Deny), answerOf(b.Deny)
		if was == is {
			was, is = was+" "+strconv.Quote(a.Deny.Message), is+" "+strconv.Quote(b.Deny.Message)
		}
		note(Equal, "its answer is "+is+" instead of "+was)
	}
	c.allowed(a, b, note)
	switch was, is := keysOf(a.Use), keysOf(b.Use); {
	case was == is && was != "" && b.Allowed == nil && slices.ContainsFunc(b.Use, func(choice rules.Choice) bool { return c.takesOther(choice.Model) }):
		note(Incomparable, "the models that it uses take other requests now, and nothing else keeps these from others")
	case was == is:
	case was == "":
		note(Stricter, "it uses "+is+" now")
	case is == "":
		note(Weaker, "it does not use "+was+" any more")
	default:
		note(Incomparable, "it uses "+is+" instead of "+was)
	}
	if a.Flag != b.Flag {
		note(Incomparable, "its flag is "+strconv.Quote(b.Flag)+" instead of "+strconv.Quote(a.Flag))
	}
	for _, key := range others(c.old.root.Get("guards").Items[i], c.new.root.Get("guards").Items[k], "name", "when", "flag", "only", "last", "tier", "use", "deny", "unknown", "reasoning") {
		note(Incomparable, "its "+key+" is another one")
	}
	return v, strings.Join(reasons, "; "), example
}

// takesOther reports whether a model may take other requests than before: whether something was changed of it but for some keys, and
// those that never matter to that.
func (c *comparing) takesOther(m *rules.Model, but ...string) bool {
	but = append(but, "name", "cluster", "aliases", "reasoning", "strength")
	return len(others(c.old.root.Get("models").Get(m.Key), c.new.root.Get("models").Get(m.Key), but...)) > 0
}

// allowed compares which models two guards leave.
func (c *comparing) allowed(a, b *rules.OutlineGuard, note func(Verdict, string)) {
	var added, taken []string
	for _, m := range c.new.table.Models() {
		was, is := c.allowedBefore(a, m), b.Allowed == nil || b.Allowed[m.Index()]
		switch {
		case was && !is:
			taken = append(taken, m.Key)
		case !was && is:
			added = append(added, m.Key)
		}
	}
	if len(added) > 0 {
		note(Weaker, "it allows "+strings.Join(added, ", ")+", too")
	}
	if len(taken) > 0 {
		note(Stricter, "it does not allow "+strings.Join(taken, ", ")+" any more")
	}
	switch was, is := keyOf(a.Last), keyOf(b.Last); {
	case was == is && was != "" && c.lastServesOthers(a, b):
		note(Incomparable, "its last model may get more requests, since others come before it, or take other requests")
	case was == is:
	case was == "":
		note(Weaker, "it has a last model now, "+is)
	case is == "":
		note(Stricter, "its last model "+was+" is gone")
	default:
		note(Incomparable, "its last model is "+is+" instead of "+was)
	}
}

// allowedBefore reports whether an old guard allows a model of the new policy.
func (c *comparing) allowedBefore(g *rules.OutlineGuard, m *rules.Model) bool {
	if g.Allowed == nil {
		return true
	}
	if o := modelNamed(c.old.table, m.Key); o != nil {
		return g.Allowed[o.Index()]
	}
	return g.Tier > 0 && m.Tier >= g.Tier
}

// lastServesOthers reports whether the last model of a guard may get requests now that it did not get: it gets what none of the guard's other
// models takes, and of those only what the tier allows.
func (c *comparing) lastServesOthers(a, b *rules.OutlineGuard) bool {
	if a.Tier != b.Tier {
		return true
	}
	for _, m := range c.new.table.Models() {
		was, is := c.allowedBefore(a, m), b.Allowed == nil || b.Allowed[m.Index()]
		if was && !is {
			return true
		}
		if !was {
			continue
		}
		if modelNamed(c.old.table, m.Key) == nil || c.takesOther(m, "price", "latency", "max_output", "tier", "drain") {
			return true
		}
	}
	for _, o := range c.old.table.Models() {
		if (a.Allowed == nil || a.Allowed[o.Index()]) && modelNamed(c.new.table, o.Key) == nil {
			return true
		}
	}
	return false
}

func answerOf(d *rules.Denial) string {
	return strconv.Itoa(d.Status) + " " + d.Code
}

// uncovered says what of an old guard's work the new guards together do not do, with an example; "" if they do all.
func (c *comparing) uncovered(i int) (missing, example string) {
	g := &c.old.Guards[i]
	matches := c.old.guards[i]
	held := func(does func(k int, g *rules.OutlineGuard) bool) (bool, string) {
		wanted := []*node{matches}
		for k := range c.new.Guards {
			if does(k, &c.new.Guards[k]) {
				wanted = append(wanted, not(c.new.guards[k]))
			}
		}
		return c.impossible("whether others hold what guard "+strconv.Quote(g.Name)+" held", wanted...)
	}
	if g.Deny != nil {
		if ok, example := held(func(_ int, n *rules.OutlineGuard) bool { return n.Deny != nil }); !ok {
			return "denies whenever it did", example
		}
	}
	for _, m := range c.new.table.Models() {
		if c.allowedBefore(g, m) || !c.new.Floor[m.Index()] {
			continue
		}
		last := keyOf(g.Last) == m.Key
		ok, example := held(func(_ int, n *rules.OutlineGuard) bool {
			return n.Deny != nil || n.Allowed != nil && !n.Allowed[m.Index()] && (n.Last != m || last && !c.lastServesOthers(g, n))
		})
		if !ok {
			return "keeps such requests from " + m.Key, example
		}
	}
	if ok, example := held(func(_ int, n *rules.OutlineGuard) bool { return n.Flag == g.Flag }); !ok {
		return "sets the flag " + g.Flag, example
	}
	if len(g.Use) > 0 {
		if ok, example := held(func(_ int, n *rules.OutlineGuard) bool { return n.Deny != nil || keysOf(n.Use) == keysOf(g.Use) }); !ok {
			return "uses " + keysOf(g.Use), example
		}
	}
	for _, key := range others(c.old.root.Get("guards").Items[i], &tree.Node{Kind: tree.Map}, "name", "when", "flag", "only", "last", "tier", "use", "deny", "unknown", "reasoning") {
		return "has a " + key + " that could be compared", ""
	}
	return "", ""
}

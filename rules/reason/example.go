package reason

import "strings"

// smallest writes the example of a question with as little true in it as can be: a request that is known to its end if one shows it,
// and of the signals that the question is about those only that it takes.
func (c *comparing) smallest(q *question, values []bool) string {
	for v := 1; v < fixedVars; v++ {
		if less, found := q.and(literal(-v)).solve(); found == possible {
			q, values = q.and(literal(-v)), less
		}
	}
	about := map[int]bool{}
	for _, n := range q.wanted {
		n.mark(about)
	}
	var rails []*rail
	for _, r := range c.world.order {
		if about[r.fact] || about[r.yes] || about[r.no] || about[r.guarded] {
			rails = append(rails, r)
		}
	}
	var names []string
	for _, r := range rails {
		if !values[r.fact] {
			q = q.and(literal(-r.fact))
			continue
		}
		if less, found := q.and(literal(-r.fact)).solve(); found == possible {
			q, values = q.and(literal(-r.fact)), less
			continue
		}
		q = q.and(literal(r.fact))
		names = append(names, c.nameOf(r))
	}
	text := "a request of which none of these signals is true"
	if len(names) > 0 {
		text = strings.Join(names, ", ")
	}
	for _, state := range []struct {
		variable int
		words    string
	}{{varOpen, "not known to its end"}, {varBlind, "something in it cannot be read"}, {varExhausted, "something in it was not read once more"}} {
		if values[state.variable] {
			text += "; " + state.words
		}
	}
	return text
}

// mark notes the variables of a formula.
func (n *node) mark(vars map[int]bool) {
	if n.lit != 0 {
		vars[max(n.lit, -n.lit)] = true
	}
	for _, k := range n.kids {
		k.mark(vars)
	}
}

// nameOf is a signal's name, and in which policy it means this, where the name means something else in the other one.
func (c *comparing) nameOf(r *rail) string {
	before, after := c.old.called(r), c.new.called(r)
	switch {
	case before == after:
		return before
	case before == "" && c.old.has(after):
		return after + " (as the new policy has it)"
	case before == "":
		return after
	case after == "" && c.new.has(before):
		return before + " (as the old policy has it)"
	case after == "":
		return before
	}
	return before + " (now " + after + ")"
}

// called is the name of a signal in a policy; "" if it has none that means this.
func (s *subject) called(r *rail) string {
	for _, a := range s.atoms {
		if a.key == r.key {
			return a.name
		}
	}
	return ""
}

// has reports whether a policy has a signal of a name.
func (s *subject) has(name string) bool {
	for _, a := range s.atoms {
		if a.name == name {
			return true
		}
	}
	return false
}

package reason

import (
	"strconv"
)

// outcome is one way in which a policy decides about requests that ask for routing.
type outcome struct {
	label string
	gets  string // models and levels, or the answer of a denial
	when  *node  // it is the rule's turn, and the rule matches
}

// outcomes lists those of a policy: guards that deny, guards that use models, routes, the default. They exclude each other, and one of them
// holds.
func (s *subject) outcomes() (list []outcome) {
	var before []*node
	add := func(label, gets string, matches *node) {
		list = append(list, outcome{label, gets, all(append(without(before, upTo(len(before))), matches)...)})
		before = append(before, matches)
	}
	for i := range s.Guards {
		if g := &s.Guards[i]; g.Deny != nil {
			add("guard "+strconv.Quote(g.Name), "denied with "+strconv.Itoa(g.Deny.Status)+" "+g.Deny.Code, s.guards[i])
		}
	}
	for i := range s.Guards {
		if g := &s.Guards[i]; g.Deny == nil && len(g.Use) > 0 {
			add("guard "+strconv.Quote(g.Name), keysOf(g.Use), s.guards[i])
		}
	}
	for i := range s.Routes {
		add("route "+strconv.Quote(s.Routes[i].Name), keysOf(s.Routes[i].Use), s.routes[i].yes)
	}
	add("default", keysOf(s.Default), all())
	return list
}

// maxMoves bounds how many moves are told.
const maxMoves = 200

// moves finds which rules decide about what others decided about before, or choose otherwise.
func (c *comparing) moves() {
	was, is := c.old.outcomes(), c.new.outcomes()
	for i := range was {
		q := c.ask(was[i].when)
		for j := range is {
			if is[j].label == was[i].label && is[j].gets == was[i].gets {
				q = q.and(not(is[j].when))
			}
		}
		for len(c.Moves) < maxMoves {
			values, found := q.solve()
			if found == tooHard {
				c.TooHard = append(c.TooHard, "where the requests of "+was[i].label+" go")
			}
			if found != possible {
				break
			}
			at := -1
			for j := range is {
				if is[j].when.holds(values) {
					at = j
				}
			}
			if at < 0 {
				break // one of them holds, always
			}
			here := q.and(is[at].when)
			if values, found := here.solve(); found == possible {
				c.Moves = append(c.Moves, Move{was[i].label, is[at].label, gets(was[i].gets, is[at].gets), c.smallest(here, values)})
			}
			q = q.and(not(is[at].when))
		}
	}
}

func gets(was, is string) string {
	if was == is {
		return is
	}
	return was + " -> " + is
}

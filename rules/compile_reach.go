package rules

import (
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/expr"
)

// reachSteps bounds the search of one reachability check. A policy that needs
// more has conditions over some twenty signals each; its routes count as reachable.
const reachSteps = 1 << 14

// dead says why a route can never decide, or "".
func (c *compiler) dead(cond *condition) string {
	if c.unjudged {
		return ""
	}
	return dead(cond, c.earlier)
}

// dead says why a rule can never decide: its condition contradicts itself, or
// the rules before it take every request that it matches. It returns "" for a
// rule that can decide. Signals are taken as independent of each other and
// either true or false.
func dead(c *condition, earlier []*condition) string {
	if !newSearch(c, nil).reaches() {
		return "the condition can never be true"
	}
	for _, e := range earlier {
		if !newSearch(c, []*condition{e}).reaches() {
			return "the route is never reached: " + e.rule + " (" + e.text + ") comes first whenever this is true"
		}
	}
	if newSearch(c, earlier).reaches() {
		return ""
	}
	names := make([]string, 0, len(earlier))
	for _, e := range needed(c, earlier) {
		names = append(names, e.rule)
	}
	return "the route is never reached: together " + strings.Join(names, ", ") + " come first whenever this is true"
}

// needed leaves out of the rules that together take all of c those that it takes without: many at once while that goes.
func needed(c *condition, earlier []*condition) []*condition {
	for size := len(earlier); size > 0; size /= 2 {
		for i := 0; i < len(earlier); {
			without := slices.Concat(earlier[:i], earlier[min(i+size, len(earlier)):])
			if newSearch(c, without).reaches() {
				i += size
			} else {
				earlier = without
			}
		}
	}
	return earlier
}

// search looks for values of the signals under which a condition is true and
// no earlier one is. Signals that are not set yet are unknown: Kleene's logic
// then says early when every way of going on ends alike.
type search struct {
	want    *expr.Program
	earlier []*expr.Program
	values  []expr.Value
	free    []int // the signals to set, in this order
	steps   int
}

func newSearch(c *condition, earlier []*condition) *search {
	s := &search{want: c.program, free: slices.Clone(c.program.Uses())}
	for _, e := range earlier {
		s.earlier = append(s.earlier, e.program)
		for _, i := range e.program.Uses() {
			if !slices.Contains(s.free, i) {
				s.free = append(s.free, i)
			}
		}
	}
	s.values = make([]expr.Value, slices.Max(s.free)+1)
	for i := range s.values {
		s.values[i] = expr.Unknown
	}
	return s
}

func (s *search) reaches() bool {
	if s.steps++; s.steps > reachSteps {
		return true
	}
	want := s.want.Eval(s.values)
	if want == expr.False {
		return false
	}
	open := want == expr.Unknown
	for _, e := range s.earlier {
		switch e.Eval(s.values) {
		case expr.True:
			return false
		case expr.Unknown:
			open = true
		}
	}
	if !open {
		return true
	}
	for i, signal := range s.free {
		if s.values[signal] != expr.Unknown {
			continue
		}
		rest := s.free
		s.free = s.free[i+1:]
		defer func() { s.free, s.values[signal] = rest, expr.Unknown }()
		for _, v := range [...]expr.Value{expr.False, expr.True} {
			s.values[signal] = v
			if s.reaches() {
				return true
			}
		}
		return false
	}
	return true // not reached: with every signal set nothing is unknown
}

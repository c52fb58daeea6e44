package signal

import (
	"slices"
	"strings"
)

// Two policies can go by one reading of a text: what they make of it differs by the signals that are worked out of what was found, and by their rules. Where
// they look for the same things in it, what is found is the same for both; else see pair.

// Beside returns a set of the signals of two policies that one reading does for: those of s with their indexes, and behind them those of o that s lacks. at gives
// by the index in o that in the new set. ok is false if each has to read for itself.
func (s *Set) Beside(o *Set) (both *Set, at []int, ok bool) {
	if s.loaded != o.loaded || (s.table == nil) != (o.table == nil) || (s.sides == nil) != (o.sides == nil) || s.budgets != o.budgets || !s.owned.same(&o.owned) || s.topics != o.topics || s.distrust != o.distrust ||
		!slices.Equal(s.markers, o.markers) {
		return nil, nil, false
	}
	if !s.looksFor(o) || !o.looksFor(s) {
		return s.together(o)
	}
	both = new(Set)
	*both = *s
	both.signals, both.profiled = slices.Clone(s.signals), slices.Clone(s.profiled)
	for i := range o.signals {
		n := s.find(&o.signals[i])
		if n < 0 {
			n = len(both.signals)
			both.signals = append(both.signals, o.signals[i]) // which goes by no number of a pattern
		}
		at = append(at, n)
	}
	both.profile(o, at)
	return both, at, true
}

// profile has profiles hold what those of another policy do.
func (s *Set) profile(o *Set, at []int) {
	for _, i := range o.profiled {
		if !slices.Contains(s.profiled, at[i]) {
			s.profiled = append(s.profiled, at[i])
		}
	}
}

// same reports whether two policies have the same classes, but for their words.
func (o *ownClasses) same(other *ownClasses) bool {
	return o.used == other.used && o.bias == other.bias && o.atLeast == other.atLeast && slices.Equal(o.names, other.names)
}

// looksFor reports whether a set looks for all that another one does.
func (s *Set) looksFor(o *Set) bool {
	for i := range o.signals {
		typ, _, _ := strings.Cut(o.signals[i].name, ".")
		if kindNamed(typ).searches && s.find(&o.signals[i]) < 0 {
			return false
		}
	}
	return true
}

// find is where a set has a signal, or -1.
func (s *Set) find(of *signal) int {
	return slices.IndexFunc(s.signals, func(own signal) bool { return own.name == of.name && own.key == of.key })
}

// Profiled reports whether profiles hold anything of the set's signals.
func (s *Set) Profiled() bool { return len(s.profiled) > 0 }

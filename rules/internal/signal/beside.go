package signal

import (
	"slices"
	"strings"
)

// Two policies that look for the same things in a text can go by one reading of it: what they make of it differs by the signals that are worked out of what was
// found, and by their rules. What is found at all must be the same, since which reading a disguised word gets depends on all words that are known.

// Beside returns a set of the signals of two policies that one reading does for: those of s with their indexes, and behind them those of o that s lacks. at gives
// by the index in o that in the new set. ok is false if the two look for other things in a text.
func (s *Set) Beside(o *Set) (both *Set, at []int, ok bool) {
	if s.loaded != o.loaded || (s.table == nil) != (o.table == nil) || (s.sides == nil) != (o.sides == nil) || s.budgets != o.budgets || !s.owned.same(&o.owned) || s.topics != o.topics || s.distrust != o.distrust ||
		!slices.Equal(s.markers, o.markers) || !s.looksFor(o) || !o.looksFor(s) {
		return nil, nil, false
	}
	both = new(Set)
	*both = *s
	both.signals, both.profiled = slices.Clone(s.signals), slices.Clone(s.profiled)
	for i := range o.signals {
		n := s.index(&o.signals[i])
		if n < 0 {
			n = len(both.signals)
			both.signals = append(both.signals, o.signals[i]) // which goes by no number of a pattern
		}
		at = append(at, n)
	}
	for _, i := range o.profiled {
		if !slices.Contains(both.profiled, at[i]) {
			both.profiled = append(both.profiled, at[i])
		}
	}
	return both, at, true
}

// same reports whether two policies have the same classes, but for their words.
func (o *ownClasses) same(other *ownClasses) bool {
	return o.used == other.used && o.bias == other.bias && o.atLeast == other.atLeast && slices.Equal(o.names, other.names)
}

// looksFor reports whether a set looks for all that another one does.
func (s *Set) looksFor(o *Set) bool {
	for i := range o.signals {
		typ, _, _ := strings.Cut(o.signals[i].name, ".")
		if kindNamed(typ).searches && s.index(&o.signals[i]) < 0 {
			return false
		}
	}
	return true
}

// index is where a set has a signal, or -1.
func (s *Set) index(of *signal) int {
	return slices.IndexFunc(s.signals, func(own signal) bool { return own.name == of.name && own.key == of.key })
}

// Profiled reports whether profiles hold anything of the set's signals.
func (s *Set) Profiled() bool { return len(s.profiled) > 0 }

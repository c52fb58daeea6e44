package reason

import "slices"

// A set of blockers shadows a target if the target never holds where none of them does. Which set is the smallest is found by asking
// for examples: under each, some blockers outside of the set that was tried hold, and every set that shadows has one of those. The
// smallest set that has one of each is tried next, until there is no example any more.

// The bounds of that search, for one target and for all of a policy. Beyond them the set is no longer the smallest, but one of which none can
// be left out.
const (
	maxExamples = 24
	maxSpare    = 2_000
	maxHits     = 4_000
)

// shadow returns the smallest set of blockers, by index, that shadows the target, provided that all of them do. smallest is false where
// a smaller one may exist, but none of these can be left out.
func (w *world) shadow(target []*node, blockers []*node) (set []int, smallest bool, found answer) {
	s := shadowing{w: w, target: target, blockers: blockers}
	var examples [][]int
	for len(examples) < maxExamples && w.spare > 0 {
		h := hitting{sets: examples, steps: maxHits}
		set, ok := h.search()
		if !ok {
			break
		}
		values, found := s.without(set)
		w.spare--
		switch found {
		case impossible:
			return set, true, possible
		case tooHard:
			return nil, false, tooHard
		}
		hold := s.holding(values)
		if len(hold) == 0 {
			return nil, false, impossible // they do not shadow it together
		}
		examples = append(examples, s.fewer(hold))
	}
	set = s.explain(nil, false, upTo(len(blockers)))
	slices.Sort(set)
	if s.hard {
		return nil, false, tooHard
	}
	return set, false, possible
}

// shadowing is the question what shadows a target.
type shadowing struct {
	w        *world
	target   []*node
	blockers []*node
	hard     bool // some question was too hard
}

// without asks for the target without some blockers.
func (s *shadowing) without(set []int) (values []bool, found answer) {
	return s.w.ask(append(without(s.blockers, set), s.target...)...).solve()
}

func (s *shadowing) holding(values []bool) (hold []int) {
	for i, b := range s.blockers {
		if b.holds(values) {
			hold = append(hold, i)
		}
	}
	return hold
}

// fewer looks for an example under which few of the blockers hold that hold under one: the fewer, the more it says.
func (s *shadowing) fewer(hold []int) []int {
	for half := 0; half < 2 && len(hold) > 1; {
		var excluded []int
		for i := range s.blockers {
			if at, holds := slices.BinarySearch(hold, i); !holds || at*2/len(hold) == half {
				excluded = append(excluded, i)
			}
		}
		values, found := s.without(excluded)
		s.w.spare--
		if found != possible {
			half++
			continue
		}
		hold, half = s.holding(values), 0
	}
	return hold
}

// explain returns a set of blockers, of some, that shadows the target together with others, and of which none can be left out. It
// halves them, so that few questions find a small set among many (Junker's QuickXplain). fresh says that there are others that were not
// tried alone.
func (s *shadowing) explain(others []int, fresh bool, some []int) []int {
	if fresh {
		switch _, found := s.without(others); found {
		case impossible:
			return nil
		case tooHard:
			s.hard = true
		}
	}
	if len(some) <= 1 || s.hard {
		return some
	}
	left, right := some[:len(some)/2], some[len(some)/2:]
	of := s.explain(slices.Concat(others, left), true, right)
	return slices.Concat(of, s.explain(slices.Concat(others, of), len(of) > 0, left))
}

// without says that none of some blockers holds.
func without(blockers []*node, set []int) (list []*node) {
	for _, i := range set {
		list = append(list, not(blockers[i]))
	}
	return list
}

// hitting looks for the smallest set that has a member of each of some sets.
type hitting struct {
	sets  [][]int
	steps int
	best  []int
	found bool
}

func (h *hitting) search() (set []int, ok bool) {
	h.extend(nil)
	slices.Sort(h.best)
	return h.best, h.found && h.steps > 0
}

func (h *hitting) extend(chosen []int) {
	if h.steps--; h.steps <= 0 || h.found && len(chosen) >= len(h.best) {
		return
	}
	for _, s := range h.sets {
		if slices.ContainsFunc(s, func(i int) bool { return slices.Contains(chosen, i) }) {
			continue
		}
		for _, i := range s {
			h.extend(append(chosen[:len(chosen):len(chosen)], i))
		}
		return
	}
	h.best, h.found = chosen, true
}

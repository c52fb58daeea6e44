package reason

import "slices"

// A set of blockers shadows a target if the target never holds where none of them does. Which set is the smallest is found by asking
// for examples: under each, some blockers outside of the set that was tried hold, and every set that shadows has one of those. The
// smallest set that has one of each is tried next, until there is no example any more.

// The bounds of that search. Beyond them the set is no longer the smallest, but one of which none can be left out.
const (
	maxExamples = 30
	maxHits     = 20_000
)

// shadow returns the smallest set of blockers, by index, that shadows the target, provided that all of them do. smallest is false where
// a smaller one may exist, but none of these can be left out.
func (w *world) shadow(target []*node, blockers []*node) (set []int, smallest bool, found answer) {
	var examples [][]int
	for {
		smallest = false
		if len(examples) <= maxExamples {
			h := hitting{sets: examples, steps: maxHits}
			set, smallest = h.search()
		}
		if !smallest {
			set = greedy(examples)
		}
		values, found := w.ask(append(without(blockers, set), target...)...).solve()
		if found == tooHard {
			return nil, false, tooHard
		}
		if found == impossible {
			break
		}
		var hold []int
		for i, b := range blockers {
			if b.holds(values) {
				hold = append(hold, i)
			}
		}
		if len(hold) == 0 {
			return nil, false, impossible // they do not shadow it together
		}
		examples = append(examples, hold)
	}
	for i := 0; i < len(set) && !smallest; {
		fewer := slices.Delete(slices.Clone(set), i, i+1)
		switch _, found := w.ask(append(without(blockers, fewer), target...)...).solve(); found {
		case impossible:
			set = fewer
		case tooHard:
			return nil, false, tooHard
		default:
			i++
		}
	}
	return set, smallest, possible
}

// greedy returns a set that has a member of each of some sets: always that next which most of the others have.
func greedy(sets [][]int) (chosen []int) {
	left := slices.Clone(sets)
	for len(left) > 0 {
		count, best := map[int]int{}, -1
		for _, s := range left {
			for _, i := range s {
				if count[i]++; best < 0 || count[i] > count[best] || count[i] == count[best] && i < best {
					best = i
				}
			}
		}
		chosen = append(chosen, best)
		left = slices.DeleteFunc(left, func(s []int) bool { return slices.Contains(s, best) })
	}
	slices.Sort(chosen)
	return chosen
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

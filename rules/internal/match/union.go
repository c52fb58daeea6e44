package match

// Policy is a set of the two policies whose phrases an automaton may hold: see Union.
type Policy uint8

// Its members. Of an automaton that Build makes all belongs to both.
const (
	First Policy = 1 << iota
	Second

	Both = First | Second
)

// Union is an automaton of the phrases of two others, which knows of each word and of each state to whom of them it belongs: what it finds of the patterns of
// one is what that finds alone. Patterns of b are reported as relabel says, which may leave some out; those of a for which common is true belong to both.
func Union(a, b *Automaton, common func(pattern uint32) bool, relabel func(pattern uint32) (_ uint32, keep bool)) *Automaton {
	u := Builder{owned: true}
	owner := func(pattern uint32) Policy {
		if common(pattern) {
			return Both
		}
		return First
	}
	units := u.addGaps(&a.gaps, func(pattern uint32) (uint32, Policy) { return pattern, owner(pattern) })
	a.each(func(hashes []uint64, pattern uint32) {
		if pattern&UnitBit != 0 {
			pattern = units[pattern&^UnitBit]
			u.addHashes(hashes, pattern, u.gaps.owner(pattern))
			return
		}
		u.addHashes(hashes, pattern, owner(pattern))
	})
	units = u.addGaps(&b.gaps, func(pattern uint32) (uint32, Policy) {
		if pattern, keep := relabel(pattern); keep {
			return pattern, Second
		}
		return 0, 0
	})
	b.each(func(hashes []uint64, pattern uint32) {
		if pattern&UnitBit == 0 {
			if pattern, keep := relabel(pattern); keep {
				u.addHashes(hashes, pattern, Second)
			}
		} else if pattern = units[pattern&^UnitBit]; pattern != 0 {
			u.addHashes(hashes, pattern, Second)
		}
	})
	return u.Build()
}

// each calls do for each phrase, with the hashes of its words, which may be used until it returns.
func (a *Automaton) each(do func(hashes []uint64, pattern uint32)) {
	type place struct {
		state uint32
		depth int
		hash  uint64
	}
	var path []uint64
	open := []place{{}}
	for len(open) > 0 {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		if at.depth > 0 {
			path = append(path[:at.depth-1], at.hash)
		}
		for _, pattern := range a.patterns[a.hitFirst[at.state]:a.hitFirst[at.state+1]] {
			do(path, pattern)
		}
		for _, s := range a.steps[a.first[at.state]:a.first[at.state+1]] {
			open = append(open, place{s.to, at.depth + 1, a.hashes[s.token-1]})
		}
	}
}

// addHashes adds a phrase of words by their hashes.
func (b *Builder) addHashes(hashes []uint64, pattern uint32, of Policy) {
	from := uint32(len(b.tokens))
	b.tokens = append(b.tokens, hashes...)
	b.phrases = append(b.phrases, phrase{from, uint32(len(b.tokens)), pattern, of})
}

// addGaps adds the phrases with gaps of an automaton, with other patterns, and those left out that are nobody's. It returns the patterns of the units; 0 for those
// of which nothing is left.
func (b *Builder) addGaps(g *gapped, relabel func(pattern uint32) (uint32, Policy)) (units []uint32) {
	moved := make([]int32, len(g.nodes))
	for i, n := range g.nodes {
		if moved[i] = -1; n.parent >= 0 {
			n.parent = moved[n.parent] // which has the same pattern, and comes before
		}
		if n.pattern, n.of = relabel(n.pattern); n.of != 0 {
			moved[i] = int32(len(b.gaps.nodes))
			b.gaps.nodes = append(b.gaps.nodes, n)
		}
	}
	units = make([]uint32, len(g.units))
	for i, u := range g.units {
		left := unit{length: u.length}
		for _, n := range u.nodes {
			if moved[n] >= 0 {
				left.nodes = append(left.nodes, uint32(moved[n]))
			}
		}
		if len(left.nodes) > 0 {
			units[i] = UnitBit | uint32(len(b.gaps.units))
			b.gaps.units = append(b.gaps.units, left)
		}
	}
	return units
}

// owner says whose a unit is, by its pattern.
func (g *gapBuilder) owner(pattern uint32) (of Policy) {
	for _, n := range g.units[pattern&^UnitBit].nodes {
		of |= g.nodes[n].of
	}
	return of
}

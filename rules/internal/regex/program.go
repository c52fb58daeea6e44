package regex

// op is what a step of a program does.
type op uint8

const (
	opClass     op = iota // reads one character
	opSplit               // goes on at the next step and at to
	opJump                // goes on at to
	opMatch               // ends
	opBoundary            // between a word and something else
	opInside              // not there
	opLineStart           // behind a line feed or the beginning
	opLineEnd             // before a line feed or the end
)

type step struct {
	op op
	to uint16
	// What opClass reads: ASCII characters by bit, others by range.
	ascii [2]uint64
	more  []span
}

// compiler turns a pattern into a program, as Thompson describes it.
type compiler struct{ program []step }

func (c *compiler) add(s step) int {
	c.program = append(c.program, s)
	return len(c.program) - 1
}

func (c *compiler) here() uint16 { return uint16(len(c.program)) }

// emit adds the steps of a node; it reports false when there are too many.
func (c *compiler) emit(n *node) bool {
	if len(c.program) > maxProgram {
		return false
	}
	switch n.kind {
	case nodeClass:
		c.add(classStep(n.class))
	case nodeAssert:
		c.add(step{op: n.assert})
	case nodeConcat:
		for _, k := range n.kids {
			if !c.emit(k) {
				return false
			}
		}
	case nodeEither:
		return c.either(n.kids)
	case nodeRepeat:
		return c.repeat(n)
	}
	return true
}

func (c *compiler) either(kids []*node) bool {
	var ends []int
	for i, k := range kids {
		split := -1
		if i < len(kids)-1 {
			split = c.add(step{op: opSplit})
		}
		if !c.emit(k) {
			return false
		}
		if split >= 0 {
			ends = append(ends, c.add(step{op: opJump}))
			c.program[split].to = c.here()
		}
	}
	for _, e := range ends {
		c.program[e].to = c.here()
	}
	return true
}

func (c *compiler) repeat(n *node) bool {
	for range n.min {
		if !c.emit(n.kids[0]) {
			return false
		}
	}
	if n.max < 0 {
		split := c.add(step{op: opSplit})
		if !c.emit(n.kids[0]) {
			return false
		}
		c.add(step{op: opJump, to: uint16(split)})
		c.program[split].to = c.here()
		return true
	}
	var splits []int
	for range n.max - n.min {
		splits = append(splits, c.add(step{op: opSplit}))
		if !c.emit(n.kids[0]) {
			return false
		}
	}
	for _, s := range splits {
		c.program[s].to = c.here()
	}
	return true
}

func classStep(class []span) step {
	s := step{op: opClass}
	for _, r := range class {
		for c := r.lo; c <= min(r.hi, 127); c++ {
			s.ascii[c/64] |= 1 << (c % 64)
		}
		if r.hi > 127 {
			s.more = append(s.more, span{max(r.lo, 128), r.hi})
		}
	}
	return s
}

// reads reports whether opClass reads a character.
func (s *step) reads(r rune) bool {
	if r < 128 {
		return s.ascii[r/64]>>(r%64)&1 != 0
	}
	for _, m := range s.more {
		if r >= m.lo && r <= m.hi {
			return true
		}
	}
	return false
}

// matchesEmpty reports whether the program can end without reading anything, assertions granted.
func (c *compiler) matchesEmpty() bool {
	seen := make([]bool, len(c.program))
	var visit func(i int) bool
	visit = func(i int) bool {
		if seen[i] {
			return false
		}
		seen[i] = true
		switch s := &c.program[i]; s.op {
		case opMatch:
			return true
		case opClass:
			return false
		case opJump:
			return visit(int(s.to))
		case opSplit:
			return visit(i+1) || visit(int(s.to))
		}
		return visit(i + 1)
	}
	return visit(0)
}

package reason

import (
	"slices"

	"github.com/crillab/gophersat/solver"
)

// node is a formula in negation normal form but for its literals: a literal (a variable's number, negative where it is
// negated), or an "and" or "or" of formulas. An "and" of nothing is true.
type node struct {
	lit  int // 0 for and, or
	or   bool
	kids []*node
}

func literal(l int) *node { return &node{lit: l} }

func all(kids ...*node) *node    { return join(false, kids) }
func either(kids ...*node) *node { return join(true, kids) }

// join flattens what has the same operator.
func join(or bool, kids []*node) *node {
	n := &node{or: or}
	for _, k := range kids {
		if k.lit == 0 && k.or == or {
			n.kids = append(n.kids, k.kids...)
		} else {
			n.kids = append(n.kids, k)
		}
	}
	return n
}

// not is the negation, by De Morgan.
func not(n *node) *node {
	if n.lit != 0 {
		return literal(-n.lit)
	}
	out := &node{or: !n.or, kids: make([]*node, len(n.kids))}
	for i, k := range n.kids {
		out.kids[i] = not(k)
	}
	return out
}

// holds works a formula out under values of all variables.
func (n *node) holds(values []bool) bool {
	if n.lit > 0 {
		return values[n.lit]
	}
	if n.lit < 0 {
		return !values[-n.lit]
	}
	for _, k := range n.kids {
		if k.holds(values) == n.or {
			return n.or
		}
	}
	return !n.or
}

// The bounds of one question. An honest policy asks for a few thousand clauses and some dozen conflicts; only conditions that were
// built to be hard, or thousands of rules, come near these.
const (
	maxClauses   = 400_000
	maxConflicts = 5_000
)

// answer is what comes of a question.
type answer uint8

const (
	impossible answer = iota
	possible
	tooHard // not found out within the bounds
)

// problem is a question in conjunctive normal form.
type problem struct {
	clauses [][]int
	vars    int
}

// add adds a clause. The library does not like literals that stand twice in one.
func (p *problem) add(clause ...int) {
	once := make([]int, 0, len(clause))
	for _, l := range clause {
		if slices.Contains(once, -l) {
			return
		}
		if !slices.Contains(once, l) {
			once = append(once, l)
		}
	}
	p.clauses = append(p.clauses, once)
}

// require adds a formula that must hold. Formulas within it get names that imply them: they stand on one side only, so the other
// direction is not needed (Plaisted and Greenbaum).
func (p *problem) require(n *node) {
	switch {
	case n.lit != 0:
		p.add(n.lit)
	case n.or:
		p.add(p.names(n.kids)...)
	default:
		for _, k := range n.kids {
			p.require(k)
		}
	}
}

func (p *problem) names(kids []*node) []int {
	clause := make([]int, 0, len(kids)+1)
	for _, k := range kids {
		clause = append(clause, p.name(k))
	}
	return clause
}

func (p *problem) name(n *node) int {
	if n.lit != 0 {
		return n.lit
	}
	p.vars++
	v := p.vars
	if n.or {
		p.add(append(p.names(n.kids), -v)...)
		return v
	}
	for _, k := range n.kids {
		p.add(-v, p.name(k))
	}
	return v
}

// solve looks for values of the variables under which everything required holds.
func (p *problem) solve() (values []bool, found answer) {
	for _, c := range p.clauses {
		if len(c) == 0 {
			return nil, impossible
		}
	}
	if len(p.clauses) > maxClauses {
		return nil, tooHard
	}
	s := solver.New(solver.ParseSliceNb(p.clauses, p.vars))
	// The library has no bound of its own. It hands on what it learns, a clause a conflict, so whoever listens can count, and stop it by
	// not listening any more.
	learned := make(chan string)
	s.Certified, s.CertChan = true, learned
	done := make(chan any, 1)
	go func() {
		defer func() {
			if stopped := recover(); stopped != nil {
				done <- stopped
			}
		}()
		done <- s.Solve()
	}()
	for count := 0; ; {
		select {
		case <-learned:
			if count++; count == maxConflicts {
				close(learned)
				<-done // it ends where it hands on the next one, if not before
				return nil, tooHard
			}
		case end := <-done:
			switch end {
			case solver.Sat:
				return append([]bool{false}, s.Model()...), possible
			case solver.Unsat:
				return nil, impossible
			}
			panic(end) // a mistake of the library's
		}
	}
}

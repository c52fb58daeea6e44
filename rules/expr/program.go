package expr

import (
	"slices"
	"sort"
)

// Program is a condition over numbered signals, in postfix form. It is
// read-only and may be shared.
type Program struct {
	ops  []op
	uses []int
	deep bool // it needs a stack of more than flatStack values
}

// op pushes the value of a signal (index >= 0) or applies an operator.
type op int32

const (
	opNot op = -1 - iota
	opAnd
	opOr
)

// flatStack is how many values stand in one machine word, a bit each.
const flatStack = 64

// maxStack is the deepest stack that any accepted condition needs: each level
// of nesting holds at most one operand of "or" and one of "and".
const maxStack = 2*MaxDepth + 2

// Compile resolves the names of a condition; index is called once per mention
// and must return the signal's number, which is at least 0.
func (s *Syntax) Compile(index func(name string) int) *Program {
	p := &Program{}
	p.emit(s.root, index)
	depth := 0
	for _, o := range p.ops {
		switch {
		case o >= 0:
			p.uses = append(p.uses, int(o))
			depth++
			p.deep = p.deep || depth > flatStack
		case o != opNot:
			depth--
		}
	}
	sort.Slice(p.uses, func(i, j int) bool { return p.uses[i] < p.uses[j] })
	p.uses = slices.Compact(p.uses)
	return p
}

func (p *Program) emit(n *node, index func(string) int) {
	switch n.kind {
	case nodeRef:
		p.ops = append(p.ops, op(index(n.name)))
	case nodeNot:
		p.emit(n.left, index)
		p.ops = append(p.ops, opNot)
	case nodeAnd, nodeOr:
		p.emit(n.left, index)
		p.emit(n.right, index)
		if n.kind == nodeAnd {
			p.ops = append(p.ops, opAnd)
		} else {
			p.ops = append(p.ops, opOr)
		}
	}
}

// Map returns the same condition on signals that have other indexes.
func (p *Program) Map(index func(int) int) *Program {
	q := &Program{ops: slices.Clone(p.ops), deep: p.deep}
	for i, o := range q.ops {
		if o >= 0 {
			q.ops[i] = op(index(int(o)))
			q.uses = append(q.uses, int(q.ops[i]))
		}
	}
	slices.Sort(q.uses)
	q.uses = slices.Compact(q.uses)
	return q
}

// Uses lists the signals of the condition, each once, in ascending order.
func (p *Program) Uses() []int { return p.uses }

// Eval computes the condition in Kleene's logic over the signals' values. A
// signal beyond the end of values is unknown.
//
// The stack is two machine words, whose lowest bits are its top: a value is a bit of yes, set where it is true, and
// a bit of maybe, set where it is not false.
func (p *Program) Eval(values []Value) Value {
	if p.deep {
		return p.evalDeep(values)
	}
	const top = uint64(1)
	var yes, maybe uint64
	for _, o := range p.ops {
		switch o {
		case opNot:
			yes, maybe = yes&^top|^maybe&top, maybe&^top|^yes&top
		case opAnd:
			yes, maybe = yes>>1&(yes|^top), maybe>>1&(maybe|^top)
		case opOr:
			yes, maybe = yes>>1|yes&top, maybe>>1|maybe&top
		default:
			v := Unknown
			if int(o) < len(values) {
				v = values[o]
			}
			yes, maybe = yes<<1|uint64(v>>1), maybe<<1|uint64(v&1|v>>1)
		}
	}
	return Value(yes&top + maybe&top)
}

// evalDeep is Eval for conditions that need more than one word.
func (p *Program) evalDeep(values []Value) Value {
	var stack [maxStack]Value
	top := -1
	for _, o := range p.ops {
		switch o {
		case opNot:
			stack[top] = stack[top].Not()
		case opAnd:
			top--
			stack[top] = min(stack[top], stack[top+1])
		case opOr:
			top--
			stack[top] = max(stack[top], stack[top+1])
		default:
			top++
			stack[top] = Unknown
			if int(o) < len(values) {
				stack[top] = values[o]
			}
		}
	}
	return stack[0]
}

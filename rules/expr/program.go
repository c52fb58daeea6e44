package expr

import "slices"

// Program is a condition over numbered signals, in postfix form. It is
// read-only and may be shared.
type Program struct {
	ops  []op
	uses []int
}

// op pushes the value of a signal (index >= 0) or applies an operator.
type op int32

const (
	opNot op = -1 - iota
	opAnd
	opOr
)

// maxStack is the deepest stack that any accepted condition needs: each level
// of nesting holds at most one operand of "or" and one of "and".
const maxStack = 2*MaxDepth + 2

// Compile resolves the names of a condition; index is called once per mention
// and must return the signal's number, which is at least 0.
func (s *Syntax) Compile(index func(name string) int) *Program {
	p := &Program{}
	p.emit(s.root, index)
	for _, o := range p.ops {
		if o >= 0 {
			p.uses = append(p.uses, int(o))
		}
	}
	slices.Sort(p.uses)
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

// Uses lists the signals of the condition, each once, in ascending order.
func (p *Program) Uses() []int { return p.uses }

// Eval computes the condition in Kleene's logic over the signals' values. A
// signal beyond the end of values is unknown.
func (p *Program) Eval(values []Value) Value {
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

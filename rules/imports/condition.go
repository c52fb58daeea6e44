package imports

import (
	"slices"
	"strings"
)

// condition is a boolean expression over signals.
type condition struct {
	op   op
	ref  string // of a signal
	kids []*condition
}

type op uint8

const (
	opSignal op = iota
	opAnd
	opOr
	opNot
	opTrue
	opFalse
)

var (
	always = &condition{op: opTrue}
	never  = &condition{op: opFalse}
)

func signal(ref string) *condition        { return &condition{ref: ref} }
func all(kids ...*condition) *condition   { return &condition{op: opAnd, kids: kids} }
func anyOf(kids ...*condition) *condition { return &condition{op: opOr, kids: kids} }
func negated(kid *condition) *condition   { return &condition{op: opNot, kids: []*condition{kid}} }
func (c *condition) is(constant op) bool  { return c.op == constant }
func constant(value bool) (c *condition) {
	if value {
		return always
	}
	return never
}

// with returns the condition with its signals replaced, and without the constants and repetitions that this makes.
func (c *condition) with(replace func(ref string, positive bool) *condition) *condition {
	return c.replaced(replace, true)
}

func (c *condition) replaced(replace func(string, bool) *condition, positive bool) *condition {
	switch c.op {
	case opSignal:
		return replace(c.ref, positive)
	case opNot:
		switch kid := c.kids[0].replaced(replace, !positive); kid.op {
		case opTrue:
			return never
		case opFalse:
			return always
		case opNot:
			return kid.kids[0]
		default:
			return negated(kid)
		}
	case opAnd, opOr:
		return c.join(replace, positive)
	}
	return c
}

// join replaces the signals of an "and" or an "or".
func (c *condition) join(replace func(string, bool) *condition, positive bool) *condition {
	absorbing, neutral := opFalse, opTrue // of and
	if c.op == opOr {
		absorbing, neutral = opTrue, opFalse
	}
	joined := &condition{op: c.op}
	seen := map[string]bool{}
	var add func(*condition) bool
	add = func(kid *condition) bool {
		switch kid.op {
		case absorbing:
			return false
		case neutral:
			return true
		case c.op:
			for _, k := range kid.kids {
				if !add(k) {
					return false
				}
			}
			return true
		}
		if s := kid.String(); !seen[s] {
			seen[s] = true
			joined.kids = append(joined.kids, kid)
		}
		return true
	}
	for _, kid := range c.kids {
		if !add(kid.replaced(replace, positive)) {
			return constant(absorbing == opTrue)
		}
	}
	switch len(joined.kids) {
	case 0:
		return constant(neutral == opTrue)
	case 1:
		return joined.kids[0]
	}
	return joined
}

// String writes the condition as policies do.
func (c *condition) String() string {
	switch c.op {
	case opTrue:
		return "true"
	case opFalse:
		return "false"
	case opNot:
		return "not " + c.kids[0].within(opNot)
	case opAnd, opOr:
		word := " and "
		if c.op == opOr {
			word = " or "
		}
		parts := make([]string, len(c.kids))
		for i, kid := range c.kids {
			parts[i] = kid.within(c.op)
		}
		return strings.Join(parts, word)
	}
	return c.ref
}

// has reports whether the condition holds whenever another one does, which it does if that is one of its alternatives.
func (c *condition) has(other string) bool {
	if c.String() == other {
		return true
	}
	return c.is(opOr) && slices.ContainsFunc(c.kids, func(kid *condition) bool { return kid.String() == other })
}

// within writes it as an operand.
func (c *condition) within(outer op) string {
	if c.op == opOr && outer != opOr || c.op == opAnd && outer == opNot {
		return "(" + c.String() + ")"
	}
	return c.String()
}

// refs tells every signal, and whether it stands under an even number of nots.
func (c *condition) refs(each func(ref string, positive bool)) {
	c.with(func(ref string, positive bool) *condition {
		each(ref, positive)
		return signal(ref)
	})
}

package expr

import "strconv"

// Limits of one condition. They keep parsing and evaluation bounded whatever a
// policy says; no honest condition comes near them.
const (
	// MaxLength is the longest source of a condition, in bytes.
	MaxLength = 4096
	// MaxDepth is how deep parentheses and "not" may be nested.
	MaxDepth = 64
)

// Error is a mistake in a condition.
type Error struct {
	Offset  int    // where it stands, in bytes from the start of the source
	Message string // what is wrong
	Hint    string // how to mend it, or ""
}

// Error formats the mistake as "offset N: message (hint)".
func (e *Error) Error() string {
	s := "offset " + strconv.Itoa(e.Offset) + ": " + e.Message
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Ref is one mention of a signal in a condition.
type Ref struct {
	Name   string // such as "domain.math"
	Offset int    // where it stands, in bytes from the start of the source
}

// Syntax is a parsed condition whose names are not resolved yet.
type Syntax struct {
	root *node
	refs []Ref
	not  int // offset of the first "not", or -1
}

type nodeKind uint8

const (
	nodeRef nodeKind = iota
	nodeNot
	nodeAnd
	nodeOr
)

// node is a reference, a negation of left, or left and/or right.
type node struct {
	kind        nodeKind
	name        string
	left, right *node
}

// Parse reads a condition: names such as "domain.math", "not", "and", "or" and
// parentheses; "not" binds tightest, then "and", then "or". It reports the
// first mistake as an *Error.
func Parse(src string) (*Syntax, error) {
	p := parser{syntax: &Syntax{not: -1}}
	p.lex.src = src
	if len(src) > MaxLength {
		return nil, &Error{MaxLength, "the condition is longer than " + strconv.Itoa(MaxLength) + " bytes", "split it into several rules"}
	}
	p.next()
	root := p.or()
	if p.err == nil && p.tok.kind != tokenEnd {
		p.stray()
	}
	if p.err != nil {
		return nil, p.err
	}
	p.syntax.root = root
	return p.syntax, nil
}

// Refs lists every mention of a signal in source order, repeated ones included.
func (s *Syntax) Refs() []Ref { return s.refs }

// Not returns the offset of the first "not", or -1: a condition without one is
// monotone in its signals, so that more true signals never make it false.
func (s *Syntax) Not() int { return s.not }

// String writes the condition in its canonical form: single spaces and no
// parentheses but those that the precedence needs.
func (s *Syntax) String() string { return string(s.root.print(nil, nodeOr)) }

// print appends the canonical form; parentheses appear when the node binds
// looser than its place allows.
func (n *node) print(b []byte, loosest nodeKind) []byte {
	switch {
	case n.kind == nodeRef:
		return append(b, n.name...)
	case n.kind == nodeNot:
		return n.left.print(append(b, "not "...), nodeNot)
	case n.kind > loosest:
		return append(n.print(append(b, '('), nodeOr), ')')
	}
	word := " or "
	if n.kind == nodeAnd {
		word = " and "
	}
	return n.right.print(append(n.left.print(b, n.kind), word...), n.kind)
}

// parser is a recursive descent over the tokens. After the first mistake every
// step returns at once.
type parser struct {
	lex    lexer
	tok    token
	depth  int
	syntax *Syntax
	err    error
}

func (p *parser) next() {
	if p.err != nil {
		return
	}
	tok, err := p.lex.next()
	if err != nil {
		p.err = err
		tok = token{kind: tokenEnd, offset: len(p.lex.src)}
	}
	p.tok = tok
}

func (p *parser) fail(offset int, message, hint string) *node {
	if p.err == nil {
		p.err = &Error{offset, message, hint}
	}
	return nil
}

func (p *parser) or() *node  { return p.chain(nodeOr, tokenOr, (*parser).and) }
func (p *parser) and() *node { return p.chain(nodeAnd, tokenAnd, (*parser).unary) }

// chain reads operands joined by one operator, associating to the left.
func (p *parser) chain(kind nodeKind, operator tokenKind, operand func(*parser) *node) *node {
	left := operand(p)
	for p.err == nil && p.tok.kind == operator {
		p.next()
		right := operand(p)
		left = &node{kind: kind, left: left, right: right}
	}
	return left
}

func (p *parser) unary() *node {
	if p.err != nil {
		return nil
	}
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > MaxDepth {
		return p.fail(p.tok.offset, "nested deeper than "+strconv.Itoa(MaxDepth)+" levels", "split the condition into several rules")
	}
	switch p.tok.kind {
	case tokenNot:
		if p.syntax.not < 0 {
			p.syntax.not = p.tok.offset
		}
		p.next()
		return &node{kind: nodeNot, left: p.unary()}
	case tokenOpen:
		open := p.tok.offset
		p.next()
		inner := p.or()
		if p.err == nil && p.tok.kind == tokenEnd {
			return p.fail(open, "this parenthesis is never closed", `add ")"`)
		}
		if p.err == nil && p.tok.kind != tokenClose {
			p.stray()
		}
		p.next()
		return inner
	case tokenName:
		n := &node{kind: nodeRef, name: p.tok.text}
		p.syntax.refs = append(p.syntax.refs, Ref{p.tok.text, p.tok.offset})
		p.next()
		return n
	}
	return p.missing()
}

// missing reports that a signal was due where something else, or nothing, stands.
func (p *parser) missing() *node {
	const example = `name a signal, such as "domain.math"`
	switch p.tok.kind {
	case tokenEnd:
		if len(p.syntax.refs) == 0 && p.tok.offset == 0 {
			return p.fail(0, "the condition is empty", example)
		}
		return p.fail(p.tok.offset, "a signal is missing at the end", example)
	case tokenClose:
		return p.fail(p.tok.offset, `a signal is missing before ")"`, example)
	}
	return p.fail(p.tok.offset, "a signal is missing before "+strconv.Quote(p.tok.text), example)
}

// stray reports a token that may not follow a complete operand.
func (p *parser) stray() {
	switch p.tok.kind {
	case tokenClose:
		p.fail(p.tok.offset, `this ")" closes nothing`, "remove it")
	case tokenNot:
		p.fail(p.tok.offset, `"and" or "or" is missing before "not"`, `write "a and not b"`)
	default:
		p.fail(p.tok.offset, `"and" or "or" is missing before `+strconv.Quote(p.tok.text), "")
	}
}

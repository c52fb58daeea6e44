package wat

import (
	"fmt"
	"strconv"
	"strings"
)

// node is an atom, a string literal, or a list.
type node struct {
	line   int
	atom   string // of atoms only
	text   []byte // of string literals only
	quoted bool
	list   []*node // of lists only
	isList bool
}

// head is the first atom of a list, "" if there is none.
func (n *node) head() string {
	if n.isList && len(n.list) > 0 {
		return n.list[0].atom
	}
	return ""
}

type parser struct {
	src  string
	line int
}

func (p *parser) fail(format string, args ...any) error {
	return fmt.Errorf("line %d: %s", p.line, fmt.Sprintf(format, args...))
}

// skip passes over white space and comments.
func (p *parser) skip() error {
	for p.src != "" {
		switch {
		case p.src[0] == '\n':
			p.line++
			p.src = p.src[1:]
		case p.src[0] == ' ' || p.src[0] == '\t' || p.src[0] == '\r':
			p.src = p.src[1:]
		case strings.HasPrefix(p.src, ";;"):
			if i := strings.IndexByte(p.src, '\n'); i >= 0 {
				p.src = p.src[i:]
			} else {
				p.src = ""
			}
		case strings.HasPrefix(p.src, "(;"):
			i := strings.Index(p.src, ";)")
			if i < 0 {
				return p.fail("a comment has no end")
			}
			p.line += strings.Count(p.src[:i], "\n")
			p.src = p.src[i+2:]
		default:
			return nil
		}
	}
	return nil
}

// next reads one node; nil is the end of the text.
func (p *parser) next() (*node, error) {
	if err := p.skip(); err != nil || p.src == "" {
		return nil, err
	}
	n := &node{line: p.line}
	switch p.src[0] {
	case ')':
		return nil, p.fail("a ) without its (")
	case ';':
		return nil, p.fail("a lone ;")
	case '"':
		return n, p.literal(n)
	case '(':
		n.isList = true
		p.src = p.src[1:]
		for {
			if err := p.skip(); err != nil {
				return nil, err
			}
			if p.src == "" {
				return nil, fmt.Errorf("line %d: a ( without its )", n.line)
			}
			if p.src[0] == ')' {
				p.src = p.src[1:]
				return n, nil
			}
			child, err := p.next()
			if err != nil {
				return nil, err
			}
			n.list = append(n.list, child)
		}
	}
	i := strings.IndexAny(p.src, " \t\r\n()\";")
	if i < 0 {
		i = len(p.src)
	}
	n.atom, p.src = p.src[:i], p.src[i:]
	return n, nil
}

// literal reads a string with the escapes \n, \t, \\, \" and \hh (two hexadecimal digits).
func (p *parser) literal(n *node) error {
	n.quoted = true
	for i := 1; i < len(p.src); i++ {
		switch c := p.src[i]; c {
		case '"':
			p.src = p.src[i+1:]
			return nil
		case '\n':
			return p.fail("a string has no end")
		case '\\':
			i++
			if i >= len(p.src) {
				return p.fail("a string has no end")
			}
			switch p.src[i] {
			case 'n':
				n.text = append(n.text, '\n')
			case 't':
				n.text = append(n.text, '\t')
			case '\\', '"':
				n.text = append(n.text, p.src[i])
			default:
				if i+2 > len(p.src) {
					return p.fail("a string has no end")
				}
				b, err := strconv.ParseUint(p.src[i:i+2], 16, 8)
				if err != nil {
					return p.fail("unknown escape \\%s", p.src[i:i+2])
				}
				n.text = append(n.text, byte(b))
				i++
			}
		default:
			n.text = append(n.text, c)
		}
	}
	return p.fail("a string has no end")
}

func parse(src string) ([]*node, error) {
	p := &parser{src: src, line: 1}
	var out []*node
	for {
		n, err := p.next()
		if err != nil {
			return nil, err
		}
		if n == nil {
			return out, nil
		}
		out = append(out, n)
	}
}

package regex

import (
	"unicode"
	"unicode/utf8"
)

// folds adds the other cases of a class's letters, if case makes no difference.
func (p *parser) folds(class []span) []span {
	if !p.fold {
		return class
	}
	for _, s := range class {
		if s.hi-s.lo > 2000 {
			continue // such a range has both cases
		}
		for r := s.lo; r <= s.hi; r++ {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				if (f < 128) == (r < 128) { // not the Kelvin sign and long s
					class = append(class, span{f, f})
				}
			}
		}
	}
	return class
}

var classes = map[byte][]span{
	'd': {{'0', '9'}},
	'w': {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}},
	's': {{'\t', '\r'}, {' ', ' '}},
}

// set reads a class in brackets.
func (p *parser) set() *node {
	p.at++
	not := p.take('^')
	var class []span
	for first := true; ; first = false {
		if !p.more() {
			p.fail("has a [ without its ]", "write \\[ for the character")
			return &node{}
		}
		if !first && p.take(']') {
			break
		}
		if p.src[p.at] == '\\' && p.at+1 < len(p.src) {
			p.at++
			if special := p.special(); special != nil {
				class = append(class, special...)
				continue
			}
			p.at--
		}
		lo := p.member()
		hi := lo
		if p.at+1 < len(p.src) && p.src[p.at] == '-' && p.src[p.at+1] != ']' {
			p.at++
			if hi = p.member(); hi < lo {
				p.fail("has a range that ends before it begins", "")
			}
		}
		class = append(class, span{lo, hi})
	}
	class = p.folds(class)
	if not {
		class = negate(class)
	}
	return &node{kind: nodeClass, class: class}
}

// member reads one character of a class.
func (p *parser) member() rune {
	if p.take('\\') {
		if !p.more() {
			return 0
		}
		if p.take('b') {
			return '\b'
		}
		return p.escaped()
	}
	return p.rune()
}

// negate returns all characters that are not in a class.
func negate(class []span) (out []span) {
	next := rune(0)
	for next <= utf8.MaxRune {
		// The nearest span at or behind next.
		best := span{utf8.MaxRune + 1, utf8.MaxRune + 1}
		for _, s := range class {
			if s.hi >= next && s.lo < best.lo {
				best = s
			}
		}
		if best.lo > next {
			out = append(out, span{next, best.lo - 1})
		}
		next = max(next, best.hi+1)
	}
	return out
}

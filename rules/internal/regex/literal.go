package regex

import "unicode/utf8"

// The literals of a pattern are kept few and are the better the longer the shortest is.
const (
	maxLiterals = 32
	maxLiteral  = 24
)

// literals returns texts of which each match contains one, in small letters, or nil if there are
// none.
func (n *node) literals() []string {
	switch n.kind {
	case nodeClass:
		return n.text()
	case nodeRepeat:
		if n.min > 0 {
			return n.kids[0].literals()
		}
	case nodeEither:
		var all []string
		for _, k := range n.kids {
			some := k.literals()
			if some == nil {
				return nil
			}
			all = append(all, some...)
		}
		if len(all) <= maxLiterals {
			return all
		}
	case nodeConcat:
		var best, run []string
		end := func() {
			if better(run, best) {
				best = run
			}
			run = nil
		}
		for _, k := range n.kids {
			if k.kind == nodeAssert {
				continue
			}
			if text := k.text(); text != nil {
				if joined := join(run, text); joined != nil {
					run = joined
					continue
				}
			}
			end()
			if text := k.text(); text != nil {
				run = text
			} else if some := k.literals(); better(some, best) {
				best = some
			}
		}
		end()
		return best
	}
	return nil
}

// text returns the few texts that a class of characters stands for, or nil.
func (n *node) text() []string {
	if n.kind != nodeClass {
		return nil
	}
	var all []string
	for _, s := range n.class {
		if s.hi-s.lo >= 4 {
			return nil
		}
		for r := s.lo; r <= s.hi; r++ {
			text := lowered(r)
			known := false
			for _, t := range all {
				known = known || t == text
			}
			if !known {
				all = append(all, text)
			}
		}
	}
	if len(all) > 4 {
		return nil
	}
	return all
}

func lowered(r rune) string {
	if r >= 'A' && r <= 'Z' {
		r += 'a' - 'A'
	}
	return string(utf8.AppendRune(nil, r))
}

// join returns each of a with each of b behind it, or nil if those are too many or too long.
func join(a, b []string) []string {
	if a == nil {
		return b
	}
	if len(a)*len(b) > maxLiterals {
		return nil
	}
	var all []string
	for _, x := range a {
		for _, y := range b {
			if len(x)+len(y) > maxLiteral {
				return nil
			}
			all = append(all, x+y)
		}
	}
	return all
}

// better reports whether a is rarer in texts than b.
func better(a, b []string) bool { return a != nil && (b == nil || shortest(a) > shortest(b)) }

func shortest(texts []string) int {
	n := maxLiteral + 1
	for _, t := range texts {
		n = min(n, len(t))
	}
	return n
}

// firsts returns the characters that a match may begin with, if they are ASCII and no letters and
// few, else nil: digits and signs are rare enough to begin at.
func (n *node) firsts() []string {
	for n.kind == nodeConcat || n.kind == nodeRepeat && n.min > 0 {
		i := 0
		for i < len(n.kids) && n.kids[i].kind == nodeAssert {
			i++
		}
		if i == len(n.kids) {
			return nil
		}
		n = n.kids[i]
	}
	if n.kind != nodeClass {
		return nil
	}
	var all []string
	for _, s := range n.class {
		for r := s.lo; r <= s.hi; r++ {
			if r > '~' || r|0x20 >= 'a' && r|0x20 <= 'z' || r <= ' ' || len(all) == maxLiterals {
				return nil
			}
			all = append(all, string(r))
		}
	}
	return all
}

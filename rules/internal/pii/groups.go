package pii

import "github.com/mom-router/mom-router/rules/internal/charset"

// groups is a number as it is written: groups of digits with separators between them.
type groups struct {
	text   []byte // everything
	start  int    // offset of the first digit
	total  int    // digits
	n      int    // groups
	digits [maxDigits]byte
	size   [maxGroups]uint8 // digits in each group
	sep    [maxGroups]byte  // behind each group
	plus   bool             // a + stands before it
	paren  bool             // a group is in parentheses
}

const (
	maxDigits = 20
	maxGroups = 8
)

// read reads the number that begins at p[i]. ok is false if it is part of something else, or
// too long or short to be looked at.
func (g *groups) read(p []byte, i int) (ok bool) {
	g.text, g.start = p, i
	before := edge(p, i)
	at := i - 1
	if before == '(' {
		g.paren = true
		at--
		before = edge(p, at+1)
	}
	if before == '+' {
		g.plus = true
		at--
		before = edge(p, at+1)
	}
	// Digits behind a letter, or with a sign between them, are the end of something.
	if wordByte(before) || joint(before) && wordByte(byteAt(p, at-1)) {
		return false
	}
	for {
		from := i
		for i < len(p) && isDigit(p[i]) && i-from <= maxDigits {
			i++
		}
		size := i - from
		if g.total+size > maxDigits || g.n == maxGroups {
			return g.n > 0 && g.split() && g.total >= 7 // perhaps another number begins here
		}
		copy(g.digits[g.total:], p[from:i])
		g.total += size
		g.size[g.n] = uint8(size)
		g.n++
		sep, next := g.separator(p, i)
		if next == 0 {
			break
		}
		g.sep[g.n-1] = sep
		i = next
	}
	c := byteAt(p, i)
	if wordByte(c) || c == '-' && isLetter(byteAt(p, i+1)) || (c == '.' || c == ',') && isDigit(byteAt(p, i+1)) {
		return false
	}
	g.sep[g.n-1] = 0
	g.split()
	return g.total >= 7
}

// joint reports whether a sign joins what stands before it to the number behind it.
func joint(c byte) bool { return c == '.' || c == '-' || c == ',' || c == '/' }

// split keeps the first of two numbers with a space between them: one whose own groups have other
// separators, or that is long enough without.
func (g *groups) split() bool {
	total := 0
	for i := range g.n {
		total += int(g.size[i])
		if g.sep[i] == ' ' && (i > 0 && g.sep[0] != ' ' && g.sep[0] != ')' || g.size[i] > 8) {
			g.n, g.total = i+1, total
			return true
		}
	}
	return false
}

// separator reads what stands between two groups and returns it (a parenthesis for one with what
// is around it) and where the next group begins, or 0 if there is none.
func (g *groups) separator(p []byte, i int) (sep byte, next int) {
	c, second, third := byteAt(p, i), byteAt(p, i+1), byteAt(p, i+2)
	switch {
	case isDigit(second) && (c == ' ' || c == '-' || c == '.' || c == '/'):
		return c, i + 1
	case c == ')' && isDigit(second):
		return ')', i + 1
	case c == ')' && (second == ' ' || second == '-') && isDigit(third):
		return ')', i + 2
	case c == ' ' && second == '(' && isDigit(third):
		g.paren = true
		return ')', i + 2
	case c == '(' && isDigit(second):
		g.paren = true
		return ')', i + 1
	}
	return 0, 0
}

// sizes reports whether the groups have these sizes.
func (g *groups) sizes(want ...int) bool {
	if len(want) != g.n {
		return false
	}
	for i, n := range want {
		if int(g.size[i]) != n {
			return false
		}
	}
	return true
}

// even reports whether all separators are the same.
func (g *groups) even() bool {
	for i := 1; i < g.n-1; i++ {
		if g.sep[i] != g.sep[0] {
			return false
		}
	}
	return true
}

// all reports whether all separators are sep.
func (g *groups) all(sep byte) bool { return g.n > 1 && g.sep[0] == sep && g.even() }

// near reports whether one of some words, in small letters, stands within n bytes before the number,
// on its line: another paragraph may not change what a number is.
func (g *groups) near(n int, words ...string) bool {
	p, from := g.text, lineStart(g.text, g.start, n)
	for i := from; i < g.start; i++ {
		for _, w := range words {
			if charset.Lower(p[i]) == w[0] && g.wordAt(i, w) {
				return true
			}
		}
	}
	return false
}

// lineStart is where the line of p[i] begins, at most n bytes before.
func lineStart(p []byte, i, n int) int {
	from := i
	for from > 0 && i-from < n && p[from-1] != '\n' {
		from--
	}
	return from
}

func (g *groups) wordAt(i int, w string) bool {
	if i+len(w) > g.start || i > 0 && isLetter(w[0]) && isLetter(g.text[i-1]) {
		return false
	}
	for k := range len(w) {
		if charset.Lower(g.text[i+k]) != w[k] {
			return false
		}
	}
	return true
}

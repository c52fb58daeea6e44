package regex

import (
	"unicode/utf8"
)

type nodeKind uint8

const (
	nodeEmpty  nodeKind = iota
	nodeClass           // one character
	nodeConcat          // kids, one after the other
	nodeEither          // one of kids
	nodeRepeat          // kids[0], min to max times; max is -1 for any number
	nodeAssert          // assert
)

// node is a part of a pattern.
type node struct {
	kind     nodeKind
	class    []span
	kids     []*node
	min, max int
	assert   op
}

// span is a range of characters.
type span struct{ lo, hi rune }

// parser reads a pattern.
type parser struct {
	src   string
	at    int
	fold  bool // case makes no difference
	depth int
	err   *Error
}

// The greatest depth of groups and count of a repetition.
const (
	maxDepth  = 50
	maxRepeat = 250
)

func (p *parser) parse() (*node, error) {
	if !utf8.ValidString(p.src) {
		return nil, &Error{0, "is not valid UTF-8", ""}
	}
	n := p.either()
	if p.err == nil && p.at < len(p.src) {
		p.fail("has a ) without its (", "write \\) for the character")
	}
	if p.err != nil {
		return nil, p.err
	}
	return n, nil
}

func (p *parser) fail(message, hint string) {
	if p.err == nil {
		p.err = &Error{p.at, message, hint}
	}
	p.at = len(p.src)
}

func (p *parser) more() bool { return p.at < len(p.src) }

// take reads one byte if it is c.
func (p *parser) take(c byte) bool {
	if p.more() && p.src[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) rune() rune {
	r, n := utf8.DecodeRuneInString(p.src[p.at:])
	p.at += n
	return r
}

func (p *parser) either() *node {
	if p.depth++; p.depth > maxDepth {
		p.fail("has more than 50 groups inside each other", "")
	}
	defer func() { p.depth-- }()
	kids := []*node{p.concat()}
	for p.take('|') {
		kids = append(kids, p.concat())
	}
	if len(kids) == 1 {
		return kids[0]
	}
	return &node{kind: nodeEither, kids: kids}
}

func (p *parser) concat() *node {
	n := &node{kind: nodeConcat}
	for p.more() && p.src[p.at] != '|' && p.src[p.at] != ')' {
		n.kids = append(n.kids, p.repeated())
	}
	return n
}

func (p *parser) repeated() *node {
	n := p.atom()
	for p.more() {
		low, high := 0, -1
		switch p.src[p.at] {
		case '*':
		case '+':
			low = 1
		case '?':
			high = 1
		case '{':
			end, ok := 0, false
			if low, high, end, ok = p.count(); !ok {
				return n // a { of its own
			}
			p.at = end - 1
		default:
			return n
		}
		p.at++
		p.take('?') // whether it is lazy makes no difference to whether it matches
		if n.kind == nodeRepeat && (n.max > 1 || n.max < 0) && (high > 1 || high < 0) && n.max*high > maxRepeat {
			p.fail("repeats a repetition too often", "")
		}
		n = &node{kind: nodeRepeat, kids: []*node{n}, min: low, max: high}
	}
	return n
}

// count reads {n}, {n,} or {n,m} and returns the offset behind it.
func (p *parser) count() (low, high, end int, ok bool) {
	i := p.at + 1
	number := func() (n int, ok bool) {
		for ; i < len(p.src) && p.src[i]-'0' < 10; i++ {
			n, ok = min(n*10+int(p.src[i]-'0'), maxRepeat+1), true
		}
		return n, ok
	}
	if low, ok = number(); !ok || i == len(p.src) {
		return 0, 0, 0, false
	}
	high = low
	if p.src[i] == ',' {
		i++
		if high, ok = number(); !ok {
			high = -1
		}
	}
	if i == len(p.src) || p.src[i] != '}' {
		return 0, 0, 0, false
	}
	if low > maxRepeat || high > maxRepeat || high >= 0 && high < low {
		p.fail("has a repetition that is too large or ends before it begins", "counts go up to 250")
	}
	return low, high, i + 1, true
}

func (p *parser) atom() *node {
	switch c := p.src[p.at]; c {
	case '(':
		return p.group()
	case '[':
		return p.set()
	case '\\':
		return p.escape()
	case '.':
		p.at++
		return &node{kind: nodeClass, class: []span{{0, '\n' - 1}, {'\n' + 1, utf8.MaxRune}}}
	case '^':
		p.at++
		return &node{kind: nodeAssert, assert: opLineStart}
	case '$':
		p.at++
		return &node{kind: nodeAssert, assert: opLineEnd}
	case '*', '+', '?':
		p.fail("repeats nothing", "write \\"+string(c)+" for the character")
		return &node{}
	}
	return p.single(p.rune())
}

func (p *parser) group() *node {
	p.at++
	fold := p.fold
	if p.take('?') {
		switch {
		case p.take(':'):
		case p.take('i'):
			p.fold = true
			if p.take(')') {
				return &node{kind: nodeConcat} // until the end of the group around it
			}
			if !p.take(':') {
				p.fail("has flags other than i", "")
			}
		default:
			p.fail("has a look-around or named group, which this engine does not have", "use plain groups")
		}
	}
	n := p.either()
	p.fold = fold
	if !p.take(')') {
		p.fail("has a ( without its )", "write \\( for the character")
	}
	return n
}

// single is one literal character.
func (p *parser) single(r rune) *node {
	return &node{kind: nodeClass, class: p.folds([]span{{r, r}})}
}

// special reads what follows a backslash and is a class, or returns nil.
func (p *parser) special() []span {
	c := p.src[p.at]
	if class, ok := classes[c|0x20]; ok {
		p.at++
		if c&0x20 == 0 {
			return negate(class)
		}
		return class
	}
	return nil
}

func (p *parser) escape() *node {
	p.at++
	if !p.more() {
		p.fail("ends with a backslash", "write \\\\ for the character")
		return &node{}
	}
	if class := p.special(); class != nil {
		return &node{kind: nodeClass, class: class}
	}
	switch p.src[p.at] {
	case 'b':
		p.at++
		return &node{kind: nodeAssert, assert: opBoundary}
	case 'B':
		p.at++
		return &node{kind: nodeAssert, assert: opInside}
	}
	return p.single(p.escaped())
}

// escaped reads the character behind a backslash.
func (p *parser) escaped() rune {
	r := p.rune()
	switch r {
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 'f':
		return '\f'
	case 'v':
		return '\v'
	case 'x':
		return p.hex()
	}
	if r >= '0' && r <= '9' {
		p.at--
		p.fail("has a back reference, which is no regular expression", "")
	} else if r|0x20 >= 'a' && r|0x20 <= 'z' {
		p.at--
		p.fail("has an unknown escape \\"+string(r), "")
	}
	return r
}

// hex reads two digits, or any number in braces.
func (p *parser) hex() (r rune) {
	n := 2
	braces := p.take('{')
	if braces {
		n = 6
	}
	digits := 0
	for ; digits < n && p.more(); digits++ {
		c := p.src[p.at]
		switch {
		case c-'0' < 10:
			r = r<<4 | rune(c-'0')
		case (c|0x20)-'a' < 6:
			r = r<<4 | rune((c|0x20)-'a'+10)
		default:
			n = digits
			continue
		}
		p.at++
	}
	if digits == 0 || braces && !p.take('}') || !braces && digits != 2 || r > utf8.MaxRune {
		p.fail("has a bad \\x escape", "write \\x41 or \\x{1F600}")
	}
	return r
}

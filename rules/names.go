package rules

import "strings"

// names says what the model names of clients mean: a model of the policy, or that routing is asked for.
type names struct {
	exact    map[string]*Model // nil stands for routing
	patterns []namePattern     // the first that matches counts
}

// namePattern is a name in which each "*" stands for any number of characters, none included.
type namePattern struct {
	text  string
	model *Model
}

// resolve returns what a name means. What is written out comes before patterns. It makes no garbage.
func (n *names) resolve(name string) (m *Model, known bool) {
	if m, known = n.exact[name]; known {
		return m, true
	}
	for i := range n.patterns {
		if p := &n.patterns[i]; matchesName(p.text, name) {
			return p.model, true
		}
	}
	return nil, false
}

// model returns the model that a name written out means, or nil.
func (n *names) model(name string) *Model { return n.exact[name] }

// matchesName reports whether a pattern matches a whole name.
func matchesName(pattern, name string) bool {
	p, n := 0, 0
	star, from := -1, 0 // the last "*" passed, and where in the name what follows it was tried
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case p < len(pattern) && pattern[p] == name[n]:
			p++
			n++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// narrower reports whether every name that p matches is matched by q, too: only a "*" of q can stand for one of p.
func narrower(p, q string) bool { return matchesName(q, p) }

// commonName returns a name that two patterns match, if there is one.
func commonName(a, b string) (name string, ok bool) {
	c := common{a, b, make([]bool, (len(a)+1)*(len(b)+1))}
	return c.find(0, 0)
}

// common looks for a name that two patterns match.
type common struct {
	a, b   string
	failed []bool // for what is left of both: there is none
}

// find returns a name that a[i:] and b[j:] match.
func (c *common) find(i, j int) (name string, ok bool) {
	a, b := c.a[i:], c.b[j:]
	if a == "" && b == "" {
		return "", true
	}
	at := i*(len(c.b)+1) + j
	if c.failed[at] {
		return "", false
	}
	aStar, bStar := a != "" && a[0] == '*', b != "" && b[0] == '*'
	if aStar { // for nothing
		name, ok = c.find(i+1, j)
	}
	if bStar && !ok {
		name, ok = c.find(i, j+1)
	}
	if !ok {
		letter := ""
		switch {
		case aStar && !bStar && b != "": // for one more letter of the other's
			letter = b[:1]
			name, ok = c.find(i, j+1)
		case bStar && !aStar && a != "":
			letter = a[:1]
			name, ok = c.find(i+1, j)
		case !aStar && !bStar && a != "" && b != "" && a[0] == b[0]:
			letter = a[:1]
			name, ok = c.find(i+1, j+1)
		}
		name = letter + name
	}
	c.failed[at] = !ok
	return name, ok
}

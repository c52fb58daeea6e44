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
	failed := make(map[[2]int]bool)
	var find func(i, j int) (string, bool)
	find = func(i, j int) (string, bool) {
		if i == len(a) && j == len(b) {
			return "", true
		}
		if failed[[2]int{i, j}] {
			return "", false
		}
		aStar, bStar := i < len(a) && a[i] == '*', j < len(b) && b[j] == '*'
		if aStar {
			if name, ok := find(i+1, j); ok {
				return name, true
			}
		}
		if bStar {
			if name, ok := find(i, j+1); ok {
				return name, true
			}
		}
		next := [2]int{i + 1, j + 1}
		var c string
		switch {
		case i < len(a) && !aStar && (bStar || j < len(b) && a[i] == b[j]):
			c = a[i : i+1]
			if bStar {
				next[1] = j
			}
		case aStar && j < len(b) && !bStar:
			c, next[0] = b[j:j+1], i
		}
		if c != "" {
			if name, ok := find(next[0], next[1]); ok {
				return c + name, true
			}
		}
		failed[[2]int{i, j}] = true
		return "", false
	}
	return find(0, 0)
}

package config

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// yaml11 explains a boolean that stands where a word is due: kubectl reads YAML so.
const yaml11 = "YAML 1.1 reads y, yes, n, no, on and off as booleans: put the word in quotes"

// reader turns nodes into values and collects the mistakes.
type reader struct {
	problems tree.Problems
	warnings []string
	env      func(name string) (string, bool) // nil if there is none
}

// members hands each member of a map to its reader; unknown ones are mistakes.
func (r *reader) members(n *tree.Node, known map[string]func(*tree.Node)) {
	if n.Kind != tree.Map {
		r.wrong(n, "a map")
		return
	}
	for i, k := range n.Keys {
		if read, ok := known[k.Text]; ok {
			read(n.Items[i])
			continue
		}
		names := make([]string, 0, len(known))
		for name := range known {
			names = append(names, name)
		}
		sort.Strings(names)
		hint := "known here: " + strings.Join(names, ", ")
		if k.Text == "true" || k.Text == "false" {
			hint = yaml11
		}
		r.problems.Add(k, "unknown key "+strconv.Quote(k.Text), hint)
	}
}

func (r *reader) wrong(n *tree.Node, want string) {
	hint := "write " + want
	if n.Kind == tree.Bool {
		hint += "; " + yaml11
	}
	r.problems.Add(n, "this is "+n.Kind.String(), hint)
}

func (r *reader) text(n *tree.Node) string {
	if n.Kind != tree.String || n.Text == "" {
		r.wrong(n, "a string that is not empty")
		return ""
	}
	return n.Text
}

func (r *reader) texts(n *tree.Node) []string {
	if n.Kind != tree.List {
		r.wrong(n, "a list of strings")
		return nil
	}
	var out []string
	for _, item := range n.Items {
		out = append(out, r.text(item))
	}
	return out
}

func (r *reader) policy(n *tree.Node) *rules.Table {
	var table *rules.Table
	var err error
	switch {
	case n.Kind == tree.String && n.Text == "default":
		table, err = rules.Default()
	case n.Kind == tree.Map:
		table, err = rules.Compile(n)
	default:
		r.wrong(n, `a policy, or "default" for the one that is built in`)
		return nil
	}
	if err != nil {
		if ps, ok := err.(*tree.Problems); ok {
			r.problems.List = append(r.problems.List, ps.List...)
		} else {
			r.problems.Add(n, err.Error(), "")
		}
		return nil
	}
	for _, failure := range table.RunTests() {
		r.problems.Add(n, failure.Error(), "mend the policy or the test; `rules test` runs the tests on a laptop")
	}
	return table
}

func (r *reader) hold(n *tree.Node) Hold {
	switch r.text(n) {
	case "pair":
		return Pair
	case "flag":
		return Flag
	}
	r.problems.Add(n, "unknown way to hold "+strconv.Quote(n.Text), "pair or flag")
	return Pair
}

// largestHold keeps a held request far below the memory that a Wasm VM has.
const largestHold = 64 << 20

func (r *reader) bytes(n *tree.Node) int64 {
	v, err := strconv.ParseInt(n.Text, 10, 64)
	if n.Kind != tree.Number || err != nil || v < 1 || v > largestHold {
		r.wrong(n, "a whole number of bytes from 1 to "+strconv.Itoa(largestHold))
		return rules.DefaultWindow
	}
	return v
}

// mostMemory leaves room for the garbage and the arena in the 4 GiB that a Wasm VM can have.
const mostMemory = 1 << 30

func (r *reader) memory(n *tree.Node) int64 {
	v, err := strconv.ParseInt(n.Text, 10, 64)
	if n.Kind != tree.Number || err != nil || v < 1<<20 || v > mostMemory {
		r.wrong(n, "a whole number of bytes from "+strconv.Itoa(1<<20)+" to "+strconv.Itoa(mostMemory))
		return DefaultMemory
	}
	return v
}

// duration reads a whole number with a unit, as Envoy and Kubernetes write it:
// 500ms, 15s, 2m.
func (r *reader) duration(n *tree.Node) int64 {
	for _, unit := range []struct {
		suffix string
		millis int64
	}{{"ms", 1}, {"s", 1000}, {"m", 60_000}} {
		digits, ok := strings.CutSuffix(n.Text, unit.suffix)
		if n.Kind != tree.String || !ok {
			continue
		}
		if v, err := strconv.ParseInt(digits, 10, 32); err == nil && v > 0 {
			return v * unit.millis
		}
	}
	r.wrong(n, `a duration such as "15s" or "500ms"`)
	return DefaultHoldTimeout
}

func (r *reader) header(n *tree.Node) string {
	name := strings.ToLower(r.text(n))
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			r.problems.Add(n, "not a header name: "+strconv.Quote(name), "letters, digits and hyphens")
			break
		}
	}
	return name
}

func (r *reader) headers(n *tree.Node) []string {
	if n.Kind != tree.List {
		r.wrong(n, "a list of header names")
		return nil
	}
	var out []string
	for _, item := range n.Items {
		out = append(out, r.header(item))
	}
	return out
}

func (r *reader) hosts(n *tree.Node) []string {
	hosts := r.texts(n)
	for i, h := range hosts {
		h = foldHost(h)
		if h == "" || strings.ContainsAny(h, "/:") || strings.Contains(strings.TrimPrefix(h, "*."), "*") {
			r.problems.Add(n.Items[i], "not a host: "+strconv.Quote(h), `a name without a scheme, such as "llm.example.com" or "*.example.com"`)
		}
		hosts[i] = h
	}
	return hosts
}

// trust notes the headers that signals look at and nobody trusts: such a signal would never be true, also in a guard.
func (r *reader) trust(c *Config, root *tree.Node) {
	at := root.Get("trusted")
	if at == nil {
		at = root.Get("policy")
	}
	for _, h := range c.Policy.Headers() {
		if !slices.Contains(c.Trusted, h.Name) {
			r.problems.Add(at, "signal "+strconv.Quote(h.Signal)+" looks at the request header "+strconv.Quote(h.Name)+", which is not trusted, so it would never be true",
				`add it to "trusted" if the proxy sets it or removes the client's own`)
		}
	}
}

func (r *reader) paths(n *tree.Node) map[string]bool {
	out := map[string]bool{}
	for i, p := range r.texts(n) {
		switch kind, _ := paths.Classify(p); {
		case !strings.HasPrefix(p, "/") || p != paths.WithoutQuery(p):
			r.problems.Add(n.Items[i], "not a path: "+strconv.Quote(p), `an exact path without a query, such as "/health"`)
		case kind == paths.Model || kind == paths.Disguised:
			r.problems.Add(n.Items[i], "a model path cannot pass uninspected: "+strconv.Quote(p), "remove it")
		}
		out[p] = true
	}
	return out
}

package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// reader turns nodes into values and collects the mistakes.
type reader struct {
	tree.Fields
	warnings []string
	env      func(name string) (string, bool) // nil if there is none
}

// warn notes what is unwise at a place, though it works.
func (r *reader) warn(n *tree.Node, message string) {
	r.warnings = append(r.warnings, n.Path+": "+message)
}

// members hands each member of a map to its reader; unknown ones are mistakes.
func (r *reader) members(n *tree.Node, known map[string]func(*tree.Node)) {
	if !r.Map(n, tree.SortedKeys(known)...) {
		return
	}
	for i, k := range n.Keys {
		if read := known[k.Text]; read != nil {
			read(n.Items[i])
		}
	}
}

func (r *reader) text(n *tree.Node) string {
	text, _ := r.Word(n)
	return text
}

// list reads a list, which may be empty, with what reads an item.
func list[T any](r *reader, n *tree.Node, read func(*tree.Node) T) (out []T) {
	for _, item := range r.Items(n) {
		out = append(out, read(item))
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
	case n.Kind == tree.String:
		r.Add(n, "unknown policy "+strconv.Quote(n.Text), `write the policy as a map, or "default" for the one that is built in`)
		return nil
	default:
		r.WrongKind(n, "a map")
		return nil
	}
	if err != nil {
		if ps, ok := err.(*tree.Problems); ok {
			r.List = append(r.List, ps.List...)
		} else {
			r.Add(n, err.Error(), "")
		}
		return nil
	}
	for _, failure := range table.RunTests() {
		r.Add(n, failure.Error(), "mend the policy or the test; `rules test` runs the tests on a laptop")
	}
	return table
}

func (r *reader) hold(n *tree.Node) Hold {
	if way, _ := r.OneOf(n, "way to hold", []string{"pair", "flag"}); way == "flag" {
		return Flag
	}
	return Pair
}

// largestHold keeps a held request far below the memory that a Wasm VM has.
const largestHold = 64 << 20

func (r *reader) bytes(n *tree.Node) int64 {
	v, _ := r.Integer(n, 1, largestHold)
	return v
}

// mostMemory leaves room for the garbage and the arena in the 4 GiB that a Wasm VM can have.
const mostMemory = 1 << 30

func (r *reader) memory(n *tree.Node) int64 {
	v, _ := r.Integer(n, 1<<20, mostMemory)
	return v
}

// mostPieces is the most bytes for what is remembered of pieces, and leastPieces the least that is of any use.
const (
	mostPieces  = 256 << 20
	leastPieces = 64 << 10
)

// pieces reads how much may be remembered: 0 for nothing.
func (r *reader) pieces(n *tree.Node) int64 {
	v, ok := r.Integer(n, 0, mostPieces)
	if ok && v > 0 && v < leastPieces {
		r.Add(n, strconv.FormatInt(v, 10)+" bytes are too few to remember anything", "write at least 65536, or 0 to remember nothing")
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
	r.Add(n, "not a duration: "+strconv.Quote(n.Text), `a whole number with its unit, such as "15s" or "500ms"`)
	return 0
}

func (r *reader) header(n *tree.Node) string {
	name := strings.ToLower(r.text(n))
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			r.Add(n, "not a header name: "+strconv.Quote(name), "letters, digits and hyphens")
			break
		}
	}
	return name
}

func (r *reader) hosts(n *tree.Node) []string { return list(r, n, r.host) }

func (r *reader) host(n *tree.Node) string {
	h := foldHost(r.text(n))
	if h == "" || strings.ContainsAny(h, "/:") || strings.Contains(strings.TrimPrefix(h, "*."), "*") {
		r.Add(n, "not a host: "+strconv.Quote(h), `a name without a scheme, such as "llm.example.com" or "*.example.com"`)
	}
	return h
}

// trust notes the headers that signals of a policy look at and nobody trusts: such a signal would never be true, also in a guard.
func (r *reader) trust(c *Config, p Policy, root *tree.Node) {
	at := root.Get("trusted")
	if at == nil {
		at = root.Get("policy")
	}
	whose := ""
	if p.Name != DefaultPolicy {
		whose = " of policy " + strconv.Quote(p.Name)
	}
	for _, h := range p.Table.Headers() {
		if !slices.Contains(c.Trusted, h.Name) {
			r.Add(at, "signal "+strconv.Quote(h.Signal)+whose+" looks at the request header "+strconv.Quote(h.Name)+", which is not trusted, so it would never be true",
				`add it to "trusted" if the proxy sets it or removes the client's own`)
		}
	}
	if b := p.Table.Budget(); b != nil && b.Key != "" && !slices.Contains(c.Trusted, b.Key) {
		r.Add(at, "objectives.budget"+whose+" tells keys by the request header "+strconv.Quote(b.Key)+", which is not trusted, so any client could spend another one's",
			`add it to "trusted" if the proxy sets it or removes the client's own`)
	}
}

// shadows notes paths that pass though a policy reads what comes there.
func (r *reader) shadows(c *Config, root *tree.Node) {
	n := root.Get("pass")
	if n == nil {
		return
	}
	for _, item := range n.Items {
		if !c.Pass[item.Text] {
			continue
		}
		if kind, _ := paths.Classify(item.Text); kind == paths.Unknown && c.maps(item.Text) {
			r.Add(item, strconv.Quote(item.Text)+" would pass uninspected, and the policy maps it to a model", "remove it here, or under paths of the policy")
		}
		for _, way := range c.choices {
			if way.prefix == "" || !way.matches(way.host, item.Text) {
				continue
			}
			if kind, _ := paths.Classify(item.Text[len(way.prefix):]); kind != paths.Unknown || c.maps(item.Text[len(way.prefix):]) {
				r.Add(item, "a model path cannot pass uninspected: "+strconv.Quote(item.Text), "remove it")
				break
			}
		}
	}
}

// maps reports whether a policy maps a path to a model.
func (c *Config) maps(path string) bool {
	return slices.ContainsFunc(c.Policies, func(p Policy) bool {
		if p.Table == nil {
			return false
		}
		_, mapped := p.Table.Call(path)
		return mapped
	})
}

func (r *reader) paths(n *tree.Node) map[string]bool {
	out := map[string]bool{}
	for i, p := range list(r, n, r.text) {
		switch kind, _ := paths.Classify(p); {
		case !strings.HasPrefix(p, "/") || p != paths.WithoutQuery(p):
			r.Add(n.Items[i], "not a path: "+strconv.Quote(p), `an exact path without a query, such as "/health"`)
		case kind == paths.Model || kind == paths.Disguised || kind == paths.ModelEntry:
			r.Add(n.Items[i], "a model path cannot pass uninspected: "+strconv.Quote(p), "remove it")
		}
		out[p] = true
	}
	return out
}

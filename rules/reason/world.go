// Package reason judges policies by exact reasoning: which routes are never reached and why, which conditions are always or never
// true, what guards make of what, and whether the guards of one policy hold all that those of another one hold.
//
// Signals are true, false or unknown. Each condition becomes two formulas, of when it is surely true and of when it is surely
// false; questions about them go to a SAT solver. What signals have to do with each other (a message has one language; whatever
// is over 32,000 tokens is over 500) and when they can be unknown is part of every question. So an answer is exact as far as
// that knowledge goes, and an example is one that the engine can meet.
//
// Commands use the package. It is no part of the module that runs in the proxy.
package reason

import (
	"slices"
	"sort"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/tree"
)

// The variables that say what is known of a request.
const (
	varOpen      = 1 + iota // its end is not known: it is larger than the window
	varCut                  // its last message is not, either
	varBlind                // the policy lets something by that cannot be read: what was not found may stand there
	varExhausted            // some text was not read once more, and guards take that for a match
	fixedVars
)

// world holds the variables of one or two policies. Signals that are the same in both have one variable.
type world struct {
	vars   int
	rails  map[string]*rail // by atom.key
	order  []*rail          // in the order in which they came
	sizes  map[int64]int    // variables: of more tokens than this
	laws   [][]int          // what holds of every request, but for sizes
	heads  map[string]*headerVars
	unread map[unreadKey]int
	spare  int // questions that are left for sets that are the smallest, and not only small
	known  int // how many of order the laws know
}

// rail is an atom and its variables.
type rail struct {
	*atom
	fact       int // it is so, whether that is known or not
	yes, no    int // surely true, surely false
	guarded    int // surely false for guards; 0 until one asks
	definition [][]int
}

// pair is a condition's two formulas, and their text.
type pair struct {
	yes, no *node
	text    string
	deep    int // how tightly the text binds: 2 a name or "not", 1 "and", 0 "or"
}

type headerVars struct {
	values   map[string]int
	prefixes map[string]int
}

// subject is a policy and its formulas.
type subject struct {
	*rules.Outline
	root   *tree.Node
	table  *rules.Table
	atoms  []*atom
	guards []*node // when each matches
	routes []pair
	world  *world
}

func newWorld() *world {
	return &world{vars: fixedVars - 1, rails: map[string]*rail{}, sizes: map[int64]int{}, heads: map[string]*headerVars{}, unread: map[unreadKey]int{}, spare: maxSpare}
}

func (w *world) fresh() int {
	w.vars++
	return w.vars
}

// subject adds a policy to the world.
func (w *world) subject(root *tree.Node, t *rules.Table) *subject {
	s := &subject{Outline: t.Outline(), root: root, table: t, atoms: atoms(root, t), world: w}
	for i := range s.Routes {
		s.routes = append(s.routes, s.condition(s.Routes[i].When, false))
	}
	for i := range s.Guards {
		g := &s.Guards[i]
		p := s.condition(g.When, true)
		matches := not(p.no)
		if g.Ignore {
			// What cannot be read is ignored, but not what was not read for want of units.
			matches = either(p.yes, all(literal(varExhausted), matches))
		}
		s.guards = append(s.guards, matches)
	}
	return s
}

// condition turns a program into formulas.
func (s *subject) condition(p *expr.Program, guard bool) pair {
	return expr.Fold(p, func(i int) pair {
		r := s.world.rail(s.atoms[i])
		no := r.no
		if guard {
			no = s.world.guard(r)
		}
		return pair{literal(r.yes), literal(no), s.atoms[i].name, 2}
	}, func(p pair) pair {
		return pair{p.no, p.yes, "not " + p.within(2), 2}
	}, func(a, b pair) pair {
		return pair{all(a.yes, b.yes), either(a.no, b.no), a.within(1) + " and " + b.within(1), 1}
	}, func(a, b pair) pair {
		return pair{either(a.yes, b.yes), all(a.no, b.no), a.text + " or " + b.text, 0}
	})
}

func (p pair) within(deep int) string {
	if p.deep < deep {
		return "(" + p.text + ")"
	}
	return p.text
}

// rail returns the variables of an atom.
func (w *world) rail(a *atom) *rail {
	if r := w.rails[a.key]; r != nil {
		return r
	}
	r := &rail{atom: a, fact: w.fresh(), no: w.fresh()}
	if r.yes = r.fact; a.hides != whole && a.hides != message {
		r.yes = w.fresh()
	}
	w.rails[a.key] = r
	w.order = append(w.order, r)
	def := func(clause ...int) { r.definition = append(r.definition, clause) }
	var unknown int
	switch a.hides {
	case leaning:
		unknown = varCut
	case request, sized:
		unknown = varOpen
	}
	// Surely true: it is so, and that is known.
	if r.yes != r.fact {
		def(-r.yes, r.fact)
	}
	// Surely false: it is not so, that is known, and everything was inspected.
	def(-r.no, -r.fact)
	def(-r.no, -varBlind)
	switch a.hides {
	case free: // for all that is known, it may be unknown at any time
	case whole:
		def(r.no, r.fact, varBlind)
	case message:
		def(-r.no, -varCut)
		def(r.no, r.fact, varBlind, varCut)
	case sized:
		tooLarge := w.size(a.under - 1)
		def(-r.yes, -unknown)
		def(r.yes, -r.fact, unknown)
		def(-r.no, -unknown, tooLarge)
		def(r.no, r.fact, varBlind, unknown)
		def(r.no, r.fact, varBlind, -tooLarge)
	default:
		def(-r.yes, -unknown)
		def(-r.no, -unknown)
		def(r.yes, -r.fact, unknown)
		def(r.no, r.fact, varBlind, unknown)
	}
	if a.typ == "size" {
		var parts []int // all of them are what it says
		if a.over >= 0 {
			parts = append(parts, w.size(a.over))
		}
		if a.under > 0 {
			parts = append(parts, -w.size(a.under-1))
		}
		clause := []int{r.fact}
		for _, part := range parts {
			def(-r.fact, part)
			clause = append(clause, -part)
		}
		def(clause...)
	}
	return r
}

// guard is the variable of an atom that is surely false for guards: what was not read once more is unknown to them.
func (w *world) guard(r *rail) int {
	class := unreadKey{hears: r.hears}
	switch r.typ {
	case "keyword", "jailbreak", "injection", "obfuscation":
	case "pii":
		class.personal = true
	default: // no matter of second readings
		return r.no
	}
	if r.guarded == 0 {
		unread := w.unreadBy(class)
		r.guarded = w.fresh()
		r.definition = append(r.definition, []int{-r.guarded, r.no}, []int{-r.guarded, -varExhausted, -unread},
			[]int{r.guarded, -r.no, varExhausted}, []int{r.guarded, -r.no, unread})
	}
	return r.guarded
}

// unreadKey is what was not read once more: what some speakers say, for personal data or for everything else.
type unreadKey struct {
	personal bool
	hears    speakers
}

// unreadBy is the variable of that; what was not read of some is not read of more.
func (w *world) unreadBy(key unreadKey) int {
	if v := w.unread[key]; v != 0 {
		return v
	}
	v := w.fresh()
	for hears := range everyone + 1 {
		other := w.unread[unreadKey{key.personal, hears}]
		switch {
		case other == 0:
		case hears.within(key.hears):
			w.laws = append(w.laws, []int{-other, v})
		case key.hears.within(hears):
			w.laws = append(w.laws, []int{-v, other})
		}
	}
	w.unread[key] = v
	return v
}

// size is the variable of a request with more tokens than n.
func (w *world) size(n int64) int {
	if w.sizes[n] == 0 {
		w.sizes[n] = w.fresh()
	}
	return w.sizes[n]
}

// learn adds what holds between signals that came since the last time.
func (w *world) learn() {
	fresh := w.order[w.known:]
	if len(fresh) == 0 {
		return
	}
	law := func(clause ...int) { w.laws = append(w.laws, clause) }
	for i, a := range w.order {
		for j, b := range w.order {
			if i == j || i < w.known && j < w.known {
				continue
			}
			if a.implies(b.atom) {
				law(-a.fact, b.fact)
			}
		}
	}
	exclusive := signal.Exclusive()
	for _, typ := range tree.SortedKeys(exclusive) {
		// Different markers of clients may leave different words of one message, and a policy's own classes may lead: then there are several groups.
		groups := map[string][]*rail{}
		for _, r := range w.order {
			if r.typ == typ {
				groups[r.group] = append(groups[r.group], r)
			}
		}
		for _, key := range tree.SortedKeys(groups) {
			group := groups[key]
			for i, a := range group {
				for _, b := range group[:i] {
					if a.excludes(b.atom) && b.excludes(a.atom) {
						law(-a.fact, -b.fact)
					}
				}
			}
			complete(group, exclusive[typ], law)
		}
	}
	for _, a := range w.order {
		for _, b := range fresh {
			if a.name == "conversation.follow_up" && b.name == "conversation.multi_turn" || a.name == "conversation.multi_turn" && b.name == "conversation.follow_up" {
				turn, follow := a, b
				if a.name == "conversation.follow_up" {
					turn, follow = b, a
				}
				law(-follow.fact, turn.fact)
			}
		}
	}
	for _, r := range fresh {
		if r.header != "" {
			w.heading(r, law)
		}
	}
	w.known = len(w.order)
}

// excludes reports whether two classes of a group are never said of one message, as far as a knows: where another class is said by a lower bound than the
// one that domain.other goes by, both may be.
func (a *atom) excludes(b *atom) bool {
	bound := a.bounds[b.name]
	return a.name != b.name && (a.bounds == nil || bound == b.percent || 0 < bound && bound < b.percent)
}

// complete says that one of a group's classes is said, where all of them are there.
func complete(group []*rail, names []string, law func(...int)) {
	all := func(names []string, bounds map[string]int, clause ...int) {
		for _, name := range names {
			i := slices.IndexFunc(group, func(r *rail) bool { return r.name == name && r.percent == bounds[name] })
			if i < 0 {
				return
			}
			clause = append(clause, group[i].fact)
		}
		law(clause...)
	}
	if group[0].typ != "domain" {
		all(names, nil)
		return
	}
	for _, r := range group {
		if r.bounds != nil {
			all(tree.SortedKeys(r.bounds), r.bounds, r.fact)
		}
	}
}

// heading says what a header signal has to do with the other ones of the header: it has one value, or none.
func (w *world) heading(r *rail, law func(...int)) {
	h := w.heads[r.header]
	if h == nil {
		h = &headerVars{map[string]int{}, map[string]int{}}
		w.heads[r.header] = h
	}
	if r.equals == nil {
		p := h.prefix(w, r.prefix, law)
		law(-r.fact, p)
		law(r.fact, -p)
		return
	}
	clause := []int{-r.fact}
	for _, value := range r.equals {
		v := h.value(w, value, law)
		law(r.fact, -v)
		clause = append(clause, v)
	}
	law(clause...)
}

func (h *headerVars) value(w *world, value string, law func(...int)) int {
	if h.values[value] != 0 {
		return h.values[value]
	}
	v := w.fresh()
	for _, other := range tree.SortedKeys(h.values) {
		law(-v, -h.values[other])
	}
	h.values[value] = v
	for _, prefix := range tree.SortedKeys(h.prefixes) {
		relate(value, v, prefix, h.prefixes[prefix], law)
	}
	return v
}

func relate(value string, v int, prefix string, p int, law func(...int)) {
	if len(value) >= len(prefix) && value[:len(prefix)] == prefix {
		law(-v, p)
	} else {
		law(-v, -p)
	}
}

// prefix is the variable of a value that begins so; any value begins with nothing.
func (h *headerVars) prefix(w *world, prefix string, law func(...int)) int {
	if h.prefixes[prefix] != 0 {
		return h.prefixes[prefix]
	}
	v := w.fresh()
	for _, other := range tree.SortedKeys(h.prefixes) {
		p := h.prefixes[other]
		switch {
		case len(prefix) >= len(other) && prefix[:len(other)] == other:
			law(-v, p)
		case len(other) >= len(prefix) && other[:len(prefix)] == prefix:
			law(-p, v)
		default:
			law(-v, -p)
		}
	}
	h.prefixes[prefix] = v
	for _, value := range tree.SortedKeys(h.values) {
		relate(value, h.values[value], prefix, v, law)
	}
	return v
}

// question is one to the solver.
type question struct {
	w      *world
	wanted []*node
}

func (w *world) ask(wanted ...*node) *question { return &question{w, wanted} }

func (q *question) and(more ...*node) *question {
	return &question{q.w, append(q.wanted[:len(q.wanted):len(q.wanted)], more...)}
}

// solve answers the question, with an example: the values of the world's variables.
func (q *question) solve() (values []bool, found answer) {
	q.w.learn()
	p := &problem{vars: q.w.vars}
	for _, n := range q.wanted {
		p.require(n)
	}
	p.clauses = append(p.clauses, q.w.laws...)
	p.add(-varCut, varOpen)
	for _, r := range q.w.order {
		p.clauses = append(p.clauses, r.definition...)
	}
	q.w.chain(p)
	return p.solve()
}

// chain says that what is over a size is over all smaller ones.
func (w *world) chain(p *problem) {
	sizes := make([]int64, 0, len(w.sizes))
	for n := range w.sizes {
		sizes = append(sizes, n)
	}
	sort.Slice(sizes, func(i, j int) bool { return sizes[i] < sizes[j] })
	for i := 1; i < len(sizes); i++ {
		p.add(-w.sizes[sizes[i]], w.sizes[sizes[i-1]])
	}
}

// plain holds of requests that are known to their end.
var plain = []*node{literal(-varOpen), literal(-varCut), literal(-varBlind), literal(-varExhausted)}

// may are the restrictions of what can be unknown, going by what policies say.
func may(subjects ...*subject) (list []*node) {
	stays, blind, exhausted := false, false, false
	for _, s := range subjects {
		stays = stays || s.Stays
		blind = blind || s.blind()
		exhausted = exhausted || !s.BudgetFlags
	}
	if !stays { // messages are looked at one by one only where conversations stay
		list = append(list, either(literal(-varOpen), literal(varCut)))
	}
	if !blind {
		list = append(list, literal(-varBlind))
	}
	if !exhausted {
		list = append(list, literal(-varExhausted))
	}
	return list
}

// blind reports whether the policy may let something by that cannot be read.
func (s *subject) blind() bool {
	return s.root.Get("allow") != nil || s.root.Get("unknown_items") != nil
}

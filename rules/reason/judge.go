package reason

import (
	"sort"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// Finding is one thing that is odd about a policy, and where.
type Finding struct {
	Code          string // stable; see docs/check.md
	Path          string
	Line, Column  int
	Message, Hint string
}

// judge gathers findings about one policy.
type judge struct {
	*subject
	findings []Finding
	may      []*node  // what can be
	reached  [][]bool // by route: an example of a request that reaches it; nil if there is none
	served   []bool   // by model: some rule can choose it
	refused  func(n *tree.Node) bool
	names    []string // of the rules that decide before routes: their label, by index
	decides  []*node  // when these match
	uses     [][]rules.Choice
}

// Judge finds what is odd about the rules of a policy. The table is that of the root; it may be one of CompileUnjudged, and then
// refused says of which conditions the proxy itself thinks that they are never met.
func Judge(root *tree.Node, t *rules.Table, refused func(when *tree.Node) bool) []Finding {
	w := newWorld()
	j := &judge{subject: w.subject(root, t), refused: refused}
	j.may = may(j.subject)
	j.served = make([]bool, len(t.Models()))
	j.conditions()
	j.guardsAmongEachOther()
	j.reach()
	j.candidates()
	j.steering()
	j.models()
	sortFindings(j.findings)
	return j.findings
}

func sortFindings(list []Finding) {
	sort.SliceStable(list, func(i, k int) bool {
		a, b := list[i], list[k]
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		if a.Column != b.Column {
			return a.Column < b.Column
		}
		return a.Code < b.Code
	})
}

func (j *judge) note(code string, n *tree.Node, message, hint string) {
	f := Finding{Code: code, Path: "$", Line: 1, Column: 1, Message: message, Hint: hint}
	if n != nil {
		f.Path, f.Line, f.Column = n.Path, n.Line, n.Column
	}
	j.findings = append(j.findings, f)
}

// item is the node of a rule's member, or of the rule.
func (s *subject) item(section string, i int, key string) *tree.Node {
	list := s.root.Get(section)
	if list == nil || i >= len(list.Items) {
		return list
	}
	if n := list.Items[i].Get(key); n != nil {
		return n
	}
	return list.Items[i]
}

// ask asks about requests that can be.
func (j *judge) ask(wanted ...*node) *question { return j.world.ask(append(wanted, j.may...)...) }

// never asks whether something can never be. What is too hard to tell is noted at n.
func (j *judge) never(n *tree.Node, what string, wanted ...*node) bool {
	_, found := j.ask(wanted...).solve()
	if found == tooHard {
		j.tooHard(n, what)
	}
	return found == impossible
}

func (j *judge) tooHard(n *tree.Node, what string) {
	worst, at := "", 0
	count := func(label string, p *node) {
		if size := p.size(); size > at {
			worst, at = label, size
		}
	}
	for i := range j.routes {
		count("route "+strconv.Quote(j.Routes[i].Name), j.routes[i].yes)
	}
	for i := range j.guards {
		count("guard "+strconv.Quote(j.Guards[i].Name), j.guards[i])
	}
	j.note("W390", n, "it was not found out "+what+": that takes more than "+strconv.Itoa(maxConflicts)+" steps or "+strconv.Itoa(maxClauses)+" clauses",
		"the largest condition is that of "+worst+", with "+plural(at, "signal")+": split it, or name a signal for what its parts have in common")
}

// size counts the literals of a formula.
func (n *node) size() int {
	if n.lit != 0 {
		return 1
	}
	size := 0
	for _, k := range n.kids {
		size += k.size()
	}
	return size
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// conditions looks at each condition alone.
func (j *judge) conditions() {
	for i := range j.Guards {
		when := j.item("guards", i, "when")
		if j.never(when, "whether the guard can match", j.guards[i]) {
			j.note("W305", when, "guard "+strconv.Quote(j.Guards[i].Name)+" never matches: its condition can never be true", "remove it, or mend the condition")
		}
	}
	for i := range j.Routes {
		when := j.item("routes", i, "when")
		p := j.routes[i]
		switch {
		case j.never(when, "whether the condition can be true", p.yes):
			code := "W302"
			if j.refused(when) {
				code = "E302"
			}
			j.note(code, when, "the condition can never be true"+j.because(p), "remove the route, or mend the condition")
			continue
		case j.never(when, "whether the condition is always true", append([]*node{not(p.yes)}, plain...)...):
			j.note("W304", when, "the condition is always true: no request that is read to its end gets past this route", "write what always applies as the policy's default, and remove what stands behind it")
			continue
		}
		if p.yes.or {
			for _, part := range p.yes.kids {
				if j.never(when, "whether a part of the condition can be true", part) {
					j.note("W303", when, "a part of the condition can never be true: "+j.words(part), "remove that part")
				}
			}
		}
	}
}

// because names two signals of a condition that exclude each other, if it is for these that it can never be true.
func (j *judge) because(p pair) string {
	used := j.signals(p.yes)
	for i, a := range used {
		for _, b := range used[:i] {
			_, found := j.ask(literal(j.world.rails[a.key].yes), literal(j.world.rails[b.key].yes)).solve()
			if found == impossible && strings.Contains(p.text, " and ") {
				return ": " + b.name + " and " + a.name + " exclude each other"
			}
		}
	}
	return ""
}

// signals lists those that a formula asks to be true, in the order in which they stand in it.
func (j *judge) signals(n *node) (list []*rail) {
	if n.lit != 0 {
		for _, r := range j.world.order {
			if r.yes == n.lit {
				list = append(list, r)
			}
		}
	}
	for _, k := range n.kids {
		list = append(list, j.signals(k)...)
	}
	return list
}

// words writes a formula over what is surely true or false.
func (j *judge) words(n *node) string {
	if n.lit != 0 {
		for _, r := range j.world.order {
			switch n.lit {
			case r.yes:
				return r.name
			case r.no, r.guarded:
				return "not " + r.name
			}
		}
	}
	word, parts := " and ", make([]string, len(n.kids))
	if n.or {
		word = " or "
	}
	for i, k := range n.kids {
		if parts[i] = j.words(k); k.lit == 0 {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, word)
}

// allows says when a model is allowed, as far as guards but one go; nil is never.
func (j *judge) allows(model, but int) []*node {
	if !j.Floor[model] {
		return nil
	}
	list := []*node{}
	for i := range j.Guards {
		if i != but && removes(&j.Guards[i], model) {
			list = append(list, not(j.guards[i]))
		}
	}
	return list
}

// guardsAmongEachOther finds guards whose work others do.
func (j *judge) guardsAmongEachOther() {
	var denying []int
	for i := range j.Guards {
		g := &j.Guards[i]
		n := j.item("guards", i, "name")
		if len(denying) > 0 && (g.Deny != nil || len(g.Use) > 0) {
			blockers := make([]*node, len(denying))
			for k, d := range denying {
				blockers[k] = j.guards[d]
			}
			if _, found := j.ask(append(without(blockers, upTo(len(blockers))), j.guards[i])...).solve(); found == impossible {
				set, _, _ := j.world.shadow(append([]*node{j.guards[i]}, j.may...), blockers)
				what := "its answer is never given"
				if g.Deny == nil {
					what = "its models are never used"
				}
				var names []string
				for _, k := range set {
					names = append(names, strconv.Quote(j.Guards[denying[k]].Name))
				}
				if len(set) > 0 {
					j.note("W307", n, "guard "+strconv.Quote(g.Name)+": "+what+", since "+strings.Join(names, " and ")+" denied before whenever it matches", "move it up, or remove what is pointless")
				}
			} else if found == tooHard {
				j.tooHard(n, "whether other guards deny before guard "+strconv.Quote(g.Name))
			}
		}
		if g.Deny != nil {
			denying = append(denying, i)
		} else if g.Allowed != nil {
			j.restriction(i)
		}
	}
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// removes reports whether a guard takes a model away: its last one it gives back to some requests.
func removes(g *rules.OutlineGuard, model int) bool {
	return g.Allowed != nil && !g.Allowed[model] && (g.Last == nil || g.Last.Index() != model)
}

// restriction finds a guard that takes away only what is taken away without it.
func (j *judge) restriction(i int) {
	removed := 0
	for m := range j.table.Models() {
		if !removes(&j.Guards[i], m) {
			continue
		}
		removed++
		if allows := j.allows(m, i); allows != nil {
			if _, found := j.ask(append(allows, j.guards[i])...).solve(); found != impossible {
				return
			}
		}
	}
	n := j.item("guards", i, "name")
	name := "guard " + strconv.Quote(j.Guards[i].Name)
	if removed == 0 {
		j.note("W308", n, name+" restricts nothing: it allows every model", "remove only or tier, or name fewer models")
		return
	}
	j.note("W308", n, name+" restricts nothing: other guards and min_tier leave no model that it excludes", "remove its only or tier if it is to flag alone")
}

// reach finds routes that no request reaches.
func (j *judge) reach() {
	for i := range j.Guards {
		if g := &j.Guards[i]; g.Deny != nil || len(g.Use) > 0 {
			j.decides, j.names, j.uses = append(j.decides, j.guards[i]), append(j.names, "guard "+strconv.Quote(g.Name)), append(j.uses, g.Use)
		}
	}
	blockers := append([]*node{}, j.decides...)
	names, uses := append([]string{}, j.names...), append([][]rules.Choice{}, j.uses...)
	j.reached = make([][]bool, len(j.routes))
	for i := range j.routes {
		when := j.item("routes", i, "when")
		route := &j.Routes[i]
		target := append([]*node{j.routes[i].yes}, j.may...)
		values, found := j.world.ask(append(without(blockers, upTo(len(blockers))), target...)...).solve()
		switch found {
		case possible:
			j.reached[i] = values
			if j.refused(when) {
				j.note("E303", when, "the route is reached by requests alone that are not known to their end, or of which something cannot be read", "move it up, narrow the routes above, or remove it")
			}
		case tooHard:
			j.tooHard(when, "whether the route is ever reached")
		case impossible:
			if _, alone := j.ask(j.routes[i].yes).solve(); alone == impossible {
				continue // its condition is told already
			}
			set, smallest, found := j.world.shadow(target, blockers)
			if found != possible {
				j.tooHard(when, "which rules the route is never reached for")
				continue
			}
			j.shadowed(when, route, set, smallest, names, uses)
			continue // it takes nothing from those behind it
		}
		blockers, names, uses = append(blockers, j.routes[i].yes), append(names, "route "+strconv.Quote(route.Name)), append(uses, route.Use)
	}
	n := j.root.Get("default")
	if j.never(n, "whether the default is ever reached", append(without(blockers, upTo(len(blockers))), plain...)...) && len(blockers) > 0 {
		j.note("W310", n, "every request that is read to its end meets a rule: the default serves only what no candidate may or can take", "nothing is to be done if that is meant")
	}
}

func (j *judge) shadowed(when *tree.Node, route *rules.OutlineRoute, set []int, smallest bool, names []string, uses [][]rules.Choice) {
	code := "W301"
	if j.refused(when) {
		code = "E301"
	}
	var who []string
	same, denied := true, false
	var others []string
	for _, k := range set {
		who = append(who, names[k])
		if len(uses[k]) == 0 {
			denied = true
			continue
		}
		if !sameChoices(uses[k], route.Use) {
			same = false
			others = appendNew(others, uses[k][0].Model.Key)
		}
	}
	comes := "comes first whenever this is true"
	if len(who) > 1 {
		comes = "come first whenever this is true"
		if !smallest {
			comes += " (none of them can be left out)"
		}
	}
	message := "the route is never reached: " + strings.Join(who, " and ") + " " + comes
	hint := "move the route up, narrow the ones above, or remove it"
	switch {
	case denied:
		message += "; what it would serve is denied"
	case same:
		message += "; the same models are chosen there"
		hint = "remove the route: nothing changes"
	default:
		message += "; they choose " + strings.Join(others, " or ") + ", this one " + route.Use[0].Model.Key
	}
	j.note(code, when, message, hint)
}

func sameChoices(a, b []rules.Choice) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// reaches says when a request reaches a route, or the default for the number of routes.
func (j *judge) reaches(route int) []*node {
	list := append([]*node{}, j.may...)
	list = append(list, without(j.decides, upTo(len(j.decides)))...)
	for i := range route {
		list = append(list, not(j.routes[i].yes))
	}
	if route < len(j.routes) {
		list = append(list, j.routes[route].yes)
	}
	return list
}

package reason

import (
	"slices"
	"strconv"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// candidates finds models in the lists of rules that are never chosen there.
func (j *judge) candidates() {
	for i := range j.Guards {
		g := &j.Guards[i]
		if len(g.Use) == 0 {
			continue
		}
		when := append([]*node{j.guards[i]}, j.may...)
		for k := range i {
			if j.Guards[k].Deny != nil || len(j.Guards[k].Use) > 0 {
				when = append(when, not(j.guards[k]))
			}
		}
		if values, found := j.world.ask(when...).solve(); found == possible {
			j.rule("guard "+strconv.Quote(g.Name), j.item("guards", i, "use"), g.Use, g.Last, when, values)
		}
	}
	for i := range j.Routes {
		if j.reached[i] != nil {
			j.rule("route "+strconv.Quote(j.Routes[i].Name), j.item("routes", i, "use"), j.Routes[i].Use, nil, j.reaches(i), j.reached[i])
		}
	}
	for _, n := range items(j.root.Get("paths")) {
		j.mapped(n)
	}
	// The default serves what no rule takes, and what no candidate of one may or can take.
	for _, c := range j.Default {
		j.served[c.Model.Index()] = true
	}
	j.wider()
}

// wider notes the models that serve what some model of a rule or the default cannot take.
func (j *judge) wider() {
	var narrow []*rules.Model
	for _, m := range j.table.Models() {
		if j.served[m.Index()] {
			narrow = append(narrow, m)
		}
	}
	for _, m := range j.Wider {
		for _, n := range narrow {
			if j.Floor[m.Index()] && (n.Drain || n.Context > 0 && (m.Context == 0 || m.Context > n.Context) || m.Input&^n.Input != 0 || j.counted(n) || j.counted(m)) {
				j.served[m.Index()] = true
			}
		}
	}
}

// counted reports whether a model counts tokens in a way of its own, so that the sizes of requests say little about what it takes.
func (j *judge) counted(m *rules.Model) bool {
	return j.root.Get("models").Get(m.Key).Get("tokenizer") != nil
}

// mapped notes the models that serve a path: a key, or a list of keys or maps.
func (j *judge) mapped(n *tree.Node) {
	if n.Kind == tree.List {
		for _, item := range n.Items {
			j.mapped(item)
		}
		return
	}
	key := n
	if n.Kind == tree.Map {
		key = n.Get("model")
	}
	j.served[modelNamed(j.table, key.Text).Index()] = true
}

// rule looks at the candidates of one rule. when is when it decides, and values are an example of that.
func (j *judge) rule(label string, use *tree.Node, list []rules.Choice, last *rules.Model, when []*node, values []bool) {
	for k, c := range list {
		n := use
		if use.Kind == tree.List {
			n = use.Items[k]
		}
		if why, hint := j.hopeless(c.Model, when); why != "" {
			j.note(why[:4], n, label+" never chooses "+strconv.Quote(c.Model.Key)+": "+why[5:], hint)
			continue
		}
		if c.Model == last {
			j.served[c.Model.Index()] = true
			continue
		}
		allows := j.allows(c.Model.Index(), -1)
		if allows == nil {
			j.note("W312", n, label+" never chooses "+strconv.Quote(c.Model.Key)+": its tier "+strconv.Itoa(c.Model.Tier)+" is below min_tier "+strconv.Itoa(j.MinTier), "use a model of that tier, or remove it here")
			continue
		}
		if !all(allows...).holds(values) {
			if j.never(n, "whether "+strconv.Quote(c.Model.Key)+" is ever allowed here", append(allows, when...)...) {
				j.note("W312", n, label+" never chooses "+strconv.Quote(c.Model.Key)+": guards remove it whenever the rule decides", "remove it here, or allow it in the guard")
				continue
			}
		}
		if j.Measured || list[0].Share > 0 {
			j.served[c.Model.Index()] = true
			continue // those before it may be too slow, or too dear for what is left
		}
		if first := j.before(list[:k], c.Model, allows, when); first != nil {
			j.note("W313", n, label+" never chooses "+strconv.Quote(c.Model.Key)+": "+strconv.Quote(first.Key)+" before it takes every request that it could take", "put the model that takes less first, or remove this one")
			continue
		}
		j.served[c.Model.Index()] = true
	}
}

// before returns a model of an earlier candidate that takes whatever a model could take.
func (j *judge) before(earlier []rules.Choice, m *rules.Model, allows, when []*node) *rules.Model {
	for _, e := range earlier {
		o := e.Model
		takes := !o.Drain && !j.counted(o) && !j.counted(m) && (o.Context == 0 || m.Context > 0 && m.Context <= o.Context) && m.Input&^o.Input == 0 &&
			(j.P95 == 0 || o.P95 <= j.P95) && (j.CostCeiling == 0 || o.PriceIn <= m.PriceIn && o.PriceOut <= m.PriceOut && o.MaxOutput <= m.MaxOutput)
		if !takes || !j.Floor[o.Index()] {
			continue
		}
		var removed []*node
		for i := range j.Guards {
			if removes(&j.Guards[i], o.Index()) || j.Guards[i].Last == o {
				removed = append(removed, j.guards[i])
			}
		}
		if len(removed) == 0 {
			return o
		}
		if _, found := j.ask(append(append(allows, either(removed...)), when...)...).solve(); found == impossible {
			return o
		}
	}
	return nil
}

// hopeless says why no request that a rule decides fits a model, with the code in front; "" if one may.
func (j *judge) hopeless(m *rules.Model, when []*node) (why, hint string) {
	if j.P95 > 0 && m.P95 > j.P95 {
		return "W316 its latency of " + strconv.FormatInt(m.P95, 10) + " ms is above p95_latency, " + strconv.FormatInt(j.P95, 10) + " ms", "raise p95_latency, or remove it here"
	}
	always := func(n *node) bool {
		_, found := j.world.ask(append([]*node{not(n)}, when...)...).solve()
		return found == impossible
	}
	if !j.counted(m) && m.Context > 0 && j.world.mayExceed(m.Context) && always(literal(j.world.size(m.Context))) {
		return "W314 its context of " + strconv.FormatInt(m.Context, 10) + " tokens is smaller than any request that comes here", "use a model with a larger context"
	}
	if !j.counted(m) && j.CostCeiling > 0 && m.PriceIn > 0 {
		if most := j.CostCeiling / m.PriceIn; j.world.mayExceed(most) && always(literal(j.world.size(most))) {
			return "W315 any request that comes here costs more than cost_ceiling with it", "use a cheaper model, or raise the ceiling"
		}
	}
	for _, kind := range []struct {
		input  rules.Input
		signal string
	}{{rules.Image, "conversation.images"}, {rules.Audio, "conversation.audio"}} {
		if m.Input&kind.input != 0 {
			continue
		}
		for _, r := range j.world.order {
			if r.name == kind.signal && always(literal(r.fact)) {
				return "W317 every request that comes here has " + kind.signal[len("conversation."):] + ", which it does not take", "use a model whose input has them"
			}
		}
	}
	return "", ""
}

// mayExceed reports whether some signal says that a request is larger than so many tokens.
func (w *world) mayExceed(tokens int64) bool {
	for _, r := range w.order {
		if r.typ == "size" && r.over >= tokens {
			return true
		}
	}
	return false
}

// steering finds guards that use models which routes would choose anyway.
func (j *judge) steering() {
	for i := range j.Guards {
		g := &j.Guards[i]
		if len(g.Use) == 0 {
			continue
		}
		when := append([]*node{j.guards[i]}, j.may...)
		for k := range j.Guards {
			if k != i && (j.Guards[k].Deny != nil || len(j.Guards[k].Use) > 0) {
				when = append(when, not(j.guards[k]))
			}
		}
		met, same := "", true
		for r := 0; r <= len(j.routes) && same; r++ {
			use, name := j.Default, "the default"
			if r < len(j.routes) {
				use, name = j.Routes[r].Use, "route "+strconv.Quote(j.Routes[r].Name)
				if sameChoices(use, g.Use) && met != "" {
					when = append(when, not(j.routes[r].yes))
					continue
				}
			}
			here := when
			if r < len(j.routes) {
				here = append(when[:len(when):len(when)], j.routes[r].yes)
			}
			_, found := j.world.ask(here...).solve()
			if found != impossible {
				if same = found == possible && sameChoices(use, g.Use); met == "" {
					met = name
				}
			}
			if r < len(j.routes) {
				when = append(when, not(j.routes[r].yes))
			}
		}
		if same && met != "" {
			what := "remove its use if it is to restrict and flag alone"
			if g.Allowed == nil {
				what = "remove its use if it is to flag alone"
			}
			j.note("W309", j.item("guards", i, "use"), "guard "+strconv.Quote(g.Name)+" steers nothing: whenever it matches, "+met+" chooses the same models without it", what)
		}
	}
}

// exempt reports whether the cost ceiling lets a model through as the default.
func (j *judge) exempt(m *rules.Model) bool {
	for _, n := range items(j.root.Get("objectives").Get("cost_exempt")) {
		if n.Text == rules.NameDefault {
			return slices.ContainsFunc(j.Default, func(c rules.Choice) bool { return c.Model == m })
		}
	}
	return false
}

// models finds models that nobody gets, and those that only some wishes get.
func (j *judge) models() {
	section := j.root.Get("models")
	for i, m := range j.table.Models() {
		var at *tree.Node
		for k, key := range section.Keys {
			if key.Text == m.Key {
				at = section.Keys[k]
			}
		}
		if !j.served[i] {
			allows := j.allows(i, -1)
			for k := range j.Guards {
				if j.Guards[k].Deny != nil {
					allows = append(allows, not(j.guards[k]))
				}
			}
			if !j.Floor[i] || j.never(at, "whether a client that names "+strconv.Quote(m.Key)+" gets it", append(allows, j.may...)...) {
				j.note("W311", at, "no request can reach model "+strconv.Quote(m.Key)+": no rule chooses it, and a client that names it is refused", "remove it, or mend the guard or min_tier that refuses it")
			} else {
				j.note("W319", at, "no request is routed to model "+strconv.Quote(m.Key)+": only clients that name it reach it", "let a route use it, or leave it to those who name it")
			}
		}
		if !j.exempt(m) && j.CostCeiling > 0 && m.MaxOutput > 0 && m.PriceOut > 0 && m.MaxOutput > j.CostCeiling/m.PriceOut {
			j.note("W318", at, "model "+strconv.Quote(m.Key)+" is too dear for every request without max_tokens: "+strconv.FormatInt(m.MaxOutput, 10)+" tokens of output cost more than cost_ceiling",
				"lower max_output to what answers need, or raise the ceiling")
		}
	}
}

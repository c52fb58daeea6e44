package rules

import (
	"slices"
	"strconv"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Decide chooses the model for a request, or denies it.
func (t *Table) Decide(q *Query) *Decision {
	d := new(Decision)
	t.decide(d, q)
	return d
}

// decide works a decision out, in memory that may have held another one.
//
// Guards come first: all are evaluated, restrictions intersect, and the first
// that denies ends it. Then a model that the client named is used, if allowed.
// Else the first matching guard with a "use" decides, else the first matching
// route, where conversations stay theirs, else the default. Whatever chose the model, authorise has the last word.
func (t *Table) decide(d *Decision, q *Query) {
	d.begin()
	d.counts, d.granted = q.counts, q.grant.allowed()
	d.Effort = q.effort().String()
	d.Signals = t.trueSignals(d.Signals, q.Values, t.used)
	deny, use := t.applyGuards(d, q.Values, q.Unread)
	if deny != nil {
		d.denyBy(deny)
		return
	}
	t.widen(d, q)
	if q.mapped != nil {
		t.useMapped(d, q)
		return
	}
	if q.HasModel {
		m, known := t.names.resolve(q.Asked)
		if !known || m != nil && !d.granted.has(m) { // the same answer, so that nobody learns what others may use
			d.Name = NameNamed
			d.deny(404, CodeModelNotFound, t.notFound)
			return
		}
		if m != nil {
			d.Name, d.Model = NameNamed, m
			t.authorise(d, q, Unset)
			return
		}
	}
	var candidates, resort []candidate
	whose := t.effort
	if use != nil {
		d.Name, d.Guard, whose = use.name, use.name, use.effort
		candidates, resort = use.use, t.resort(d, use)
	} else {
		route := t.converse(d, q, t.match(q.Values))
		d.Name = t.routeName(route)
		if route != byDefault {
			whose = t.routes[route].effort
		}
		candidates, resort = t.uses(route), t.fallback
	}
	level := t.choose(d, q, candidates, resort)
	t.authorise(d, q, whose.of(level, q.effort()))
	t.standIns(d, q, whose, candidates, resort)
}

// useMapped decides on a path of the policy's map: a client that names a model must name one of the path's.
func (t *Table) useMapped(d *Decision, q *Query) {
	d.Name, d.Model = NameMapped, q.mapped[0]
	if i := slices.IndexFunc(q.mapped, d.granted.has); i >= 0 {
		d.Model = q.mapped[i]
	}
	if q.HasModel && d.granted.has(d.Model) {
		switch m, known := t.names.resolve(q.Asked); {
		case !known, m != nil && !(slices.Contains(q.mapped, m) && d.granted.has(m)):
			d.deny(404, CodeModelNotFound, "There is no model of this name on this path: leave \"model\" out, or ask for "+strconv.Quote(d.Model.Key)+".")
			return
		case m != nil:
			d.Model = m
		}
	}
	t.authorise(d, q, Unset)
}

// effort is the level of reasoning that the client asks for.
func (q *Query) effort() Level {
	if q.Facts == nil {
		return Unset
	}
	return q.Facts.Effort
}

// Late looks at the guards again after text beyond the window was read. It adds
// new flags to d, and signals that guards use, and returns nil while the
// outcome stands, else a denial. A guard that matched once stays matched.
func (t *Table) Late(d *Decision, values, unread []expr.Value) *Decision {
	if d.Action != ActionRoute {
		return nil
	}
	before := d.matched
	deny, _ := t.applyGuards(d, values, unread)
	if d.matched == before {
		return nil
	}
	d.Signals = t.union(d.Signals, t.trueSignals(nil, values, t.guardUses))
	if deny == nil && d.allowed.has(d.Model) {
		return nil
	}
	late := *d
	if deny != nil {
		late.denyBy(deny)
	} else {
		late.denyModel()
	}
	return &late
}

// applyGuards evaluates every guard and notes those that match now in d. It
// returns the first new one that denies and the first new one with a "use".
func (t *Table) applyGuards(d *Decision, values, unread []expr.Value) (deny, use *guard) {
	d.allowed, d.Tier, d.Flags = t.floor&d.granted, t.objectives.minTier, d.Flags[:0]
	if d.Guard != d.Name {
		d.Guard = ""
	}
	for i := range t.guards {
		g := &t.guards[i]
		if !d.matched.has(i) {
			if !g.matches(values) && !t.unreadMatches(g, unread) {
				continue
			}
			d.matched.add(i)
			if deny == nil && g.deny != nil {
				deny = g
			}
			if use == nil && len(g.use) > 0 {
				use = g
			}
		}
		allowed := g.allowed
		if g.last != nil && d.widened.has(g.last) {
			allowed.add(g.last)
		}
		d.allowed &= allowed
		d.Tier = max(d.Tier, g.tier)
		if d.Guard == "" && g.allowed != everyModel {
			d.Guard = g.name
		}
		d.Flags = appendNew(d.Flags, g.flag)
	}
	if d.unread = d.unread || unread != nil; d.unread {
		d.Flags = appendNew(d.Flags, FlagBudget)
	}
	return deny, use
}

// widen allows the last models of matching guards for a request that none of the models takes which they allow. It is settled with the decision: text
// that comes later changes nothing about it.
func (t *Table) widen(d *Decision, q *Query) {
	for i := range t.guards {
		g := &t.guards[i]
		if g.last == nil || !d.matched.has(i) || slices.ContainsFunc(t.models, func(m *Model) bool { return g.allowed.has(m) && unfit(q, m) == "" }) {
			continue
		}
		d.widened.add(g.last)
	}
	if d.widened != 0 {
		t.applyGuards(d, q.Values, q.Unread)
	}
}

// matches reports whether the guard applies: what could not be inspected counts
// as a match unless the policy says otherwise.
func (g *guard) matches(values []expr.Value) bool {
	v := g.when.Eval(values)
	return v == expr.True || v == expr.Unknown && !g.ignore
}

// unreadMatches reports whether a guard applies because of what was not read for want of units. No guard may ignore that; all a policy may say is that it
// only flags.
func (t *Table) unreadMatches(g *guard, unread []expr.Value) bool {
	return unread != nil && !t.budgetFlags && g.when.Eval(unread) != expr.False
}

// byDefault stands for the default among the routes.
const byDefault = -1

// match returns the first route whose condition is true, or byDefault.
func (t *Table) match(values []expr.Value) int {
	for i := range t.routes {
		if t.routes[i].when.Eval(values) == expr.True {
			return i
		}
	}
	return byDefault
}

// routeName is the name of the decision by a route.
func (t *Table) routeName(route int) string {
	if route == byDefault {
		return NameDefault
	}
	return t.routes[route].name
}

// uses are the candidates of a route; the default has none but itself.
func (t *Table) uses(route int) []candidate {
	if route == byDefault {
		return nil
	}
	return t.routes[route].use
}

// resort is what a guard falls back to: its last model, if that is allowed, else the policy's default.
func (t *Table) resort(d *Decision, g *guard) []candidate {
	if g.last != nil && d.widened.has(g.last) {
		return g.resort
	}
	return t.fallback
}

// choose sets the first candidate that nothing speaks against, else the first such one of the last resort, such as the policy's default. Where one of these was passed
// over because it cannot take the request, it is any model that nothing speaks against, in the policy's order. It returns the reasoning level that goes with it.
//
// A bound on latency is given up where nothing else is left, which stands in the warnings; those on context and input are not, unless the policy
// says so. The cost ceiling has its say in authorise.
func (t *Table) choose(d *Decision, q *Query, candidates, resort []candidate) Level {
	if candidates = t.share(d, q, candidates); len(candidates) == 0 {
		resort = t.share(d, q, resort)
	}
	narrow := false // an allowed model was passed over since it cannot take the request
	for i, c := range candidates {
		why := t.objection(d, q, c.model)
		if why == "" {
			c = t.thrifty(d, q, c, candidates[i+1:], resort)
			d.Model = c.model
			return c.level
		}
		if i == 0 {
			d.demotion = Demotion{From: c.model.Key, Why: why}
			d.Demoted = &d.demotion
		}
		narrow = narrow || widens(why)
	}
	for i, c := range resort {
		why := t.objection(d, q, c.model)
		if why == "" {
			return t.fallBack(d, t.thrifty(d, q, c, resort[i+1:], nil))
		}
		if i == 0 && len(candidates) == 0 {
			d.demotion = Demotion{From: c.model.Key, Why: why}
			d.Demoted = &d.demotion
		}
		narrow = narrow || widens(why)
	}
	if !narrow {
		return t.against(d, q, resort[0])
	}
	level := resort[0].level
	if len(candidates) > 0 {
		level = candidates[0].level
	}
	// Whoever fits; else whoever fits but for the cost, which authorise tells, or the latency; else whoever may fit, if the estimate is too high.
	for _, fits := range [...]func(*Decision, *Query, *Model) bool{t.suits, t.takes, t.mayTake} {
		for _, c := range resort {
			if fits(d, q, c.model) {
				return t.against(d, q, c)
			}
		}
		for _, m := range t.wide(q) {
			if fits(d, q, m) {
				return t.against(d, q, candidate{model: m, level: level})
			}
		}
	}
	largest, lack := t.lack(d, q, candidates, resort)
	sent := t.sends(lack) || q.counts && lack != "drain"
	switch {
	case largest == nil || sent && d.granted.has(resort[0].model):
		return t.against(d, q, resort[0])
	case sent:
		return t.against(d, q, candidate{model: largest, level: level})
	}
	d.Model, d.lack = largest, lack
	return Unset
}

// widens reports whether another model is looked for beyond the rule's and the default, where this speaks against one of theirs.
func widens(why string) bool {
	return why == "context" || why == "input" || why == "drain" || why == "tenant"
}

// fallBack uses a candidate of the last resort.
func (t *Table) fallBack(d *Decision, c candidate) Level {
	d.Model = c.model
	if d.Demoted != nil && d.Demoted.From == c.model.Key {
		d.Demoted = nil
	}
	return c.level
}

// against uses a candidate whatever speaks against it, and says so.
func (t *Table) against(d *Decision, q *Query, c candidate) Level {
	if why := t.objection(d, q, c.model); why != "" && why != "budget" && d.allowed.has(c.model) {
		d.Warnings = append(d.Warnings, c.model.Key+" is used against the bound on "+why+": nothing else was left")
	}
	return t.fallBack(d, c)
}

// open reports whether a model may take requests like this one.
func (d *Decision) open(q *Query, m *Model) bool {
	return m.Tier >= d.Tier && d.allowed.has(m) && !(m.Drain && q.isNew())
}

// authorise is the only way to a routed request: whatever chose the model, it
// passes only if guards, tier and the cost ceiling allow it.
func (t *Table) authorise(d *Decision, q *Query, level Level) {
	if !d.allowed.has(d.Model) || d.Model.Tier < d.Tier {
		d.denyModel()
		return
	}
	if d.lack != "" {
		d.denyUnfit(q)
		return
	}
	if d.Model.Drain && (d.Name == NameNamed || d.Name == NameMapped) {
		d.denyDraining()
		return
	}
	if !d.counts {
		d.Cost = d.Model.cost(q.size(d.Model), q.Facts)
	}
	if t.tooDear(d.Cost) && !t.exempt(d) {
		d.denyCost()
		return
	}
	if !t.afford(d, q) {
		d.denyBudget(q.Live.Wait())
		return
	}
	in, warning := d.ask(q, d.Model, level)
	d.KeepReasoning, d.Reasoning, d.Members = in.KeepReasoning, in.Reasoning, in.Members
	if warning != "" {
		d.Warnings = append(d.Warnings, warning)
	}
}

// tooDear reports whether a cost is above the ceiling.
func (t *Table) tooDear(cost int64) bool {
	return t.objectives.costCeiling > 0 && cost > t.objectives.costCeiling
}

// exempt reports whether the ceiling does not bound a decision: the policy says so of clients that name a model, and of the default.
func (t *Table) exempt(d *Decision) bool {
	return d.Name == NameNamed && t.objectives.exemptNamed || d.Name != NameNamed && t.isDefault(d.Model) && t.objectives.exemptDefault
}

// isDefault reports whether a model is one of the default's.
func (t *Table) isDefault(m *Model) bool {
	return slices.ContainsFunc(t.fallback, func(c candidate) bool { return c.model == m })
}

// denyDraining turns the decision into a denial because its model begins no conversations any more.
func (d *Decision) denyDraining() {
	d.deny(503, CodeDraining, "This model takes no more requests here: GET /v1/models lists those that do.")
}

// denyCost turns the decision into a denial because of what the request could cost.
func (d *Decision) denyCost() {
	d.deny(403, CodeCostCeiling, "This request could cost more than is allowed here: lower max_tokens or n, or shorten it.")
}

// LateCost looks at the cost again after text beyond the window was read, and at members that ask for more. It notes the cost in d, and
// returns nil while the outcome stands, else a denial.
func (t *Table) LateCost(d *Decision, tokens int64, f *prompt.Facts) *Decision {
	if d.Action != ActionRoute || d.counts {
		return nil
	}
	if d.Cost = d.Model.cost(tokens, f); !t.tooDear(d.Cost) || t.exempt(d) {
		return nil
	}
	late := *d
	late.denyCost()
	return &late
}

// denyBy turns the decision into the denial of a guard.
func (d *Decision) denyBy(g *guard) {
	d.Name, d.Guard = g.name, g.name
	d.deny(g.deny.status, g.deny.code, g.deny.message)
}

// denyModel turns the decision into a denial because its model is not allowed.
func (d *Decision) denyModel() {
	if d.Name == NameNamed {
		d.deny(403, CodeModelNotAllowed, "This request may not use the model that it names.")
		return
	}
	d.deny(403, CodeNoModelAllowed, "No model may serve this request.")
}

func (d *Decision) deny(status int, code, message string) {
	d.Action, d.Status, d.Code, d.Message = ActionDeny, status, code, message
	d.Model, d.Members, d.Reasoning, d.KeepReasoning, d.Demoted, d.StandIns, d.MaxTokens = nil, nil, "", false, nil, d.StandIns[:0], 0
}

// trueSignals adds the names of the true ones among some signals to a list.
func (t *Table) trueSignals(names []string, values []expr.Value, among []int) []string {
	for _, i := range among {
		if i < len(values) && values[i] == expr.True {
			names = append(names, t.signals.Name(i))
		}
	}
	return names
}

// union merges two lists of used signals' names, in index order.
func (t *Table) union(a, b []string) []string {
	var names []string
	for _, i := range t.used {
		if name := t.signals.Name(i); contains(a, name) || contains(b, name) {
			names = append(names, name)
		}
	}
	return names
}

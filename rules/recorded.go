package rules

import (
	"slices"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Recorded is what a record tells of a request. The proxy has no use for it: it is for tools that ask what another policy would have decided.
type Recorded struct {
	// Values are the signals, by index in Table.Signals: unknown are those of which the record does not tell.
	Values []expr.Value
	Asked  string // the model that the client named; "" if it named none
	Effort string // the level that the client asked for
	Path   string // without its query
	// Tokens is the size of the input as it was estimated for Served, Cost what the request costs with it at most, in picodollars; -1 if that is not known.
	Tokens, Cost int64
	// Served is the model that the recorded policy chose by its rules, and so one that takes the request. It is nil if there was none.
	Served *Model
	// Messages counts the user's messages that the decision went by; 0 if that is not known.
	Messages int
	// Stands is the name of the route, or of the default, where the conversation stands; "" if that is not known.
	Stands string
	// Objectives says that the policy is bound as the recorded one was, with the same prices.
	Objectives bool
}

// maxOpen is how many signals may be unknown where a decision depends on them: all ways in which they may be are tried.
const maxOpen = 10

// Replay works out what the policy decides about a recorded request. It is nil where that depends on what the record does not tell, which lacks names. Where
// only the model does, d is what guards make of the request: flags, restriction, tier, and a denial by one of them. Its Cost is -1 where the record does not tell it.
func (t *Table) Replay(r *Recorded) (d *Decision, lacks string) {
	shape, served := t.Call(r.Path)
	if !served {
		return &Decision{Action: ActionDeny, Status: 404, Code: "path_not_served"}, ""
	}
	effort := Unset
	if r.Effort != "" {
		effort, _ = parseLevel(r.Effort)
	}
	q := &Query{Asked: r.Asked, HasModel: r.Asked != "", Values: slices.Clone(r.Values), Shape: shape, mapped: t.mapped[r.Path],
		Facts: &prompt.Facts{Model: r.Asked, HasModel: r.Asked != "", Effort: effort, Answers: 1}}
	if i := slices.IndexFunc(t.routes, func(route route) bool { return route.name == r.Stands }); i >= 0 || r.Stands == NameDefault {
		q.stands = &i
	}
	open := t.open(q)
	if len(open) > maxOpen {
		return nil, t.signals.Name(open[0])
	}
	same := true
	denies := func(d *Decision) *denial { // of the guard that decided
		if i := slices.IndexFunc(t.guards, func(g guard) bool { return g.name == d.Name }); i >= 0 {
			return t.guards[i].deny
		}
		return nil
	}
	for ways := range 1 << len(open) {
		for bit, i := range open {
			q.Values[i] = expr.False
			if ways>>bit&1 != 0 {
				q.Values[i] = expr.True
			}
		}
		other := t.Decide(q)
		if d == nil {
			d = other
		}
		if !guardedAlike(d, other) || denies(d) != denies(other) {
			return nil, t.signals.Name(open[0])
		}
		same = same && decidedAlike(d, other)
	}
	if !same {
		return d, t.signals.Name(open[0])
	}
	return d, t.beyond(r, q, d)
}

// open lists the unknown signals that matter: for guards, and for the routes up to the first one that matches in any case.
func (t *Table) open(q *Query) (list []int) {
	look := func(when *expr.Program) expr.Value {
		v := when.Eval(q.Values)
		if v == expr.Unknown {
			for _, i := range when.Uses() {
				if q.Values[i] == expr.Unknown {
					list = append(list, i)
				}
			}
		}
		return v
	}
	for i := range t.guards {
		look(t.guards[i].when)
	}
	for i := range t.routes {
		if q.stands != nil || look(t.routes[i].when) == expr.True {
			break
		}
	}
	return distinct(list)
}

// guardedAlike reports whether guards make the same of a request, but for denials.
func guardedAlike(a, b *Decision) bool {
	return slices.Equal(a.Flags, b.Flags) && a.Guard == b.Guard && a.Tier == b.Tier && a.allowed == b.allowed
}

// decidedAlike reports whether the rest of two decisions is the same.
func decidedAlike(a, b *Decision) bool {
	return a.Action == b.Action && a.Code == b.Code && a.Name == b.Name && a.Model == b.Model && a.Reasoning == b.Reasoning
}

// beyond says on what a decision depends that is no signal and that the record does not tell; "" is nothing.
func (t *Table) beyond(r *Recorded, q *Query, d *Decision) string {
	if d.Demoted != nil && d.Demoted.Why != "guard" && d.Demoted.Why != "tier" {
		return "what speaks against a model: " + d.Demoted.Why
	}
	if d.Action == ActionDeny {
		if d.Code == CodeCostCeiling {
			return "what the request costs"
		}
		return ""
	}
	if d.Name != NameNamed && d.Name != NameMapped && d.Name != d.Guard && t.conversation.stay != stayNone && r.Messages != 1 && q.stands == nil &&
		q.Shape != prompt.Completions {
		return "the earlier messages of the conversation"
	}
	m, was := d.Model, r.Served
	out, bounded := r.output(m)
	switch {
	case bounded:
		d.Cost = m.Cost(r.Tokens, out)
	case m.PriceIn == 0 && m.PriceOut == 0:
		d.Cost = 0
	case was == m:
		d.Cost = r.Cost
	default:
		d.Cost = -1
	}
	if t.objectives.costCeiling > 0 && !t.exempt(d) && (d.Cost < 0 || t.tooDear(d.Cost)) {
		return "what the request costs"
	}
	if d.Name == NameNamed || d.Name == NameMapped {
		return ""
	}
	switch {
	case was == m:
		return ""
	case m.Drain:
		return "whether the conversation is new"
	case t.shares(d):
		return "the conversation's share"
	case (t.objectives.budget != nil || t.objectives.firstToken != nil) && !(r.Objectives && was != nil && was.Key == m.Key):
		return "what the proxy has measured"
	case m.Input != everyInput && (was == nil || was.Input&^m.Input != 0):
		return "whether there are images, audio or video"
	case m.Context == 0, was != nil && was.tokenizer == m.tokenizer && was.Context > 0 && was.Context <= m.Context,
		bounded && addSat(addSat(r.Tokens, r.Tokens/100*margin), out) <= m.Context:
		return ""
	}
	return "how long the request is"
}

// everyInput is all that a model may take.
const everyInput = Text | Image | Audio | Video

// output is how many tokens a model generates for the request at most, as far as its cost tells.
func (r *Recorded) output(m *Model) (out int64, ok bool) {
	was := r.Served
	if was == nil || r.Cost < 0 || was.PriceOut == 0 || was.tokenizer != m.tokenizer || was.MaxOutput != m.MaxOutput {
		return 0, false
	}
	return max(r.Cost-mulSat(r.Tokens, was.PriceIn), 0) / was.PriceOut, true
}

// shares reports whether the rule that decided spreads conversations over models.
func (t *Table) shares(d *Decision) bool {
	list := t.fallback
	for i := range t.guards {
		if t.guards[i].name == d.Name {
			list = t.guards[i].use
		}
	}
	for i := range t.routes {
		if t.routes[i].name == d.Name {
			list = t.routes[i].use
		}
	}
	return len(list) > 0 && list[0].share > 0
}

// RoutesAlike reports whether two policies bring every conversation to the same route: their routes ask for the same signals and models in the same order, and move alike. signals
// gives for each signal of t, by index, that of o that is true of the same requests, or -1.
func (t *Table) RoutesAlike(o *Table, signals []int) bool {
	a, b := &t.conversation, &o.conversation
	if a.stay != b.stay || a.downAfter != b.downAfter || a.moves != b.moves || len(a.topics) != len(b.topics) || len(t.routes) != len(o.routes) || !usesAlike(t.fallback, o.fallback) {
		return false
	}
	for i, topic := range a.topics {
		if signals[topic] != b.topics[i] {
			return false
		}
	}
	for i := range t.routes {
		x, y := &t.routes[i], &o.routes[i]
		if x.name != y.name || x.text != y.text || !usesAlike(x.use, y.use) {
			return false
		}
		for _, s := range x.when.Uses() {
			if signals[s] < 0 || t.signals.Name(s) != o.signals.Name(signals[s]) {
				return false
			}
		}
	}
	return true
}

func usesAlike(a, b []candidate) bool {
	return slices.EqualFunc(a, b, func(x, y candidate) bool {
		return x.model.Key == y.model.Key && x.model.Strength == y.model.Strength && x.model.Context == y.model.Context && x.model.Input == y.model.Input && x.model.tokenizer == y.model.tokenizer
	})
}

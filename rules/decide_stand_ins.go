package rules

import "github.com/mom-router/mom-router/rules/prompt"

// StandIn is a model that may answer in the place of the chosen one, should that fail, and how it is asked.
type StandIn struct {
	Model *Model
	// Reasoning is the level that the policy wishes for; "" without a wish, and where the body's shape has no way to ask the model for it.
	Reasoning string
	// Members are to be set in the body. KeepReasoning leaves the client's own reasoning members, where the chosen model has left them.
	Members       []prompt.Member
	KeepReasoning bool
	// Cost is what the request costs at most with this model, in picodollars.
	Cost int64
}

// maxStandIns is how many stand-ins a decision has at most: more would make a client wait longer than it does.
const maxStandIns = 8

// standIns notes what else may answer a routed request, the best first: the candidates of the rule that decided, then its last resort, each only if nothing speaks
// against it. Whoever names a model gets that one or none.
func (t *Table) standIns(d *Decision, q *Query, whose effort, candidates, resort []candidate) {
	d.StandIns = d.StandIns[:0]
	if !q.standIns || d.Action != ActionRoute || d.counts {
		return
	}
	_, left := t.left(d, q) // which bounds them in the midst of a conversation, too
	for _, list := range [...][]candidate{candidates, resort} {
		for _, c := range list {
			if len(d.StandIns) < maxStandIns && c.model != d.Model && d.StandIn(c.model) == nil && t.objects(d, q, c.model, false) == "" {
				in, _ := d.ask(q, c.model, whose.of(c.level, q.effort()))
				in.KeepReasoning = in.KeepReasoning && d.KeepReasoning // else it would get what was set for another model
				if in.Cost = c.model.cost(q.size(c.model), q.Facts); in.Cost <= left {
					d.StandIns = append(d.StandIns, in)
				}
			}
		}
	}
}

// ask says how a model is asked for a level of reasoning, and what of that is not heeded.
func (d *Decision) ask(q *Query, m *Model, level Level) (in StandIn, warning string) {
	in = StandIn{Model: m, Reasoning: level.String(), KeepReasoning: level == Unset && (d.Name == NameNamed || d.Name == NameMapped || m.reasons)}
	if in.Members, warning = m.Reasoning(q.Shape, level); in.Members == nil {
		in.Reasoning = "" // this shape has no way to ask for it
	}
	return in, warning
}

// StandIn returns the stand-in of a model, or nil if that may not answer.
func (d *Decision) StandIn(m *Model) *StandIn {
	for i := range d.StandIns {
		if d.StandIns[i].Model == m {
			return &d.StandIns[i]
		}
	}
	return nil
}

// lateStandIns takes those out that may not answer any more, or not what has come, after text beyond the window was read. size is the request's in tokens, for a model.
func (t *Table) lateStandIns(d *Decision, size func(*Model) int64, f *prompt.Facts) {
	kept := d.StandIns[:0]
	for _, in := range d.StandIns {
		if in.Cost = in.Model.cost(size(in.Model), f); d.allowed.has(in.Model) && in.Model.Tier >= d.Tier && needs(f)&^in.Model.Input == 0 && !t.tooDear(in.Cost) {
			kept = append(kept, in)
		}
	}
	d.StandIns = kept
}

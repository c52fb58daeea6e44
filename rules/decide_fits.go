package rules

import (
	"strconv"

	"github.com/mom-router/mom-router/rules/prompt"
)

// lack says what of a request none of the allowed models takes that might be chosen, and which of them has the largest context.
func (t *Table) lack(d *Decision, q *Query, candidates, resort []candidate) (largest *Model, lack string) {
	lack = "context"
	look := func(m *Model) {
		if !d.allowed.has(m) || m.Tier < d.Tier {
			return
		}
		if largest == nil || m.Context > largest.Context {
			largest = m
		}
		switch fits := !exceeds(q, m, -margin); {
		case fits && m.Drain && q.isNew() && needs(q.Facts)&^m.Input == 0:
			lack = "drain"
		case fits && lack == "context":
			lack = "input"
		}
	}
	for _, c := range candidates {
		look(c.model)
	}
	for _, c := range resort {
		look(c.model)
	}
	for _, m := range t.wide(q) {
		look(m)
	}
	return largest, lack
}

// suits reports whether nothing speaks against a model.
func (t *Table) suits(d *Decision, q *Query, m *Model) bool { return t.objection(d, q, m) == "" }

// takes reports whether an allowed model can take the request, whatever it costs and however long it takes.
func (t *Table) takes(d *Decision, q *Query, m *Model) bool {
	return d.open(q, m) && unfit(q, m) == ""
}

// mayTake reports whether an allowed model can take the request if that is smaller than estimated.
func (t *Table) mayTake(d *Decision, q *Query, m *Model) bool {
	return d.open(q, m) && needs(q.Facts)&^m.Input == 0 && !exceeds(q, m, -margin)
}

// sends reports whether the policy lets a request through that no model takes.
func (t *Table) sends(lack string) bool {
	return lack == "context" && t.nothingFits.sendContext || lack == "input" && t.nothingFits.sendInput
}

// objection says what speaks against a model for this request; "" is nothing.
func (t *Table) objection(d *Decision, q *Query, m *Model) string { return t.objects(d, q, m, true) }

// objects is objection also for a model that the request does not go to for now: then sends is false.
func (t *Table) objects(d *Decision, q *Query, m *Model, sends bool) string {
	switch {
	case !d.granted.has(m):
		return "tenant"
	case m.Tier < d.Tier:
		return "tier"
	case !d.allowed.has(m):
		return "guard"
	case m.Drain && q.isNew():
		return "drain"
	}
	if why := unfit(q, m); why != "" {
		return why
	}
	switch {
	case t.tooDear(m.cost(q.size(m), q.Facts)):
		return "cost"
	case t.objectives.p95 > 0 && m.P95 > t.objectives.p95:
		return "latency"
	}
	return t.measured(d, q, m, sends)
}

// unfit says what keeps a model from taking a request at all; "" is nothing.
func unfit(q *Query, m *Model) string {
	switch {
	case exceeds(q, m, margin):
		return "context"
	case needs(q.Facts)&^m.Input != 0:
		return "input"
	}
	return ""
}

// margin is by how many hundredths a count of tokens may differ from the estimate: bounds on the context hold for as many more, and a request is refused
// only if no model took it with as many fewer.
const margin = 10

// exceeds reports whether a request with so many hundredths more tokens than estimated, and the answer that it asks for, is longer than a model's context.
func exceeds(q *Query, m *Model, hundredths int64) bool {
	if m.Context == 0 {
		return false
	}
	var out int64
	if q.Facts != nil {
		out = q.Facts.MaxTokens
	}
	tokens := q.size(m)
	if more := tokens / 100 * hundredths; more > 0 {
		tokens = addSat(tokens, more)
	} else {
		tokens += more
	}
	return addSat(tokens, out) > m.Context
}

// denyUnfit turns the decision into a denial because no allowed model takes the request. Clients know the words: some shorten the conversation then.
func (d *Decision) denyUnfit(q *Query) {
	switch d.lack {
	case "drain":
		d.denyDraining()
		return
	case "input":
		d.deny(400, CodeInput, "No model that may serve this request takes all that it holds: images, audio or video.")
		return
	}
	var out int64
	if q.Facts != nil {
		out = q.Facts.MaxTokens
	}
	in, context := q.size(d.Model), strconv.FormatInt(d.Model.Context, 10)
	if q.Shape == prompt.Messages {
		d.deny(400, CodeContext, "prompt is too long: "+strconv.FormatInt(addSat(in, out), 10)+" tokens > "+context+" maximum (estimated, with max_tokens)")
		return
	}
	d.deny(400, CodeContext, "This model's maximum context length is "+context+" tokens. However, you requested "+strconv.FormatInt(addSat(in, out), 10)+" tokens ("+
		strconv.FormatInt(in, 10)+" in the messages, estimated, and "+strconv.FormatInt(out, 10)+" in the completion). Please reduce the length of either.")
}

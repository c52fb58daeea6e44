package main

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/reason"
	"github.com/mom-router/mom-router/rules/trail"
)

// A record tells which of a policy's signals were true, and no text. What the policy that wrote it decides can be worked out from that again, and what another one decides as
// far as its signals are defined alike. Whatever a decision depends on and the record does not tell, the record cannot be judged: it is counted, with the reason.

// recordJudge judges records of requests by two policies.
type recordJudge struct {
	tables  [2]*rules.Table
	known   [2][]reason.Relation // by signal of each policy: what the other's tell of it
	used    [2][]bool
	routes  bool // the routes of both are alike
	bounds  bool // and the objectives and prices
	differs string
	window  int64   // how many bytes of a body a decision goes by at least
	blind   [2]bool // the policy may let by what it cannot read, and no guard tells
}

func newRecordJudge(a, b *policy) *recordJudge {
	j := &recordJudge{tables: [2]*rules.Table{a.table, b.table}, window: rules.DefaultWindow}
	for _, p := range [...]*policy{a, b} {
		if n := p.plugin.Get("hold_bytes"); n != nil {
			bytes, _ := strconv.ParseInt(n.Text, 10, 64) // what is wrong with it the plugin says
			j.window = min(j.window, bytes)
		}
	}
	j.known[0], j.known[1] = reason.Relations(a.root, a.table, b.root, b.table), reason.Relations(b.root, b.table, a.root, a.table)
	same := make([]int, len(j.known[0]))
	for i, r := range j.known[0] {
		same[i] = r.Same
	}
	j.routes = a.table.RoutesAlike(b.table, same) && reason.Same(a.root, b.root, "wrappers")
	j.bounds = reason.Same(a.root, b.root, "objectives") && reason.Same(a.root, b.root, "models")
	for _, section := range []string{"allow", "refuse", "unknown_items", "paths"} {
		if !reason.Same(a.root, b.root, section) {
			j.differs = section
		}
	}
	for i, t := range j.tables {
		j.used[i] = make([]bool, t.Signals().Len())
		for _, s := range t.Used() {
			j.used[i][s] = true
		}
		j.blind[i] = len(t.Allow()) > 0 && !slices.ContainsFunc(t.Outline().Guards, func(g rules.OutlineGuard) bool { return !g.Ignore })
	}
	return j
}

// judgement is what came of a record: two decisions, or one of nil and why not. guards says that no more than what guards do is known.
type judgement struct {
	decisions [2]*rules.Decision
	guards    bool
	why       string
}

// Bounds of what a record holds in full, in bytes; see plugin/internal/audit.
const (
	mostSignals = 4096 - 2860 - 256 // up to here no signal was cut off
	mostNamed   = 120
)

func (j *recordJudge) judge(r *trail.Record) (out judgement) {
	by := slices.IndexFunc(j.tables[:], func(t *rules.Table) bool { return r.Policy.Hash != "" && strings.HasPrefix(t.Hash(), r.Policy.Hash) })
	size := 0
	for _, s := range r.Signals {
		size += len(s) + len(`"",`)
	}
	switch {
	case by < 0:
		return judgement{why: "another policy has decided"}
	case r.Action == rules.ActionPass:
		return judgement{why: "no policy has decided: it was passed on unread"}
	case r.Decision == "":
		return judgement{why: "no policy has decided: it was refused (" + r.Code + ")"}
	case r.Bytes > j.window:
		return judgement{why: "the request is longer than what a decision goes by"}
	case size > mostSignals-len(r.RequestID)-len(r.Path)-len(r.Asked) || len(r.Asked) >= mostNamed:
		return judgement{why: "the record may be cut off"}
	case slices.Contains(r.Flags, rules.FlagBudget):
		return judgement{why: "not all text was read again"}
	case j.blind[by] || j.blind[1-by]:
		return judgement{why: "the policy allows what cannot be read"}
	case paths.Counts(paths.WithoutQuery(r.Path)):
		return judgement{why: "it asks for a count of tokens"}
	case j.differs != "":
		return judgement{why: "the policies differ in " + j.differs}
	}
	own := j.request(r, by)
	d, _ := j.tables[by].Replay(own) // the record tells what it lacks
	if d == nil || !follows(r, d) {
		return judgement{why: "the decision does not follow from what the record tells"}
	}
	d.Cost = own.Cost
	out.decisions[by] = d
	other := *own
	other.Values = make([]expr.Value, j.tables[1-by].Signals().Len())
	tells := func(k int, v expr.Value) bool { return j.used[by][k] && own.Values[k] == v }
	for i := range other.Values {
		r := &j.known[1-by][i]
		switch {
		case r.Same >= 0 && tells(r.Same, own.Values[r.Same]):
			other.Values[i] = own.Values[r.Same]
		case slices.ContainsFunc(r.IfTrue, func(k int) bool { return tells(k, expr.True) }):
			other.Values[i] = expr.True
		case slices.ContainsFunc(r.IfFalse, func(k int) bool { return tells(k, expr.False) }):
			other.Values[i] = expr.False
		default:
			other.Values[i] = expr.Unknown
		}
	}
	if !j.routes {
		other.Stands = ""
	}
	other.Objectives = j.bounds
	d, lacks := j.tables[1-by].Replay(&other)
	out.decisions[1-by], out.guards = d, d != nil && lacks != ""
	if lacks != "" {
		out.why = "it depends on " + lacks
	}
	return out
}

// request is what a record tells, for the policy that has written it.
func (j *recordJudge) request(r *trail.Record, by int) *rules.Recorded {
	t := j.tables[by]
	q := &rules.Recorded{Asked: r.Asked, Effort: r.Effort, Path: paths.WithoutQuery(r.Path), Tokens: r.TokensIn, Cost: int64(math.Round(r.Cost * dollars)), Objectives: true}
	if r.Fallback != nil {
		q.Cost = -1 // it is that of the model that has answered
	}
	q.Values = make([]expr.Value, t.Signals().Len())
	for i := range q.Values {
		q.Values[i] = expr.False
		if slices.Contains(r.Signals, t.Signals().Name(i)) {
			q.Values[i] = expr.True
		}
	}
	if i := slices.IndexFunc(t.Models(), func(m *rules.Model) bool { return m.Key == chosen(r) }); i >= 0 && r.Action == rules.ActionRoute && r.Decision != rules.NameNamed && r.Decision != rules.NameMapped {
		q.Served = t.Models()[i]
	}
	if c := r.Conversation; c != nil {
		if q.Messages = c.Messages; c.Why != rules.WhyUnfit && c.Why != rules.WhyCut {
			q.Stands = r.Decision
		}
	}
	return q
}

// follows reports whether a decision is the one that a record tells of.
func follows(r *trail.Record, d *rules.Decision) bool {
	from := ""
	if r.Demoted != nil {
		from = r.Demoted.From
	}
	was := ""
	if d.Demoted != nil {
		was = d.Demoted.From
	}
	if d.Action != r.Action || d.Name != r.Decision || d.Tier != r.Tier || d.Guard != r.Guard || was != from || !slices.Equal(inOrder(d.Flags), inOrder(r.Flags)) {
		return false
	}
	if d.Action == rules.ActionDeny {
		return d.Code == r.Code
	}
	return d.Model.Key == chosen(r)
}

// chosen is the model that the policy has chosen.
func chosen(r *trail.Record) string {
	if r.Fallback != nil {
		return r.Fallback.From
	}
	return r.Model
}

func inOrder(list []string) []string { return slices.Sorted(slices.Values(list)) }

package rules

import (
	"sort"
	"strings"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Explanation says why a request is decided as it is.
type Explanation struct {
	Decision *Decision
	// Param names the body member at fault where the body itself was refused.
	Param string
	// Tokens is the estimated size of the request.
	Tokens int64
	// Read is how many bytes the route was decided on: all of the body or, if that is longer, its first
	// window bytes. What comes behind them is read by guards alone.
	Read    int64
	Signals []SignalResult // all that guards and routes use, in index order
	Guards  []RuleResult   // in policy order
	Routes  []RuleResult
	// Weighed is what the learned signals of the last user message have weighed. It is told of bodies that were read to their end before the decision.
	Weighed []Weighed
	// Conversation is where the conversation stood after each of the user's messages; empty if each message is routed alone.
	Conversation []MessageResult
}

// Weighed is what a learned signal has weighed: which words speak for what it says and against it, how much, and how sure it is.
type (
	Weighed = signal.Weighed
	Voice   = signal.Voice
)

// MessageResult is what one message of the user's asked for, and where the conversation stood after it.
type MessageResult struct {
	FollowUp          bool   // it leans on the message before
	Alone, AloneModel string // the decision that it would have come to alone, and the model that this wants first
	Decision, Model   string // the same of the conversation
	Why               string // see Conversation
}

// SignalResult is one signal's value, and where the text says so.
type SignalResult struct {
	Name  string
	Value expr.Value
	// Late says that it became true behind the window: guards see it, routes do not. Signals that only
	// routes use are those of the window.
	Late bool
	// Scope is where the signal is looked for; "" if it goes by the whole request.
	Scope  string
	Places []Place
}

// Place is a piece of a body that makes a signal true by itself. At most 8 are told of one string
// and 32 of one signal.
type Place struct {
	From, To int64 // offsets in the body: the first byte, and the one behind the last
	Role     string
	Text     string // what stands there, without the escapes of JSON
}

// RuleResult is what became of a guard or a route.
type RuleResult struct {
	Name, When string
	Value      expr.Value
	Matched    bool
	Late       bool // a guard that matched behind the window
	// Why says what the rule did, or why it did nothing.
	Why string
}

// maxSignalPlaces bounds how many places are told of one signal.
const maxSignalPlaces = 32

// Explain decides one request, as a Session does, and says why. It keeps the whole body in memory and
// takes far longer than the decision itself: it is for people, not for the proxy. A window of 0 or less
// means the default; header looks up the request headers that signals may trust, and may be nil.
func (t *Table) Explain(shape prompt.Shape, window int64, header func(string) (string, bool), body []byte) *Explanation {
	return t.explain(shape, "", nil, window, header, body)
}

// ExplainPath is Explain for a request to a path, without its query, that the policy serves, and for a caller who may use the models of a grant.
func (t *Table) ExplainPath(path string, g *Grant, window int64, header func(string) (string, bool), body []byte) *Explanation {
	shape, _ := t.Call(path)
	return t.explain(shape, path, g, window, header, body)
}

func (t *Table) explain(shape prompt.Shape, path string, g *Grant, window int64, header func(string) (string, bool), body []byte) *Explanation {
	s := t.NewSession(shape)
	s.Reset(shape, window)
	s.Serve(path)
	s.Grant(g)
	s.Header = header
	e := &Explanation{Read: min(s.window, int64(len(body)))}
	if s.Feed(body[:e.Read]) == nil {
		s.Close() // there is no more
	}
	first := t.view(s)
	if first.decision.Conversation.Messages > 0 {
		e.Conversation = t.explainConversation(&s.query)
	}
	if e.Read == int64(len(body)) && first.decision.Name != "" {
		e.Weighed = s.state.Weigh(t.ownWords(shape, body, first.followUps))
	}
	s.Feed(body[e.Read:])
	e.Decision = s.Close()
	e.Param, e.Tokens = s.Param(), s.Tokens()
	if e.Decision.Name == "" {
		return e // the body could not be read, so there is nothing to explain
	}
	all := t.view(s)
	t.explainSignals(e, first, all, shape, body)
	t.explainGuards(e, first, all)
	t.explainRoutes(e, first)
	return e
}

// view is what a session knows at one time.
type view struct {
	decision  Decision
	values    []expr.Value
	unread    []expr.Value // as Query.Unread
	followUps int
}

func (t *Table) view(s *Session) *view {
	return &view{*s.decision, append([]expr.Value(nil), s.values...), append([]expr.Value(nil), s.unread...), s.state.FollowUps()}
}

// explainSignals finds the places of the true signals: of those that guards use in the whole body, of
// the others in what the route was decided on.
func (t *Table) explainSignals(e *Explanation, first, all *view, shape prompt.Shape, body []byte) {
	r := &transcript{body: body, set: t.signals}
	reader := prompt.NewReader(t.readerOptions())
	reader.Reset(shape, r)
	_ = reader.Feed(body) // the session has read it without a mistake, or up to the same one
	whole := t.finder(r, all)
	window := whole
	if e.Read < int64(len(body)) {
		window = t.finder(r.upTo(e.Read), first)
	}
	for _, i := range t.used {
		f := window
		if index := sort.SearchInts(t.guardUses, i); index < len(t.guardUses) && t.guardUses[index] == i {
			f = whole
		}
		result := SignalResult{Name: t.signals.Name(i), Value: f.seen.values[i], Late: f.seen.values[i] != first.values[i]}
		scope, placed := t.signals.Scope(i)
		if result.Scope = scope; placed && result.Value == expr.True {
			result.Places = f.places(i, scope)
		}
		e.Signals = append(e.Signals, result)
	}
}

// finder finds the places of signals in the strings of a body.
type finder struct {
	*transcript
	*locator
	seen *view
	hits [][]int // the passages that make each signal true
}

func (t *Table) finder(r *transcript, v *view) *finder {
	f := &finder{r, newLocator(t.signals), v, make([][]int, t.signals.Len())}
	for n := range r.passages {
		f.read(&r.passages[n], r.passages[n].text)
		for i, v := range f.values {
			if v == expr.True {
				f.hits[i] = append(f.hits[i], n)
			}
		}
	}
	return f
}

func (f *finder) places(i int, scope string) (list []Place) {
	for _, n := range f.hits[i] {
		p := &f.passages[n]
		if scope == "last_user" && !f.ofLastUser(p, f.seen.followUps) {
			continue
		}
		pieces := []*passage{p}
		if scope == "last_user" {
			pieces = pieces[:0]
			for _, at := range p.own {
				pieces = append(pieces, p.piece(at))
			}
		}
		for _, p := range pieces {
			for _, at := range f.find(p, i) {
				from, to := p.offsets(at[0], at[1])
				list = append(list, Place{from, to, p.name(), string(p.text[at[0]:at[1]])})
			}
		}
		if len(list) >= maxSignalPlaces {
			return list[:maxSignalPlaces]
		}
	}
	return list
}

// name says who speaks in a passage.
func (p *passage) name() string {
	switch p.part {
	case prompt.PartOwn:
	case prompt.PartUnknown:
		return "unknown"
	default:
		return "tool"
	}
	return [...]string{prompt.RoleUser: "user", prompt.RoleSystem: "system", prompt.RoleLateSystem: "system", prompt.RoleAssistant: "assistant", prompt.RoleTool: "tool", prompt.RoleOther: "no message"}[p.role]
}

func (t *Table) explainGuards(e *Explanation, first, all *view) {
	for i := range t.guards {
		g := &t.guards[i]
		r := RuleResult{Name: g.name, When: g.text, Value: g.when.Eval(all.values), Matched: e.Decision.matched.has(i)}
		r.Late = r.Matched && !first.decision.matched.has(i)
		unread := r.Value == expr.False && len(all.unread) > 0 && g.when.Eval(all.unread) != expr.False
		if unread {
			r.Value = expr.Unknown
		}
		switch {
		case unread && r.Matched:
			r.Why = t.effect(g, e.Decision, r.Late) + "; " + notReadAgain + ", which counts as a match"
		case unread:
			r.Why = notReadAgain + ", which flags " + FlagBudget
		case r.Matched:
			r.Why = t.effect(g, e.Decision, r.Late)
			if r.Value == expr.Unknown {
				r.Why += "; not all of the body could be inspected, which counts as a match"
			}
		case r.Value == expr.Unknown:
			r.Why = "not known, and the guard ignores what is not known"
		default:
			r.Why = t.blame(g.when, all.values)
		}
		e.Guards = append(e.Guards, r)
	}
}

// notReadAgain says why a guard does not know whether it matches.
const notReadAgain = "not all that may be disguised was read again, since the policy's budgets were spent"

// effect says what a guard that matched does.
func (t *Table) effect(g *guard, d *Decision, late bool) string {
	why := []string{"flags " + g.flag}
	if g.allowed != everyModel {
		var keys []string
		for _, m := range t.models {
			if g.allowed.has(m) {
				keys = append(keys, m.Key)
			}
		}
		why = append(why, "allows only "+strings.Join(keys, ", "))
	}
	switch {
	case g.deny != nil && d.Name == g.name:
		why = append(why, "denies")
	case len(g.use) > 0 && d.Name == g.name:
		why = append(why, "decides")
	case late && g.deny == nil && len(g.use) > 0:
		why = append(why, "comes too late to decide")
	case len(g.use) > 0 || g.deny != nil:
		why = append(why, "does not decide: "+d.Name+" does")
	}
	return strings.Join(why, ", ")
}

// explainRoutes explains the routes by what was known when one was chosen: they see nothing of what comes later.
func (t *Table) explainRoutes(e *Explanation, at *view) {
	d := &at.decision
	first := ""
	for i := range t.routes {
		route := &t.routes[i]
		r := RuleResult{Name: route.name, When: route.text, Value: route.when.Eval(at.values), Matched: d.Name == route.name}
		switch {
		case r.Matched:
			r.Why = "decides"
			if r.Value != expr.True {
				r.Why += ": the conversation " + d.Conversation.reason()
			}
			if d.Demoted != nil && d.Demoted.Why == "tenant" {
				r.Why += "; " + d.Demoted.From + " is no model that this caller may use"
			} else if d.Demoted != nil {
				r.Why += "; " + d.Demoted.From + " may not be chosen because of its " + d.Demoted.Why
			}
			if d.Action != e.Decision.Action {
				r.Why += ", and what comes behind the window ends the request"
			}
		case r.Value != expr.True:
			r.Why = t.blame(route.when, at.values)
		case first != "":
			r.Why = "comes after " + first
		case d.Conversation.Messages > 0:
			r.Why = "the last message asks for it, and the conversation " + d.Conversation.reason()
		case d.Name == NameNamed:
			r.Why = "the client named a model"
		default:
			r.Why = "the guard " + d.Name + " decides"
		}
		if first == "" && r.Value == expr.True {
			first = r.Name
		}
		e.Routes = append(e.Routes, r)
	}
}

// blame names the signals that a condition fails by, with their values: those whose opposite would
// make it true, else all of it that are not true.
func (t *Table) blame(when *expr.Program, values []expr.Value) string {
	var alone, all []string
	changed := append([]expr.Value(nil), values...)
	for _, i := range when.Uses() {
		name := t.signals.Name(i) + " is " + values[i].String()
		was := changed[i]
		if changed[i] = expr.True; was == expr.True {
			changed[i] = expr.False
		}
		if when.Eval(changed) == expr.True {
			alone = append(alone, name)
		}
		if changed[i] = was; was != expr.True {
			all = append(all, name)
		}
	}
	if n := len(when.Uses()); n > 2 && len(alone) == n && len(all) == n {
		return "none of its signals is true"
	}
	if len(alone) > 0 {
		return strings.Join(alone, ", ")
	}
	return strings.Join(all, ", ")
}

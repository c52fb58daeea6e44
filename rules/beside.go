package rules

import (
	"maps"
	"slices"

	"github.com/mom-router/mom-router/rules/expr"
)

// A policy that is tried beside another one usually looks for the same words, patterns and personal data: what differs is what its rules make of them, which models they
// choose, what models cost. Then one reading of a body does for both, and all of both that is remembered. What each decides is what it decides alone.
//
// Where they differ in what is looked for, each reads for itself: which reading a disguised word gets, and what second readings cost, depends on all words
// that a policy knows, so that words of one could change what the other finds.

// Beside returns the tables of two policies for which one reading of a body does: sessions of both, and nobody else, come from there. active is that which reads, and
// other that which Accompany has go by it. ok is false where each has to read for itself.
func Beside(active, other *Table) (a, b *Table, ok bool) {
	if !maps.Equal(active.allow, other.allow) || !maps.Equal(active.refuse, other.refuse) || active.denyUnknown != other.denyUnknown ||
		!slices.EqualFunc(active.paths, other.paths, slices.Equal) || active.Shares() != other.Shares() || active.classes != other.classes {
		return nil, nil, false
	}
	signals, at, ok := active.signals.Beside(other.signals)
	if !ok {
		return nil, nil, false
	}
	a, b = new(Table), new(Table)
	*a, *b = *active, *other
	a.signals, a.serial = signals, tables.Add(1) // what is remembered for both is of no use to either alone
	b.signals, b.serial = signals, a.serial
	a.apart, b.apart = !active.signals.Profiled(), !other.signals.Profiled()
	to := func(list []int) []int {
		list = slices.Clone(list)
		for i := range list {
			list[i] = at[list[i]]
		}
		return list
	}
	move := func(p *expr.Program) *expr.Program { return p.Map(func(i int) int { return at[i] }) }
	b.used, b.guardUses, b.conversation.topics = to(b.used), to(b.guardUses), to(b.conversation.topics)
	b.guards, b.routes = slices.Clone(b.guards), slices.Clone(b.routes)
	for i := range b.guards {
		b.guards[i].when = move(b.guards[i].when)
	}
	for i := range b.routes {
		b.routes[i].when = move(b.routes[i].when)
	}
	return a, b, true
}

// Companion is told when a session of the active policy that another one accompanies has come to a point where that has something to decide.
type Companion interface {
	// Follow is told at each such point, and asks the other session to Follow. It reports whether the other policy's decision is the one that is served: that
	// must not change from the first decision on.
	Follow() (serves bool)
}

// NewCompanion returns a session that reads nothing itself.
func (t *Table) NewCompanion() *Session {
	s := &Session{table: t, follows: true, scratch: make([]expr.Value, t.signals.Len()), guarded: make([]expr.Value, t.signals.Len())}
	if t.objectives.shares != nil {
		s.order = make([]candidate, 0, maxModels)
	}
	return s
}

// Accompany has a session of NewCompanion go by what another one reads, after both were reset and before anything is read.
func (s *Session) Accompany(reads *Session, told Companion) {
	s.lead, s.reader, s.state, s.sizes = reads, reads.reader, reads.state, reads.sizes
	reads.companion, reads.told = s, told
}

// Accompanied reports whether a session reads for another one, or that for it.
func (s *Session) Accompanied() bool { return s.lead != nil || s.companion != nil }

// Leave ends that: from now on the session that reads is alone.
func (s *Session) Leave() {
	if l := s.lead; l != nil {
		l.companion, l.told = nil, nil
		s.lead, s.reader, s.state = nil, nil, nil
	}
}

// Follow brings a companion to the point where the session is that reads for it.
func (s *Session) Follow() {
	l := s.lead
	switch {
	case s.denied():
	case l.failed != nil:
		s.refuse(l.failed)
	case s.decision == nil:
		facts := s.reader.Facts()
		if bound := l.decision.MaxTokens; bound > 0 { // by a budget that is not this policy's
			facts.Bound(0)
			defer facts.Bound(bound)
		}
		s.judge(facts)
	default:
		s.reconsider()
	}
}

// follow tells the companion's owner that there is something to decide.
func (s *Session) follow() (serves bool) { return s.told != nil && s.told.Follow() }

// hear gives the companion the values of the signals.
func (s *Session) hear(c *Session) {
	c.known, c.values, c.unread = true, s.values, nil
	if s.state.Unread(c.table.guardUses, s.values, c.guarded) {
		c.unread = c.guarded
	}
}

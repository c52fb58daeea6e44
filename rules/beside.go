package rules

import (
	"maps"
	"slices"

	"github.com/mom-router/mom-router/rules/expr"
)

// A policy that is tried beside another one usually looks for nearly the same words, patterns and personal data: what differs is what its rules make of them, which
// models they choose, what models cost. Then one reading of a body does for both, and all of both that is remembered. What each decides is what it decides alone.
//
// Where they look for other things, both are looked for in that one reading. Which reading a disguised word gets, and what second readings cost, depends on all words
// that a policy knows, so that words of one could change what the other finds. The reading sees where that is so: signal.State.Parted. Then the other policy
// reads for itself what was kept of the body, and all that comes.

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
	b.alone, b.at = other, at
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
	// CatchUp has the other session read what was kept for it: it calls read, and may look after what goes wrong there.
	CatchUp(read func())
}

// companionship is what sessions know of each other that read together.
type companionship struct {
	follows   bool     // it reads nothing itself: see NewCompanion
	lead      *Session // that reads for this one; nil if it reads itself
	companion *Session // for which this one reads; nil if there is none
	told      Companion
	failed    error // why the body was refused

	// Of a session that reads for another one which looks for other things: what was read before the decision, and how much work that has been for the other one.
	kept    []byte
	behind  int64
	mistake error // behind the document, which counts once the other one has caught up

	// Of a companion that has to read for itself: the session that waits for it until it has caught up, what it has read of what was kept, and what it goes by
	// otherwise.
	catches *Session
	caught  int
	own     *means // what it reads with, once it had to
	joint   means
	parted  bool
}

// mostKept is how much memory for bodies a session holds on to.
const mostKept = 64 << 10

func (s *Session) resetCompanionship() {
	c := &s.companionship
	c.lead, c.companion, c.told, c.failed, c.catches, c.mistake = nil, nil, nil, nil, nil, nil
	c.behind = 0
	c.dropKept()
	if c.parted {
		c.parted, c.follows, s.means = false, true, c.joint
	}
}

// dropKept forgets what was kept, and most of its memory.
func (c *companionship) dropKept() {
	if cap(c.kept) > mostKept {
		c.kept = nil
	}
	c.kept = c.kept[:0]
}

// NewCompanion returns a session that reads nothing itself, unless it has to.
func (t *Table) NewCompanion() *Session {
	s := &Session{
		means:         means{table: t, scratch: make([]expr.Value, t.signals.Len()), guarded: make([]expr.Value, t.signals.Len())},
		companionship: companionship{follows: true},
	}
	if t.objectives.shares != nil {
		s.order = make([]candidate, 0, maxModels)
	}
	return s
}

// Accompany has a session of NewCompanion go by what another one reads, after both were reset and before anything is read. That one is given its keys and its
// memory, which are this one's as well.
func (s *Session) Accompany(reads *Session, told Companion) {
	s.lead, s.reader, s.state, s.sizes = reads, reads.reader, reads.state, reads.sizes
	reads.companion, reads.told = s, told
}

// Accompanied reports whether a session reads for another one, or that for it.
func (s *Session) Accompanied() bool { return s.lead != nil || s.companion != nil || s.catches != nil }

// Leave ends that: from now on the session that reads is alone.
func (s *Session) Leave() {
	if l := s.catches; l != nil {
		l.companion, l.told, s.catches = nil, nil, nil
		l.dropKept()
	}
	if l := s.lead; l != nil {
		l.companion, l.told = nil, nil
		s.lead, s.reader, s.state = nil, nil, nil
		l.dropKept()
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

// keep keeps what was read for a companion that may have to read it again. Behind a mistake it is all that came.
func (s *Session) keep(p []byte, read int, mistake error) {
	if s.companion == nil || s.decision != nil || !s.table.signals.Apart() {
		return
	}
	if mistake == nil {
		p = p[:read]
	}
	s.kept = append(s.kept, p...)
}

// parts has the companion read for itself if it must: where the two have parted, and from a decision on that does not end the reading, since what comes then is not
// kept. It reports whether it must.
func (s *Session) parts(ended bool) bool {
	c := s.companion
	if c == nil || s.decision != nil || !s.table.signals.Apart() || ended && !s.state.Parted() {
		return false
	}
	if c.catches == nil {
		c.part()
	}
	return true
}

// part makes a companion ready to read for itself.
func (s *Session) part() {
	l := s.lead
	s.lead, s.catches, s.caught = nil, l, 0
	if s.own == nil {
		own := s.table.alone.newMeans()
		s.own = &own
	}
	s.joint, s.means = s.means, *s.own
	s.parted, s.follows = true, false
	s.begin()
	if l.keyed && !l.shares {
		s.Key(l.keying.keys, l.keying.tenant, l.keying.client)
	}
	s.Remember(l.memory, l.tenant)
}

// spread returns the values of a session that reads for itself by the indexes of the table that it comes from.
func (s *Session) spread() []expr.Value {
	values := s.joint.scratch
	for own, at := range s.joint.table.at {
		values[at] = s.values[own]
	}
	return values
}

// followed reports whether the session waits for its companion, which is behind.
func (s *Session) followed() bool { return s.companion != nil && s.companion.catches != nil }

// catchUp has the companion read at most so many bytes of what was kept, and decides once that was all, and both are alone.
func (s *Session) catchUp(most int) {
	most = max(most, 1)
	s.told.CatchUp(func() {
		c := s.companion
		left := s.kept[c.caught:]
		c.caught += c.feed(left[:min(len(left), most)], most)
		if c.caught == len(s.kept) && !c.Behind() {
			s.behind = c.reader.Worked() + c.state.Work()
			c.Leave()
		}
	})
	if s.companion != nil {
		return
	}
	s.decide()
	if s.mistake != nil {
		s.fail(s.mistake)
	}
}

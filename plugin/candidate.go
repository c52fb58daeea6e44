//go:build wasip1

package main

import (
	"strconv"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

	"github.com/mom-router/mom-router/internal/config"
	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/internal/rollout"
	"github.com/mom-router/mom-router/plugin/internal/audit"
	"github.com/mom-router/mom-router/rules"
)

// A candidate is a second policy that reads along. What it decides is served to its arm of a canary alone, and only if the active policy's
// guards let it. What the other policy would have done stands in the record. Whether the candidate is worse is judged by what became of conversations, in
// shared data that all workers of the proxy have, and once it is, no worker serves it any more: see package rollout and docs/rollout.md.

// candidate is one of an instance's: that of a policy.
type candidate struct {
	*config.Candidate
	active    *policy
	policy    *policy
	follows   bool             // one reading does for both policies: see rules.Beside
	sessions  []*rules.Session // that no stream has
	shown     audit.Policy     // the active policy in records of the candidate's arm
	judged    string           // the shared datum that says that it was taken back
	counts    string           // that has the counts, for this share
	marks     [rollout.Shards]string
	grants    map[*rules.Grant]*rules.Grant // of the active policy's, the candidate's
	gone      bool                          // it was taken back
	requests  [2]metric
	totals    [2]metric
	events    [2][rollout.Kinds]metric
	state     metric
	taken     metric          // back
	differ    map[pair]metric // what the two decided otherwise
	buffer    []byte          // for counts
	lastState rollout.State   // that the log has told
}

// pair is a rule of the active policy and one of the candidate's.
type pair struct{ active, candidate string }

// mostPairs bounds the counters of them.
const mostPairs = 200

// tried is what a stream knows of the candidate.
type tried struct {
	trial   *candidate     // of the request's policy; nil where nothing is compared
	other   *rules.Session // of the policy that does not serve; nil where nothing is compared
	arm     rollout.Arm
	hash    uint64 // of the conversation
	drawn   bool   // the arm is known
	swapped bool   // the candidate's session serves
	differs bool
}

// try begins with the candidate of a policy, if it has one.
func (in *instance) try(active *policy, of config.Policy) {
	c := of.Candidate
	if c == nil {
		return
	}
	t := c.Table
	d := &candidate{Candidate: c, active: active, differ: map[pair]metric{}, grants: map[*rules.Grant]*rules.Grant{}}
	if a, b, ok := rules.Beside(active.table, t); ok {
		active.table, t, d.follows = a, b, true
	}
	name := config.CandidateOf(of.Name)
	d.policy = newPolicy(config.Policy{Name: name, Table: t}, false)
	d.policy.shown = audit.NewPolicy(name, t.Version(), t.Hash()[:shownHash], t.Weights(), rollout.Candidate.String())
	active.shown = audit.NewPolicy(active.name, active.table.Version(), active.table.Hash()[:shownHash], active.table.Weights(), rollout.Active.String())
	d.shown = audit.NewPolicy(active.name, active.table.Version(), active.table.Hash()[:shownHash], active.table.Weights(), rollout.Candidate.String())
	d.judged = "mom-router.candidate."
	if of.Name != config.DefaultPolicy { // the same text may be tried beside several policies
		d.judged += of.Name + "."
	}
	d.judged += t.Hash()
	d.counts = d.judged + "." + active.table.Hash()[:shownHash] + "." + strconv.FormatInt(c.Share, 10)
	for i := range d.marks {
		d.marks[i] = d.counts + "." + strconv.Itoa(i)
	}
	for a, arm := range rollout.ArmNames {
		d.requests[a] = define(counter, named("mom_router_candidate_requests_total", "policy", active.name, "arm", arm))
		d.totals[a] = define(gauge, named("mom_router_candidate_conversations", "policy", active.name, "arm", arm))
		for k, kind := range rollout.KindNames {
			d.events[a][k] = define(gauge, named("mom_router_candidate_events", "policy", active.name, "arm", arm, "kind", kind))
		}
	}
	d.state = define(gauge, named("mom_router_candidate_state", "policy", active.name))
	d.taken = define(counter, named("mom_router_candidate_rollbacks_total", "policy", active.name))
	active.candidate = d
	value, _, _ := sharedData{}.Get(d.counts) // another worker, or the configuration before this one, may have counted
	counts := rollout.ReadCounts(value)
	d.tell(&counts)
	d.look()
	way := "reads along and serves nobody"
	if c.Canary {
		way = "serves " + strconv.FormatFloat(float64(c.Share)/100, 'f', -1, 64) + " % of conversations"
	}
	if d.gone {
		way = "was taken back before, and serves nobody"
	}
	if d.follows {
		way += "; one reading does for both policies"
	}
	proxywasm.LogInfo("mom-router: candidate " + strconv.Quote(t.Version()) + " " + t.Hash() + d.beside() + " " + way)
}

// beside says in the log which policy it stands beside, where there are several.
func (d *candidate) beside() string {
	if d.active.name == "" {
		return ""
	}
	return " of policy " + d.active.name
}

// look looks whether some worker has taken the candidate back.
func (d *candidate) look() {
	if !d.gone {
		if value, _, _ := (sharedData{}).Get(d.judged); len(value) > 0 {
			d.gone = true
			d.state.record(int64(rollout.Worse))
		}
	}
}

// accompany has the candidate read a request along. client is what the client calls the conversation.
func (s *stream) accompany(client string) {
	d := s.policy.candidate
	if d == nil || paths.Counts(s.lastPath[s.prefix:]) {
		return
	}
	if d.look(); d.gone {
		return
	}
	if _, serves := d.policy.table.Call(s.lastPath[s.prefix:]); !serves {
		return // it would route what the active policy's map sends to one model
	}
	s.trial = d
	switch n := len(d.sessions); {
	case n > 0:
		s.other, d.sessions = d.sessions[n-1], d.sessions[:n-1]
	case d.follows:
		s.other = d.policy.table.NewCompanion()
	default:
		s.other = d.policy.table.NewSession(s.shape)
	}
	grant := d.grants[s.grant]
	if grant == nil && s.grant != nil {
		grant = s.grant.On(d.policy.table)
		d.grants[s.grant] = grant
	}
	s.prepare(s.other, grant)
	if d.follows {
		s.other.Accompany(s.session, s)
		return
	}
	if keys := s.instance.config.Keys; keys != nil && d.policy.table.Shares() { // its shares go by the same key as the active policy's
		s.other.Key(keys, s.owner(), client)
	}
	s.other.Remember(s.instance.memory, s.record.Tenant)
}

// Follow has the candidate decide by what the active policy has read, and draws the arm once both have, as rules.Companion says.
func (s *stream) Follow() (serves bool) {
	defer s.recoveredCandidate()
	reads, follows := s.session, s.other
	if s.swapped {
		reads, follows = follows, reads
	}
	crash("along", s)
	follows.Follow()
	if !s.drawn {
		s.draw(reads.Decision(), follows.Decision())
	}
	return s.swapped
}

// CatchUp has the candidate read what was kept for it, as rules.Companion says.
func (s *stream) CatchUp(read func()) {
	defer s.recoveredCandidate()
	crash("along", s)
	read()
}

// readsAlone reports whether the other policy has to be fed, since no reading does for both.
func (s *stream) readsAlone() bool { return s.other != nil && !s.other.Accompanied() }

// readAlong has the other policy read.
func (s *stream) readAlong(p []byte) {
	defer s.recoveredCandidate()
	crash("along", s)
	before := s.other.Work()
	s.other.Feed(p)
	s.spent += s.other.Work() - before
}

// closeAlong tells it that the body has ended.
func (s *stream) closeAlong() (o *rules.Decision) {
	defer s.recoveredCandidate()
	crash("along to the end", s)
	s.other.Feed(nil) // what it may be behind with since the candidate serves
	return s.other.Close()
}

// recoveredCandidate is deferred where the other policy works. What goes wrong there while it serves nobody ends the comparison and not the request.
func (s *stream) recoveredCandidate() {
	if v := recover(); v != nil {
		if s.swapped {
			panic(v)
		}
		logPanic("the candidate", v)
		s.policy.metrics.faults.add(1)
		s.other.Leave()
		s.other = nil
	}
}

// compare looks at both decisions and returns the one that is served.
func (s *stream) compare(d *rules.Decision, ended bool) *rules.Decision {
	o := s.other.Decision()
	switch {
	case s.other.Accompanied():
		d = s.session.Decision() // the arm may have been drawn since
	case ended:
		o = s.closeAlong()
	}
	if d == nil || s.other == nil {
		return d // nil waits for the same byte as the other one, or was denied before
	}
	if !s.drawn {
		s.draw(d, o)
		return s.session.Decision()
	}
	if s.swapped && d.Action != rules.ActionDeny && !s.other.Permits(d.Model) { // what the active policy's guards find late binds as well
		s.swap()
		if o.Action == rules.ActionDeny {
			return o
		}
		return s.session.Forbid()
	}
	if s.swapped && d.Action != rules.ActionDeny && !s.other.Bears(d.Cost) { // and so does its ceiling
		s.swap()
		return s.session.Refuse()
	}
	return d
}

// draw draws the arm, once the key of the conversation is known, and has the candidate serve its own, unless the active policy's guards say
// otherwise.
func (s *stream) draw(d, o *rules.Decision) {
	c := s.trial
	s.drawn = true
	what := s.session.SessionKey()
	if c.ByTenant {
		what = s.record.Tenant
	}
	if keys := s.instance.config.Keys; keys != nil && what != "" {
		s.hash = keys.Draw(c.judged, what)
		if c.Canary && !c.gone {
			s.arm = rollout.ArmOf(s.hash, c.Share)
		}
	}
	c.requests[s.arm].add(1)
	if o != nil {
		if s.differs = unlike(d, o); s.differs {
			c.otherwise(d.Name, o.Name)
		}
	}
	s.record.Session, s.record.Prefix = s.hold(s.session.SessionKey()), s.hold(s.session.PrefixKey())
	if s.arm == rollout.Candidate && o != nil && d.Action == rules.ActionRoute && d.Name != d.Guard && (o.Action == rules.ActionDeny || s.leaves(d, o)) {
		s.swap()
		s.session.Live = s.other.Live // the budget holds for what text behind the window adds, too
	}
}

// leaves reports whether the active policy's guards, ceiling and budget leave a request to the candidate. A budget that has shortened the answer leaves nothing.
func (s *stream) leaves(d, o *rules.Decision) bool {
	return d.MaxTokens == 0 && s.session.Permits(o.Model) && s.session.Bears(o.Cost) && s.measured.Reserve(o.Cost)
}

// swap has the other policy serve.
func (s *stream) swap() {
	s.session, s.other = s.other, s.session
	if s.swapped = !s.swapped; s.swapped {
		s.policy = s.trial.policy
	} else {
		s.policy = s.trial.active
	}
}

// unlike reports whether two decisions have another outcome.
func unlike(a, b *rules.Decision) bool {
	if a.Action != b.Action || a.Code != b.Code || a.Reasoning != b.Reasoning || (a.Model == nil) != (b.Model == nil) {
		return true
	}
	return a.Model != nil && (a.Model.Key != b.Model.Key || a.Model.Name != b.Model.Name || a.Model.Cluster != b.Model.Cluster)
}

// otherwise counts two decisions that are unlike.
func (d *candidate) otherwise(active, other string) {
	p := pair{active, other}
	n, ok := d.differ[p]
	if !ok && len(d.differ) >= mostPairs {
		p = pair{"other", "other"}
		n, ok = d.differ[p]
	}
	if !ok {
		p = pair{strings.Clone(p.active), strings.Clone(p.candidate)}
		n = define(counter, named("mom_router_candidate_disagreements_total", "policy", d.active.name, "decision", p.active, "would", p.candidate))
		d.differ[p] = n
	}
	n.add(1)
}

// noteTried completes the record: which arm it is, and what the other policy would have done.
func (s *stream) noteTried() {
	if s.trial == nil {
		return
	}
	if s.arm == rollout.Candidate && !s.swapped {
		s.record.Policy = s.trial.shown
	}
	if s.other == nil || !s.drawn {
		return
	}
	if o := s.other.Decision(); o != nil {
		w := &s.record.Would
		w.Action, w.Decision, w.Model = o.Action, o.Name, ""
		if o.Model != nil {
			w.Model = o.Model.Key
		}
	}
}

// part gives the other policy's session back, and the served one its own policy's.
func (s *stream) part() {
	if s.other == nil {
		return
	}
	if s.swapped {
		s.session, s.other = s.other, s.session
	}
	s.other.Leave()
	if d := s.trial; len(d.sessions) < roomyWorks {
		d.sessions = append(d.sessions, s.other)
	}
	s.other = nil
}

// settle counts what became of a request, and judges the candidate.
func (s *stream) settle() {
	c := s.trial
	if c == nil || !s.drawn || s.hash == 0 || !c.Canary || c.gone {
		return
	}
	r := &s.record
	var e rollout.Events
	if r.Action == rules.ActionDeny {
		e = e.With(rollout.Denied)
	}
	if r.Decision == rules.NameDefault {
		e = e.With(rollout.Defaulted)
	}
	if r.UpstreamError != "" {
		e = e.With(rollout.Failed)
	}
	if b := &c.Bounds; b.Ratio[rollout.Slow] > 0 && r.FirstText > b.Slow {
		e = e.With(rollout.Slow)
	}
	cost := r.CostActual
	if !r.HasUsage {
		cost = r.Cost
	}
	if b := &c.Bounds; b.Ratio[rollout.Dear] > 0 && cost > b.Dear {
		e = e.With(rollout.Dear)
	}
	if s.differs {
		e = e.With(rollout.Differs)
	}
	c.add(s.arm, s.hash, e)
}

// add counts a conversation.
func (d *candidate) add(arm rollout.Arm, hash uint64, e rollout.Events) {
	var fresh bool
	var first rollout.Events
	if !(sharedData{}).change(d.marks[rollout.ShardOf(hash)], func(value []byte) []byte {
		value, fresh, first = rollout.Mark(value, hash, e)
		if !fresh && first == 0 {
			return nil
		}
		return value
	}) || !fresh && first == 0 {
		return
	}
	var counts rollout.Counts
	if !(sharedData{}).change(d.counts, func(value []byte) []byte {
		counts = rollout.ReadCounts(value)
		counts.Add(arm, fresh, first)
		d.buffer = counts.Append(d.buffer[:0])
		return d.buffer
	}) {
		return
	}
	d.tell(&counts)
}

// tell shows the counts, and takes the candidate back if it is worse.
func (d *candidate) tell(c *rollout.Counts) {
	for a := range d.totals {
		d.totals[a].record(int64(c.Conversations[a]))
		for k := range d.events[a] {
			d.events[a][k].record(int64(c.Events[a][k]))
		}
	}
	v := d.Bounds.Judge(c, d.Share)
	if d.state.record(int64(v.State)); v.State != d.lastState {
		d.lastState = v.State
		why := ""
		if v.State >= rollout.Better {
			why = ": " + v.Kind.String()
		}
		proxywasm.LogInfo("mom-router: the candidate" + d.beside() + " is: " + v.State.String() + why + figures(c, v.Kind))
	}
	if v.State != rollout.Worse || d.gone {
		return
	}
	d.gone = true
	first := false
	sharedData{}.change(d.judged, func(value []byte) []byte {
		if first = len(value) == 0; !first {
			return nil
		}
		return []byte(v.Kind.String())
	})
	if first {
		d.taken.add(1)
		proxywasm.LogWarn("mom-router: the candidate " + d.Table.Hash()[:shownHash] + d.beside() + " is worse than the active policy and serves nobody any more: " + v.Kind.String() + figures(c, v.Kind))
	}
}

// figures says how often something happened.
func figures(c *rollout.Counts, k rollout.Kind) string {
	text := ""
	for a, arm := range rollout.ArmNames {
		text += ", " + arm + " " + strconv.FormatUint(uint64(c.Events[a][k]), 10) + " of " + strconv.FormatUint(uint64(c.Conversations[a]), 10)
	}
	return text + " conversations"
}

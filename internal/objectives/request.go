package objectives

import (
	"math"

	"github.com/mom-router/mom-router/rules"
)

// Request is one request: it answers what decisions ask, and tells the Keeper what became of it. Its memory may be used again.
type Request struct {
	keeper      *Keeper
	now         Time
	asked, slow uint64 // models, by index

	purse          *purse
	account        account
	cas            uint32
	loaded, bounds bool
	soft, hard     int64
	held           bool // something was reserved, be it nothing
	reserved       int64
	slice          int64

	streams bool   // it is measured when the answer begins
	class   int    // of the prompt
	gauge   *gauge // nil where nothing is to be measured
	sent    int64
	place   int // among those that wait
	counted bool
	last    sample // that it was counted by
}

var _ rules.Live = (*Request)(nil)

// Begin makes ready for a request of a key, which lasts as long as it does.
func (r *Request) Begin(k *Keeper, key string, now Time) {
	*r = Request{keeper: k, now: now}
	if b := k.budget; b != nil {
		b.flushOld(now)
		r.purse = b.of(key, now.Unix)
	}
}

// Now says what time it is: for what is asked next.
func (r *Request) Now(now Time) { r.now = now }

// Slow implements rules.Live.
func (r *Request) Slow(m *rules.Model, tokens int64, sends bool) bool {
	bit := uint64(1) << m.Index()
	if r.asked&bit != 0 {
		return r.slow&bit != 0
	}
	g := r.keeper.gauge(m, rules.PromptClass(tokens))
	if g != nil && !sends {
		r.keeper.refreshed(g, r.now)
		return g.mode == passed
	}
	r.asked |= bit
	if g != nil && r.keeper.slow(g, r.now) {
		r.slow |= bit
	}
	return r.slow&bit != 0
}

// load reads the account of the request's key.
func (r *Request) load() bool {
	b := r.keeper.budget
	var ok bool
	if r.account, r.cas, ok = b.load(r.purse, r.now.Unix); !ok {
		return false
	}
	if r.account.id != r.purse.id { // another key has it now, or it never was ours
		r.purse, r.reserved = b.again(r.purse, r.now.Unix), 0
		if r.account, r.cas, ok = b.load(r.purse, r.now.Unix); !ok {
			return false
		}
		if r.account.id != r.purse.id {
			r.keeper.faults[Foreign]++
			r.account = b.fresh(r.purse, r.now.Unix)
		}
	}
	return true
}

// Left implements rules.Live.
func (r *Request) Left() (soft, hard int64) {
	if !r.bounds {
		r.bounds = true
		r.soft, r.hard = math.MaxInt64, math.MaxInt64
		if r.loaded = r.load(); r.loaded {
			r.soft, r.hard = r.purse.bounds(&r.account)
		}
	}
	return r.soft, r.hard
}

// Reserve implements rules.Live. What was reserved before is part of it.
func (r *Request) Reserve(cost int64) bool {
	if r.keeper == nil || r.purse == nil || r.held && cost <= r.reserved {
		return true
	}
	r.Left()
	if !r.loaded || r.held && !r.load() { // since then it was written
		return true
	}
	for range attempts {
		r.account.release(r.slice, r.reserved)
		if _, hard := r.purse.bounds(&r.account); cost > hard {
			return false
		}
		reserved := r.account.reserve(cost)
		slice := r.account.slice
		switch r.keeper.budget.save(r.purse, &r.account, r.cas, r.now) {
		case OK:
			r.held, r.reserved, r.slice = true, reserved, slice
			return true
		case Failed:
			return true
		}
		if !r.load() {
			return true
		}
	}
	r.keeper.faults[Contended]++
	return true
}

// Wait implements rules.Live.
func (r *Request) Wait() int64 {
	if r.keeper.budget == nil {
		return 1
	}
	window := r.keeper.budget.policy.Window
	return (window - r.now.Unix%window + 999) / 1000
}

// Key is what the budget's account of the request is called, "" without one.
func (r *Request) Key() string {
	if r.purse == nil {
		return ""
	}
	return r.purse.name
}

// Active reports whether there is something to tell about the request.
func (r *Request) Active() bool { return r.keeper != nil }

// Sent says that the request is on its way to a model. streams is whether the answer comes in pieces: only then it says when it begins.
func (r *Request) Sent(m *rules.Model, tokens int64, streams bool, now Time) {
	r.streams, r.class = streams, rules.PromptClass(tokens)
	r.wait(m, now)
}

// Switch says that another model is to answer, since the one before has failed: that counts as a request that has.
func (r *Request) Switch(m *rules.Model, now Time) {
	if r.keeper == nil {
		return
	}
	r.waited(false, now)
	r.counted = false
	r.wait(m, now)
}

// wait has the request wait for the first token of a model.
func (r *Request) wait(m *rules.Model, now Time) {
	k := r.keeper
	if !r.streams {
		return
	}
	if r.gauge = k.gauge(m, r.class); r.gauge != nil {
		r.sent, r.place = now.Mono, len(k.waiting)
		k.waiting = append(k.waiting, r)
	}
}

// leave takes the request from those that wait.
func (r *Request) leave() {
	k := r.keeper
	n := len(k.waiting) - 1
	last := k.waiting[n]
	k.waiting[r.place], last.place = last, r.place
	k.waiting[n] = nil
	k.waiting = k.waiting[:n]
}

// count counts the request at the time that it has waited, in place of what it was counted at before.
func (r *Request) count(now Time, waited int64) {
	s := sample{period: now.Unix / r.keeper.length, bucket: uint16(bucket(waited / 1000)), add: 1, news: !r.counted}
	if r.counted {
		if s.bucket == r.last.bucket {
			return
		}
		r.last.add, r.last.news = -1, false
		r.keeper.note(r.gauge, r.last, now)
	}
	r.keeper.note(r.gauge, s, now)
	r.counted, r.last = true, s
}

// Load says what the engine has told of its load, in the header that the policy names.
func (r *Request) Load(header string) {
	if r.gauge == nil {
		return
	}
	k := r.keeper
	of := k.first.Load
	n, ok := k.loads.read(header, of.Metric)
	if !ok {
		k.faults[Unread]++
		return
	}
	s := sample{period: r.now.Unix / k.length, load: idle}
	switch {
	case n > of.Above:
		s.load = laden
	case n > of.Above/100*comeback:
		s.load = near
	}
	k.note(r.gauge, s, r.now)
}

// First says that the answer has begun.
func (r *Request) First(now Time) { r.waited(true, now) }

// waited says that a first token is waited for no longer. counts is whether the request counts at the time that it has waited, however short that was: where the answer
// has begun, or the client has left. One that failed counts if that was longer than the bound: to fail soon is not to be fast.
func (r *Request) waited(counts bool, now Time) {
	g := r.gauge
	if g == nil {
		return
	}
	r.leave()
	if waited := now.Mono - r.sent; counts || waited > g.bound*1e6 {
		r.count(now, waited)
		r.keeper.refreshed(g, now)
	}
	r.gauge = nil
}

// Done says that the request has ended, what it has cost, in picodollars, and whether its client has left.
func (r *Request) Done(spent int64, gone bool, now Time) {
	if r.keeper == nil {
		return
	}
	r.now = now
	r.waited(gone, now)
	if r.purse != nil && (r.reserved > 0 || spent > 0) {
		r.settle(spent)
	}
	r.keeper = nil
}

func (r *Request) settle(spent int64) {
	if r.keeper.budget.put(r.purse, r.slice, r.reserved, spent, r.now) {
		return
	}
	for range attempts {
		if !r.load() {
			return
		}
		r.account.settle(r.slice, r.reserved, spent)
		if r.keeper.budget.save(r.purse, &r.account, r.cas, r.now) != Mismatch {
			return
		}
	}
	r.keeper.faults[Contended]++
	r.keeper.budget.owe(r.purse, spent, r.now)
}

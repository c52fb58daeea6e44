package objectives

import (
	"math"
	"strconv"

	"github.com/mom-router/mom-router/rules"
)

// Time is a moment, by two clocks: Unix is the time of day in milliseconds since 1970, and Mono runs evenly, in nanoseconds.
type Time struct{ Unix, Mono int64 }

// refresh is how long, in nanoseconds, a VM goes by what it has last seen of the paces that all share, and keeps samples to itself.
const refresh = 250e6

// Keeper keeps the objectives of one policy in one VM. It is for one goroutine.
type Keeper struct {
	store   Store
	budget  *budget
	first   *rules.FirstToken
	length  int64 // of a period, in milliseconds
	gauges  []*gauge
	waiting []*Request // for their first token
	swept   int64      // when they were last looked at
	faults  [Faults]int64
	pace    pace // scratch: it is large
	loads   loads
	value   [paceSize]byte
}

// gauge is what a VM knows of the pace of a model at prompts of one size.
type gauge struct {
	model   *rules.Model
	class   int
	key     string // in shared data
	bound   int64  // milliseconds
	samples [64]sample
	n       int
	seen    bool
	fresh   int64 // when it was last brought up to date
	mode    mode
	since   int64
	probed  int64
	p95     int64 // microseconds
	count   int64
	moves   int64 // that this VM has made and not told yet
	missed  int   // requests that would have gone to the model since the last probe
}

// New returns what keeps the objectives of a policy, nil if it has none that are kept. The name tells it from others in the same proxy.
func New(name string, t *rules.Table, store Store) *Keeper {
	k := &Keeper{store: store, first: t.FirstToken()}
	if b := t.Budget(); b != nil {
		k.budget = newBudget(name, b, store, &k.faults)
	}
	if k.first != nil {
		k.length = k.first.Window / periods
		for i, m := range t.Models() {
			for class, bound := range k.first.Bounds[i] {
				var g *gauge
				if bound > 0 {
					g = &gauge{model: m, class: class, bound: bound, key: "mom-router.pace." + name + "." + strconv.FormatInt(k.first.Window, 10) + "." + strconv.FormatInt(bound, 10) + "." + rules.PromptClassNames[class] + "." + m.Key}
				}
				k.gauges = append(k.gauges, g)
			}
		}
	}
	if k.budget == nil && k.first == nil {
		return nil
	}
	return k
}

func (k *Keeper) gauge(m *rules.Model, class int) *gauge {
	if k.first == nil {
		return nil
	}
	return k.gauges[m.Index()*rules.PromptClasses+class]
}

// note keeps a sample until the next time that shared data is written.
func (k *Keeper) note(g *gauge, s sample, now Time) {
	if g.n == len(g.samples) {
		k.update(g, now, false)
	}
	if g.n < len(g.samples) { // else the host takes nothing
		g.samples[g.n] = s
		g.n++
	}
}

// update brings a gauge and the shared pace up to date with each other. If probe is true, and no other VM has let a request through to see whether the model is
// fast again for some time, it does so, and reports that.
func (k *Keeper) update(g *gauge, now Time, probe bool) (probes bool) {
	p := &k.pace
	g.fresh = now.Mono
	for range attempts {
		value, cas, status := k.store.Get(g.key)
		if status == Failed {
			k.faults[Unavailable]++
			g.n, g.mode = 0, keeping
			return false
		}
		dirty := g.n > 0
		if status == NotFound {
			*p, cas = pace{period: now.Unix / k.length, since: now.Unix}, Anew
		} else if !p.read(value) {
			k.faults[Foreign]++
			*p, dirty = pace{period: now.Unix / k.length, since: now.Unix}, true
		}
		if p.advance(now.Unix, k.length) {
			k.faults[Clock]++
			dirty = true
		}
		for _, s := range g.samples[:g.n] {
			p.add(s, g.bound)
		}
		p95, n, moved := p.judge(now.Unix, g.bound, k.first.Samples, k.first.Window)
		if probes = probe && p.mode == passed && now.Unix-p.probed >= probeAfter; probes {
			p.probed = now.Unix
		}
		if dirty || moved || probes {
			p.write(&k.value)
			switch k.store.Set(g.key, k.value[:], cas) {
			case Mismatch:
				continue
			case Failed:
				k.faults[Unavailable]++
				g.n, g.mode = 0, keeping
				return false
			}
			g.n = 0
		}
		if moved {
			g.moves++
			g.missed = 0
		}
		g.seen, g.mode, g.since, g.probed, g.p95, g.count = true, p.mode, p.since, p.probed, p95, n
		return probes
	}
	k.faults[Contended]++
	if g.n == len(g.samples) {
		g.n = 0 // a pace says the same without some samples
	}
	return false
}

// refreshed brings a gauge up to date if it has not been for a while.
func (k *Keeper) refreshed(g *gauge, now Time) {
	if !g.seen || now.Mono-g.fresh >= refresh || now.Mono < g.fresh {
		k.sweep(now)
		k.update(g, now, false)
	}
}

// slow reports whether a request is to go to another model, and counts those that do.
func (k *Keeper) slow(g *gauge, now Time) bool {
	k.refreshed(g, now)
	if g.mode == keeping {
		return false
	}
	if g.missed++; g.missed >= probeEvery {
		g.missed = 0
		return false
	}
	if now.Unix-g.probed >= probeAfter && k.update(g, now, true) {
		g.missed = 0
		return false
	}
	return g.mode == passed
}

// sweep counts requests that have waited for longer than the bound, though nobody knows yet how long they will.
func (k *Keeper) sweep(now Time) {
	if now.Mono-k.swept < refresh && now.Mono >= k.swept {
		return
	}
	k.swept = now.Mono
	for _, r := range k.waiting {
		if waited := now.Mono - r.sent; waited > r.gauge.bound*1e6 {
			r.count(now, waited)
		}
	}
}

// Tick is called now and then, also where no requests come.
func (k *Keeper) Tick(now Time) {
	k.sweep(now)
	if k.budget != nil {
		k.budget.flush(now)
	}
	for _, g := range k.gauges {
		if g != nil {
			k.update(g, now, false)
		}
	}
}

// Faults are how often each of them has happened since the last call.
func (k *Keeper) Faults() (n [Faults]int64) {
	n, k.faults = k.faults, n
	return n
}

// Pace is what is known of a model's time to the first token, for prompts of one size.
type Pace struct {
	Model  *rules.Model
	Class  int
	Bound  int64 // milliseconds
	P95    int64 // microseconds; 0 without samples
	Count  int64
	Passed bool  // it gets no new conversations but probes
	Moves  int64 // by this VM since the last call
}

// Paces tells of all paces as they were seen last.
func (k *Keeper) Paces(each func(Pace)) {
	for _, g := range k.gauges {
		if g != nil {
			each(Pace{g.model, g.class, g.bound, g.p95, g.count, g.mode == passed, g.moves})
			g.moves = 0
		}
	}
}

// Account is what is known of a key's money, in picodollars.
type Account struct {
	Name                        string
	Spent, Reserved, Soft, Hard int64
}

// mostTold bounds how many accounts are read at once, since nobody else is served meanwhile.
const mostTold = 128

// Accounts reads accounts that the VM knows of: that of all who share one, and some of the others, the next ones with each call.
func (k *Keeper) Accounts(now Time, each func(Account)) {
	b := k.budget
	if b == nil {
		return
	}
	tell := func(p *purse) {
		if a, _, ok := b.load(p, now.Unix); ok && a.id == p.id {
			each(Account{p.name, a.spent + p.owed, max(a.open()-p.back, 0), p.soft, p.hard})
		}
	}
	tell(b.rest)
	for _, p := range b.next(mostTold) {
		tell(p)
	}
}

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
		if len(b.late) > 0 && (now.Mono-b.since > delay || now.Mono < b.since) {
			b.flush(now)
		}
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
	r.fail(false, now)
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
func (r *Request) First(now Time) {
	if r.gauge == nil {
		return
	}
	r.leave()
	r.count(now, now.Mono-r.sent)
	r.keeper.refreshed(r.gauge, now)
	r.gauge = nil
}

// fail says that nothing more comes of a model that was waited for. gone says that its client has left: then it counts at the time that it has waited.
// One that failed counts so if that was longer than the bound: to fail soon is not to be fast.
func (r *Request) fail(gone bool, now Time) {
	g := r.gauge
	if g == nil {
		return
	}
	r.leave()
	if waited := now.Mono - r.sent; gone || waited > g.bound*1e6 {
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
	r.fail(gone, now)
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

package objectives

import (
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

package simulate

import (
	"container/heap"
	"math"
	"math/rand/v2"

	"github.com/mom-router/mom-router/internal/objectives"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/trail"
)

// arrival is a request that comes.
type arrival struct {
	at     int64 // microseconds from the start
	query  rules.Query
	answer int64 // tokens that it will get
	tenant string
	stream bool
}

// arrivals say what comes next; ok is false at the end.
type arrivals interface {
	next() (a arrival, ok bool)
}

// Result is what became of all requests under one policy.
type Result struct {
	Name     string  `json:"name"`
	Requests int64   `json:"requests"`
	Routed   int64   `json:"routed"`
	Refused  int64   `json:"refused"` // by the budget
	Denied   int64   `json:"denied"`  // by anything else
	Failed   int64   `json:"failed"`
	Left     int64   `json:"left"` // clients that had waited too long
	Dollars  float64 `json:"dollars"`
	// P50 and P95 are of the time to the first token of all streams, in milliseconds; those that never got one count as long as they waited.
	P50       float64          `json:"p50_ms"`
	P95       float64          `json:"p95_ms"`
	Models    map[string]int64 `json:"models"`
	Demotions map[string]int64 `json:"demotions"`
	Moves     int64            `json:"moves"` // of models that were passed over, or came back
	// Budget is the most that an account has spent in a window, as a part of its hard bound.
	Budget  float64            `json:"budget"`
	Spent   map[string]float64 `json:"spent"` // dollars over all windows, by account
	Seconds float64            `json:"seconds"`
	Series  []Point            `json:"series"`
}

// Point is what happened in one part of the time.
type Point struct {
	At      float64          `json:"at"` // seconds
	P95     float64          `json:"p95_ms"`
	Dollars float64          `json:"dollars"` // since the start
	Refused int64            `json:"refused"`
	Models  map[string]int64 `json:"models"`

	first trail.Sketch
}

// request is one under way.
type request struct {
	objectives.Request
	arrival
	engine  *engine
	model   *rules.Model
	sent    int64
	lasts   int64 // from the first token to the last
	fails   bool
	started bool
	done    bool
}

// engine is one while it runs.
type engine struct {
	*Engine
	busy  int
	queue []*request
}

// event is what happens next.
type event struct {
	at   int64
	turn int64 // of those at the same time, the first that was made comes first
	kind eventKind
	r    *request
}

type eventKind uint8

const (
	firstToken eventKind = iota
	ends
	leaves
)

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].turn < e[j].turn
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// run is one simulation.
type run struct {
	*Scenario
	table   *rules.Table
	keepers []*objectives.Keeper
	engines map[string]*engine
	random  *rand.Rand
	events  events
	turns   int64
	now     int64
	ticked  int64
	result  *Result
	all     trail.Sketch
	width   int64 // of a point, in microseconds
	idle    []*request
	window  map[string]*spending
}

// spending is what was spent from an account in the window at hand.
type spending struct {
	window int64
	pico   int64
	hard   int64
}

// tick is how often the plugin's ticks come, in microseconds, with the default hold_timeout.
const tick = 3_750_000

// start is the moment at which a simulation begins, in milliseconds since 1970: a full day, so that windows begin with it.
const start = 20_000 * 24 * 3600_000

func (r *run) time() objectives.Time {
	return objectives.Time{Unix: start + r.now/1000, Mono: r.now * 1000}
}

// simulate sends all that a source has.
func simulate(name string, s *Scenario, t *rules.Table, from arrivals, width int64) *Result {
	r := &run{Scenario: s, table: t, engines: map[string]*engine{}, random: rand.New(rand.NewPCG(uint64(s.Seed), 2)), width: max(width, 1), window: map[string]*spending{},
		result: &Result{Name: name, Models: map[string]int64{}, Demotions: map[string]int64{}, Spent: map[string]float64{}}}
	store := &objectives.Memory{}
	for range s.Workers {
		r.keepers = append(r.keepers, objectives.New("", t, store))
	}
	for a, ok := from.next(); ok; a, ok = from.next() {
		r.until(a.at)
		r.arrive(a)
	}
	r.until(math.MaxInt64)
	r.result.Seconds = float64(r.now) / 1e6
	r.result.P50, r.result.P95 = r.all.Quantile(0.5), r.all.Quantile(0.95)
	for i := range r.result.Series {
		p := &r.result.Series[i]
		p.P95 = p.first.Quantile(0.95)
	}
	r.tell()
	return r.result
}

// until lets all happen that comes before a time.
func (r *run) until(at int64) {
	for len(r.events) > 0 && r.events[0].at <= at {
		e := heap.Pop(&r.events).(event)
		r.now = e.at
		r.tick()
		r.happen(e)
	}
	if at != math.MaxInt64 {
		r.now = at
		r.tick()
	}
}

func (r *run) tick() {
	if r.now-r.ticked < tick {
		return
	}
	r.ticked = r.now
	for _, k := range r.keepers {
		if k != nil {
			k.Tick(r.time())
		}
	}
	r.tell()
}

// tell collects moves.
func (r *run) tell() {
	for _, k := range r.keepers {
		if k != nil {
			k.Paces(func(p objectives.Pace) { r.result.Moves += p.Moves })
		}
	}
}

func (r *run) point() *Point {
	i := int(r.now / r.width)
	for len(r.result.Series) <= i {
		p := Point{At: float64(len(r.result.Series)) * float64(r.width) / 1e6, Models: map[string]int64{}}
		if n := len(r.result.Series); n > 0 {
			p.Dollars = r.result.Series[n-1].Dollars
		}
		r.result.Series = append(r.result.Series, p)
	}
	return &r.result.Series[i]
}

func (r *run) at(at int64, kind eventKind, q *request) {
	r.turns++
	heap.Push(&r.events, event{at, r.turns, kind, q})
}

// arrive decides about a request and sends it on.
func (r *run) arrive(a arrival) {
	r.result.Requests++
	var q *request
	if n := len(r.idle); n > 0 {
		q, r.idle = r.idle[n-1], r.idle[:n-1]
	} else {
		q = new(request)
	}
	*q = request{arrival: a}
	k := r.keepers[r.random.IntN(r.Workers)]
	if k != nil {
		q.Begin(k, a.tenant, r.time())
		q.query.Live = &q.Request
	}
	q.query.Facts.Bound(0) // another run may have bounded it
	d := r.table.Decide(&q.query)
	if d.MaxTokens > 0 {
		q.answer = min(q.answer, d.MaxTokens)
	}
	p := r.point()
	if d.Demoted != nil {
		r.result.Demotions[d.Demoted.Why]++
	}
	if d.Action != rules.ActionRoute {
		if d.Code == rules.CodeBudget {
			r.result.Refused++
			p.Refused++
		} else {
			r.result.Denied++
		}
		q.Done(0, false, r.time())
		r.idle = append(r.idle, q)
		return
	}
	r.result.Routed++
	r.result.Models[d.Model.Key]++
	p.Models[d.Model.Key]++
	q.model, q.sent = d.Model, r.now
	if k != nil {
		q.Sent(d.Model, q.query.Tokens, q.stream, r.time())
	}
	e := r.engines[d.Model.Cluster]
	if e == nil {
		of := r.Engines[d.Model.Cluster]
		if of == nil {
			of = r.Other
		}
		e = &engine{Engine: of}
		r.engines[d.Model.Cluster] = e
	}
	q.engine = e
	if r.Patience > 0 {
		r.at(r.now+int64(r.Patience*1e6), leaves, q)
	}
	if e.Capacity > 0 && e.busy >= e.Capacity {
		e.queue = append(e.queue, q)
		return
	}
	r.serve(q)
}

// serve has an engine begin with a request.
func (r *run) serve(q *request) {
	e := q.engine
	e.busy++
	slower, failures := 1.0, e.Failures
	for _, c := range e.Changes {
		if at := float64(r.now) / 1e6; at >= c.From && at < c.To {
			slower, failures = slower*c.Slower, max(failures, c.Failures)
		}
	}
	if r.random.Float64() < failures {
		q.fails = true
		r.at(r.now+5_000, ends, q)
		return
	}
	// Times to the first token are log-normal: 1.645 standard deviations lie between the median and the 95th percentile.
	first := e.First[0] * math.Exp(math.Log(e.First[1]/e.First[0])/1.645*r.random.NormFloat64())
	first += e.Prompt * float64(q.query.Tokens) / 1000
	q.lasts = int64(e.Token * float64(q.answer) * slower * 1e6)
	r.at(r.now+int64(first*slower*1e6), firstToken, q)
}

// happen lets an event happen.
func (r *run) happen(e event) {
	q := e.r
	switch e.kind {
	case firstToken:
		q.started = true
		if q.done { // the client has left; the engine notices
			r.free(q)
			return
		}
		r.measure(q)
		q.First(r.time())
		r.at(r.now+q.lasts, ends, q)
	case ends:
		if !q.done {
			r.finish(q, q.fails, false)
		}
		r.free(q)
	case leaves:
		if q.started || q.done {
			return
		}
		r.measure(q)
		r.finish(q, false, true)
	}
}

// measure notes how long a request has waited for its first token.
func (r *run) measure(q *request) {
	if q.stream {
		ms := float64(r.now-q.sent) / 1000
		r.all.Add(ms)
		r.point().first.Add(ms)
	}
}

// finish ends a request for its client.
func (r *run) finish(q *request, failed, left bool) {
	q.done = true
	spent := int64(0)
	switch {
	case failed:
		r.result.Failed++
	case left:
		r.result.Left++
		spent = q.model.Cost(q.query.Tokens, 0)
	default:
		spent = q.model.Cost(q.query.Tokens, q.answer)
	}
	dollars := float64(spent) / 1e12
	r.result.Dollars += dollars
	r.point().Dollars += dollars
	r.spend(q, spent)
	q.Done(spent, left, r.time())
}

// spend notes what an account has spent.
func (r *run) spend(q *request, pico int64) {
	b := r.table.Budget()
	if b == nil {
		return
	}
	key := q.Key()
	r.result.Spent[key] += float64(pico) / 1e12
	w := r.window[key]
	if w == nil {
		w = &spending{hard: b.Hard}
		for _, k := range b.Keys {
			if k.Name == key {
				w.hard = k.Hard
			}
		}
		r.window[key] = w
	}
	if now := (start + r.now/1000) / b.Window; now != w.window {
		w.window, w.pico = now, 0
	}
	w.pico += pico
	if w.hard > 0 {
		r.result.Budget = max(r.result.Budget, float64(w.pico)/float64(w.hard))
	}
}

// free lets an engine begin with the next request.
func (r *run) free(q *request) {
	e := q.engine
	e.busy--
	for len(e.queue) > 0 && (e.Capacity == 0 || e.busy < e.Capacity) {
		next := e.queue[0]
		e.queue = e.queue[1:]
		if !next.done {
			r.serve(next)
		}
	}
	if r.Patience == 0 { // else an event may still know of it
		r.idle = append(r.idle, q)
	}
}

//go:build wasip1

package main

import (
	"strings"
	"unsafe"

	"github.com/mom-router/mom-router/plugin/internal/answer"
	"github.com/mom-router/mom-router/plugin/internal/reply"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
)

// The module's metrics; Envoy shows them as wasmcustom.NAME in /stats and as NAME in /stats/prometheus. Labels stand in the name, each with its value
// behind it (NAME.model.small.kind.in), and the stats_tags of the examples make labels of them. Their values come from the policy and from
// lists of the router's own, never from clients or engines: so there are only so many. docs/metrics.md has them all.

// metrics are those of an instance. What may stay zero is defined at the start: Prometheus sees an increase only from a value that it has seen. Only the
// counters by what a request has become are made when they are needed, since few of all combinations are ever seen.
type metrics struct {
	policy                   string // the label of those that are its own
	faults, refused, aborted metric
	shortened                metric            // answers that the budget has bounded
	missed                   map[string]metric // requests that no other model has answered, by reason

	micros    metric            // of the router's own time a request
	requests  map[series]metric // by what became of them
	denials   map[string]metric // by code
	demotions map[string]metric // by reason
	guards    []metric          // hits, in the policy's order
	used      []int             // the signals that count
	signals   []metric          // those that are true
	unknown   map[int]metric    // those that are unknown
	models    map[*rules.Model]*modelMetrics
	unheard   [len(answer.Whys)]metric // answers without usage, by reason
	broken    metric                   // events that were no JSON
	tooLong   metric                   // and that were too long to be held

	piecesHit, piecesMissed, piecesEvicted, bytesSaved metric
}

// series is what became of a request.
type series struct{ decision, model, action, code string }

// modelMetrics are those of one model.
type modelMetrics struct {
	tokens     [len(tokenKinds)]metric
	cost       [len(costKinds)]metric
	rest       [len(costKinds)]int64 // of costs: picodollars that are no whole microdollar yet
	firstToken metric
	failures   map[string]metric
	attempts   metric            // of the proxy, where it says so
	falls      map[string]metric // requests that another model was chosen for, by reason
}

// refusedTries defines the counters of tries that were refused. They are of all policies.
func refusedTries() map[string]metric {
	return new(metrics).defineEach("mom_router_fallbacks_refused_total", "reason", refusedReasons)
}

var (
	tokenKinds = [...]string{"estimated", "in", "out", "reasoning", "cached"}
	costKinds  = [...]string{"estimated", "actual"}
)

const microdollar = 1_000_000 // picodollars

// labels are the names of all labels.
var labels = []string{"action", "arm", "code", "decision", "guard", "key", "kind", "model", "policy", "reason", "signal", "size", "slot", "would"}

// named is the name of a metric with labels: names and values in turn. A label without a value is left out, as Prometheus sees no difference.
func named(name string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		value := pairs[i+1]
		if value == "" {
			continue
		}
		for _, label := range labels {
			if strings.Contains("."+value+".", "."+label+".") { // it would be taken for another label
				value = strings.ReplaceAll(value, ".", "_")
			}
		}
		name += "." + pairs[i] + "." + value
	}
	return name
}

// defineMetrics defines those of a policy. Its name is a label of what goes by its rules and models, where there are several; the others are of all.
func defineMetrics(policy string, t *rules.Table) metrics {
	m := metrics{
		policy:    policy,
		faults:    define(counter, "mom_router_faults_total"),
		refused:   define(counter, "mom_router_requests_overloaded_total"),
		aborted:   define(counter, "mom_router_requests_aborted_total"),
		shortened: define(counter, named("mom_router_answers_shortened_total", "policy", policy)),
		micros:    define(histogram, "mom_router_decision_microseconds"),
		requests:  map[series]metric{},
		used:      t.Used(),
		unknown:   map[int]metric{},
		models:    map[*rules.Model]*modelMetrics{},
		broken:    define(counter, named("mom_router_events_unread_total", "reason", "malformed")),
		tooLong:   define(counter, named("mom_router_events_unread_total", "reason", "too_long")),

		piecesHit:     define(counter, "mom_router_pieces_hit_total"),
		piecesMissed:  define(counter, "mom_router_pieces_missed_total"),
		piecesEvicted: define(counter, "mom_router_pieces_evicted_total"),
		bytesSaved:    define(counter, "mom_router_pieces_bytes_saved_total"),
	}
	m.denials = m.defineEach("mom_router_denials_total", "code", reply.Codes(t.DenyCodes()))
	m.demotions = m.defineEach("mom_router_demotions_total", "reason", rules.DemotionReasons)
	m.missed = m.defineEach("mom_router_fallbacks_missed_total", "reason", missedReasons)
	for _, guard := range t.Guards() {
		m.guards = append(m.guards, define(counter, m.named("mom_router_guard_hits_total", "guard", guard)))
	}
	for _, i := range m.used {
		m.signals = append(m.signals, define(counter, m.named("mom_router_signals_total", "signal", t.Signals().Name(i))))
	}
	for why, reason := range answer.Whys {
		if reason != "" {
			m.unheard[why] = define(counter, named("mom_router_usage_unknown_total", "reason", reason))
		}
	}
	for _, model := range t.Models() {
		of := &modelMetrics{failures: map[string]metric{}}
		for i, kind := range tokenKinds {
			of.tokens[i] = define(counter, m.named("mom_router_tokens_total", "model", model.Key, "kind", kind))
		}
		for i, kind := range costKinds {
			of.cost[i] = define(counter, m.named("mom_router_cost_microdollars_total", "model", model.Key, "kind", kind))
		}
		of.firstToken = define(histogram, m.named("mom_router_time_to_first_token_milliseconds", "model", model.Key))
		for _, reason := range failures {
			of.failures[reason] = define(counter, m.named("mom_router_upstream_errors_total", "model", model.Key, "reason", reason))
		}
		of.attempts = define(counter, m.named("mom_router_attempts_total", "model", model.Key))
		of.falls = map[string]metric{}
		for _, reason := range fallReasons {
			of.falls[reason] = define(counter, m.named("mom_router_fallbacks_total", "model", model.Key, "reason", reason))
		}
		m.models[model] = of
	}
	return m
}

// named is the name of a metric of the policy's own.
func (m *metrics) named(name string, pairs ...string) string {
	return named(named(name, "policy", m.policy), pairs...)
}

// defineEach defines the counters of a metric with one label.
func (m *metrics) defineEach(name, label string, values []string) map[string]metric {
	all := make(map[string]metric, len(values))
	for _, value := range values {
		all[value] = define(counter, m.named(name, label, value))
	}
	return all
}

// denial counts a denial.
func (m *metrics) denial(code string) {
	n, ok := m.denials[code]
	if !ok {
		n = define(counter, m.named("mom_router_denials_total", "code", code))
		m.denials[code] = n
	}
	n.add(1)
}

// read counts what was found in a body that was read.
func (m *metrics) read(s *rules.Session) {
	d := s.Decision()
	if d == nil {
		return
	}
	for i := range m.guards {
		if d.Matched(i) {
			m.guards[i].add(1)
		}
	}
	if d.Demoted != nil {
		if n, ok := m.demotions[d.Demoted.Why]; ok {
			n.add(1)
		}
	}
	values := s.Values()
	if values == nil {
		return
	}
	for k, i := range m.used {
		switch values[i] {
		case expr.True:
			m.signals[k].add(1)
		case expr.Unknown:
			n, ok := m.unknown[i]
			if !ok {
				n = define(counter, m.named("mom_router_signals_unknown_total", "signal", s.Name(i)))
				m.unknown[i] = n
			}
			n.add(1)
		}
	}
}

// count counts a request that is done.
func (m *metrics) count(s *stream) {
	r := &s.record
	what := series{r.Decision, r.Model, r.Action, r.Code}
	n, ok := m.requests[what]
	if !ok {
		what = series{strings.Clone(r.Decision), strings.Clone(r.Model), strings.Clone(r.Action), strings.Clone(r.Code)}
		n = define(counter, m.named("mom_router_requests_total", "decision", r.Decision, "model", r.Model, "action", r.Action, "code", r.Code))
		m.requests[what] = n
	}
	n.add(1)
	if r.Action == rules.ActionDeny {
		m.denial(r.Code)
	}
	if r.Aborted {
		m.aborted.add(1)
	}
	if r.Bytes > 0 {
		m.micros.record(r.Micros)
	}
	if r.MaxTokens > 0 {
		m.shortened.add(1)
	}
	m.countFallBack(s)
	if of := m.models[s.model]; of != nil && s.phase == released {
		m.answered(s, of)
	}
}

// answered counts what a routed request has got.
func (m *metrics) answered(s *stream, of *modelMetrics) {
	r := &s.record
	for i, n := range [...]int64{r.Tokens, r.UsageIn, r.UsageOut, r.UsageReasoning, r.UsageCached} {
		if n > 0 {
			of.tokens[i].add(n)
		}
	}
	for i, pico := range [...]int64{r.Cost, r.CostActual} {
		if of.rest[i] += min(pico, mostCost); of.rest[i] >= microdollar {
			of.cost[i].add(of.rest[i] / microdollar)
			of.rest[i] %= microdollar
		}
	}
	if s.why != answer.Known {
		m.unheard[s.why].add(1)
	}
	if r.FirstText > 0 {
		of.firstToken.record(r.FirstText / 1000)
	}
	if r.UpstreamError != "" {
		of.failures[r.UpstreamError].add(1)
	}
	if s.reader != nil {
		if n := s.reader.Broken(); n > 0 {
			m.broken.add(n)
		}
		if n := s.reader.TooLong(); n > 0 {
			m.tooLong.add(n)
		}
	}
}

// mostCost bounds what one request adds to the costs, in picodollars: a million dollars.
const mostCost = 1_000_000_000_000_000_000

// The kinds of MetricType.
const (
	counter   = 0
	gauge     = 1
	histogram = 2
)

// define has the host make a metric, or find one that another VM has made. (The SDK's own way to do that is the one thing
// that would link package fmt, and so a megabyte.)
func define(kind uint32, name string) metric {
	if defineMetric(kind, unsafe.StringData(name), int32(len(name)), &given.data) != 0 {
		panic("the host refused to define a metric")
	}
	return metric(given.data)
}

// metric is a counter, a gauge or a histogram, by the host's number.
type metric uint32

// add adds to a counter or a gauge.
func (m metric) add(n int64) {
	if !quiet && incrementMetric(uint32(m), n) != 0 {
		panic("the host refused to count")
	}
}

// record sets a gauge, or adds a value to a histogram, and reports whether the host has taken it.
func (m metric) record(n int64) bool { return quiet || recordMetric(uint32(m), uint64(n)) == 0 }

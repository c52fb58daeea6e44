package trail

import (
	"slices"
	"strconv"
	"strings"
)

// Report sums records up. It keeps counts by the names that records have, so that its memory depends on the policy and not on how many records there are.
type Report struct {
	Records int64  `json:"records"`
	First   string `json:"first"` // times of the records
	Last    string `json:"last"`

	Actions   map[string]int64 `json:"actions"`
	Decisions map[string]int64 `json:"decisions"`
	Denials   map[string]int64 `json:"denials"` // by code
	Flags     map[string]int64 `json:"flags"`
	Guards    map[string]int64 `json:"guards"`
	Signals   map[string]int64 `json:"signals"`
	Tiers     map[string]int64 `json:"tiers"`
	Demotions map[string]int64 `json:"demotions"` // "FROM: WHY"
	Statuses  map[string]int64 `json:"statuses"`
	Failures  map[string]int64 `json:"upstream_errors"`
	Unknown   map[string]int64 `json:"usage_unknown"`
	Policies  map[string]int64 `json:"policies"` // "VERSION HASH"
	Aborted   int64            `json:"aborted"`

	Models  map[string]*ModelSum `json:"models"`
	Hours   map[string]*Sum      `json:"hours"`   // by their beginning
	Tenants map[string]*Sum      `json:"tenants"` // (none) for records without one

	router Sketch
}

// ModelSum sums the routed requests of one model up.
type ModelSum struct {
	Requests   int64   `json:"requests"`
	Estimated  int64   `json:"tokens_estimated"`
	In         int64   `json:"tokens_in"`
	Out        int64   `json:"tokens_out"`
	Reasoning  int64   `json:"tokens_reasoning"`
	Cached     int64   `json:"tokens_cached"`
	CostMost   float64 `json:"cost_at_most"` // dollars
	CostActual float64 `json:"cost_actual"`
	WithUsage  int64   `json:"with_usage"` // requests of which usage is known
	FirstToken Times   `json:"ttft_ms"`
	Duration   Times   `json:"duration_ms"`

	first, all Sketch
}

// Times are quantiles, in milliseconds, with an error of one in a hundred.
type Times struct {
	N   int64   `json:"n"`
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// Sum sums the requests of an hour or of a tenant up.
type Sum struct {
	Requests  int64            `json:"requests"`
	Routed    int64            `json:"routed"`
	Denied    int64            `json:"denied"`
	Passed    int64            `json:"passed"`
	Decisions map[string]int64 `json:"decisions"`
	Models    map[string]int64 `json:"models"`
	Flags     map[string]int64 `json:"flags"`
	Tiers     map[string]int64 `json:"tiers"`
	Denials   map[string]int64 `json:"denials"` // by code
	Demotions map[string]int64 `json:"demotions"`
	Failures  map[string]int64 `json:"upstream_errors"`
	Aborted   int64            `json:"aborted"`

	In         int64   `json:"tokens_in"`
	Out        int64   `json:"tokens_out"`
	CostMost   float64 `json:"cost_at_most"` // dollars
	CostActual float64 `json:"cost_actual"`
	FirstToken Times   `json:"ttft_ms"`
	Duration   Times   `json:"duration_ms"`

	first, all Sketch
}

// Bounds of what is kept: more names of a kind than these are no policy's.
const (
	mostNames   = 10_000 // of all records together
	mostInSum   = 100    // of one hour or tenant
	mostHours   = 2_232  // three months
	mostTenants = 1_000
)

// Others is the name under which all is counted for which there is no room, and NoTenant that of records without a tenant.
const (
	Others   = "(others)"
	NoTenant = "(none)"
)

// NewReport returns an empty one.
func NewReport() *Report {
	r := &Report{Models: map[string]*ModelSum{}, Hours: map[string]*Sum{}, Tenants: map[string]*Sum{}}
	for _, m := range r.maps() {
		*m = map[string]int64{}
	}
	return r
}

func (r *Report) maps() []*map[string]int64 {
	return []*map[string]int64{&r.Actions, &r.Decisions, &r.Denials, &r.Flags, &r.Guards, &r.Signals, &r.Tiers, &r.Demotions, &r.Statuses, &r.Failures, &r.Unknown, &r.Policies}
}

// Add takes a record.
func (r *Report) Add(x *Record) {
	r.Records++
	if r.First == "" || x.Time < r.First {
		r.First = strings.Clone(x.Time)
	}
	if x.Time > r.Last {
		r.Last = strings.Clone(x.Time)
	}
	count(r.Actions, x.Action)
	count(r.Decisions, x.Decision)
	count(r.Guards, x.Guard)
	count(r.Statuses, strconv.Itoa(x.Status))
	count(r.Failures, x.Upstream)
	count(r.Unknown, x.Unknown)
	count(r.Policies, x.Policy.Version+" "+x.Policy.Hash)
	if x.Tier > 0 {
		count(r.Tiers, strconv.Itoa(x.Tier))
	}
	for _, name := range x.Flags {
		count(r.Flags, name)
	}
	for _, name := range x.Signals {
		count(r.Signals, name)
	}
	if x.Action == "deny" {
		count(r.Denials, x.Code)
	}
	if d := x.Demoted; d != nil {
		count(r.Demotions, d.From+": "+d.Why)
	}
	if x.Aborted {
		r.Aborted++
	}
	r.router.Add(float64(x.Micros) / 1000)
	tenant := x.Tenant
	if tenant == "" {
		tenant = NoTenant
	}
	entry(r.Hours, hour(x.Time), mostHours).add(x)
	entry(r.Tenants, tenant, mostTenants).add(x)
	if x.Action == "route" {
		entry(r.Models, x.Model, mostNames).add(x)
	}
}

func (m *ModelSum) add(x *Record) {
	m.Requests++
	m.Estimated += x.TokensIn
	m.CostMost += x.Cost
	if u := x.Usage; u != nil {
		m.WithUsage++
		m.In, m.Out, m.Reasoning, m.Cached = m.In+u.In, m.Out+u.Out, m.Reasoning+u.Reasoning, m.Cached+u.Cached
	}
	if x.Actual != nil {
		m.CostActual += *x.Actual
	}
	if x.TTFT != nil {
		m.first.Add(*x.TTFT)
	}
	if x.Duration != nil {
		m.all.Add(*x.Duration)
	}
}

func (s *Sum) maps() []*map[string]int64 {
	return []*map[string]int64{&s.Decisions, &s.Models, &s.Flags, &s.Tiers, &s.Denials, &s.Demotions, &s.Failures}
}

func (s *Sum) add(x *Record) {
	if s.Decisions == nil {
		for _, m := range s.maps() {
			*m = map[string]int64{}
		}
	}
	s.Requests++
	counted(s.Decisions, x.Decision, mostInSum)
	counted(s.Failures, x.Upstream, mostInSum)
	for _, name := range x.Flags {
		counted(s.Flags, name, mostInSum)
	}
	if x.Tier > 0 {
		counted(s.Tiers, strconv.Itoa(x.Tier), mostInSum)
	}
	if d := x.Demoted; d != nil {
		counted(s.Demotions, d.Why, mostInSum)
	}
	if x.Aborted {
		s.Aborted++
	}
	switch x.Action {
	case "deny":
		s.Denied++
		counted(s.Denials, x.Code, mostInSum)
		return
	case "pass":
		s.Passed++
		return
	}
	s.Routed++
	counted(s.Models, x.Model, mostInSum)
	s.CostMost += x.Cost
	if u := x.Usage; u != nil {
		s.In, s.Out = s.In+u.In, s.Out+u.Out
	}
	if x.Actual != nil {
		s.CostActual += *x.Actual
	}
	if x.TTFT != nil {
		s.first.Add(*x.TTFT)
	}
	if x.Duration != nil {
		s.all.Add(*x.Duration)
	}
}

// Total is how many there are of all names.
func (s *Sum) Total(counts map[string]int64) (n int64) {
	for _, of := range counts {
		n += of
	}
	return n
}

// Finish works out what is known at the end only.
func (r *Report) Finish() {
	for _, m := range r.Models {
		m.FirstToken, m.Duration = m.first.times(), m.all.times()
	}
	for _, sums := range []map[string]*Sum{r.Hours, r.Tenants} {
		for _, s := range sums {
			s.FirstToken, s.Duration = s.first.times(), s.all.times()
		}
	}
}

// Router is how long the router itself took, in milliseconds.
func (r *Report) Router() Times { return r.router.times() }

func (s *Sketch) times() Times {
	return Times{N: s.n, P50: round(s.Quantile(0.5)), P95: round(s.Quantile(0.95)), P99: round(s.Quantile(0.99))}
}

func round(v float64) float64 { return float64(int64(v*1000+0.5)) / 1000 }

// hour is the hour of a time as records have it.
func hour(time string) string {
	const form = "2006-01-02T15"
	if len(time) < len(form) {
		return "unknown"
	}
	return time[:len(form)] + ":00Z"
}

func count(m map[string]int64, name string) { counted(m, name, mostNames) }

// counted counts under a name that is not empty, of which there may be so many.
func counted(m map[string]int64, name string, most int) {
	if name == "" {
		return
	}
	if _, ok := m[name]; !ok {
		if len(m) >= most {
			name = Others
		} else {
			name = strings.Clone(name)
		}
	}
	m[name]++
}

func entry[T any](m map[string]*T, name string, most int) *T {
	e := m[name]
	if e == nil && len(m) >= most {
		name = Others
		e = m[name]
	}
	if e == nil {
		e = new(T)
		m[strings.Clone(name)] = e
	}
	return e
}

// Most lists the names of counts, the largest count first.
func Most(m map[string]int64) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if n := compare(m[b], m[a]); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return names
}

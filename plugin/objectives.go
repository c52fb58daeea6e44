//go:build wasip1

package main

import (
	"github.com/mom-router/mom-router/internal/objectives"
	"github.com/mom-router/mom-router/plugin/internal/answer"
	"github.com/mom-router/mom-router/rules"
)

// moment is a reading of the VM's clock, as objectives want it.
func (v *vm) moment(reading int64) objectives.Time {
	return objectives.Time{Unix: v.clock.date(reading) / 1e6, Mono: reading}
}

// watch has the decision go by what has been measured.
func (s *stream) watch() {
	k := s.policy.keeper
	if k == nil || s.instance.config.Preview {
		return
	}
	key := ""
	if b := s.policy.table.Budget(); b != nil && b.Key != "" {
		key, _ = s.header(b.Key)
	}
	s.measured.Begin(k, key, s.instance.vm.moment(s.arrived))
	s.session.Live = &s.measured
}

// affords reports whether the budget has as much as a request may cost, which it then holds for it.
func (s *stream) affords(cost int64) bool {
	if !s.measured.Active() {
		return true
	}
	s.measured.Now(s.instance.vm.moment(s.instance.vm.clock.now()))
	return s.measured.Reserve(cost)
}

// sent tells that the request is on its way.
func (s *stream) sent() {
	if s.measured.Active() && !s.swapped && s.session.Facts().Stream { // else it does not say when it begins, or is of other models
		s.measured.Sent(s.model, s.session.Tokens(), true, s.instance.vm.moment(s.instance.vm.clock.now()))
	}
}

// turnTo tells that another model is to answer in its place.
func (s *stream) turnTo(m *rules.Model) {
	if s.measured.Active() && !s.swapped {
		s.measured.Switch(m, s.instance.vm.moment(s.instance.vm.clock.now()))
	}
}

// charge tells what became of the request, by the time at which the callback began.
func (s *stream) charge() {
	if s.measured.Active() {
		s.measured.Done(s.spentOn(), s.record.Aborted, s.instance.vm.moment(s.at))
	}
}

// spentOn is what a request has cost, in picodollars, as far as it is known: by usage; of an answer that broke off, by what came of it; of another one
// without usage, or that could not be read, what it could cost at most.
func (s *stream) spentOn() int64 {
	r := &s.record
	switch {
	case s.model == nil:
		return 0
	case s.givenUp && s.from != nil:
		return s.dearest
	case s.givenUp:
		return r.Cost
	case s.phase != released:
		return 0
	case s.reader == nil && (s.why == answer.Compressed || s.why == answer.OtherType):
		return r.Cost // whoever leaves just before its end has had it all
	case s.reader == nil && s.failure != "":
		return 0
	case s.brokenOff():
		in, out := r.Tokens, int64(0)
		if s.reader != nil {
			out = s.reader.Spoken()
		}
		if r.HasUsage { // as it was at the beginning, where engines tell it as they go
			in, out = r.UsageIn, max(r.UsageOut, out)
		}
		return max(min(s.model.Cost(in, out), r.Cost), r.CostActual)
	case r.HasUsage:
		return r.CostActual
	}
	return r.Cost
}

// brokenOff reports whether an answer has not come to its end.
func (s *stream) brokenOff() bool { return s.failure != "" || s.aborted }

// objectiveMetrics are those of a policy with objectives that are kept.
type objectiveMetrics struct {
	policy   string
	faults   [objectives.Faults]metric
	paces    map[paceOf]*paceMetrics
	accounts map[string]*[len(accountKinds)]metric
}

type paceOf struct {
	model *rules.Model
	class int
}

type paceMetrics struct {
	p95, bound, samples, passed, moves metric
}

var accountKinds = [...]string{"spent", "reserved", "soft", "hard"}

func defineObjectiveMetrics(policy string, k *objectives.Keeper) *objectiveMetrics {
	if k == nil {
		return nil
	}
	m := &objectiveMetrics{policy: policy, paces: map[paceOf]*paceMetrics{}, accounts: map[string]*[len(accountKinds)]metric{}}
	for i, reason := range objectives.FaultNames {
		m.faults[i] = define(counter, named("mom_router_objective_faults_total", "reason", reason, "policy", policy))
	}
	k.Paces(func(p objectives.Pace) {
		model, size := p.Model.Key, rules.PromptClassNames[p.Class]
		of := func(name string) string { return named(name, "model", model, "size", size, "policy", policy) }
		m.paces[paceOf{p.Model, p.Class}] = &paceMetrics{
			p95:     define(gauge, of("mom_router_first_token_p95_milliseconds")),
			bound:   define(gauge, of("mom_router_first_token_bound_milliseconds")),
			samples: define(gauge, of("mom_router_first_token_samples")),
			passed:  define(gauge, of("mom_router_first_token_passed_over")),
			moves:   define(counter, of("mom_router_first_token_moves_total")),
		}
	})
	return m
}

// tell writes the state of the objectives into metrics. All VMs see the same, so it does not matter which of them wrote last.
func (m *objectiveMetrics) tell(k *objectives.Keeper, now objectives.Time) {
	if m == nil {
		return
	}
	k.Paces(func(p objectives.Pace) {
		of := m.paces[paceOf{p.Model, p.Class}]
		of.p95.record((p.P95 + 500) / 1000)
		of.bound.record(p.Bound)
		of.samples.record(p.Count)
		passed := int64(0)
		if p.Passed {
			passed = 1
		}
		of.passed.record(passed)
		if p.Moves > 0 {
			of.moves.add(p.Moves)
		}
	})
	k.Accounts(now, func(a objectives.Account) {
		of := m.accounts[a.Name]
		if of == nil {
			of = new([len(accountKinds)]metric)
			for i, kind := range accountKinds {
				of[i] = define(gauge, named("mom_router_budget_microdollars", "key", a.Name, "kind", kind, "policy", m.policy))
			}
			m.accounts[a.Name] = of
		}
		for i, pico := range [...]int64{a.Spent, a.Reserved, a.Soft, a.Hard} {
			of[i].record(pico / microdollar)
		}
	})
	for i, n := range k.Faults() {
		if n > 0 {
			m.faults[i].add(n)
		}
	}
}

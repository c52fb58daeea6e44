//go:build wasip1

package main

import (
	"slices"
	"strconv"

	"github.com/mom-router/mom-router/internal/config"
	"github.com/mom-router/mom-router/rules"
)

// A request whose model fails may go to another one. The proxy does that: the cluster that a request is sent to tries one model after the other, and before each
// try the instance in the cluster's filter chain rewrites the request for the model that gets it: see upstream.go. This file is what the request's stream knows of it.

// falling is what a stream knows of other models than the chosen one.
type falling struct {
	list       *config.FallbackList // that the request goes to; nil if it goes to its model's own cluster
	models     int                  // that the proxy may try for it; 0 is but the chosen one
	standIns   []rules.StandIn      // that may answer, once nothing more can speak against them
	chosen     *rules.Model         // by the decision
	reasoning  string               // its level
	edited     int64                // content-length of the body for that, or -1
	attempts   int                  // of the proxy, so far
	status     int                  // what the last of them was answered with; 0 while there is none
	retryAfter int64                // seconds, as it was answered with beside a 429, or 0
	from       *rules.Model         // the chosen one, if another one answers; else nil
	fellFor    string               // why that is so
	dearest    int64                // what it costs at most, in picodollars
	try        *try                 // that is held, or nil
}

// Why a request went to another model.
const (
	fellUnavailable = "unavailable" // no engine of the chosen one is healthy, so none was tried
	fellLimited     = "limited"     // it answered 429
	fellStatus      = "status"      // it answered 5xx
	fellNoAnswer    = "no_answer"   // it could not be reached, broke off, or was silent
)

var fallReasons = []string{fellUnavailable, fellLimited, fellStatus, fellNoAnswer}

// Why a request that failed was not answered by another model.
const (
	missedNoList     = "no_list"     // the configuration has no list for it
	missedNotRetried = "not_retried" // the proxy has not tried the rest of the list: the body was too large to be kept, or too many tries were under way
)

var missedReasons = []string{missedNoList, missedNotRetried}

// perTry bounds, in milliseconds, how long the proxy waits for the headers of an answer before it tries again.
const perTry = "x-envoy-upstream-rq-per-try-timeout-ms"

// pickList notes what was chosen, and picks the list that the request goes to.
func (s *stream) pickList(chosen *rules.Model) {
	f := s.instance.config.Fallback
	if f == nil {
		return
	}
	s.chosen, s.reasoning = chosen, s.record.Reasoning
	for {
		standIns, dearest := s.allowed(), int64(0)
		if f.Tries > 0 {
			standIns = standIns[:min(len(standIns), f.Tries-1)]
			if s.models = 0; len(standIns) > 0 {
				s.models = 1 + len(standIns)
			}
			dearest = dearestOf(standIns)
		} else if s.list = f.List(chosen, standIns); s.list != nil {
			s.models = len(s.list.Models)
			dearest = dearestOf(standIns, s.list.Models...)
		} else {
			s.models = 0
			if len(standIns) > 0 {
				s.policy.metrics.missed[missedNoList].add(1)
			}
		}
		if s.models == 0 || s.measured.Reserve(dearest) { // whoever answers, it is paid for
			return
		}
		d := s.session.Decision()
		d.StandIns = slices.DeleteFunc(d.StandIns, func(in rules.StandIn) bool { return in.Cost >= dearest })
	}
}

// dearestOf is the most that a request may cost with a stand-in, or with one of those that are named.
func dearestOf(standIns []rules.StandIn, keys ...string) (cost int64) {
	for _, in := range standIns {
		if len(keys) == 0 || slices.Contains(keys, in.Model.Key) {
			cost = max(cost, in.Cost)
		}
	}
	return cost
}

// destination is the cluster that a request is sent to.
func (s *stream) destination(chosen *rules.Model) string {
	if s.list != nil {
		return s.list.Cluster
	}
	return chosen.Cluster
}

// hurry has the proxy try again where an engine is silent for too long. Who waits for a whole answer hears nothing for minutes though all is well.
func (s *stream) hurry() bool {
	if s.models == 0 || s.instance.config.Fallback.Silence == 0 || !s.session.Facts().Stream {
		return true
	}
	s.digits = strconv.AppendInt(s.digits[:0], s.instance.config.Fallback.Silence, 10)
	return replaceHeader(perTry, view(s.digits))
}

// keepStandIns keeps the stand-ins when the work is handed back: nothing can speak against them any more.
func (s *stream) keepStandIns() {
	if s.models == 0 {
		return
	}
	if in := s.allowed(); !s.swapped {
		s.standIns = append(s.standIns[:0], in...) // the session goes on to another request
	}
}

// allowed are the stand-ins as far as is known now. Where a candidate policy serves, the active one must allow them, too.
func (s *stream) allowed() []rules.StandIn {
	d := s.session.Decision()
	switch {
	case d == nil:
		return nil
	case !s.swapped:
		return d.StandIns
	}
	s.standIns = s.standIns[:0]
	for _, in := range d.StandIns {
		if s.other != nil && s.other.Permits(in.Model) && s.other.Bears(in.Cost) {
			s.standIns = append(s.standIns, in)
		}
	}
	return s.standIns
}

// mayAnswer says whether the model of a key may answer, and how it is asked; nil is as the body says.
func (s *stream) mayAnswer(key string) (in *rules.StandIn, ok bool) {
	if s.chosen == nil {
		return nil, false
	}
	if s.chosen.Key == key {
		return nil, true
	}
	all := s.standIns
	if s.work != nil {
		all = s.allowed()
	}
	for i := range all {
		if all[i].Model.Key == key {
			return &all[i], true
		}
	}
	return nil, false
}

// reason is why the try at hand is not for the chosen model, by what became of those before it.
func (s *stream) reason() string {
	switch {
	case s.from != nil:
		return s.fellFor // it has left the chosen one before
	case s.attempts == 1:
		return fellUnavailable
	case s.status == 429:
		return fellLimited
	case s.status != 0:
		return fellStatus
	}
	return fellNoAnswer
}

// answers notes which model the try at hand is for: the record and the metrics tell of the one that was tried last.
func (s *stream) answers(in *rules.StandIn, why string) {
	r := &s.record
	m := s.chosen
	if in == nil {
		s.from, s.fellFor, r.Reasoning = nil, "", s.reasoning
	} else {
		m = in.Model
		s.from, s.fellFor, s.dearest, r.Reasoning = s.chosen, why, in.Cost, in.Reasoning
	}
	if m != s.model {
		s.turnTo(m)
	}
	s.model = m
	r.Model, r.Name, r.Cluster = m.Key, m.Name, m.Cluster
}

// dearer reports whether a model costs more than the chosen one, by any of its prices.
func (s *stream) dearer(m *rules.Model) bool {
	return m.PriceIn > s.chosen.PriceIn || m.PriceOut > s.chosen.PriceOut
}

// affordsMore reports whether the budget has what the model that is being asked has come to cost meanwhile, by text behind the window; nil is the chosen one, whose text is
// paid for as it is read.
func (s *stream) affordsMore(in *rules.StandIn) bool {
	if in == nil || in.Cost <= s.dearest {
		return true
	}
	s.dearest = in.Cost
	return s.affords(in.Cost)
}

// noteFallBack notes in the record what was tried.
func (s *stream) noteFallBack() {
	r := &s.record
	r.Attempts = int64(s.attempts)
	if s.phase != released {
		return
	}
	if s.from != nil {
		r.FellFrom, r.FellWhy, r.Cost = s.from.Key, s.fellFor, s.dearest
	}
}

// countFallBack counts what became of a request that had other models to go to.
func (m *metrics) countFallBack(s *stream) {
	if s.models == 0 || s.phase != released {
		return
	}
	if s.from != nil {
		m.models[s.model].falls[s.fellFor].add(1)
	}
	if status := s.record.Status; s.attempts > 0 && s.attempts < s.models && (status == 429 || status >= 500) {
		m.missed[missedNotRetried].add(1)
	}
}

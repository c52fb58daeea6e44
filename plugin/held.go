//go:build wasip1

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

	"github.com/mom-router/mom-router/plugin/internal/reply"
)

// A held request takes memory, and any byte of its body is progress. Whoever sends one now and then could hold thousands of streams for ever, and all
// others would be refused. So a hold is bounded: after some times hold_timeout a body must have come at a least rate on the whole. And where memory
// becomes short, those are ended that have moved least, and not those that come.

const (
	// patience is after how many times hold_timeout a body must have come at leastRate.
	patience = 8
	// leastRate is that rate, in bytes a second: a hundredth of what a bad mobile connection does.
	leastRate = 1 << 10
)

// rate is at how many bytes a second a held body has come so far; young is true while that says nothing yet.
func (s *stream) rate() (bytes int64, young bool) {
	ticks := s.instance.ticks - s.began
	if ticks < 2 || s.waits {
		return 0, true
	}
	return s.record.Bytes * 1000 / (ticks * int64(s.instance.period)), false
}

// dawdles reports whether a body comes too slowly for the time that it has had.
func (s *stream) dawdles() bool {
	if s.phase != reading || s.instance.ticks-s.began <= patience*ticksPerTimeout {
		return false
	}
	rate, young := s.rate()
	return !young && rate < leastRate
}

// relieve ends those that have moved least until what is held is half of what may be.
func (in *instance) relieve() {
	for _, limit := range [...]int64{leastRate / 64, leastRate / 8, leastRate} {
		for _, s := range in.vm.streams {
			if in.vm.kept <= in.config.Memory/2 {
				return
			}
			if s == nil || s.instance != in || s.phase != reading {
				continue
			}
			if rate, young := s.rate(); !young && rate < limit {
				s.yield()
			}
		}
	}
}

// yield ends a held request in favour of others.
func (s *stream) yield() {
	if proxywasm.SetEffectiveContext(s.id) != nil {
		return // it has vanished; later calls would hit another context
	}
	defer s.recoveredOutside()
	s.policy.metrics.refused.add(1)
	s.answer(&reply.Error{Status: 503, Code: "router_overloaded", Message: "too much is held at once, and this request's body comes too slowly: send it faster or try again in a moment"})
	s.finish()
}

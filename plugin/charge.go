//go:build wasip1

package main

import (
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
)

// A budget that holds over many proxies is kept by Envoy's rate limit service. It counts what the rate limit filter reads from the filter state: what the request may cost
// at most once it is decided, and what it has cost at its end. See docs/fleet.md.

// What a request is charged with, as access logs and the rate limit filter read it: %FILTER_STATE(wasm.mom.cost:PLAIN)%. The rest is what is to be charged at the end where the
// estimate was charged before: no budget gives anything back.
const (
	costProperty   property = "mom.cost" // microdollars
	costRest       property = "mom.cost_rest"
	tokensProperty property = "mom.tokens"
	tokensRest     property = "mom.tokens_rest"
)

// mostHits is the most that the filter takes at once.
const mostHits = 1_000_000_000

// charges is what a request has been charged with so far.
type charges struct{ cost, tokens int64 }

// estimate charges a decided request with what it may cost at most.
func (s *stream) estimate() {
	if !s.instance.config.Charges {
		return
	}
	s.charges = charges{cost: micros(s.record.Cost), tokens: min(s.session.MostTokens(), mostHits)}
	s.writeCharges(s.charges, charges{})
}

// chargeUsed charges a request that is done with what it has used. Where the engine does not say, or the answer broke off, that is the estimate, and nothing where the engine has not answered.
func (s *stream) chargeUsed() {
	if !s.instance.config.Charges {
		return
	}
	var used charges
	switch r := &s.record; {
	case s.givenUp:
		used = s.charges
	case s.phase != released || r.Status >= 400:
	case r.HasUsage && !s.brokenOff():
		used = charges{cost: micros(r.CostActual), tokens: min(r.UsageIn+r.UsageOut, mostHits)}
	default:
		used = s.charges
	}
	s.writeCharges(used, charges{max(used.cost-s.charges.cost, 0), max(used.tokens-s.charges.tokens, 0)})
}

// writeCharges writes what a request is charged with. A value that is missing would be no charge, and a warning in the log each time.
func (s *stream) writeCharges(all, rest charges) {
	for _, c := range [...]struct {
		to property
		n  int64
	}{{costProperty, all.cost}, {costRest, rest.cost}, {tokensProperty, all.tokens}, {tokensRest, rest.tokens}} {
		s.amount = strconv.AppendInt(s.amount[:0], c.n, 10)
		if c.to.set(s.amount) != nil {
			proxywasm.LogError("mom-router: the host did not take what a request is charged with")
			s.policy.metrics.faults.add(1)
			return
		}
	}
}

// micros are picodollars in microdollars, rounded up: no request is free that has cost something.
func micros(pico int64) int64 { return min((pico+microdollar-1)/microdollar, mostHits) }

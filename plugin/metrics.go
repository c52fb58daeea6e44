//go:build wasip1

package main

import "github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

// metrics are the module's counters; Envoy shows them as wasmcustom.NAME in
// /stats and as NAME in /stats/prometheus.
type metrics struct {
	routed, denied, passed, faults, refused, active metric

	denials map[string]metric // by code
}

// denialsPrefix is the name of the counters of denials, with the code behind it: with Envoy's stats_tags it becomes a label, as the examples show.
const denialsPrefix = "mom_router_denials_total.code."

// defineMetrics defines all metrics, also those that may stay zero: Prometheus sees an increase only from a value that it has seen.
func defineMetrics(codes []string) metrics {
	denials := make(map[string]metric, len(codes))
	for _, code := range codes {
		denials[code] = metric(proxywasm.DefineCounterMetric(denialsPrefix + code))
	}
	return metrics{
		denials: denials,
		routed:  metric(proxywasm.DefineCounterMetric("mom_router_requests_routed_total")),
		denied:  metric(proxywasm.DefineCounterMetric("mom_router_requests_denied_total")),
		passed:  metric(proxywasm.DefineCounterMetric("mom_router_requests_passed_total")),
		faults:  metric(proxywasm.DefineCounterMetric("mom_router_faults_total")),
		refused: metric(proxywasm.DefineCounterMetric("mom_router_requests_overloaded_total")),
		active:  metric(proxywasm.DefineGaugeMetric("mom_router_requests_active")),
	}
}

// denial counts a denial.
func (m *metrics) denial(code string) {
	counter, ok := m.denials[code]
	if !ok {
		counter = metric(proxywasm.DefineCounterMetric(denialsPrefix + code))
		m.denials[code] = counter
	}
	counter.add(1)
}

// metric is a counter or a gauge, by the host's number.
type metric uint32

func (m metric) add(n int64) {
	if incrementMetric(uint32(m), n) != 0 {
		panic("the host refused to count")
	}
}

//go:build wasip1

package main

import "github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

// metrics are the module's counters; Envoy shows them as wasmcustom.NAME in
// /stats and as NAME in /stats/prometheus.
type metrics struct {
	routed, denied, passed, faults, refused, active metric
}

func defineMetrics() metrics {
	return metrics{
		routed:  metric(proxywasm.DefineCounterMetric("mom_router_requests_routed_total")),
		denied:  metric(proxywasm.DefineCounterMetric("mom_router_requests_denied_total")),
		passed:  metric(proxywasm.DefineCounterMetric("mom_router_requests_passed_total")),
		faults:  metric(proxywasm.DefineCounterMetric("mom_router_faults_total")),
		refused: metric(proxywasm.DefineCounterMetric("mom_router_requests_overloaded_total")),
		active:  metric(proxywasm.DefineGaugeMetric("mom_router_requests_active")),
	}
}

// metric is a counter or a gauge, by the host's number.
type metric uint32

func (m metric) add(n int64) {
	if incrementMetric(uint32(m), n) != 0 {
		panic("the host refused to count")
	}
}

//go:build wasip1

package main

import "github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

// metrics are the module's counters; Envoy shows them as wasmcustom.NAME in
// /stats and as NAME in /stats/prometheus.
type metrics struct {
	routed, denied, passed, faults, refused proxywasm.MetricCounter
	active                                  proxywasm.MetricGauge
}

func defineMetrics() metrics {
	return metrics{
		routed:  proxywasm.DefineCounterMetric("mom_router_requests_routed_total"),
		denied:  proxywasm.DefineCounterMetric("mom_router_requests_denied_total"),
		passed:  proxywasm.DefineCounterMetric("mom_router_requests_passed_total"),
		faults:  proxywasm.DefineCounterMetric("mom_router_faults_total"),
		refused: proxywasm.DefineCounterMetric("mom_router_requests_overloaded_total"),
		active:  proxywasm.DefineGaugeMetric("mom_router_requests_active"),
	}
}

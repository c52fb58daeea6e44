//go:build wasip1

package main

import "unsafe"

// metrics are the module's counters; Envoy shows them as wasmcustom.NAME in
// /stats and as NAME in /stats/prometheus.
type metrics struct {
	routed, denied, passed, faults, refused, active metric

	piecesHit, piecesMissed, piecesEvicted, bytesSaved metric

	denials map[string]metric // by code
}

// denialsPrefix is the name of the counters of denials, with the code behind it: with Envoy's stats_tags it becomes a label, as the examples show.
const denialsPrefix = "mom_router_denials_total.code."

// defineMetrics defines all metrics, also those that may stay zero: Prometheus sees an increase only from a value that it has seen.
func defineMetrics(codes []string) metrics {
	denials := make(map[string]metric, len(codes))
	for _, code := range codes {
		denials[code] = define(counter, denialsPrefix+code)
	}
	return metrics{
		denials: denials,
		routed:  define(counter, "mom_router_requests_routed_total"),
		denied:  define(counter, "mom_router_requests_denied_total"),
		passed:  define(counter, "mom_router_requests_passed_total"),
		faults:  define(counter, "mom_router_faults_total"),
		refused: define(counter, "mom_router_requests_overloaded_total"),
		active:  define(gauge, "mom_router_requests_active"),

		piecesHit:     define(counter, "mom_router_pieces_hit_total"),
		piecesMissed:  define(counter, "mom_router_pieces_missed_total"),
		piecesEvicted: define(counter, "mom_router_pieces_evicted_total"),
		bytesSaved:    define(counter, "mom_router_pieces_bytes_saved_total"),
	}
}

// denial counts a denial.
func (m *metrics) denial(code string) {
	n, ok := m.denials[code]
	if !ok {
		n = define(counter, denialsPrefix+code)
		m.denials[code] = n
	}
	n.add(1)
}

// The kinds of MetricType.
const (
	counter = 0
	gauge   = 1
)

// define has the host make a metric, or find one that another VM has made. (The SDK's own way to do that is the one thing
// that would link package fmt, and so a megabyte.)
func define(kind uint32, name string) metric {
	if defineMetric(kind, unsafe.StringData(name), int32(len(name)), &given.data) != 0 {
		panic("the host refused to define a metric")
	}
	return metric(given.data)
}

// metric is a counter or a gauge, by the host's number.
type metric uint32

func (m metric) add(n int64) {
	if incrementMetric(uint32(m), n) != 0 {
		panic("the host refused to count")
	}
}

// Package stats holds the metrics that modules define (defineMetric and its fellows in Envoy's
// source/extensions/common/wasm/context.cc). All VMs of a proxy add to the same metrics.
package stats

import (
	"sort"
	"sync"
	"sync/atomic"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// Set is the metrics of one proxy, safe for use by many goroutines. The zero value is empty.
type Set struct {
	mu sync.Mutex
	m  map[id]*metric
}

type id struct {
	kind uint32
	name string
}

// metric is a counter's or gauge's value; a histogram keeps the count and the sum.
type metric struct{ value, count atomic.Uint64 }

// Sample is one metric's state. Count is for histograms only; their Value is the sum.
type Sample struct {
	Name         string
	Kind         string // "counter", "gauge" or "histogram"
	Value, Count uint64
}

func (s *Set) get(kind uint32, name string) *metric {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := id{kind, name}
	if s.m == nil {
		s.m = map[id]*metric{}
	}
	if s.m[k] == nil {
		s.m[k] = &metric{}
	}
	return s.m[k]
}

// Samples lists all metrics by name. Envoy shows the name as wasmcustom.NAME in /stats.
func (s *Set) Samples() []Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	kinds := [...]string{"counter", "gauge", "histogram"}
	out := make([]Sample, 0, len(s.m))
	for k, m := range s.m {
		out = append(out, Sample{k.name, kinds[k.kind], m.value.Load(), m.count.Load()})
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].Name < out[j].Name || out[i].Name == out[j].Name && out[i].Kind < out[j].Kind
	})
	return out
}

// Table maps the metric ids of one VM. Ids grow by four; the low two bits are the kind
// (source/extensions/common/wasm/wasm.h, nextCounterMetricId).
type Table struct {
	Set  *Set
	last [3]uint32
	ids  map[uint32]*metric
}

const kindMask = 3

// Define gives a new id for the metric of that name.
func (t *Table) Define(kind uint32, name string) (uint32, abi.Status) {
	if kind > abi.Histogram {
		return 0, abi.BadArgument
	}
	t.last[kind] += 4
	n := t.last[kind] | kind
	if t.ids == nil {
		t.ids = map[uint32]*metric{}
	}
	t.ids[n] = t.Set.get(kind, name)
	return n, abi.OK
}

// Increment adds to a counter (only upwards) or a gauge.
func (t *Table) Increment(n uint32, by int64) abi.Status {
	kind := n & kindMask
	if kind != abi.Counter && kind != abi.Gauge {
		return abi.BadArgument
	}
	m, ok := t.ids[n]
	switch {
	case !ok:
		return abi.NotFound
	case kind == abi.Counter && by <= 0:
		return abi.BadArgument
	}
	m.value.Add(uint64(by))
	return abi.OK
}

// Record adds to a counter, sets a gauge, or adds a value to a histogram.
func (t *Table) Record(n uint32, v uint64) abi.Status {
	m, ok := t.ids[n]
	if !ok {
		return abi.NotFound
	}
	switch n & kindMask {
	case abi.Gauge:
		m.value.Store(v)
	case abi.Histogram:
		m.count.Add(1)
		m.value.Add(v)
	default:
		m.value.Add(v)
	}
	return abi.OK
}

// Get reads a counter or a gauge.
func (t *Table) Get(n uint32) (uint64, abi.Status) {
	if k := n & kindMask; k != abi.Counter && k != abi.Gauge {
		return 0, abi.BadArgument
	}
	m, ok := t.ids[n]
	if !ok {
		return 0, abi.NotFound
	}
	return m.value.Load(), abi.OK
}

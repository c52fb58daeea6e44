package main

import (
	"context"
	"fmt"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/progress"
)

// Sample is what was seen at a moment; latencies are those since the one before.
type Sample struct {
	At       float64 `json:"at_s"`
	RSS      float64 `json:"rss_mb"`         // of the Envoy with the shipped module
	Heap     float64 `json:"heap_mb"`        // what Envoy's allocator holds of it; the rest is V8's, and with it the module's
	Failing  float64 `json:"failing_rss_mb"` // of the one whose module crashes
	Requests int     `json:"requests"`       // so far
	Wrong    int     `json:"wrong"`          // so far
	Away     int     `json:"away_503"`       // so far, while the module was loaded again
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
}

// watch takes samples.
type watch struct {
	d       *driver
	o       *options
	p       *progress.Line
	start   Sample
	samples []Sample
}

func newWatch(d *driver, o *options, p *progress.Line) *watch {
	w := &watch{d: d, o: o, p: p}
	w.start.RSS, w.start.Failing, _ = d.resident()
	w.start.Heap = d.heap()
	return w
}

// samplesEach is how many samples a run has, at one a second at most.
const samplesEach = 300

// tellEvery is how often somebody who looks at no terminal hears how it goes.
const tellEvery = 15 * time.Second

// run takes samples until ctx ends.
func (w *watch) run(ctx context.Context) error {
	every := everyPart(w.o.long, samplesEach, time.Second)
	told := time.Now()
	for pause(ctx, every) {
		s := w.d.tally.sample()
		var err error
		if s.RSS, s.Failing, err = w.d.resident(); err != nil {
			return err
		}
		s.Heap = w.d.heap()
		w.samples = append(w.samples, s)
		line := fmt.Sprintf("%.0f of %.0f s: %d requests, %d wrong, RSS %.0f MB, p50 %.1f ms, p99 %.1f ms", s.At, w.o.long.Seconds(), s.Requests, s.Wrong, s.RSS, s.P50, s.P99)
		if w.p.Terminal() {
			w.p.Say(line)
		} else if time.Since(told) >= tellEvery {
			told = time.Now()
			w.p.Keep(line)
		}
	}
	return nil
}

// heap is the memory that the allocator of the Envoy with the shipped module holds, in MB; 0 where Envoy does not tell.
func (s *stand) heap() float64 {
	n, err := total(s.envoy, "server.memory_physical_size")
	if err != nil {
		return 0
	}
	return rounded(float64(n) / 1e6)
}

// resident is the memory of both Envoys in MB.
func (s *stand) resident() (shipped, failing float64, err error) {
	now, _, err := s.envoy.Memory()
	if err != nil {
		return 0, 0, fmt.Errorf("envoy has ended: %w", err)
	}
	of, _, err := s.broken.Memory()
	if err != nil {
		return 0, 0, fmt.Errorf("the Envoy whose module crashes has ended: %w", err)
	}
	return rounded(float64(now) / 1e6), rounded(float64(of) / 1e6), nil
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/figures"
)

// Report is one run.
type Report struct {
	Taken    string  `json:"taken"` // the day
	Seed     uint64  `json:"seed"`
	Asked    float64 `json:"asked_s"`
	Took     float64 `json:"took_s"`
	Clients  int     `json:"clients"`
	Data     bool    `json:"data"` // whether ../shared/data was there
	Requests int     `json:"requests"`
	Wrong    int     `json:"wrong"`

	Kinds   []Kind         `json:"kinds"`
	Answers map[string]int `json:"answers"`
	Memory  Memory         `json:"memory"`
	Trouble Trouble        `json:"trouble"`
	Wrongs  []wrong        `json:"wrongs"`
	Events  []event        `json:"events"`
	Samples []Sample       `json:"samples"`
}

// Kind is what became of the requests of a kind; latencies in milliseconds, of whole requests.
type Kind struct {
	Name     string  `json:"name"`
	Requests int     `json:"requests"`
	Wrong    int     `json:"wrong"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
}

// Memory is the resident memory of the Envoy with the shipped module, in MB.
type Memory struct {
	Workers int     `json:"workers"`
	Start   float64 `json:"start_mb"`
	Warm    float64 `json:"warm_mb"`
	End     float64 `json:"end_mb"`
	Growth  float64 `json:"growth_percent"` // from warm to end
	Heap    float64 `json:"heap_growth_mb"` // how much of it is Envoy's allocator's; the rest is V8's and the module's
	Bound   float64 `json:"bound_percent"`
}

// Trouble is what the soak did to the proxies.
type Trouble struct {
	Updates int `json:"policy_updates"`
	Refused int `json:"refused_updates"`
	Crashes int `json:"crashes"`
	Reloads int `json:"reloads"` // after which all connections were served again
	Away    int `json:"away_503"`
}

// workers are those of the Envoy with the shipped module.
const workers = 2

// The part of a run that warms up, and the part at its end and after the warm-up whose median counts.
const (
	warmUp  = 0.25
	measure = 0.15
)

// longRun is how long a run must be for its growth to be more than noise.
const longRun = 5 * time.Minute

func (w *watch) report() *Report {
	t := w.d.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &Report{
		Taken: time.Now().Format(time.DateOnly), Seed: w.o.seed, Asked: w.o.long.Seconds(), Took: rounded(time.Since(t.began).Seconds()),
		Clients: w.o.clients, Data: w.d.mix.data != nil, Requests: t.sent, Wrong: len(t.wrongs) + t.missing,
		Answers: t.codes, Wrongs: t.wrongs, Events: t.events, Samples: w.samples,
		Trouble: Trouble{t.updates, t.refusedUpdates, t.crashes, t.returns, t.away},
		Memory:  memory(w.start.RSS, w.samples, w.o.growth),
	}
	for _, k := range w.d.mix.kinds {
		if of := t.kinds[k.name]; of != nil {
			r.Kinds = append(r.Kinds, Kind{k.name, of.requests, of.wrong, percentile(of.took, 0.50), percentile(of.took, 0.99)})
		}
	}
	return r
}

// memory reads the growth off the samples.
func memory(start float64, samples []Sample, bound float64) Memory {
	m := Memory{Workers: workers, Start: start, Bound: bound}
	n := float64(len(samples))
	warm, end := samples[int(n*warmUp):int(math.Ceil(n*(warmUp+measure)))], samples[int(n*(1-measure)):]
	rss, heap := func(s Sample) float64 { return s.RSS }, func(s Sample) float64 { return s.Heap }
	m.Warm, m.End = middle(warm, rss), middle(end, rss)
	m.Heap = rounded(middle(end, heap) - middle(warm, heap))
	if m.Warm > 0 {
		m.Growth = math.Round((m.End/m.Warm-1)*1000) / 10
	}
	return m
}

// middle is the median of a figure.
func middle(samples []Sample, of func(Sample) float64) float64 {
	var all []float64
	for _, s := range samples {
		all = append(all, of(s))
	}
	return figures.SpreadOf(all).Median
}

func rounded(v float64) float64 { return figures.Rounded(v) }

// failures are the reasons why the run is no success, the first one first.
func (r *Report) failures() []string {
	var all []string
	if r.Wrong > 0 {
		all = append(all, fmt.Sprintf("%d of %d answers were lost or wrong, or something else was; -seed %d makes the same requests again, and with -request N one of them", r.Wrong, r.Requests, r.Seed))
	}
	if r.Requests == 0 {
		all = append(all, "nothing was sent")
	}
	if r.Memory.Growth > r.Memory.Bound && r.Asked >= longRun.Seconds() {
		all = append(all, fmt.Sprintf("Envoy's memory grew by %g %% after the warm-up, at most %g %% are allowed", r.Memory.Growth, r.Memory.Bound))
	}
	return all
}

// Table writes the report for people.
func (r *Report) Table(out io.Writer) {
	fmt.Fprintf(out, "soak of %.0f s with seed %d: %d requests of %d clients, %d wrong\n", r.Took, r.Seed, r.Requests, r.Clients, r.Wrong)
	if !r.Data {
		fmt.Fprintln(out, "without ../shared/data: no prose, code, images or agents' sessions")
	}
	section(out, "requests, latency in milliseconds", func(t io.Writer) {
		fmt.Fprintln(t, "kind\trequests\twrong\tp50\tp99\t")
		for _, k := range r.Kinds {
			fmt.Fprintf(t, "%s\t%d\t%d\t%.1f\t%.1f\t\n", k.Name, k.Requests, k.Wrong, k.P50, k.P99)
		}
	})
	section(out, "answers", func(t io.Writer) {
		for _, name := range slices.Sorted(maps.Keys(r.Answers)) {
			fmt.Fprintf(t, "%s\t%d\t\n", name, r.Answers[name])
		}
	})
	section(out, fmt.Sprintf("memory of Envoy in MB (RSS), %d workers", r.Memory.Workers), func(t io.Writer) {
		m := r.Memory
		fmt.Fprintln(t, "\tat the start\tafter the warm-up\tat the end\tgrowth\t")
		fmt.Fprintf(t, "in all\t%.0f\t%.0f\t%.0f\t%+.1f %%\t\n", m.Start, m.Warm, m.End, m.Growth)
		n := float64(m.Workers)
		fmt.Fprintf(t, "a worker\t%.0f\t%.0f\t%.0f\t%+.1f MB\t\n", m.Start/n, m.Warm/n, m.End/n, (m.End-m.Warm)/n)
		fmt.Fprintf(t, "Envoy's own heap\t\t\t\t%+.1f MB\t\n", m.Heap)
	})
	section(out, "trouble", func(t io.Writer) {
		fmt.Fprintln(t, "policy updates\trefused ones\tcrashes\treloads\t503 meanwhile\t")
		fmt.Fprintf(t, "%d\t%d\t%d\t%d\t%d\t\n", r.Trouble.Updates, r.Trouble.Refused, r.Trouble.Crashes, r.Trouble.Reloads, r.Trouble.Away)
	})
	if r.Memory.Growth > r.Memory.Bound && r.Asked < longRun.Seconds() {
		fmt.Fprintf(out, "\nmemory grew by more than %g %%, which fails only runs of %v and longer\n", r.Memory.Bound, longRun)
	}
	if len(r.Wrongs) > 0 {
		fmt.Fprintln(out, "\nwrong:")
		for _, w := range r.Wrongs {
			fmt.Fprintln(out, "  "+w.String())
		}
	}
	for i, f := range r.failures() {
		if i == 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintln(out, "FAILED:", f)
	}
}

func section(out io.Writer, title string, rows func(io.Writer)) {
	fmt.Fprintf(out, "\n%s:\n", title)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows(t)
	t.Flush()
}

// drawing shows memory, errors and latency over time.
func (r *Report) drawing() *figures.Lines {
	curve := func(name, colour string, of func(Sample) float64) figures.Curve {
		c := figures.Curve{Name: name, Colour: colour}
		for _, s := range r.Samples {
			c.Points = append(c.Points, [2]float64{s.At, of(s)})
		}
		return c
	}
	l := &figures.Lines{
		Title:   fmt.Sprintf("soak: %d requests in %.0f s, %d wrong", r.Requests, r.Took, r.Wrong),
		Machine: fmt.Sprintf("%d clients, %d workers, seed %d, %s", r.Clients, r.Memory.Workers, r.Seed, r.Taken),
		Seconds: r.Took,
		Panels: []figures.Panel{
			{Title: "memory (RSS), MB", Lines: []figures.Curve{
				curve("shipped module", "#2b6cb0", func(s Sample) float64 { return s.RSS }),
				curve("its heap", "#63a4dd", func(s Sample) float64 { return s.Heap }),
				curve("module that crashes", "#b7791f", func(s Sample) float64 { return s.Failing })}},
			{Title: "errors so far", Lines: []figures.Curve{
				curve("wrong or lost", "#c53030", func(s Sample) float64 { return float64(s.Wrong) }),
				curve("503 during a reload", "#b7791f", func(s Sample) float64 { return float64(s.Away) })}},
			{Title: "latency, milliseconds", Lines: []figures.Curve{
				curve("p50", "#2b6cb0", func(s Sample) float64 { return s.P50 }),
				curve("p99", "#b83280", func(s Sample) float64 { return s.P99 })}},
		},
	}
	colours := map[string]string{updateEvent: "#4fb3a5", refusedEvent: "#8a8a8a", crashEvent: "#c53030"}
	for _, e := range r.Events {
		l.Marks = append(l.Marks, figures.Mark{At: e.At, Name: e.What, Colour: colours[e.What]})
	}
	return l
}

// write writes the JSON file and the drawing.
func (r *Report) write(name string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name+".json", append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(name+".svg", r.drawing().SVG(), 0o644)
}

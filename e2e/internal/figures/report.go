// Package figures holds what a run of the bench has measured: its form as JSON, as a table and as drawings, and the named
// figures that are read off it.
package figures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
)

// Report is one run.
type Report struct {
	Taken    string  `json:"taken"`  // the day
	Commit   string  `json:"commit"` // of the measured checkout, with + where it was altered
	Frozen   string  `json:"frozen"` // the commit of the engine that the frozen contender runs
	Machine  Machine `json:"machine"`
	Envoy    string  `json:"envoy"`
	Settings string  `json:"settings"` // what was asked for

	Contenders []Contender `json:"contenders"`
	Bodies     []Body      `json:"bodies"`
	Cost       []Cost      `json:"cost"`
	Latency    []Latency   `json:"latency"`
	Bystanders []Bystander `json:"bystanders"`
	Memory     []Memory    `json:"memory"`
	Start      []Start     `json:"start"`
	Modules    []Module    `json:"modules"`
	Extras     []Extra     `json:"extras"`
	Figures    []Figure    `json:"figures"`
}

// Machine is where it ran, and how busy that was.
type Machine struct {
	CPU        string  `json:"cpu"`
	Cores      int     `json:"cores"`
	LoadBefore float64 `json:"load_before"` // the mean of a minute, as the kernel counts it
	LoadAfter  float64 `json:"load_after"`
}

// Contender is one of those that are compared.
type Contender struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// Body is a kind and size of request body.
type Body struct {
	Name  string `json:"name"` // kind and size, such as "prose 4 KB"
	Kind  string `json:"kind"`
	Bytes int    `json:"bytes"` // on average
	Count int    `json:"count"` // different ones a turn
	About string `json:"about"`
}

// Spread is a median with what lies around it.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// SpreadOf sorts its argument. Of an even number of values, the median is the mean of the two in the middle.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	middle := (values[(len(values)-1)/2] + values[len(values)/2]) / 2
	return Spread{Median: Rounded(middle), Min: Rounded(values[0]), Max: Rounded(values[len(values)-1])}
}

// Rounded keeps four digits, and whole numbers whole.
func Rounded(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	if scale < 1 {
		scale = 1
	}
	return math.Round(v*scale) / scale
}

// Cost is the CPU time of a request in microseconds, of the proxy and of the service that it asks.
type Cost struct {
	Contender string  `json:"contender"`
	Body      string  `json:"body"`
	Total     Spread  `json:"total_us"`
	Added     Spread  `json:"added_us"`   // over no filter, turn by turn
	PerSecond float64 `json:"per_second"` // requests, in a closed loop
}

// Latency is how long requests take that come at half of the rate that the contender can serve, in microseconds.
type Latency struct {
	Contender string  `json:"contender"`
	Body      string  `json:"body"`
	PerSecond float64 `json:"per_second"`
	Requests  int     `json:"requests"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
}

// Bystander is how long a small request takes while the same worker has large ones, in microseconds.
type Bystander struct {
	Contender string  `json:"contender"`
	Beside    string  `json:"beside"` // the large bodies
	Requests  int     `json:"requests"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
	Max       float64 `json:"max_us"`
}

// Memory is the resident memory of all processes, in megabytes.
type Memory struct {
	Contender string  `json:"contender"`
	Rest      float64 `json:"rest_mb"`
	Load      float64 `json:"load_mb"` // the most that was seen between turns
}

// Start is the time from start to ready, in seconds.
type Start struct {
	Contender string `json:"contender"`
	Seconds   Spread `json:"seconds"`
}

// Module is the size of a Wasm module, in bytes.
type Module struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	Gzip  int64  `json:"gzip"`
}

// Extra is a figure that is measured by itself, without contenders.
type Extra struct {
	What  string  `json:"what"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Read reads a report from a file.
func Read(name string) (*Report, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("figures: %w: make bench writes it", err)
	}
	r := &Report{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("figures: %q: %w: make bench writes it anew", name, err)
	}
	return r, nil
}

// JSON is the form of the file: a line an entry, so that a new run shows well in a diff.
func (r *Report) JSON() []byte {
	var b bytes.Buffer
	b.WriteString("{\n")
	raw, err := json.Marshal(r)
	if err != nil {
		panic(err) // no value here can fail
	}
	// The members in their order; each element of a list on its own line.
	d := json.NewDecoder(bytes.NewReader(raw))
	d.Token()
	for first := true; d.More(); first = false {
		name, _ := d.Token()
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			panic(err)
		}
		if !first {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, " %q: ", name)
		var list []json.RawMessage
		if json.Unmarshal(value, &list) != nil || len(list) == 0 {
			b.Write(value)
			continue
		}
		b.WriteString("[")
		for i, v := range list {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString("\n  ")
			b.Write(v)
		}
		b.WriteString("\n ]")
	}
	b.WriteString("\n}\n")
	return b.Bytes()
}

// cost finds a cell; ok is false where it was not measured.
func (r *Report) cost(contender, body string) (Cost, bool) {
	for _, c := range r.Cost {
		if c.Contender == contender && c.Body == body {
			return c, true
		}
	}
	return Cost{}, false
}

func (r *Report) body(name string) (Body, bool) {
	for _, b := range r.Bodies {
		if b.Name == name {
			return b, true
		}
	}
	return Body{}, false
}

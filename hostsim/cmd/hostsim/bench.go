package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// benchPrompt is about 1 KB of a prompt, 10 sentences of which each is in the middle of what people ask.
var benchPrompt = strings.Repeat("Explain how distributed systems reach consensus when some of the nodes fail, please. ", 11)

// bench prints how many requests a second the module routes on this machine.
func bench(args []string, s streams) int {
	var o options
	requests := 10_000
	workers := runtime.GOMAXPROCS(0)
	if err := o.parse("bench", args, s, func(f *flag.FlagSet) {
		f.IntVar(&requests, "requests", requests, "how many requests to route")
		f.IntVar(&workers, "workers", workers, "VMs at work at the same time")
	}); err != nil {
		return flagError(err, s)
	}
	if requests < 1 || workers < 1 || len(o.files) > 1 {
		return s.fail(errors.New("bench takes at most one FILE with a request a line, and --requests and --workers of 1 or more"))
	}
	bodies := [][]byte{encodeChat(benchPrompt)}
	if len(o.files) == 1 {
		var err error
		if bodies, err = readBodies(o.files[0]); err != nil {
			return s.fail(err)
		}
	}
	lab, err := o.open(s)
	if err != nil {
		return s.fail(err)
	}
	result, err := measure(lab, bodies, requests, workers)
	if err != nil {
		return s.fail(err)
	}
	result.print(s.out, o.json)
	if result.Failed > 0 {
		return exitNo
	}
	return exitOK
}

func encodeChat(prompt string) []byte { return promptRequest(prompt, "").Body }

func readBodies(name string) ([][]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the requests: %w", err)
	}
	var out [][]byte
	for _, line := range strings.Split(string(data), "\n") {
		if line != "" {
			out = append(out, []byte(line))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no requests: put one on each line", name)
	}
	return out, nil
}

// speed is the result of a bench.
type speed struct {
	Requests int     `json:"requests"`
	Workers  int     `json:"workers"`
	Failed   int     `json:"failed"` // without an answer
	Seconds  float64 `json:"seconds"`
	Rate     float64 `json:"requests_per_second"`
	Median   int64   `json:"median_us"` // of one request
	P99      int64   `json:"p99_us"`
}

// measure routes requests on several workers. Their start is not counted.
func measure(lab *lab, bodies [][]byte, requests, workers int) (speed, error) {
	runners := make([]*runner, workers)
	for i := range runners {
		runners[i] = &runner{lab: lab}
		if err := runners[i].start(); err != nil {
			return speed{}, err
		}
		defer runners[i].close()
	}
	var next, failed atomic.Int64
	took := make([][]time.Duration, workers)
	var wg sync.WaitGroup
	begin := time.Now()
	for i, r := range runners {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := next.Add(1); n <= int64(requests); n = next.Add(1) {
				j := job{name: "bench"}
				j.req, j.err = parseRequest(bodies[int(n)%len(bodies)])
				o := r.do(j)
				if o.Error != "" {
					failed.Add(1)
				}
				took[i] = append(took[i], o.elapsed)
			}
		}()
	}
	wg.Wait()
	elapsed := time.Since(begin)
	all := slices.Concat(took...)
	slices.Sort(all)
	return speed{Requests: requests, Workers: workers, Failed: int(failed.Load()), Seconds: elapsed.Seconds(),
		Rate:   float64(requests) / elapsed.Seconds(),
		Median: all[len(all)/2].Microseconds(), P99: all[len(all)*99/100].Microseconds()}, nil
}

func (r speed) print(w io.Writer, asJSON bool) {
	if asJSON {
		fmt.Fprintf(w, "%s\n", encode(r))
		return
	}
	fmt.Fprintf(w, "requests    %d on %d workers, %d without an answer\nseconds     %.2f\nrequests/s  %.0f\nmedian      %d us\n99 %%        %d us\n",
		r.Requests, r.Workers, r.Failed, r.Seconds, r.Rate, r.Median, r.P99)
}

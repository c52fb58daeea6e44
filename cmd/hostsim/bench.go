package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/requests"
)

// benchPrompt is about 1 KB of a prompt, 10 sentences of which each is in the middle of what people ask.
var benchPrompt = strings.Repeat("Explain how distributed systems reach consensus when some of the nodes fail, please. ", 11)

// benchCommand prints how many requests a second the module routes on this machine.
func benchCommand(s streams) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "bench [flags] [FILE]",
		Short: "Measure how many requests a second the module routes here",
		Long: `bench routes a prompt of 1 KB, or the requests of a file ("-" is standard input), one a line, over and over. It reads
what replay reads: --format says how, and .gz is unpacked.`,
		Example: cli.Examples("hostsim bench", "hostsim bench --requests 100000 --workers 1 requests.jsonl"),
	}
	o.add(c)
	count := c.Flags().Int("requests", 10_000, "how many requests to route")
	workers := c.Flags().Int("workers", 0, "VMs at work at the same time (default: one a processor)")
	c.RunE = cli.Action(func(files []string) int {
		if !c.Flags().Changed("workers") {
			*workers = runtime.GOMAXPROCS(0)
		}
		return o.bench(files, *count, *workers, s)
	})
	return c
}

func (o *options) bench(files []string, count, workers int, s streams) int {
	if err := o.check(); err != nil {
		return s.fail(err)
	}
	if count < 1 || workers < 1 || len(files) > 1 {
		return s.fail(errors.New("bench takes at most one FILE with a request a line, and --requests and --workers of 1 or more"))
	}
	list := []hostsim.Request{promptRequest(benchPrompt, "")}
	if len(files) == 1 {
		var wrong int
		var err error
		if list, wrong, err = o.readRequests(files[0], s); err != nil {
			return s.fail(err)
		}
		if wrong > 0 {
			fmt.Fprintf(s.Err, "hostsim: nothing is measured: lines that are no request: %d\n", wrong)
			return exitNo
		}
	}
	lab, err := o.open(s)
	if err != nil {
		return s.fail(err)
	}
	result, err := measure(lab, list, count, workers, cli.NewProgress(s.Streams, "requests", int64(count)))
	if err != nil {
		return s.fail(err)
	}
	out, done := o.output.Open(s.Out)
	result.print(out, o.output.Data())
	done()
	if result.Failed > 0 {
		return exitNo
	}
	return exitOK
}

// readRequests reads a file with a request a line, in the format that the flag names. Lines that are no request are told and counted.
func (o *options) readRequests(name string, s streams) (list []hostsim.Request, wrong int, err error) {
	in, err := s.Open(name)
	if err != nil {
		return nil, 0, fmt.Errorf("read the requests: %w", err)
	}
	defer in.Close()
	lines, err := requests.NewLines(in, o.format)
	for err == nil {
		var line requests.Line
		if line, err = lines.Next(); err != nil {
			break
		}
		r, no := sent(line.Request())
		if no != nil {
			if wrong++; wrong <= mostWrong {
				fmt.Fprintf(s.Err, "%s:%d: %s\n", name, line.Number, no)
			}
			continue
		}
		list = append(list, r)
	}
	if !errors.Is(err, io.EOF) {
		return nil, 0, fmt.Errorf("read the requests: %w", err)
	}
	if len(list) == 0 && wrong == 0 {
		return nil, 0, fmt.Errorf("%s has no requests: put one on each line", name)
	}
	return list, wrong, nil
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
func measure(lab *lab, list []hostsim.Request, count, workers int, bar *cli.Progress) (speed, error) {
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
			for n := next.Add(1); n <= int64(count); n = next.Add(1) {
				o := r.do(job{name: "bench", req: list[int(n)%len(list)]})
				if o.Error != "" {
					failed.Add(1)
				}
				took[i] = append(took[i], o.elapsed)
				if i == 0 && n%64 == 0 {
					bar.Show(n, n)
				}
			}
		}()
	}
	wg.Wait()
	elapsed := time.Since(begin)
	bar.Clear()
	all := slices.Concat(took...)
	slices.Sort(all)
	return speed{Requests: count, Workers: workers, Failed: int(failed.Load()), Seconds: elapsed.Seconds(),
		Rate:   float64(count) / elapsed.Seconds(),
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

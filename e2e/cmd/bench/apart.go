package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/figures"
	"github.com/mom-router/mom-router/e2e/internal/node"
	"github.com/mom-router/mom-router/e2e/internal/progress"
)

// apart measures what needs no Envoy: the module in V8 alone, and hostsim.
func (g *ground) apart(r *figures.Report, p *progress.Line) error {
	p.Say("hostsim")
	perSecond, err := g.replay()
	if err != nil {
		return err
	}
	r.Extras = append(r.Extras, figures.Extra{What: "hostsim replays of 0.3 KB a second", Value: figures.Rounded(perSecond)})
	p.Say("the module in V8 alone")
	many, err := policyJSON(g.defaults, phrases(g.data.Phrases(5000, 1)))
	if err != nil {
		return err
	}
	const defaults = `{"policy":"default","hold":"flag","pieces":{"memory":0}}` // all rounds send the same bodies
	small := set{kind: "prose", size: 300, count: 256}
	for _, m := range []struct {
		configuration string
		set           set
		rounds        int
		what, unit    string
		value         func(*node.Result) float64
	}{
		{`{"hold":"flag","policy":` + many + `}`, set{kind: "prose", size: 300, count: 8}, 1, figures.ConfigureMany, "ms", func(r *node.Result) float64 { return r.Configured }},
		{defaults, small, 5, "V8: a request of 0.3 KB", "us", func(r *node.Result) float64 { return slices.Min(r.PerRequest) / 1e3 }},
		{defaults, set{kind: "prose", size: 1 << 20, count: 2}, 2, figures.CallbackProse, "ms", func(r *node.Result) float64 { return r.Longest / 1e6 }},
		{defaults, set{kind: "worst-mix", size: 1 << 20, count: 1}, 2, figures.CallbackWorst, "ms", func(r *node.Result) float64 { return r.Longest / 1e6 }},
	} {
		run := node.Run{Root: g.o.root, Module: g.o.module, Configuration: m.configuration, Bodies: m.set.make(g, 400), Rounds: m.rounds}
		got, err := run.Do()
		if errors.Is(err, node.ErrMissing) {
			p.Done()
			fmt.Fprintf(os.Stderr, "bench: no figures of V8 alone: %v\n", err)
			return nil
		}
		if err != nil {
			return err
		}
		r.Extras = append(r.Extras, figures.Extra{What: m.what, Value: figures.Rounded(m.value(got)), Unit: m.unit})
	}
	return nil
}

// replayed is the number of requests that hostsim gets: enough that its start does not count for much.
const replayed = 10_000

// replay has hostsim answer many small bodies, and returns how many it does a second, its start included.
func (g *ground) replay() (float64, error) {
	hostsim := filepath.Join(g.o.root, "bin", "hostsim")
	if _, err := os.Stat(hostsim); err != nil {
		return 0, fmt.Errorf("no hostsim: run make build: %w", err)
	}
	dir, err := os.MkdirTemp("", "mom-router-bench")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "requests.jsonl")
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	for _, m := range (set{kind: "prose", size: 300, count: replayed}).make(g, 300) {
		if _, err := f.Write(append(m.Body, '\n')); err != nil {
			return 0, err
		}
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	began := time.Now()
	if out, err := exec.Command(hostsim, "replay", "--json", "--wasm", g.o.module, path).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s replay: %w: %s", hostsim, err, lastLine(out))
	}
	return replayed / time.Since(began).Seconds(), nil
}

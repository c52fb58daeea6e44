package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

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

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// replayed is the number of requests that hostsim gets: enough that its start does not count for much.
const replayed = 20_000

// replay has hostsim answer the small body again and again.
func replay(o *options, out io.Writer) error {
	if _, err := os.Stat(o.hostsim); err != nil {
		return fmt.Errorf("%w: run make", err)
	}
	dir, err := os.MkdirTemp("", "mom-router-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "requests.jsonl")
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	line := append(body(bodies[0].size), '\n')
	for range replayed {
		if _, err := f.Write(line); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	began := time.Now()
	command := exec.Command(o.hostsim, "replay", "--json", "--wasm", o.module, path)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s replay: %w", o.hostsim, err)
	}
	took := time.Since(began)
	fmt.Fprintf(out, "hostsim replays %.0f requests a second (%d of %s, start included)\n", replayed/took.Seconds(), replayed, bodies[0].name)
	return nil
}

package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/mom-router/mom-router/rules"
)

// format is the version of the file's form. A recording of another one is not compared.
const format = 1

// header is the first line of a recording; rows follow, a line each.
type header struct {
	Recording int      `json:"recording"` // the format
	Policy    string   `json:"policy"`    // the hash of the policy that decided
	Weights   string   `json:"weights"`
	Sets      []string `json:"sets"`
}

// record writes the answers to all requests of some sets to a file, and what it does to progress.
func record(list []set, file string, progress io.Writer) error {
	table, err := rules.Default()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	unfinished := file + ".unfinished"
	to, err := os.Create(unfinished)
	if err != nil {
		return err
	}
	defer os.Remove(unfinished) // in vain once it has its name
	defer to.Close()
	packed := gzip.NewWriter(to)
	buffered := bufio.NewWriter(packed)
	lines := json.NewEncoder(buffered)
	lines.SetEscapeHTML(false)
	h := header{Recording: format, Policy: table.Hash(), Weights: table.Weights()}
	for _, s := range list {
		h.Sets = append(h.Sets, s.name)
	}
	if err := lines.Encode(h); err != nil {
		return err
	}
	for _, s := range list {
		begun, rows := time.Now(), 0
		var failed error
		err := answers(table, s, func(int) bool { return true }, func(r row) {
			rows++
			failed = errors.Join(failed, lines.Encode(r))
		})
		if err := errors.Join(err, failed); err != nil {
			return err
		}
		fmt.Fprintf(progress, "%-32s %7d rows %8.1f s\n", s.name, rows, time.Since(begun).Seconds())
	}
	if err := errors.Join(buffered.Flush(), packed.Close(), to.Close()); err != nil {
		return err
	}
	return os.Rename(unfinished, file)
}

// answers calls f with the answers to a set's wanted requests, in order. All processors work on them.
func answers(table *rules.Table, s set, wanted func(n int) bool, f func(row)) error {
	type job struct {
		*request
		answer chan row
	}
	jobs, inOrder := make(chan job), make(chan job, 256)
	var working sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		working.Add(1)
		go func() {
			defer working.Done()
			o := newOracle(table)
			for j := range jobs {
				j.answer <- o.ask(j.request)
			}
		}()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for j := range inOrder {
			f(<-j.answer)
		}
	}()
	err := s.each(wanted, func(c *request) {
		j := job{c, make(chan row, 1)}
		inOrder <- j
		jobs <- j
	})
	close(jobs)
	close(inOrder)
	working.Wait()
	<-done
	return err
}

// recording is what a file holds.
type recording struct {
	header
	rows []row
}

// read reads a recording.
func read(name string) (*recording, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%q is no recording: %w", name, err)
	}
	lines := json.NewDecoder(unpacked)
	r := &recording{}
	if err := lines.Decode(&r.header); err != nil {
		return nil, fmt.Errorf("%q is no recording: %w", name, err)
	}
	if r.Recording != format {
		return nil, fmt.Errorf("%q has format %d, and this command reads format %d: record it anew", name, r.Recording, format)
	}
	for {
		var one row
		switch err := lines.Decode(&one); {
		case errors.Is(err, io.EOF):
			return r, nil
		case err != nil:
			return nil, fmt.Errorf("%q is damaged behind row %d: %w: record it anew", name, len(r.rows), err)
		}
		r.rows = append(r.rows, one)
	}
}

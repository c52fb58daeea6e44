package main

import (
	"io"
	"runtime"
	"testing"

	"github.com/mom-router/mom-router/internal/cli"
)

// endless gives the same line over and over, and notes how much the heap holds after so many.
type endless struct {
	line []byte
	at   []int    // after how many lines to look
	held []uint64 // bytes
	n    int
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.at) == len(e.held) {
		return 0, io.EOF
	}
	if e.n++; e.n == e.at[len(e.held)] {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		e.held = append(e.held, stats.HeapAlloc)
	}
	return copy(p, e.line), nil
}

func TestReplayTakesNoMoreMemoryForMoreLines(t *testing.T) {
	in := &endless{line: append(promptRequest("hi", "").Body, '\n'), at: []int{5_000, 45_000}}
	o := options{output: asJSON()}
	if code, err := replayAll(in, 0, caller(t), &o, streams{cli.Streams{Out: io.Discard, Err: io.Discard}}, nil); err != nil || code != exitOK {
		t.Fatal(code, err)
	}
	// Lines in flight differ. What stayed of each line, 16 bytes or more, would be more than that.
	const flight = 512 << 10
	if few, many := in.held[0], in.held[1]; many > few+flight {
		t.Errorf("%d bytes after %d lines, %d after %d", few, in.at[0], many, in.at[1])
	}
}

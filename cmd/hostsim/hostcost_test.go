package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim/wat"
	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/requests"
)

// caller is a lab with testdata/caller.wat, which makes the router's host calls and nothing else.
func caller(t testing.TB) *lab {
	t.Helper()
	text, err := os.ReadFile("testdata/caller.wat")
	if err != nil {
		t.Fatal(err)
	}
	code, err := wat.Assemble(string(text))
	if err != nil {
		t.Fatal(err)
	}
	o := options{wasm: fileWith(t, "caller.wasm", code), hold: "flag"}
	lab, err := o.open(streams{cli.Streams{Out: io.Discard, Err: io.Discard}})
	if err != nil {
		t.Fatal(err)
	}
	return lab
}

// BenchmarkHost is what a request of replay --json costs the host: everything but the module's own work.
func BenchmarkHost(b *testing.B) {
	r := &runner{lab: caller(b)}
	if err := r.start(); err != nil {
		b.Fatal(err)
	}
	defer r.close()
	line := promptRequest(benchPrompt, "").Body
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		t := &ticket{line: requests.Line{Number: n, Text: line}, done: make(chan struct{})}
		if r.handle(t, true); t.failed || !strings.Contains(string(t.text), `"tokens_in":177`) {
			b.Fatalf("%s", t.text)
		}
	}
}

package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/cli"
)

// BenchmarkReplay routes prompts of 1 KB with the default policy, as hostsim replay --json does.
func BenchmarkReplay(b *testing.B) {
	prompt := strings.Repeat("Explain how distributed systems reach consensus when some of the nodes fail, please. ", 11)
	var input bytes.Buffer
	for i := range b.N {
		fmt.Fprintf(&input, `{"model":"auto","messages":[{"role":"user","content":"%d %s"}]}`+"\n", i, prompt)
	}
	o := options{wasm: router(), hold: "flag", output: asJSON()}
	s := streams{cli.Streams{Out: io.Discard, Err: io.Discard}}
	lab, err := o.open(s)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := replayAll(strings.NewReader(""), 0, lab, &o, s, nil); err != nil { // compiles the module
		b.Fatal(err)
	}
	b.ResetTimer()
	if code, err := replayAll(&input, int64(input.Len()), lab, &o, s, nil); err != nil || code != exitOK {
		b.Fatal(code, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

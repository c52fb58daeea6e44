// Command v8 runs the module in V8 without a proxy. It needs node.
//
//	v8 bench     what a request costs, in the form of go test -bench, for benchstat
//	v8 profile   the functions in which the module spends its time
//
// Exit status 2 when something is missing.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/e2e/internal/node"
	"github.com/mom-router/mom-router/internal/needs"
)

// configuration remembers no pieces: all rounds send the same bodies.
const configuration = `{"policy":"default","hold":"flag","pieces":{"memory":0}}`

// sizes are the bodies of v8 bench: how many there are, and how often all of them are sent in a round.
var sizes = []struct {
	kind        string
	size, count int
}{
	{"prose", 300, 512}, {"prose", 4 << 10, 128}, {"prose", 200 << 10, 8}, {"code", 32 << 10, 24}, {"tables", 32 << 10, 16}, {"logs", 32 << 10, 24},
	{"chinese", 32 << 10, 24}, {"languages", 32 << 10, 24}, {"base64", 200 << 10, 16}, {"worst-mix", 32 << 10, 8},
}

type options struct {
	root, module, kind string
	size, count, rows  int
	rounds             int
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "v8:", err)
		os.Exit(2)
	}
}

func run(args []string) error {
	var o options
	f := flag.NewFlagSet("v8", flag.ExitOnError)
	f.StringVar(&o.module, "wasm", "", "the module (bench: dist/mom-router.wasm; profile: built anew, with the names of functions)")
	f.StringVar(&o.kind, "kind", "prose", "profile: the kind of bodies")
	f.IntVar(&o.size, "size", 32<<10, "profile: their bytes")
	f.IntVar(&o.count, "count", 64, "profile: how many different ones")
	f.IntVar(&o.rows, "rows", 40, "profile: how many functions to print")
	f.IntVar(&o.rounds, "rounds", 5, "how often all bodies are sent")
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "usage: v8 bench|profile [flags]")
		f.PrintDefaults()
	}
	if len(args) == 0 {
		return fmt.Errorf("which? v8 bench or v8 profile")
	}
	f.Parse(args[1:])
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: flags only, see v8 %s -help", f.Arg(0), args[0])
	}
	if o.size < 1 || o.count < 1 || o.rows < 1 || o.rounds < 1 {
		return fmt.Errorf("-size, -count, -rows and -rounds must be above 0")
	}
	if _, err := node.Find(); err != nil {
		return err
	}
	var err error
	if o.root, err = envoy.Root(); err != nil {
		return err
	}
	switch args[0] {
	case "bench":
		return bench(&o)
	case "profile":
		return profile(&o)
	}
	return fmt.Errorf("unknown command %q: v8 bench or v8 profile", args[0])
}

// bench prints each round as a line of its own: benchstat makes medians of them.
func bench(o *options) error {
	if o.module == "" {
		o.module = filepath.Join(o.root, "dist", "mom-router.wasm")
	}
	if _, err := os.Stat(o.module); err != nil {
		return fmt.Errorf("no module at %q: run make build, or name one with -wasm: %w", o.module, err)
	}
	data, err := bodies.Load(o.root)
	if err != nil {
		return err
	}
	fmt.Println("goos: v8\npkg: github.com/mom-router/mom-router/plugin")
	for _, s := range sizes {
		kind, _ := bodies.KindOf(s.kind)
		messages := kind.Make(data, s.size, s.count, 1)
		bytes := 0
		for _, m := range messages {
			bytes += len(m.Body)
		}
		r := node.Run{Root: o.root, Module: o.module, Configuration: configuration, Bodies: messages, Rounds: o.rounds}
		got, err := r.Do()
		if err != nil {
			return err
		}
		each := float64(bytes) / float64(len(messages))
		for _, ns := range got.PerRequest {
			fmt.Printf("BenchmarkModule/%s-%dB \t%8d\t%12.0f ns/op\t%8.2f MB/s\t%8.1f ns/byte\n", s.kind, s.size, len(messages), ns, each/ns*1000, ns/each)
		}
	}
	return nil
}

func profile(o *options) error {
	kind, ok := bodies.KindOf(o.kind)
	if !ok {
		return fmt.Errorf("no kind %q of bodies", o.kind)
	}
	data, err := bodies.Load(o.root)
	if err != nil {
		return err
	}
	if o.module == "" {
		o.module = filepath.Join(o.root, ".cache", "bench", "named.wasm")
		fmt.Fprintln(os.Stderr, "v8: building the module with the names of its functions")
		if err := buildNamed(o.root, o.module); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "mom-router-profile")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r := node.Run{
		Root: o.root, Module: o.module, Configuration: configuration, Rounds: o.rounds, Profile: filepath.Join(dir, "profile"),
		Bodies: kind.Make(data, o.size, o.count, 1),
	}
	got, err := r.Do()
	if err != nil {
		return err
	}
	shares, err := node.ReadProfile(r.Profile)
	if err != nil {
		return err
	}
	fmt.Printf("%d bodies of %s, %d bytes each, %d times: %.0f us of CPU a request in the quickest round\n", o.count, o.kind, o.size, o.rounds, slices.Min(got.PerRequest)/1000)
	for i, s := range shares {
		if i == o.rows {
			break
		}
		fmt.Printf("%5.1f%%  %s\n", 100*s.Part, s.Function)
	}
	return nil
}

// buildNamed builds the module without -s -w: V8 shows what its name section says.
func buildNamed(root, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	c := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-ldflags="+needs.CollectAtOnce, "-o", file, "./plugin")
	c.Dir, c.Env = root, append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build the module: %w: %s", err, strings.TrimSpace(string(out)))
	}
	c = exec.Command("go", "run", "./internal/compact", file)
	c.Dir = root
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("make the module compact: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

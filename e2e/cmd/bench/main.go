// Command bench measures what mom-router costs: the CPU time that it adds to a request in the real Envoy, with the shipped
// examples, over the same configuration without its filters; how long Envoy takes to load it; how large it is; and how
// many requests a second hostsim replays.
//
// With and without the filter run side by side in one Envoy with one worker, in turns, and the median of the turns counts:
// so what else the machine does hits both. Exit status 2 when something is missing.
package main

import (
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

type options struct {
	root, module, envoy, hostsim string
	requests, turns              int
}

func main() {
	o := options{}
	flag.IntVar(&o.requests, "requests", 2000, "requests a turn")
	flag.IntVar(&o.turns, "turns", 7, "turns, of which the median counts")
	flag.StringVar(&o.envoy, "envoy", "", "the Envoy to measure (default: the newest pinned one, or $ENVOY)")
	flag.StringVar(&o.module, "wasm", "", "the module (default: dist/mom-router.wasm)")
	flag.StringVar(&o.hostsim, "hostsim", "", "the hostsim command (default: bin/hostsim)")
	flag.Parse()
	if err := run(&o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

func run(o *options, out io.Writer) error {
	if err := o.fill(); err != nil {
		return err
	}
	size, packed, err := sizes(o.module)
	if err != nil {
		return fmt.Errorf("%w: run make", err)
	}
	fmt.Fprintf(out, "module: %.2f MB (%.2f MB with gzip)\n\n", float64(size)/1e6, float64(packed)/1e6)

	backends, err := backend.Start(clusters...)
	if err != nil {
		return err
	}
	defer backends.Stop()
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "mode\tbody\twithout\twith\tadded\t")
	for _, mode := range []string{"flag", "pair"} {
		rows, ready, err := measure(o, mode, backends)
		if err != nil {
			return fmt.Errorf("%s mode: %w", mode, err)
		}
		for _, r := range rows {
			fmt.Fprintf(table, "%s\t%s\t%.1f us\t%.1f us\t%+.1f us\t\n", mode, r.body, r.without, r.with, r.with-r.without)
		}
		defer fmt.Fprintf(out, "Envoy serves after %.2f s in %s mode\n", ready.Seconds(), mode)
	}
	fmt.Fprintln(out, "Envoy CPU a request, one worker:")
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	return replay(o, out)
}

func (o *options) fill() error {
	var err error
	if o.root, err = envoy.Root(); err != nil {
		return err
	}
	if o.module == "" {
		o.module = filepath.Join(o.root, "dist", "mom-router.wasm")
	}
	if o.hostsim == "" {
		o.hostsim = filepath.Join(o.root, "bin", "hostsim")
	}
	if o.envoy == "" {
		all, err := envoy.Installations()
		if err != nil {
			return err
		}
		o.envoy = all[0].Path
	}
	return nil
}

// sizes are the bytes of a file, as it is and compressed as registries ship it.
func sizes(path string) (plain, packed int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	var count counter
	z := gzip.NewWriter(&count)
	if plain, err = io.Copy(z, f); err != nil {
		return 0, 0, err
	}
	return plain, int64(count), z.Close()
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

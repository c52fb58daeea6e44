// Command bench measures what mom-router costs in the real Envoy, beside what else one could have: no filter, a plugin in
// Go without any logic, an ext_proc service in Go that runs the same engine (the current one, and one that is frozen), and
// a Lua filter. All contenders run at once, an Envoy with one worker each, and take turns with the same bodies, so that
// what else the machine does hits all of them; medians of the turns count.
//
// It prints one table and writes one JSON file, from which -draw makes the pictures in the documentation. Exit status 2
// when something is missing.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/e2e/internal/figures"
	"github.com/mom-router/mom-router/e2e/internal/progress"
)

type options struct {
	root, module, envoy, out string
	turns                    int
	turn, watch              time.Duration
	starts                   int
	only, without, bodies    []string
	quick, draw, costOnly    bool
}

func main() {
	o, err := parse(os.Args[1:])
	if err == nil {
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", oneLine(err))
		os.Exit(2)
	}
}

// oneLine is an error without the log of a proxy that did not start, but for that log's last line.
func oneLine(err error) string {
	first, last := firstLine([]byte(err.Error())), lastLine([]byte(err.Error()))
	if first == last {
		return first
	}
	return first + ": " + last
}

func parse(args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	list := func(into *[]string, name, usage string) {
		f.Func(name, usage, func(s string) error { *into = append(*into, strings.Split(s, ",")...); return nil })
	}
	f.BoolVar(&o.quick, "quick", false, "few bodies and two turns: about 2 minutes instead of 10")
	list(&o.only, "contenders", "measure only these, parted by commas: "+strings.Join(contenderNames(), ", "))
	list(&o.without, "without", "leave these contenders out")
	list(&o.bodies, "bodies", "send only bodies whose name begins so, parted by commas: prose, \"prose 4 KB\", agents, ...")
	f.IntVar(&o.turns, "turns", 0, "turns of each contender with each body (default 5, with -quick 2)")
	f.DurationVar(&o.turn, "turn", 250*time.Millisecond, "about how long a turn takes")
	f.DurationVar(&o.watch, "watch", 0, "how long latency is watched (default 4s, with -quick 1s)")
	f.IntVar(&o.starts, "starts", 0, "how often a start is timed (default 3, with -quick 1)")
	f.BoolVar(&o.costOnly, "cost-only", false, "no latency, bystanders, conversations or starts: the CPU a request alone")
	f.StringVar(&o.envoy, "envoy", "", "the Envoy to measure (default: the newest pinned one, or $ENVOY)")
	f.StringVar(&o.module, "wasm", "", "the module (default: dist/mom-router.wasm)")
	f.StringVar(&o.out, "out", "", "the JSON file (default: dist/bench.json)")
	f.BoolVar(&o.draw, "draw", false, "measure nothing: draw docs/bench/*.svg and write the table of README.md from docs/bench/figures.json")
	f.Parse(args)
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q: bench takes flags only, see -help", f.Arg(0))
	}
	number := func(n *int, quick, full int) {
		if *n == 0 {
			*n = full
			if o.quick {
				*n = quick
			}
		}
	}
	number(&o.turns, 2, 5)
	number(&o.starts, 1, 3)
	if o.watch == 0 {
		o.watch = 4 * time.Second
		if o.quick {
			o.watch = time.Second
		}
	}
	if o.turns < 1 || o.starts < 1 || o.turn <= 0 || o.watch <= 0 {
		return nil, fmt.Errorf("-turns, -starts, -turn and -watch must be above 0")
	}
	var err error
	if o.root, err = envoy.Root(); err != nil {
		return nil, err
	}
	if o.module == "" {
		o.module = filepath.Join(o.root, "dist", "mom-router.wasm")
	}
	if o.out == "" {
		o.out = filepath.Join(o.root, "dist", "bench.json")
	}
	return o, nil
}

func run(o *options) error {
	if o.draw {
		return figures.Draw(o.root)
	}
	chosen, err := choose(o.only, o.without)
	if err != nil {
		return err
	}
	sets, err := chooseSets(o)
	if err != nil {
		return err
	}
	if err := check(o); err != nil {
		return err
	}
	p := progress.New()
	defer p.Done()
	p.Say("reading the data")
	data, err := bodies.Load(o.root)
	if err != nil {
		return err
	}
	want := func(name string) bool {
		return slices.ContainsFunc(chosen, func(c contender) bool { return c.name == name })
	}
	built, err := build(o, want, p.Say)
	if err != nil {
		return err
	}
	g, err := newGround(o, built, data)
	if err != nil {
		return err
	}
	defer g.backends.Stop()
	r, err := newReport(o, built)
	if err != nil {
		return err
	}
	for _, c := range chosen {
		r.Contenders = append(r.Contenders, figures.Contender{Name: c.name, About: c.about})
	}
	if err := g.measure(r, chosen, sets, p); err != nil {
		return err
	}
	r.Machine.LoadAfter = loadAverage()
	r.Name()
	p.Done()
	if err := r.Table(os.Stdout); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.out), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(o.out, r.JSON(), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "bench: wrote %s\n", o.out)
	return nil
}

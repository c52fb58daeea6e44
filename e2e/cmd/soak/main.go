// Command soak sends a mix of everything to the real Envoy for a while and judges every answer: prose, code, Chinese, images,
// agents' conversations, attacks, bad input, members behind the hold window, bodies in odd pieces, clients that are slow or
// leave. Meanwhile policies are replaced, some with mistakes, and beside it an Envoy whose module crashes comes back by
// itself. What must come of a request is what the engine says natively under the policies that may have been in force, or,
// of attacks and bad input, what the suite says.
//
// It prints a table, writes one JSON file and one drawing. Exit status 1 when an answer was lost or wrong or memory grew, 2
// when it cannot run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/e2e/internal/progress"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/redteam"
)

type options struct {
	ctx                     context.Context
	root, module, envoy     string
	out                     string // without suffix
	long                    time.Duration
	clients, request        int
	seed                    uint64
	growth                  float64
	updateEvery, crashEvery time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	code := 2
	if err == nil {
		o.ctx = ctx
		code, err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", oneLine(err))
	}
	os.Exit(code)
}

// oneLine is an error without the log of a proxy that did not start, but for that log's last line.
func oneLine(err error) string {
	first, _, more := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	if !more {
		return first
	}
	return first + ": " + lastLine(err.Error())
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// everyPart is how often policies change and modules crash: so many times in a run, but not more often than this.
func everyPart(long time.Duration, times int, least time.Duration) time.Duration {
	return max(long/time.Duration(times), least)
}

func parse(args []string, help io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("soak", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.DurationVar(&o.long, "for", 10*time.Minute, "how long it sends, such as 90s or 10m")
	f.IntVar(&o.clients, "clients", 8, "requests under way at a time")
	f.Uint64Var(&o.seed, "seed", 0, "makes the same requests again; 0 is one of chance")
	f.IntVar(&o.request, "request", -1, "send only the request of this number, of the seed, and say what comes of it")
	f.Float64Var(&o.growth, "growth", 5, "percent by which Envoy's memory may grow after the warm-up; it fails runs of 5 minutes and longer")
	f.DurationVar(&o.updateEvery, "update", 0, "time between two updates of a policy (default: a twentieth of the run, at least 3s)")
	f.DurationVar(&o.crashEvery, "crash", 0, "time between two crashes (default: a twentieth of the run, at least 5s)")
	f.StringVar(&o.envoy, "envoy", "", "the Envoy (default: the newest pinned one, or $ENVOY)")
	f.StringVar(&o.module, "wasm", "", "the module (default: dist/mom-router.wasm)")
	f.StringVar(&o.out, "out", "", "the files to write, without .json and .svg (default: dist/soak)")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(help, "usage: soak [flags]")
			f.SetOutput(help)
			f.PrintDefaults()
			return nil, err
		}
		return nil, fmt.Errorf("%w: see -help", err)
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q: soak takes flags only, see -help", f.Arg(0))
	}
	switch {
	case o.long < 5*time.Second || o.long > 7*24*time.Hour:
		return nil, fmt.Errorf("-for %q is not between 5s and a week: name how long it is to send, such as 10m", o.long)
	case o.clients < 1 || o.clients > 256:
		return nil, fmt.Errorf("-clients %d is not between 1 and 256", o.clients)
	case !(o.growth > 0 && o.growth <= 1000):
		return nil, fmt.Errorf("-growth %g is not a percentage above 0 and up to 1000", o.growth)
	case o.updateEvery < 0 || o.crashEvery < 0:
		return nil, fmt.Errorf("-update and -crash are times above 0")
	case o.request >= 0 && o.seed == 0:
		return nil, fmt.Errorf("-request %d needs the -seed of the run that sent it", o.request)
	}
	if o.updateEvery == 0 {
		o.updateEvery = everyPart(o.long, 20, 3*time.Second)
	}
	if o.crashEvery == 0 {
		o.crashEvery = everyPart(o.long, 20, 5*time.Second)
	}
	if o.seed == 0 {
		o.seed = 1 + rand.Uint64N(1_000_000)
	}
	var err error
	if o.root, err = envoy.Root(); err != nil {
		return nil, err
	}
	if o.module == "" {
		o.module = filepath.Join(o.root, "dist", "mom-router.wasm")
	}
	if o.out == "" {
		o.out = filepath.Join(o.root, "dist", "soak")
	}
	return o, nil
}

// check says what is missing before anything is built or started.
func check(o *options) error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("this is %s: memory is read from /proc, which Linux has", runtime.GOOS)
	}
	var err error
	if o.envoy, err = envoy.Find(o.envoy); err != nil {
		return err
	}
	if info, err := os.Stat(o.module); err != nil {
		return fmt.Errorf("no module at %q: run make build, or name one with -wasm: %w", o.module, err)
	} else if info.IsDir() {
		return fmt.Errorf("-wasm %q is a folder: name the file, such as dist/mom-router.wasm", o.module)
	}
	if info, err := os.Stat(filepath.Dir(o.out)); err == nil && !info.IsDir() {
		return fmt.Errorf("-out %q is in no folder: name another place", o.out)
	}
	return nil
}

// loadData reads the data; where there is none, soak does with less and says so.
func loadData(root string, say func(string)) (*bodies.Data, error) {
	if _, err := os.Stat(filepath.Join(root, "..", "shared", "data")); errors.Is(err, os.ErrNotExist) {
		say("no data at ../shared/data: only what needs none is sent, and no prose, code, images or agents' sessions")
		return nil, nil
	}
	say("reading the data")
	return bodies.Load(root)
}

func run(o *options) (code int, err error) {
	if err := check(o); err != nil {
		return 2, err
	}
	p := progress.New()
	defer p.Done()
	security, err := os.ReadFile(filepath.Join(o.root, "SECURITY.md"))
	if err != nil {
		return 2, err
	}
	rows, err := redteam.ReadBadInputs(string(security))
	if err != nil {
		return 2, err
	}
	data, err := loadData(o.root, p.Keep)
	if err != nil {
		return 2, err
	}
	x := newMix(o.seed, data, rows)
	crashing := ""
	if o.request < 0 || x.job(o.request).listener == failing {
		p.Say("building the module that crashes on demand")
		if crashing, err = needs.Crashing(); err != nil {
			return 2, err
		}
	}
	s, err := newStand(o, crashing, p.Say)
	if err != nil {
		return 2, err
	}
	defer s.stop()
	t := newTally(p.Keep)
	d := newDriver(s, x, t)
	defer d.close()
	if o.request >= 0 {
		return d.repeat(o, p)
	}
	r := d.soak(o, p)
	p.Done()
	if err := r.write(o.out); err != nil {
		return 2, err
	}
	r.Table(os.Stdout)
	fmt.Fprintf(os.Stderr, "soak: wrote %s.json and %s.svg\n", o.out, o.out)
	switch {
	case o.ctx.Err() != nil:
		return 2, fmt.Errorf("interrupted after %d requests", r.Requests)
	case len(r.failures()) > 0:
		return 1, errors.New(r.failures()[0])
	}
	return 0, nil
}

// repeat sends the one request that was asked for.
func (d *driver) repeat(o *options, p *progress.Line) (int, error) {
	j := d.mix.job(o.request)
	d.one(j)
	if u := d.updatedAt(j.listener); u != nil { // it may have been sent under the other policy
		if err := d.replace(o.ctx, u); err != nil {
			return 2, err
		}
		d.one(j)
	}
	d.settle()
	p.Done()
	if d.tally.bad() > 0 {
		return 1, nil // told already
	}
	p.Keep(fmt.Sprintf("request %d of seed %d (%s, listener %s) is answered as it should", o.request, o.seed, j.kind, j.listener))
	return 0, nil
}

// soak sends until the time is over.
func (d *driver) soak(o *options, p *progress.Line) *Report {
	p.Say(fmt.Sprintf("sending for %v, seed %d", o.long, o.seed))
	ctx, cancel := context.WithTimeout(o.ctx, o.long)
	defer cancel()
	w := newWatch(d, o, p)
	d.tally.began = time.Now()
	var crowd sync.WaitGroup
	do := func(f func()) {
		crowd.Add(1)
		go func() {
			defer crowd.Done()
			f()
		}()
	}
	for range o.clients {
		do(func() {
			if d.work(ctx); d.tally.hopeless() {
				cancel()
			}
		})
	}
	trouble := func(err error) {
		if err != nil {
			d.tally.fault(err)
			cancel()
		}
	}
	do(func() { trouble(d.update(ctx, o.updateEvery)) })
	do(func() { trouble(d.crash(ctx, o.crashEvery)) })
	do(func() { trouble(w.run(ctx)) })
	crowd.Wait()
	d.atRest()
	return w.report()
}

// atRest wants nothing to be left of the requests when all are answered.
func (d *driver) atRest() {
	if d.broken.Exited() {
		d.tally.fault(fmt.Errorf("the Envoy whose module crashes has died; the end of its log: %s", lastLine(d.broken.Log())))
	}
	if d.envoy.Exited() {
		d.tally.fault(fmt.Errorf("envoy has died; the end of its log: %s", lastLine(d.envoy.Log())))
		return
	}
	err := eventually(context.Background(), "no request is active any more", func() (bool, error) {
		n, err := total(d.envoy, "mom_router_requests_active")
		return n == 0, err
	})
	if err != nil {
		d.tally.fault(err)
	}
	for _, counter := range []string{"mom_router_faults_total", "mom_router_requests_overloaded_total"} {
		if n, err := total(d.envoy, counter); err != nil || n != 0 {
			d.tally.fault(fmt.Errorf("%s is %d, want 0 (%v)", counter, n, err))
		}
	}
	d.settle()
}

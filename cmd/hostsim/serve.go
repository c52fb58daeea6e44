package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mom-router/mom-router/cmd/hostsim/internal/proxy"
	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/cli"
)

// grace is how long requests under way may go on after the first signal.
const grace = 10 * time.Second

// serveOptions are the flags of hostsim serve.
type serveOptions struct {
	options
	listen    string
	admin     string
	accessLog string
	workers   int
	timeout   time.Duration
	failure   string // policy
	// clusterHeader is for modules that are not mom-router's.
	clusterHeader string
	flags         *pflag.FlagSet

	shared   *hostsim.Host
	standard func() ([]byte, error) // what came by standard input
}

// serveCommand is hostsim serve. Tests give it signals and looks; else signals are the process's, and there is a look a second.
func serveCommand(s streams, signals <-chan os.Signal, look <-chan time.Time) *cobra.Command {
	o := &serveOptions{}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Be a proxy with the module in it, with stand-in engines or your own",
		Long: `serve is a reverse proxy with the module in it, and with built-in stand-ins for all engines unless --upstream says where those are.
It reads policy and configuration again when they change (standard input, "-", once), and prints one JSON line a request. Ctrl-C ends it gently, a second one at once.

With --admin it answers for its state, as Envoy's admin interface does: /ready, /stats, /stats/prometheus and /config_dump. The same address shows the
playground in a browser, with the records of requests as they come.`,
		Example: cli.Examples("hostsim serve", "hostsim serve --policy my-policy.yaml --admin 127.0.0.1:9901",
			"hostsim serve --upstream mi355x-gpt-oss-20b=http://10.0.0.1:8000 --upstream mi355x-deepseek=http://10.0.0.2:8000"),
		Args: cli.NoFiles,
	}
	o.add(c)
	c.RunE = cli.Action(func([]string) int {
		if signals == nil {
			come := make(chan os.Signal, 2)
			signal.Notify(come, os.Interrupt, syscall.SIGTERM)
			defer signal.Stop(come)
			every := time.NewTicker(time.Second)
			defer every.Stop()
			return o.serve(s, come, every.C)
		}
		return o.serve(s, signals, look)
	})
	return cli.EndsByItself(c, "")
}

// serve serves until a signal comes. With each look it sees whether the policy has changed.
func (o *serveOptions) serve(s streams, signals <-chan os.Signal, look <-chan time.Time) int {
	if err := o.check(); err != nil {
		return s.fail(err)
	}
	o.standard = sync.OnceValues(func() ([]byte, error) { return s.Read("-") })
	log, done, err := o.openLog(s)
	if err != nil {
		return s.fail(err)
	}
	defer done()
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return s.fail(fmt.Errorf("%w (choose another address with --listen HOST:PORT)", err))
	}
	defer listener.Close()
	service, err := o.start(log, s)
	if err != nil {
		return s.fail(err)
	}
	defer service.close()
	if o.admin != "" {
		stopAdmin, err := service.administer(o.admin)
		if err != nil {
			return s.fail(err)
		}
		defer stopAdmin()
	}
	service.greet(listener.Addr())

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	now := make(chan struct{})
	var others sync.WaitGroup
	defer others.Wait()
	others.Add(2)
	go func() {
		defer others.Done()
		service.watch(ctx, look)
	}()
	go func() {
		defer others.Done()
		obey(ctx, signals, stop, now, s)
	}()
	err = service.proxy.Serve(ctx, listener, grace, now)
	stop()
	switch {
	case errors.Is(err, proxy.ErrCut):
		fmt.Fprintln(s.Err, "hostsim: stopped, and cut off the requests that were still under way")
		return exitNo
	case err != nil:
		return s.fail(err)
	}
	fmt.Fprintln(s.Err, "hostsim: stopped")
	return exitOK
}

// obey ends the service gently at the first signal and at once at the second.
func obey(ctx context.Context, signals <-chan os.Signal, stop func(), now chan<- struct{}, s streams) {
	select {
	case <-ctx.Done():
		return
	case <-signals:
	}
	fmt.Fprintf(s.Err, "hostsim: stopping: requests under way have %v (again: at once)\n", grace)
	stop()
	// The program ends soon in any case, and this goroutine must not hinder it.
	go func() {
		<-signals
		close(now)
	}()
}

// add adds the flags of serve.
func (o *serveOptions) add(c *cobra.Command) {
	o.addModule(c)
	f := c.Flags()
	o.flags = f
	f.BoolVar(&o.verbose, "verbose", false, "print all that the module logs, not just warnings and errors")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "the `address` to serve at: HTTP/1 and HTTP/2 without TLS")
	f.StringVar(&o.admin, "admin", "", "an `address` for /ready, /stats, /stats/prometheus, /config_dump and the playground with the records as they come (default: none)")
	f.StringVar(&o.accessLog, "access-log", "-", "the `file` for one JSON line a request; - is standard output, empty for none")
	f.IntVar(&o.workers, "workers", 0, "VMs at work at the same time (default: one a processor)")
	f.DurationVar(&o.timeout, "timeout", 15*time.Minute, "end a stream on which nothing has moved for so long")
	f.Var(&o.options.upstreams, "upstream", "`CLUSTER=URL`, once for each cluster: where its engine is, for requests and for HTTP calls of plugins;\n* is for requests that name none (default: stand-ins)")
	f.StringVar(&o.failure, "failure-policy", "FAIL_RELOAD", "what follows a trap: FAIL_RELOAD, FAIL_CLOSED or FAIL_OPEN (a filter of --filters says it itself)")
	f.StringVar(&o.clusterHeader, "cluster-header", clusterHeader, "the request `header` that names the cluster, for modules other than mom-router's")
	cli.Choices(c, "failure-policy", "FAIL_RELOAD", "FAIL_CLOSED", "FAIL_OPEN")
}

// check finds mistakes in the flags.
func (o *serveOptions) check() error {
	if err := o.options.check(); err != nil {
		return err
	}
	if !o.flags.Changed("workers") {
		o.workers = runtime.GOMAXPROCS(0)
	}
	if err := setPolicy(&hostsim.Filter{}, o.failure); err != nil {
		return fmt.Errorf("--failure-policy: %w", err)
	}
	switch {
	case o.workers < 1:
		return fmt.Errorf("--workers %d: want 1 or more", o.workers)
	case o.timeout <= 0:
		return fmt.Errorf("--timeout %v: want more than 0", o.timeout)
	}
	return nil
}

// openLog opens the access log: nil if there is none.
func (o *serveOptions) openLog(s streams) (log io.Writer, done func() error, err error) {
	done = func() error { return nil }
	switch o.accessLog {
	case "":
		return nil, done, nil
	case "-":
		return s.Out, done, nil
	}
	f, err := os.OpenFile(o.accessLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the access log: %w", err)
	}
	return f, f.Close, nil
}

// reachable is how a client on this machine reaches a listener.
func reachable(at net.Addr) string {
	host, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return at.String()
	}
	if ip := net.ParseIP(strings.Split(host, "%")[0]); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

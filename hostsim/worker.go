package hostsim

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
	"github.com/mom-router/mom-router/hostsim/internal/chain"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
	"github.com/mom-router/mom-router/hostsim/internal/vm"
)

// Headers is an ordered header map. Pseudo-headers (:method, :status) stand among the others.
type Headers = headers.Map

// Field is one header.
type Field = headers.Field

// NewHeaders makes a header map.
func NewHeaders(fields ...Field) *Headers { return headers.New(fields...) }

// Filter is one plugin configuration in the filter chain: name, root id and configuration, whether a
// pause on headers lets body callbacks through (allow_on_headers_stop_iteration), and the failure policy.
type Filter = vm.Plugin

// Call is an HTTP call of a plugin to a cluster. Its Done takes the answer; nil says that there was none.
type Call = vm.Call

// Answer is the answer to a Call.
type Answer = vm.Answer

// Refused is the error for a configuration that the module did not accept; the reason is its own log message.
type Refused = vm.Refused

// Level is a log level; its String is Envoy's name for it.
type Level = abi.Level

// The log levels.
const (
	LevelTrace    = abi.Trace
	LevelDebug    = abi.Debug
	LevelInfo     = abi.Info
	LevelWarn     = abi.Warn
	LevelError    = abi.Error
	LevelCritical = abi.Critical
)

// Route is what Envoy's router does with a request: send it to a cluster, or answer itself.
type Route = chain.Route

// RouteByHeader routes by a header that names the cluster (cluster_header); without it the router
// answers 404.
func RouteByHeader(name string) func(*Headers) Route {
	return func(h *Headers) Route {
		if c := h.Value(name); c != "" {
			return Route{Cluster: c}
		}
		return Route{Status: 404, Details: "route_not_found"}
	}
}

// DefaultBufferLimit is Envoy's per_connection_buffer_limit_bytes.
const DefaultBufferLimit = 1 << 20

// DefaultStreamWindow is Envoy's initial_stream_window_size.
const DefaultStreamWindow = 16 << 20

// Config sets up a Worker. Only Filters is needed.
type Config struct {
	VMID            string   // vm_id: keeps shared data and queues apart
	VMConfiguration []byte   // the VM's own configuration
	Filters         []Filter // in the order of the request; all in one VM
	Env             [][2]string

	BufferLimit int // bytes; 0: DefaultBufferLimit
	// StreamWindow bounds what a filter can hold of a stream over HTTP/2, where the connection's buffer limit does not
	// apply: initial_stream_window_size, in bytes. 0: DefaultStreamWindow.
	StreamWindow int
	// DropHTTP1Trailers has Do leave out the trailers of requests over HTTP/1, as Envoy does unless
	// http_protocol_options.enable_trailers is set.
	DropHTTP1Trailers bool
	Route             func(*Headers) Route          // nil: RouteByHeader("x-mom-cluster")
	Backend           func(cluster string) Response // what Do's stand-in answers; nil: a 200 with a little JSON
	// HoldLimit is how long Do lets a stream stand still, by Clock, before it reports it as held for
	// ever. 0: five minutes, Envoy's stream_idle_timeout.
	HoldLimit time.Duration

	NodeID, NodeCluster string // what plugins read of the proxy as xds.node.id and xds.node.cluster

	// Trace takes a line for each call between host and module, with arguments and results; nil: no tracing.
	Trace func(line string)
	// Call makes the HTTP calls of plugins; false says that there is no such cluster. nil: there is none.
	Call func(Call) bool

	Clock      Clock     // nil: a LeapClock
	Random     io.Reader // nil: the system's
	LogLevel   Level     // what get_log_level tells the module; the zero value is trace
	Log        func(level Level, plugin, message string)
	FirstReqID uint64 // the first x-request-id that is made up; they count upwards
}

// Worker is one worker thread of the proxy: a VM, its filters, and an event loop. It belongs to one
// goroutine at a time.
type Worker struct {
	cfg     Config
	module  *Module
	vm      *vm.VM
	started time.Time
	failed  []*vm.VM // replaced, but not closed yet
	roots   []*vm.Context
	streams uint64

	mu      sync.Mutex
	mailbox []func() // posted from any goroutine, run at the end of the next event
}

// Worker starts a VM and configures every filter in it: proxy_on_vm_start and proxy_on_configure run
// now. The error is a *Refused when the module does not accept a configuration.
func (m *Module) Worker(cfg Config) (*Worker, error) {
	if cfg.BufferLimit == 0 {
		cfg.BufferLimit = DefaultBufferLimit
	}
	if cfg.StreamWindow == 0 {
		cfg.StreamWindow = DefaultStreamWindow
	}
	if cfg.Route == nil {
		cfg.Route = RouteByHeader("x-mom-cluster")
	}
	if cfg.Backend == nil {
		cfg.Backend = standIn
	}
	if cfg.HoldLimit == 0 {
		cfg.HoldLimit = 5 * time.Minute
	}
	if cfg.Clock == nil {
		cfg.Clock = &LeapClock{}
	}
	if cfg.Log == nil {
		cfg.Log = func(Level, string, string) {}
	}
	w := &Worker{cfg: cfg, module: m}
	if err := w.start(); err != nil {
		return nil, err
	}
	return w, nil
}

// start starts a VM with its filters, in the place of one that has failed if there is one.
func (w *Worker) start() error {
	m, cfg := w.module, w.cfg
	v, err := vm.New(context.Background(), m.code, m.outline, vm.Options{
		ID: cfg.VMID, Configuration: cfg.VMConfiguration, Env: cfg.Env, LogLevel: cfg.LogLevel, Log: cfg.Log,
		Clock: cfg.Clock, Random: cfg.Random, Shared: &m.host.shared, Stats: &m.host.stats,
		Cache: m.host.cache, Envoy: m.host.envoy, Deadline: m.host.deadline, Post: w.post, Call: cfg.Call, Trace: cfg.Trace,
		NodeID: cfg.NodeID, NodeCluster: cfg.NodeCluster,
	})
	if err != nil {
		return err
	}
	var roots []*vm.Context
	for _, f := range cfg.Filters {
		root, err := v.Start(f)
		if err != nil {
			v.Close()
			return err
		}
		roots = append(roots, root)
	}
	if w.vm != nil {
		w.failed = append(w.failed, w.vm) // streams may still be on it
	}
	w.vm, w.roots, w.started = v, roots, cfg.Clock.Now()
	w.turn(func() {})
	return nil
}

// reload replaces a VM that has failed, if a filter says so and it has run long enough.
func (w *Worker) reload() {
	if w.vm.Failed() == nil || w.cfg.Clock.Now().Sub(w.started) < vm.ReloadBackoff {
		return
	}
	for _, f := range w.cfg.Filters {
		if f.FailReload {
			w.start() // if it does not start either, the one that failed stays
			return
		}
	}
}

// Close ends the VM: proxy_on_done and proxy_on_delete run for every root context.
func (w *Worker) Close() error {
	for _, v := range w.failed {
		v.Close()
	}
	return w.vm.Close()
}

// Failed is the trap that ended the VM, nil while it lives. A failed VM answers every stream with 503,
// or lets it pass if the filter fails open, or is replaced if the filter reloads; make a new Worker to go on.
func (w *Worker) Failed() error { return w.vm.Failed() }

// NextTick is when a plugin's timer is due; ok is false when none runs.
func (w *Worker) NextTick() (at time.Time, ok bool) { return w.vm.NextTick() }

// Tick runs the plugins' timers that are due.
func (w *Worker) Tick() { w.turn(w.vm.Tick) }

func (w *Worker) post(f func()) {
	w.mu.Lock()
	w.mailbox = append(w.mailbox, f)
	w.mu.Unlock()
}

// Turn runs what other workers have posted (queue notices). Every event of a stream does that, too.
func (w *Worker) Turn() { w.turn(func() {}) }

// turn is one turn of the event loop: an event, then everything that was posted meanwhile.
func (w *Worker) turn(event func()) {
	event()
	for {
		w.vm.Reap()
		w.mu.Lock()
		posted := w.mailbox
		w.mailbox = nil
		w.mu.Unlock()
		if len(posted) == 0 {
			return
		}
		for _, f := range posted {
			f()
		}
	}
}

package hostsim

import (
	"context"
	"sync"
	"time"

	"github.com/mom-router/mom-router/hostsim/internal/vm"
)

// Worker is one worker thread of the proxy: its VMs, the filter chain in them, and an event loop. It belongs to one
// goroutine at a time.
type Worker struct {
	cfg      Config
	module   *Module
	machines []*machine // those that filters run in, and those that have failed and still have streams
	places   []*place   // in the order of Config.Filters
	streams  uint64

	traps int // VMs that have failed

	mu      sync.Mutex
	mailbox []func()      // posted from any goroutine, run at the end of the next event
	turning bool          // an event runs: what is posted is run when it is over
	calls   int           // HTTP calls that wait for their answer
	arrived chan struct{} // has an element once something was posted while no event ran
}

// machine is a VM and what it was started for.
type machine struct {
	*vm.VM
	where   *VM
	counted bool // among the traps
}

// place is a filter in its VM. Under FailReload, both VM and root context are replaced.
type place struct {
	plugin vm.Plugin
	where  *VM
	on     *machine
	root   *vm.Context
	begun  time.Time // when it was started, or the last attempt was made
}

// Worker starts the VMs and configures every filter: proxy_on_vm_start and proxy_on_configure run now. The error is a
// *Refused when a module does not accept a configuration.
func (m *Module) Worker(cfg Config) (*Worker, error) {
	if cfg.BufferLimit == 0 {
		cfg.BufferLimit = DefaultBufferLimit
	}
	if cfg.StreamWindow == 0 {
		cfg.StreamWindow = DefaultStreamWindow
	}
	if cfg.Route == nil {
		cfg.Route = RouteByHeader("x-cluster")
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
	w := &Worker{cfg: cfg, module: m, arrived: make(chan struct{}, 1)}
	if err := w.start(); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// start starts every filter in its place.
func (w *Worker) start() error {
	for _, f := range w.cfg.Filters {
		where, err := w.cfg.where(w.module, f)
		if err != nil {
			return err
		}
		p := &place{plugin: f.plugin(), where: where}
		if err := w.settle(p); err != nil {
			return err
		}
		w.places = append(w.places, p)
	}
	if len(w.places) == 0 { // the module alone
		where, err := w.cfg.where(w.module, Filter{})
		if err != nil {
			return err
		}
		if _, err := w.machine(where); err != nil {
			return err
		}
	}
	w.turn(func() {})
	return nil
}

// settle starts a filter in a VM that lives: one that there is already, or a new one.
func (w *Worker) settle(p *place) error {
	p.begun = w.cfg.Clock.Now()
	on, err := w.machine(p.where)
	if err != nil {
		return err
	}
	root, err := on.Start(p.plugin)
	if err != nil {
		return err
	}
	p.on, p.root = on, root
	return nil
}

// machine finds a VM that lives, or starts one.
func (w *Worker) machine(where *VM) (*machine, error) {
	for _, m := range w.machines {
		if m.Failed() == nil && m.where.same(where) {
			return m, nil
		}
	}
	cfg, host := w.cfg, where.Module.host
	v, err := vm.New(context.Background(), where.Module.code, where.Module.outline, vm.Options{
		ID: where.ID, Configuration: where.Configuration, Env: where.Env, Capabilities: where.Capabilities,
		LogLevel: cfg.LogLevel, Log: cfg.Log, Clock: cfg.Clock, Random: cfg.Random, Shared: &host.shared, Stats: &host.stats,
		Cache: host.cache, Envoy: host.envoy, Deadline: host.deadline, Post: w.post, Call: w.call, Trace: cfg.Trace,
		NodeID: cfg.NodeID, NodeCluster: cfg.NodeCluster,
	})
	if err != nil {
		return nil, err
	}
	m := &machine{VM: v, where: where}
	w.machines = append(w.machines, m)
	return m, nil
}

// Reload starts filters anew whose VM has failed, if they are FailReload and their back-off is over. Open does so, too. One
// that does not start stays failed for another back-off; the error is of the last of them
// (PluginConfig::maybeReloadHandleIfNeeded in Envoy's source/extensions/common/wasm/wasm.cc).
func (w *Worker) Reload() (err error) {
	now, again := w.cfg.Clock.Now(), false
	for _, p := range w.places {
		if p.on.Failed() != nil && p.plugin.FailReload && now.Sub(p.begun) >= vm.ReloadBackoff {
			again = true
			if e := w.settle(p); e != nil {
				err = e
			}
		}
	}
	if again {
		w.bury()
		w.turn(func() {})
	}
	return err
}

// bury ends the VMs that have failed and serve neither a filter nor a stream any more.
func (w *Worker) bury() {
	used := map[*machine]bool{}
	for _, p := range w.places {
		used[p.on] = true
	}
	kept := w.machines[:0]
	for _, m := range w.machines {
		if m.Failed() == nil || used[m] || m.Streams() > 0 {
			kept = append(kept, m)
		} else {
			m.Close()
		}
	}
	clear(w.machines[len(kept):])
	w.machines = kept
}

// Close ends the VMs: proxy_on_done and proxy_on_delete run for every root context.
func (w *Worker) Close() (err error) {
	for _, m := range w.machines {
		if e := m.Close(); e != nil {
			err = e
		}
	}
	return err
}

// Failed is the trap that ended the VM of a filter, nil while all of them live. The filter answers every stream with 503,
// or lets it pass if it fails open, or has its VM replaced if it reloads; make a new Worker to go on otherwise.
func (w *Worker) Failed() error {
	for _, p := range w.places {
		if err := p.on.Failed(); err != nil {
			return err
		}
	}
	return nil
}

// Traps is how many VMs of the worker have failed so far, those that were replaced among them.
func (w *Worker) Traps() int {
	for _, m := range w.machines {
		if !m.counted && m.Failed() != nil {
			m.counted = true
			w.traps++
		}
	}
	return w.traps
}

// NextTick is when a plugin's timer is due; ok is false when none runs.
func (w *Worker) NextTick() (at time.Time, ok bool) {
	for _, m := range w.machines {
		if t, runs := m.NextTick(); runs && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	return at, ok
}

// Tick runs the plugins' timers that are due.
func (w *Worker) Tick() {
	w.turn(func() {
		for _, m := range w.machines {
			m.Tick()
		}
	})
}

// call makes an HTTP call of a plugin and counts it until its answer has come.
func (w *Worker) call(c Call) bool {
	if w.cfg.Call == nil {
		return false
	}
	done := c.Done
	c.Done = func(a *Answer) {
		done(a) // posts
		w.mu.Lock()
		w.calls--
		w.mu.Unlock()
	}
	w.mu.Lock()
	w.calls++
	w.mu.Unlock()
	if w.cfg.Call(c) {
		return true
	}
	w.mu.Lock()
	w.calls--
	w.mu.Unlock()
	return false
}

// calling reports whether HTTP calls wait for their answer.
func (w *Worker) calling() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls > 0 || len(w.mailbox) > 0
}

func (w *Worker) post(f func()) {
	w.mu.Lock()
	w.mailbox = append(w.mailbox, f)
	turning := w.turning
	w.mu.Unlock()
	if turning {
		return
	}
	select {
	case w.arrived <- struct{}{}:
	default:
	}
	if w.cfg.Wake != nil {
		w.cfg.Wake()
	}
}

// Turn runs what was posted: queue notices of other workers, answers to HTTP calls. Every event of a stream does that, too.
func (w *Worker) Turn() { w.turn(func() {}) }

// turn is one turn of the event loop: an event, then everything that was posted meanwhile.
func (w *Worker) turn(event func()) {
	w.mu.Lock()
	w.turning = true
	w.mu.Unlock()
	event()
	for {
		for _, m := range w.machines {
			m.Reap()
		}
		w.mu.Lock()
		posted := w.mailbox
		w.mailbox = nil
		w.turning = len(posted) > 0
		w.mu.Unlock()
		if len(posted) == 0 {
			return
		}
		for _, f := range posted {
			f()
		}
	}
}

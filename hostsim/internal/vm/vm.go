// Package vm runs one Proxy-Wasm module in one wazero instance: host functions, root and stream
// contexts, and the calls into the module, with the rules of Envoy's Wasm extension
// (source/extensions/common/wasm) and of proxy-wasm-cpp-host (src/{wasm,context,exports}.cc).
//
// A VM belongs to one goroutine, as in Envoy it belongs to one worker thread.
package vm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
	"github.com/mom-router/mom-router/hostsim/internal/shared"
	"github.com/mom-router/mom-router/hostsim/internal/stats"
)

// Clock gives the time to the module and to timers.
type Clock interface {
	Now() time.Time
	Sleep(time.Duration)
}

// Options are a VM's surroundings. Clock, Log, Shared, Stats and Post must be set.
type Options struct {
	ID            string // vm_id: shared data and queues are kept apart by it
	Configuration []byte // VM configuration
	Env           [][2]string
	Capabilities  []string // what the module may import and export (allowed_capabilities); empty: everything
	NodeID        string   // the proxy's node.id and node.cluster
	NodeCluster   string
	LogLevel      abi.Level // what get_log_level says; Log gets everything
	Log           func(level abi.Level, plugin, message string)
	Clock         Clock
	Random        io.Reader // nil: the system's
	Shared        *shared.Store
	Stats         *stats.Set
	Cache         wazero.CompilationCache
	Envoy         abi.Envoy
	Deadline      time.Duration     // for each call into the module; 0: none
	Trace         func(line string) // gets every call between host and module; nil: none
	Call          func(Call) bool   // makes an HTTP call; false: there is no such cluster; nil: there is none at all
	Post          func(func())      // runs a function later on the VM's goroutine; called from any
}

// VM is a running module.
type VM struct {
	Options
	ctx     context.Context
	runtime wazero.Runtime
	memory  api.Memory
	version abi.Version

	malloc api.Function
	on     [callbackCount]api.Function // the module's exports; nil where it lacks one or may not be called
	stats  stats.Table

	contexts map[uint32]*Context
	lastID   uint32
	lastCall uint32     // token of the newest HTTP call
	pending  []*Context // root contexts whose end waits for proxy_done
	roots    []*Context
	gone     []uint32 // streams that are over; forgotten when the event ends (deferred delete)

	current   *Context // whose callback is running
	effective uint32   // set by proxy_set_effective_context, until the callback returns
	stopNext  bool     // a local reply was asked for: the callback's result does not matter
	after     []func() // what host functions put off until the module has returned
	allowed   phase
	failed    error
	saidGRPC  bool   // that gRPC is not supported
	lastLog   string // newest message of level error or above

	names       names  // of headers and properties
	pairs       []byte // a header map on its way to the module
	stack       [8]uint64
	mallocStack [2]uint64
}

// phase says which host functions may be called now.
type phase uint8

const (
	phaseAny    phase = iota
	phaseInit         // during _initialize
	phaseMalloc       // during malloc, called back from a host function
)

// New compiles (or takes from the cache), links and initialises a module.
func New(ctx context.Context, code []byte, outline abi.Outline, o Options) (*VM, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	v := &VM{Options: o, ctx: ctx, version: outline.Version, contexts: map[uint32]*Context{}}
	v.stats.Set = o.Stats
	config := wazero.NewRuntimeConfig().WithCloseOnContextDone(o.Deadline > 0)
	if o.Cache != nil {
		config = config.WithCompilationCache(o.Cache)
	}
	v.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	if err := v.start(code, outline); err != nil {
		v.runtime.Close(ctx)
		return nil, err
	}
	return v, nil
}

func (v *VM) start(code []byte, outline abi.Outline) error {
	if err := v.link(outline); err != nil {
		return err
	}
	compiled, err := v.runtime.CompileModule(v.ctx, code)
	if err != nil {
		return fmt.Errorf("compile the module: %w", err)
	}
	// The VM's own context: what the module logs while it starts belongs to no plugin.
	v.current = &Context{vm: v, plugin: &Plugin{}}
	v.contexts[0] = v.current
	mod, err := v.runtime.InstantiateModule(withLinearMemory(v.ctx), compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return fmt.Errorf("link the module: %w", err)
	}
	if len(compiled.ExportedMemories()) == 0 {
		return errors.New("the module exports no memory")
	}
	v.memory = mod.Memory()
	exported := mod.ExportedFunction
	if v.malloc = exported("malloc"); v.malloc == nil {
		// An exported malloc wins, as in WasmBase::getFunctions.
		v.malloc = exported("proxy_on_memory_allocate")
	}
	if v.malloc == nil {
		return errors.New("the module exports neither malloc nor proxy_on_memory_allocate")
	}
	for b := range callbacks {
		if name := callbacks[b].name; v.allows(name) {
			v.on[b] = exported(name)
		}
	}
	return v.initialise(exported)
}

// initialise runs _initialize (and then main, if exported) or _start, under the restrictions of
// WasmBase::startVm: only logging, clock, random, arguments and environment may be called.
func (v *VM) initialise(exported func(string) api.Function) error {
	v.allowed = phaseInit
	defer func() { v.allowed, v.current = phaseAny, nil }()
	names := []string{"_start"}
	if exported("_initialize") != nil {
		names = []string{"_initialize", "main"}
	}
	for _, name := range names {
		f := exported(name)
		if f == nil {
			continue
		}
		args := make([]uint64, len(f.Definition().ParamTypes()))
		ctx, cancel := v.bounded()
		_, err := f.Call(ctx, args...)
		cancel()
		if err != nil {
			return fmt.Errorf("the module's %s failed: %s", name, trapText(err))
		}
	}
	return nil
}

// Close ends the VM: root contexts get proxy_on_done and proxy_on_delete first.
func (v *VM) Close() error {
	for _, c := range v.roots {
		if c.onDone() {
			c.onDelete()
		} else {
			v.pending = append(v.pending, c)
		}
	}
	return v.runtime.Close(v.ctx)
}

// done ends a root context that has answered proxy_on_done with false: proxy_on_delete follows once the module has returned
// (WasmBase::done).
func (v *VM) done(c *Context) abi.Status {
	for i, p := range v.pending {
		if p == c.root() {
			v.pending = append(v.pending[:i:i], v.pending[i+1:]...)
			v.after = append(v.after, c.root().onDelete)
			return abi.OK
		}
	}
	return abi.NotFound
}

// Failed is the trap that ended the VM, nil while it lives.
func (v *VM) Failed() error { return v.failed }

// call enters the module on behalf of a context. The caller must convert the result and then call
// settle. A trap fails the VM.
func (v *VM) call(c *Context, on callback, args ...uint64) uint64 {
	f := v.on[on]
	saved, savedEffective := v.current, v.effective
	v.current, v.effective = c, 0
	if v.Trace != nil {
		v.traceEnter(c, on, args)
	}
	copy(v.stack[:], args)
	ctx, cancel := v.bounded()
	err := f.CallWithStack(ctx, v.stack[:])
	cancel()
	result := uint64(uint32(v.stack[0]))
	if v.Trace != nil {
		v.traceLeave(len(f.Definition().ResultTypes()), result, err)
	}
	v.current, v.effective = saved, savedEffective
	if err != nil {
		v.fail(on.String(), err)
		return 0
	}
	return result
}

// bounded is the context of a call into the module.
func (v *VM) bounded() (context.Context, func()) {
	if v.Deadline == 0 {
		return v.ctx, func() {}
	}
	return context.WithTimeout(v.ctx, v.Deadline)
}

func (v *VM) fail(name string, err error) {
	if v.failed == nil {
		v.failed = fmt.Errorf("%s failed: %s", name, trapText(err))
		v.Log(abi.Critical, "", v.failed.Error())
	}
}

// trapText is the first line of a trap's message; wazero puts the stack behind it.
func trapText(err error) string {
	var exit *sys.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == sys.ExitCodeDeadlineExceeded {
		return "it did not return within the deadline"
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimSuffix(text, " (recovered by wazero)")
}

// settle runs what host functions put off while the module ran (DeferAfterCallActions).
func (v *VM) settle() {
	v.stopNext = false
	for len(v.after) > 0 {
		f := v.after[0]
		v.after = v.after[1:]
		f()
	}
	v.after = nil
}

// Streams is how many streams have a context in the VM.
func (v *VM) Streams() (n int) {
	for _, c := range v.contexts {
		if c.parent != nil {
			n++
		}
	}
	return n
}

// Reap forgets contexts whose streams are over. It is to be called when an event has been handled:
// until then the module can still name them.
func (v *VM) Reap() {
	for _, id := range v.gone {
		delete(v.contexts, id)
	}
	v.gone = v.gone[:0]
}

// newID never gives an id that is in use, nor 0 (allocContextId).
func (v *VM) newID() uint32 {
	for {
		v.lastID++
		if _, used := v.contexts[v.lastID]; !used && v.lastID != 0 {
			return v.lastID
		}
	}
}

// calling is the context that a host function acts for (contextOrEffectiveContext).
func (v *VM) calling() *Context {
	if v.effective != 0 {
		if c, ok := v.contexts[v.effective]; ok {
			return c
		}
	}
	return v.current
}

package hostsim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
	"github.com/mom-router/mom-router/hostsim/internal/shared"
	"github.com/mom-router/mom-router/hostsim/internal/stats"
	"github.com/mom-router/mom-router/hostsim/internal/vm"
)

// Options are a Host's settings.
type Options struct {
	// CacheDir keeps compiled modules on disk, so that a second process starts at once. Empty: no
	// files. Nobody but the user should be able to write there: it holds machine code.
	CacheDir string
	// Envoy is the release whose imports and WASI are offered. The zero value is the newest.
	Envoy Envoy
	// Deadline is how long a module may take for one callback; after that it has trapped. It costs speed, since every
	// loop of the module must look at the clock. 0: none, as in Envoy, where such a module holds up its worker for ever.
	Deadline time.Duration
}

// Envoy is a range of Envoy's releases that behave alike towards modules; its String is "1.36" or "1.40".
type Envoy = abi.Envoy

// The releases: 1.39 and 1.40, and 1.36 to 1.38.
const (
	Envoy140 = abi.Envoy140
	Envoy136 = abi.Envoy136
)

// ParseEnvoy reads "1.36" or "1.40".
func ParseEnvoy(name string) (Envoy, error) { return abi.ParseEnvoy(name) }

// Host is the proxy's process: what all its workers share (compiled code, shared data, shared queues,
// metrics). It is safe for use by many goroutines.
type Host struct {
	envoy    Envoy
	deadline time.Duration
	cache    wazero.CompilationCache
	shared   shared.Store
	stats    stats.Set
}

// New makes a Host.
func New(o Options) (*Host, error) {
	h := &Host{envoy: o.Envoy, deadline: o.Deadline}
	if o.CacheDir == "" {
		h.cache = wazero.NewCompilationCache()
		return h, nil
	}
	cache, err := wazero.NewCompilationCacheWithDir(o.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("use %q for compiled modules: %w", o.CacheDir, err)
	}
	h.cache = cache
	return h, nil
}

// Close frees the compiled code. Workers must be closed before.
func (h *Host) Close() error { return h.cache.Close(context.Background()) }

// Metric is a metric that plugins defined. Envoy shows it as wasmcustom. and its Name. Kind is "counter", "gauge" or "histogram". Value
// is the sum of what a histogram was told, and Count how often.
type Metric = stats.Sample

// Metrics lists all metrics by name.
func (h *Host) Metrics() []Metric { return h.stats.Samples() }

// Module is a plugin's code, checked but not yet compiled.
type Module struct {
	host    *Host
	code    []byte
	outline abi.Outline
}

// Host is where the module was loaded.
func (m *Module) Host() *Host { return m.host }

// Code is the module's binary; it must not be changed.
func (m *Module) Code() []byte { return m.code }

// Load checks that code is a Wasm module for Proxy-Wasm ABI 0.2.0 or 0.2.1 and imports only what Envoy
// offers. The module keeps code, which must not change.
func (h *Host) Load(code []byte) (*Module, error) {
	outline, err := abi.Read(code)
	switch {
	case err != nil:
		return nil, err
	case outline.Version == abi.VersionNone:
		return nil, fmt.Errorf("no Proxy-Wasm module: it exports no proxy_abi_version_0_2_0 or _0_2_1 " +
			"(build with a Proxy-Wasm SDK; Go needs -buildmode=c-shared)")
	case outline.Version == abi.Version010:
		return nil, fmt.Errorf("the module is built for Proxy-Wasm ABI 0.1.0; rebuild it with an SDK for 0.2.0 or 0.2.1")
	}
	if unmet := vm.Unmet(outline, h.envoy); len(unmet) > 0 {
		return nil, fmt.Errorf("the module imports what Envoy %v does not offer: %s", h.envoy, strings.Join(unmet, ", "))
	}
	return &Module{host: h, code: code, outline: outline}, nil
}

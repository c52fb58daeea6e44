package vm

import (
	"context"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

const (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
)

// hostFunc is one function that the proxy offers to modules.
type hostFunc struct {
	name   string
	params []api.ValueType
	void   bool // it has no result; all others give one i32
	// during says where it may be called: 0 in callbacks only, phaseInit also in _initialize, phaseMalloc also in malloc.
	during    phase
	during140 phase       // since Envoy 1.39, if that differs
	only      abi.Version // 0: offered to modules of every version
	newest    bool        // only Envoy 1.39 and later have it
	do        func(v *VM, p []uint64) uint32
}

// signature is the function's type.
func (f *hostFunc) signature() abi.Type {
	if f.void {
		return abi.Type{Params: string(f.params)}
	}
	return abi.Type{Params: string(f.params), Results: string([]byte{i32})}
}

// sig makes n parameters of type i32.
func sig(n int) []api.ValueType {
	out := make([]api.ValueType, n)
	for i := range out {
		out[i] = i32
	}
	return out
}

// tables maps the import module's name to what it offers. "env" is FOR_ALL_HOST_FUNCTIONS and the
// functions of ABI 0.2 in proxy-wasm-cpp-host include/proxy-wasm/exports.h; both WASI names offer the
// same functions.
var tables map[string][]hostFunc

func init() {
	env := []hostFunc{
		{name: "pthread_equal", params: sig(2), do: func(_ *VM, p []uint64) uint32 {
			if uint32(p[0]) == uint32(p[1]) {
				return 1
			}
			return 0
		}},
		{name: "emscripten_notify_memory_growth", params: sig(1), void: true, during140: phaseInit,
			do: func(*VM, []uint64) uint32 { return 0 }},
	}
	env = append(env, generalFuncs...)
	env = append(env, httpFuncs...)
	env = append(env, sharedFuncs...)
	env = append(env, calloutFuncs...)
	wasiFuncs := append(wasiFuncs, wasiFuncs140...)
	tables = map[string][]hostFunc{
		"env": env, "wasi_snapshot_preview1": wasiFuncs, "wasi_unstable": wasiFuncs,
	}
}

// find gives the function that an import names, nil if that Envoy does not offer it to modules of that ABI version.
func find(imp abi.Import, version abi.Version, envoy abi.Envoy) *hostFunc {
	funcs := tables[imp.Module]
	for i := range funcs {
		if f := &funcs[i]; f.name == imp.Name && (f.only == 0 || f.only == version) && (!f.newest || envoy == abi.Envoy140) {
			return f
		}
	}
	return nil
}

// Unmet lists the imports that this Envoy does not offer, in the words of its log (V8::link in proxy-wasm-cpp-host
// src/v8/v8.cc). Which there are, with which types and to which ABI versions, was measured: e2e/differential.
func Unmet(o abi.Outline, envoy abi.Envoy) (unmet []string) {
	for _, imp := range o.Imports {
		name := imp.Module + "." + imp.Name
		f := find(imp, o.Version, envoy)
		switch {
		case imp.Other || f == nil:
			unmet = append(unmet, name)
		case f.signature() != imp.Type:
			unmet = append(unmet, fmt.Sprintf("%s with the type %s (it has %s)", name, imp.Type, f.signature()))
		}
	}
	return unmet
}

// link gives the runtime the host functions that the module imports.
func (v *VM) link(outline abi.Outline) error {
	builders := map[string]wazero.HostModuleBuilder{}
	seen := map[abi.Import]bool{}
	for _, imp := range outline.Imports {
		f := find(imp, outline.Version, v.Envoy)
		if f == nil || seen[imp] {
			continue // refused before, or imported twice
		}
		seen[imp] = true
		b := builders[imp.Module]
		if b == nil {
			b = v.runtime.NewHostModuleBuilder(imp.Module)
			builders[imp.Module] = b
		}
		var results []api.ValueType
		if !f.void {
			results = []api.ValueType{i32}
		}
		if imp.Module != "env" || strings.HasPrefix(f.name, "proxy_") {
			f = v.restrict(f)
		}
		b.NewFunctionBuilder().WithGoModuleFunction(v.bind(imp.Module, f), f.params, results).Export(f.name)
	}
	for _, b := range builders {
		if _, err := b.Instantiate(v.ctx); err != nil {
			return fmt.Errorf("make the host's functions: %w", err)
		}
	}
	return nil
}

// bind wraps a host function with the check whether it may be called now. A call that is not allowed
// is a trap, as proxy-wasm-cpp-host's isHostFunctionAllowed makes it.
func (v *VM) bind(module string, f *hostFunc) api.GoModuleFunc {
	during := f.during
	if v.Envoy == abi.Envoy140 {
		during = max(during, f.during140)
	}
	return func(_ context.Context, _ api.Module, stack []uint64) {
		if v.allowed > during {
			where := "_initialize"
			if v.allowed == phaseMalloc {
				where = "malloc"
			}
			panic(fmt.Errorf("%s.%s called in %s, where Envoy does not allow it", module, f.name, where))
		}
		if v.Trace != nil && traced(f.name) {
			if r := v.traceCall(f, stack); !f.void {
				stack[0] = uint64(r)
			}
			return
		}
		r := f.do(v, stack)
		if !f.void {
			stack[0] = uint64(r)
		}
	}
}

package vm

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// envFuncs are what every language's runtime may ask for beside the ABI.
var envFuncs = []hostFunc{
	{name: "pthread_equal", does: "says whether two threads are the same",
		params:  []param{aNumber("a"), aNumber("b")},
		returns: aTruth, capability: unrestricted, source: "src/exports.cc alone", quiet: true,
		do: func(_ *VM, p []uint64) uint32 {
			if uint32(p[0]) == uint32(p[1]) {
				return 1
			}
			return 0
		}},
	{name: "emscripten_notify_memory_growth", does: "does nothing",
		params:  []param{aNumber("memory")},
		returns: nothing, capability: unrestricted, source: "src/exports.cc alone", during140: phaseInit, quiet: true,
		do: func(*VM, []uint64) uint32 { return 0 }},
}

// hostFuncs and allWASI are all that is declared: FOR_ALL_HOST_FUNCTIONS and the functions of ABI 0.2 in proxy-wasm-cpp-host
// include/proxy-wasm/exports.h, and what it has of WASI.
var hostFuncs, allWASI []hostFunc

// tables maps the import module's name to what it offers; both names of WASI offer the same.
var tables map[string][]hostFunc

func init() { // not where they are declared: what functions do leads back to the tables
	hostFuncs = offer(envFuncs, generalFuncs, httpFuncs, sharedFuncs, calloutFuncs)
	allWASI = offer(wasiFuncs, wasiFuncs140)
	tables = map[string][]hostFunc{"env": hostFuncs, "wasi_snapshot_preview1": allWASI, "wasi_unstable": allWASI}
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
		f = v.restrict(f)
		b.NewFunctionBuilder().WithGoModuleFunction(v.bind(imp.Module, f), f.values(), f.results()).Export(f.name)
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
		call := f.do
		if v.Trace != nil && !f.quiet {
			call = f.traced
		}
		if r := call(v, stack); f.returns != nothing {
			stack[0] = uint64(r)
		}
	}
}

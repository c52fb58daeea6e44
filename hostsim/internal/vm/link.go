package vm

import (
	"context"
	"fmt"

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
	void   bool  // it has no result; all others give one i32
	during phase // 0: only in callbacks; phaseInit: also in _initialize; phaseMalloc: also in malloc
	only   abi.Version
	do     func(v *VM, p []uint64) uint32
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
		{name: "emscripten_notify_memory_growth", params: sig(1), void: true, during: phaseMalloc,
			do: func(*VM, []uint64) uint32 { return 0 }},
	}
	env = append(env, generalFuncs...)
	env = append(env, httpFuncs...)
	env = append(env, sharedFuncs...)
	env = append(env, calloutFuncs...)
	tables = map[string][]hostFunc{
		"env": env, "wasi_snapshot_preview1": wasiFuncs, "wasi_unstable": wasiFuncs,
	}
}

func offers(imp abi.Import, version abi.Version) bool {
	for _, f := range tables[imp.Module] {
		if f.name == imp.Name {
			return f.only == 0 || f.only == version
		}
	}
	return false
}

// link gives the runtime the host modules that the module imports.
func (v *VM) link(outline abi.Outline) error {
	wanted := map[string]bool{}
	for _, imp := range outline.Imports {
		wanted[imp.Module] = true
	}
	for module, funcs := range tables {
		if !wanted[module] {
			continue
		}
		b := v.runtime.NewHostModuleBuilder(module)
		for _, f := range funcs {
			results := []api.ValueType{i32}
			if f.void {
				results = nil
			}
			b.NewFunctionBuilder().WithGoModuleFunction(v.bind(module, f), f.params, results).Export(f.name)
		}
		if _, err := b.Instantiate(v.ctx); err != nil {
			return fmt.Errorf("make the host's functions: %w", err)
		}
	}
	return nil
}

// bind wraps a host function with the check whether it may be called now. A call that is not allowed
// is a trap, as proxy-wasm-cpp-host's isHostFunctionAllowed makes it.
func (v *VM) bind(module string, f hostFunc) api.GoModuleFunc {
	return func(_ context.Context, _ api.Module, stack []uint64) {
		if v.allowed > f.during || v.allowed == phaseInit && f.during == phaseAny {
			where := "_initialize"
			if v.allowed == phaseMalloc {
				where = "malloc"
			}
			panic(fmt.Errorf("%s.%s called in %s, where Envoy does not allow it", module, f.name, where))
		}
		r := f.do(v, stack)
		if !f.void {
			stack[0] = uint64(r)
		}
	}
}

package vm

import (
	"slices"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// wasiNOTCAPABLE is what a function of WASI answers that the module may not call.
const wasiNOTCAPABLE = 76

// allows reports whether a capability is on the list, or there is none (WasmBase::capabilityAllowed in proxy-wasm-cpp-host
// src/wasm.cc). Capabilities are host functions and callbacks by name.
func (v *VM) allows(name string) bool {
	return len(v.Capabilities) == 0 || slices.Contains(v.Capabilities, name)
}

// restrict puts in the place of a host function that is not allowed what Envoy links there: it says so in the log, at each
// call, and fails.
func (v *VM) restrict(f *hostFunc) *hostFunc {
	if f.capability == unrestricted || v.allows(f.name) {
		return f
	}
	stub := *f
	stub.do = func(v *VM, _ []uint64) uint32 {
		v.Log(abi.Error, "", "Attempted call to restricted "+f.capability.kind+" capability: "+f.name)
		return f.capability.refusal
	}
	return &stub
}

package main

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// Go's runtime gives memory back in the background, and waits between by a timer. From its first timer on, each collection of
// garbage asks the host for events (runtime/netpoll_wasip1.go). Envoy has none to give: its poll_oneoff says ENOSYS up to 1.38,
// and ENOTCAPABLE where the module's capabilities do not name it, and Go ends the process, which here is the VM with all its
// requests (https://go.dev/issue/78513). So the module answers itself what Envoy says since 1.39: no event has happened.

const (
	pollModule = "wasi_snapshot_preview1"
	pollName   = "poll_oneoff"
)

// unpolled gives a module that does the same, but never asks the host for events. Its size stays. One that does not import
// poll_oneoff is given back as it is; one that calls it in another way than Go 1.24 to 1.26 do is an error.
func unpolled(wasm []byte) ([]byte, error) {
	sections, ok := split(wasm)
	if !ok {
		return wasm, nil
	}
	var imports, code []byte
	for _, s := range sections {
		switch s.id {
		case 2:
			imports = s.body
		case 10:
			code = s.body
		}
	}
	number, found := importedFunction(imports, pollModule, pollName)
	if !found {
		return wasm, nil
	}
	// The wrapper that the compiler makes for an import loads four numbers of 32 bits from Go's stack, whose address is in the
	// first global or was copied from it into a local variable, and calls the import (cmd/internal/obj/wasm,
	// genWasmImportWrapper).
	end := appendU32([]byte{0x10}, number)
	call := regexp.MustCompile(`(?s)(?:(?:\x23\x00|\x20[\x00-\x7f])\x28\x02[\x00-\x7f]){4}` + regexp.QuoteMeta(string(end)))
	// Nothing has happened: i32.const 0, and nop in the place of the rest. How many events there are is zero already.
	nothing := append([]byte{0x41, 0}, bytes.Repeat([]byte{0x01}, 4*5+len(end)-2)...)
	calls := call.FindAllIndex(code, 2)
	if len(calls) == 0 && bytes.Count(code, nothing) == 1 {
		return wasm, nil // it was done before
	}
	if len(calls) != 1 {
		return nil, fmt.Errorf("%s.%s is called at %d places that look like Go's, want 1: was the module built by another Go than 1.24 to 1.26? A module that asks Envoy for events dies in it (see RATIONALE.md)", pollModule, pollName, len(calls))
	}
	copy(code[calls[0][0]:], nothing)
	return wasm, nil
}

// importedFunction gives the number of a function among those that are imported.
func importedFunction(imports []byte, module, name string) (number uint32, found bool) {
	r := wasmbin.Reader{Rest: imports}
	if !onlyFunctions(r) {
		return 0, false
	}
	for i := range r.U32() {
		if m, n := r.Vector(), r.Vector(); string(m) == module && string(n) == name {
			return i, true
		}
		r.Byte()
		r.U32()
	}
	return 0, false
}

//go:build wasip1

package main

import "unsafe"

// arena is the memory that the host writes its answers into: headers, pieces of
// bodies, properties. It is used round and round, so that answers make no
// garbage; whatever must outlive the next few host calls is copied.
var (
	arena     [256 << 10]byte
	arenaUsed uint32
	large     []byte // keeps an answer that the arena is too small for
)

// malloc is what Envoy calls for the memory of its answers; it looks for this
// export before the SDK's proxy_on_memory_allocate
// (proxy-wasm-cpp-host, src/wasm.cc, getFunctions).
//
//go:wasmexport malloc
func malloc(size uint32) unsafe.Pointer {
	if size > uint32(len(arena))/2 {
		large = make([]byte, size)
		return unsafe.Pointer(&large[0])
	}
	size = (size + 7) &^ 7
	if arenaUsed+size > uint32(len(arena)) {
		arenaUsed = 0
	}
	p := unsafe.Pointer(&arena[arenaUsed%uint32(len(arena))])
	arenaUsed += size
	return p
}

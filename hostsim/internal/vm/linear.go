package vm

import (
	"context"
	"runtime"

	"github.com/tetratelabs/wazero/experimental"
)

// A VM's memory stands at one place from the start: address space for all that it may ever ask for is reserved, and the
// system gives it page by page when it is touched. Were it a slice on Go's heap, each growth would copy it, and since it
// lives as long as the VM, the collector would let several times its size of garbage pile up beside it.

// withLinearMemory has modules that are instantiated with the context get such memory.
func withLinearMemory(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(allocate))
}

// allocate falls back on Go's heap where address space cannot be reserved: it is limited, or the system has no such call.
func allocate(_, most uint64) experimental.LinearMemory {
	whole, err := reserve(most)
	if err != nil {
		return &heapMemory{}
	}
	m := &reservedMemory{whole: whole}
	runtime.SetFinalizer(m, (*reservedMemory).Free) // of a VM that nobody closes
	return m
}

// reservedMemory is memory that never moves.
type reservedMemory struct{ whole []byte }

// Reallocate gives the first bytes.
func (m *reservedMemory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.whole)) {
		return nil
	}
	return m.whole[:size:size]
}

// Free gives the address space back. What was given by Reallocate must not be touched any more.
func (m *reservedMemory) Free() {
	runtime.SetFinalizer(m, nil)
	release(m.whole)
	m.whole = nil
}

// heapMemory is a slice that moves when it grows.
type heapMemory struct{ bytes []byte }

// Reallocate makes it larger.
func (m *heapMemory) Reallocate(size uint64) []byte {
	m.bytes = append(m.bytes, make([]byte, size-uint64(len(m.bytes)))...)
	return m.bytes[:size:size]
}

// Free leaves it to the collector.
func (m *heapMemory) Free() { m.bytes = nil }

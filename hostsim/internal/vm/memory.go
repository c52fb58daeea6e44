package vm

import "github.com/mom-router/mom-router/hostsim/internal/abi"

// alloc asks the module for n bytes of its memory (WasmBase::allocMemory). While its malloc runs it
// may only log and read the clock.
func (v *VM) alloc(n int) (uint32, bool) {
	saved, savedEffective, savedPhase := v.current, v.effective, v.allowed
	v.current, v.effective, v.allowed = v.contexts[0], 0, phaseMalloc
	v.mallocStack[0] = uint64(uint32(n))
	err := v.malloc.CallWithStack(v.ctx, v.mallocStack[:])
	v.current, v.effective, v.allowed = saved, savedEffective, savedPhase
	if err != nil {
		v.fail("malloc", err)
		return 0, false
	}
	p := uint32(v.mallocStack[0])
	return p, p != 0
}

// give copies b into memory of the module's own and writes where it is and how long
// (copyToPointerSize). Nothing is allocated for no bytes; the pointer is then 0.
func (v *VM) give(b []byte, ptrptr, sizeptr uint32) abi.Status {
	var p uint32
	if len(b) > 0 {
		var ok bool
		if p, ok = v.alloc(len(b)); !ok || !v.memory.Write(p, b) {
			return abi.InvalidMemoryAccess
		}
	}
	return v.put2(ptrptr, p, sizeptr, uint32(len(b)))
}

func (v *VM) put2(at1, v1, at2, v2 uint32) abi.Status {
	if !v.memory.WriteUint32Le(at1, v1) || !v.memory.WriteUint32Le(at2, v2) {
		return abi.InvalidMemoryAccess
	}
	return abi.OK
}

func (v *VM) put(at, value uint32) abi.Status {
	if !v.memory.WriteUint32Le(at, value) {
		return abi.InvalidMemoryAccess
	}
	return abi.OK
}

func (v *VM) put64(at uint32, value uint64) abi.Status {
	if !v.memory.WriteUint64Le(at, value) {
		return abi.InvalidMemoryAccess
	}
	return abi.OK
}

// view is module memory in place: valid until the module runs again. No bytes at any address are fine.
func (v *VM) view(p, n uint64) ([]byte, bool) {
	if uint32(n) == 0 {
		return nil, true
	}
	return v.memory.Read(uint32(p), uint32(n))
}

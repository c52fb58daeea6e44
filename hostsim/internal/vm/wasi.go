package vm

import (
	"encoding/binary"
	"io"
	"strings"
	"time"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// The error numbers of WASI preview 1 that Envoy's subset uses.
const (
	wasiOK     = 0
	wasiBADF   = 8
	wasiNOTDIR = 20
	wasiFAULT  = 21
	wasiINVAL  = 28
	wasiNOENT  = 44
	wasiNOSYS  = 52
	wasiNOTSUP = 58
)

// wasiFuncs is the subset of WASI that every Envoy offers (FOR_ALL_WASI_FUNCTIONS and wasi_unstable_* in
// proxy-wasm-cpp-host): no files, no arguments, standard output and error go to the log.
var wasiFuncs = []hostFunc{
	{name: "fd_write", does: "writes to the proxy's log: descriptor 1 as info, 2 as error",
		params:  []param{aNumber("fd"), anAddress("pieces"), aNumber("count"), givesUnseen("written")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_fd_write, writevImpl", during: phaseMalloc,
		do: fdWrite},
	{name: "fd_read", does: "fails: there is nothing to read",
		params:  []param{aNumber("fd"), anAddress("pieces"), aNumber("count"), givesUnseen("read")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_fd_read", quiet: true,
		do: wasiConst(wasiNOSYS)},
	{name: "fd_seek", does: "does nothing",
		params:  []param{aNumber("fd"), aLong("offset"), aNumber("whence"), givesUnseen("position")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_fd_seek", quiet: true,
		do: wasiConst(wasiOK)},
	{name: "fd_close", does: "does nothing",
		params:  []param{aNumber("fd")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_fd_close", quiet: true,
		do: wasiConst(wasiOK)},
	{name: "fd_fdstat_get", does: "says that descriptors 1 and 2 can be written to, and that there are no others",
		params:  []param{aNumber("fd"), givesUnseen("status")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_fd_fdstat_get", during: phaseInit, quiet: true,
		do: func(v *VM, p []uint64) uint32 {
			if fd := uint32(p[0]); fd != 1 && fd != 2 {
				return wasiBADF
			}
			var stat [24]byte
			stat[8] = 64                          // fs_rights_base: fd_write
			v.memory.Write(uint32(p[1]), stat[:]) // Envoy does not look whether it could
			return wasiOK
		}},
	{name: "fd_fdstat_set_flags", does: "fails",
		params:  []param{aNumber("fd"), aNumber("flags")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_fd_fdstat_set_flags", during: phaseInit, quiet: true,
		do: wasiConst(wasiNOSYS)},
	{name: "fd_prestat_get", does: "says that there are no folders",
		params:  []param{aNumber("fd"), givesUnseen("folder")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_fd_prestat_get", during: phaseInit, quiet: true,
		do: wasiConst(wasiBADF)},
	{name: "fd_prestat_dir_name", does: "fails",
		params:  []param{aNumber("fd"), anAddress("name"), aNumber("length")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_fd_prestat_dir_name", during: phaseInit, quiet: true,
		do: wasiConst(wasiNOSYS)},
	{name: "path_open", does: "fails: there are no files",
		params:  []param{aNumber("fd"), aNumber("lookup"), anAddress("path"), aNumber("length"), aNumber("how"), aLong("rights"), aLong("inherited rights"), aNumber("flags"), givesUnseen("opened")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_path_open", quiet: true,
		do: wasiConst(wasiNOENT)},
	{name: "environ_get", does: "gives the environment that the filter's configuration sets",
		params:  []param{givesUnseen("entries"), givesUnseen("bytes")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_environ_get", during: phaseInit, quiet: true,
		do: environGet},
	{name: "environ_sizes_get", does: "gives how many entries the environment has, and how many bytes",
		params:  []param{givesUnseen("count"), givesUnseen("size")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_environ_sizes_get", during: phaseInit, quiet: true,
		do: func(v *VM, p []uint64) uint32 {
			size := 0
			for _, e := range v.Env {
				size += len(e[0]) + len(e[1]) + 2
			}
			return fault(v.put2(uint32(p[0]), uint32(len(v.Env)), uint32(p[1]), uint32(size)))
		}},
	{name: "args_get", does: "gives nothing: there are no arguments",
		params:  []param{givesUnseen("entries"), givesUnseen("bytes")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_args_get", during: phaseInit, quiet: true,
		do: wasiConst(wasiOK)},
	{name: "args_sizes_get", does: "says that there are no arguments",
		params:  []param{givesUnseen("count"), givesUnseen("size")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_args_sizes_get", during: phaseInit, quiet: true,
		do: func(v *VM, p []uint64) uint32 {
			return fault(v.put2(uint32(p[0]), 0, uint32(p[1]), 0))
		}},
	{name: "clock_time_get", does: "gives the time, in nanoseconds",
		params:  []param{aNumber("clock"), aLong("precision"), givesUnseen("time")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_clock_time_get", during: phaseMalloc, quiet: true,
		do: func(v *VM, p []uint64) uint32 {
			if clock := uint32(p[0]); clock > 1 { // real time and monotonic time only
				return wasiNOTSUP
			}
			return fault(v.put64(uint32(p[2]), uint64(v.Clock.Now().UnixNano())))
		}},
	{name: "random_get", does: "gives random bytes, 64 KiB at most",
		params:  []param{givesUnseen("bytes"), aNumber("length")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_random_get", during: phaseInit, quiet: true,
		do: func(v *VM, p []uint64) uint32 {
			b, ok := v.view(p[0], p[1])
			if !ok {
				return wasiFAULT
			}
			if len(b) > 64<<10 { // PROXY_WASM_HOST_WASI_RANDOM_GET_MAX_SIZE_BYTES
				return wasiINVAL
			}
			if _, err := io.ReadFull(v.Random, b); err != nil {
				return wasiINVAL
			}
			return wasiOK
		}},
	{name: "sched_yield", does: "does nothing",
		returns: anErrno, capability: wasi, source: "wasi_unstable_sched_yield", quiet: true,
		do: wasiConst(wasiOK)},
	{name: "poll_oneoff", does: "says that nothing has happened, once the time is over that is asked for; before Envoy 1.39 it fails",
		params:  []param{anAddress("subscriptions"), givesUnseen("events"), aNumber("count"), givesUnseen("happened")},
		returns: anErrno, capability: wasi, source: "wasi_unstable_poll_oneoff", during140: phaseMalloc, quiet: true,
		do: pollOneoff},
	{name: "proc_exit", does: "does nothing: the module goes on",
		params:  []param{aNumber("code")},
		returns: nothing, capability: wasi, source: "wasi_unstable_proc_exit",
		do: func(_ *VM, p []uint64) uint32 {
			return 0 // Envoy logs it at trace level and returns
		}},
}

func wasiConst(n uint32) func(*VM, []uint64) uint32 {
	return func(*VM, []uint64) uint32 { return n }
}

func fault(st abi.Status) uint32 {
	if st != abi.OK {
		return wasiFAULT
	}
	return wasiOK
}

// fdWrite sends standard output to the log as info and standard error as error, without the last
// line break (writevImpl in src/exports.cc).
func fdWrite(v *VM, p []uint64) uint32 {
	level := abi.Info
	switch uint32(p[0]) {
	case 1:
	case 2:
		level = abi.Error
	default:
		return wasiBADF
	}
	var text []byte
	for i := uint64(0); i < uint64(uint32(p[2])); i++ {
		vec, ok := v.memory.Read(uint32(p[1]+i*8), 8)
		if !ok {
			return wasiFAULT
		}
		piece, ok := v.view(uint64(binary.LittleEndian.Uint32(vec)), uint64(binary.LittleEndian.Uint32(vec[4:])))
		if !ok {
			return wasiFAULT
		}
		text = append(text, piece...)
	}
	if len(text) > 0 {
		v.calling().log(level, strings.TrimSuffix(string(text), "\n"))
	}
	return fault(v.put(uint32(p[3]), uint32(len(text))))
}

func environGet(v *VM, p []uint64) uint32 {
	at, buf := uint32(p[0]), uint32(p[1])
	for _, e := range v.Env {
		entry := e[0] + "=" + e[1] + "\x00"
		if v.put(at, buf) != abi.OK || !v.memory.Write(buf, []byte(entry)) {
			return wasiFAULT
		}
		at, buf = at+4, buf+uint32(len(entry))
	}
	return wasiOK
}

// pollOneoff never reports an event. Since 1.39, Envoy says at once that nothing has happened, whatever is asked for, and
// the runtime of Go asks again and again until its time has come; here the time passes meanwhile. Before, the answer was
// ENOSYS, which ends that runtime.
//
// Each subscription is 48 bytes: a tag at 8 and, for a clock, a timeout at 24 and flags at 40.
func pollOneoff(v *VM, p []uint64) uint32 {
	if v.Envoy == abi.Envoy136 {
		return wasiNOSYS
	}
	wait := time.Duration(-1)
	for i := uint32(0); i < uint32(p[2]); i++ {
		sub, ok := v.memory.Read(uint32(p[0])+48*i, 48)
		if !ok {
			break
		}
		if sub[8] != 0 {
			continue // a file: there are none
		}
		d := time.Duration(binary.LittleEndian.Uint64(sub[24:]))
		if sub[40]&1 != 0 { // an absolute time
			d -= time.Duration(v.Clock.Now().UnixNano())
		}
		if d = max(d, 0); wait < 0 || d < wait {
			wait = d
		}
	}
	v.Clock.Sleep(max(wait, 0))
	return fault(v.put(uint32(p[3]), 0))
}

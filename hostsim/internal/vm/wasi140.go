package vm

import (
	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// wasiFuncs140 is the rest of WASI preview 1, which Envoy offers since 1.39: modules that import it load, but there are
// no files, directories or sockets behind it.
var wasiFuncs140 = []hostFunc{
	since139("clock_res_get", "says that clocks go by nanoseconds", []param{aNumber("clock"), givesUnseen("resolution")},
		clockResolution),
	since139("fd_advise", "does nothing", []param{aNumber("fd"), aLong("offset"), aLong("length"), aNumber("advice")},
		wasiConst(wasiOK)),
	since139("fd_allocate", "does nothing", []param{aNumber("fd"), aLong("offset"), aLong("length")},
		wasiConst(wasiOK)),
	since139("fd_datasync", "does nothing", []param{aNumber("fd")},
		wasiConst(wasiOK)),
	since139("fd_fdstat_set_rights", "does nothing", []param{aNumber("fd"), aLong("rights"), aLong("inherited rights")},
		wasiConst(wasiOK)),
	since139("fd_filestat_get", "fails: there are no files", []param{aNumber("fd"), givesUnseen("status")},
		wasiConst(wasiBADF)),
	since139("fd_filestat_set_size", "does nothing", []param{aNumber("fd"), aLong("size")},
		wasiConst(wasiOK)),
	since139("fd_filestat_set_times", "does nothing", []param{aNumber("fd"), aLong("access"), aLong("change"), aNumber("flags")},
		wasiConst(wasiOK)),
	since139("fd_pread", "fails: there is nothing to read", []param{aNumber("fd"), anAddress("pieces"), aNumber("count"), aLong("offset"), givesUnseen("read")},
		wasiConst(wasiNOSYS)),
	since139("fd_pwrite", "writes to the proxy's log, as fd_write does", []param{aNumber("fd"), anAddress("pieces"), aNumber("count"), aLong("offset"), givesUnseen("written")},
		func(v *VM, p []uint64) uint32 { return fdWrite(v, []uint64{p[0], p[1], p[2], p[4]}) }),
	since139("fd_readdir", "fails: there are no folders", []param{aNumber("fd"), givesUnseen("entries"), aNumber("length"), aLong("cookie"), givesUnseen("size")},
		wasiNothing(wasiNOTDIR, 4)),
	since139("fd_renumber", "fails", []param{aNumber("fd"), aNumber("to")},
		wasiConst(wasiNOTSUP)),
	since139("fd_sync", "does nothing", []param{aNumber("fd")},
		wasiConst(wasiOK)),
	since139("fd_tell", "gives 0", []param{aNumber("fd"), givesUnseen("position")},
		func(v *VM, p []uint64) uint32 { return fault(v.put64(uint32(p[1]), 0)) }),
	since139("path_create_directory", "fails", []param{aNumber("fd"), anAddress("path"), aNumber("length")},
		wasiConst(wasiNOTSUP)),
	since139("path_filestat_get", "fails", []param{aNumber("fd"), aNumber("lookup"), anAddress("path"), aNumber("length"), givesUnseen("status")},
		wasiConst(wasiNOTSUP)),
	since139("path_filestat_set_times", "fails", []param{aNumber("fd"), aNumber("lookup"), anAddress("path"), aNumber("length"), aLong("access"), aLong("change"), aNumber("flags")},
		wasiConst(wasiNOTSUP)),
	since139("path_link", "fails; it has a parameter less than WASI has", []param{aNumber("fd"), aNumber("lookup"), anAddress("path"), aNumber("to fd"), anAddress("to path"), aNumber("to length")},
		wasiConst(wasiNOTSUP)),
	since139("path_readlink", "fails", []param{aNumber("fd"), anAddress("path"), aNumber("length"), givesUnseen("target"), aNumber("room"), givesUnseen("size")},
		wasiNothing(wasiNOTSUP, 5)),
	since139("path_remove_directory", "fails", []param{aNumber("fd"), anAddress("path"), aNumber("length")},
		wasiConst(wasiNOTSUP)),
	since139("path_rename", "fails", []param{aNumber("fd"), anAddress("path"), aNumber("length"), aNumber("to fd"), anAddress("to path"), aNumber("to length")},
		wasiConst(wasiNOTSUP)),
	since139("path_symlink", "fails; it has a parameter less than WASI has", []param{anAddress("path"), aNumber("fd"), anAddress("to path"), aNumber("to length")},
		wasiConst(wasiNOTSUP)),
	since139("path_unlink_file", "fails", []param{aNumber("fd"), anAddress("path"), aNumber("length")},
		wasiConst(wasiNOTSUP)),
	since139("sock_accept", "fails: there are no sockets", []param{aNumber("fd"), aNumber("flags"), givesUnseen("accepted")},
		wasiNothing(wasiNOTSUP, 2)),
	since139("sock_recv", "fails: there are no sockets", []param{aNumber("fd"), anAddress("pieces"), aNumber("count"), aNumber("how"), givesUnseen("received"), givesUnseen("flags")},
		wasiNothing(wasiNOTSUP, 4, 5)),
	since139("sock_send", "fails: there are no sockets", []param{aNumber("fd"), anAddress("pieces"), aNumber("count"), aNumber("how"), givesUnseen("sent")},
		wasiNothing(wasiNOTSUP, 4)),
	since139("sock_shutdown", "fails: there are no sockets", []param{aNumber("fd"), aNumber("how")},
		wasiConst(wasiNOTSUP)),
}

// since139 declares one of them.
func since139(name, does string, params []param, do func(v *VM, p []uint64) uint32) hostFunc {
	return hostFunc{name: name, does: does, params: params, returns: anErrno, capability: wasi, source: "wasi_unstable_" + name,
		newest: true, during: phaseInit, quiet: true, do: do}
}

// wasiNothing gives an error and the number 0 at the addresses in the parameters of these places.
func wasiNothing(errno uint32, places ...int) func(*VM, []uint64) uint32 {
	return func(v *VM, p []uint64) uint32 {
		for _, i := range places {
			if v.put(uint32(p[i]), 0) != abi.OK {
				return wasiFAULT
			}
		}
		return errno
	}
}

// clockResolution is a nanosecond, of the two clocks that there are.
func clockResolution(v *VM, p []uint64) uint32 {
	if uint32(p[0]) > 1 {
		return wasiNOTSUP
	}
	return fault(v.put64(uint32(p[1]), 1))
}

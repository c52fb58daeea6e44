package vm

import (
	"github.com/tetratelabs/wazero/api"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// wasiFuncs140 is the rest of WASI preview 1, which Envoy offers since 1.39: modules that import it load, but there are
// no files, directories or sockets behind it.
var wasiFuncs140 = []hostFunc{
	{name: "clock_res_get", params: sig(2), newest: true, during: phaseInit, do: clockResolution},
	{name: "fd_advise", params: []api.ValueType{i32, i64, i64, i32}, newest: true, during: phaseInit, do: wasiConst(wasiOK)},
	{name: "fd_allocate", params: []api.ValueType{i32, i64, i64}, newest: true, during: phaseInit, do: wasiConst(wasiOK)},
	{name: "fd_datasync", params: sig(1), newest: true, during: phaseInit, do: wasiConst(wasiOK)},
	{name: "fd_fdstat_set_rights", params: []api.ValueType{i32, i64, i64}, newest: true, during: phaseInit, do: wasiConst(wasiOK)},
	{name: "fd_filestat_get", params: sig(2), newest: true, during: phaseInit, do: wasiConst(wasiBADF)},
	{name: "fd_filestat_set_size", params: []api.ValueType{i32, i64}, newest: true, during: phaseInit, do: wasiConst(wasiOK)},
	{name: "fd_filestat_set_times", params: []api.ValueType{i32, i64, i64, i32}, newest: true, during: phaseInit, do: wasiConst(wasiOK)},
	{name: "fd_pread", params: []api.ValueType{i32, i32, i32, i64, i32}, newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_pwrite", params: []api.ValueType{i32, i32, i32, i64, i32}, newest: true, during: phaseInit, do: func(v *VM, p []uint64) uint32 { return fdWrite(v, []uint64{p[0], p[1], p[2], p[4]}) }},
	{name: "fd_readdir", params: []api.ValueType{i32, i32, i32, i64, i32}, newest: true, during: phaseInit, do: wasiNothing(wasiNOTDIR, 4)},
	{name: "fd_renumber", params: sig(2), newest: true, during: phaseInit, do: wasiConst(wasiNOTSUP)},
	{name: "fd_sync", params: sig(1), newest: true, during: phaseInit, do: wasiConst(wasiOK)},
	{name: "fd_tell", params: sig(2), newest: true, during: phaseInit, do: func(v *VM, p []uint64) uint32 { return fault(v.put64(uint32(p[1]), 0)) }},
	{name: "path_create_directory", params: sig(3), newest: true, during: phaseInit, do: wasiConst(wasiNOTSUP)},
	{name: "path_filestat_get", params: sig(5), newest: true, during: phaseInit, do: wasiConst(wasiNOTSUP)},
	{name: "path_filestat_set_times", params: []api.ValueType{i32, i32, i32, i32, i64, i64, i32}, newest: true, during: phaseInit, do: wasiConst(wasiNOTSUP)},
	{name: "path_link", params: sig(6), newest: true, during: phaseInit, do: wasiConst(wasiNOTSUP)},
	{name: "path_readlink", params: sig(6), newest: true, during: phaseInit, do: wasiNothing(wasiNOTSUP, 5)},
	{name: "path_remove_directory", params: sig(3), newest: true, during: phaseInit, do: wasiConst(wasiNOTSUP)},
	{name: "path_rename", params: sig(6), newest: true, during: phaseInit, do: wasiConst(wasiNOTSUP)},
	{name: "path_symlink", params: sig(4), newest: true, during: phaseInit, do: wasiConst(wasiNOTSUP)},
	{name: "path_unlink_file", params: sig(3), newest: true, during: phaseInit, do: wasiConst(wasiNOTSUP)},
	{name: "sock_accept", params: sig(3), newest: true, during: phaseInit, do: wasiNothing(wasiNOTSUP, 2)},
	{name: "sock_recv", params: sig(6), newest: true, during: phaseInit, do: wasiNothing(wasiNOTSUP, 4, 5)},
	{name: "sock_send", params: sig(5), newest: true, during: phaseInit, do: wasiNothing(wasiNOTSUP, 4)},
	{name: "sock_shutdown", params: sig(2), newest: true, during: phaseInit, do: wasiConst(wasiNOTSUP)},
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

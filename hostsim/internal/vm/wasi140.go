package vm

import "github.com/tetratelabs/wazero/api"

// wasiFuncs140 is the rest of WASI preview 1, which Envoy offers since 1.39: modules that import it load, but there are
// no files, directories or sockets behind it.
var wasiFuncs140 = []hostFunc{
	{name: "clock_res_get", params: sig(2), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_advise", params: []api.ValueType{i32, i64, i64, i32}, newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_allocate", params: []api.ValueType{i32, i64, i64}, newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_datasync", params: sig(1), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_fdstat_set_rights", params: []api.ValueType{i32, i64, i64}, newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_filestat_get", params: sig(2), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_filestat_set_size", params: []api.ValueType{i32, i64}, newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_filestat_set_times", params: []api.ValueType{i32, i64, i64, i32}, newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_pread", params: []api.ValueType{i32, i32, i32, i64, i32}, newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_pwrite", params: []api.ValueType{i32, i32, i32, i64, i32}, newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_readdir", params: []api.ValueType{i32, i32, i32, i64, i32}, newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_renumber", params: sig(2), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_sync", params: sig(1), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "fd_tell", params: sig(2), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "path_create_directory", params: sig(3), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "path_filestat_get", params: sig(5), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "path_filestat_set_times", params: []api.ValueType{i32, i32, i32, i32, i64, i64, i32}, newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "path_link", params: sig(6), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "path_readlink", params: sig(6), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "path_remove_directory", params: sig(3), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "path_rename", params: sig(6), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "path_symlink", params: sig(4), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "path_unlink_file", params: sig(3), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "sock_accept", params: sig(3), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "sock_recv", params: sig(6), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "sock_send", params: sig(5), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
	{name: "sock_shutdown", params: sig(2), newest: true, during: phaseInit, do: wasiConst(wasiNOSYS)},
}

package main

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// endings gives the numbers of those functions of Go's runtime that end in a panic or the end of the program, always. The compiler knows them (cmd/compile/internal/ssagen,
// where a block ends in BlockExit), and writes nothing behind their calls, so that it looks as if they went on with whatever stands there.
func endings(wasm []byte) map[int]bool {
	ends := make(map[int]bool)
	for number, name := range functionNames(wasm) {
		name, runtime := strings.CutPrefix(name, "runtime.")
		switch {
		case !runtime:
		case strings.HasPrefix(name, "goPanic"), name == "throw", name == "gopanic", name == "panicwrap", name == "panicdivide", name == "panicshift",
			name == "panicdottypeE", name == "panicdottypeI", name == "panicnildottype", name == "panicmakeslicelen", name == "panicmakeslicecap":
			ends[number] = true
		}
	}
	return ends
}

// functionNames gives the names of a module's functions by their numbers, as Go's table of them has them (see lines.go). They are none if there is no such table.
func functionNames(wasm []byte) map[int]string {
	sections, ok := split(wasm)
	if !ok {
		return nil
	}
	var data []byte
	imported := uint32(0)
	for _, s := range sections {
		switch s.id {
		case 2:
			if imported, ok = countFunctions(s.body); !ok {
				return nil
			}
		case 11:
			data = s.body
		}
	}
	r := wasmbin.Reader{Rest: data}
	for n := r.U32(); n > 0; n-- {
		_, p, plain := readPiece(&r)
		if !plain {
			return nil
		}
		if i := bytes.Index(p, []byte(pcMagic)); i >= 0 {
			return tableNames(p[i:], int(imported))
		}
	}
	return nil
}

// tableNames reads the names out of the table; the first of its functions has the number first.
func tableNames(p []byte, first int) map[int]string {
	if len(p) < pcHeader {
		return nil
	}
	word := func(at uint64) uint64 { return binary.LittleEndian.Uint64(p[at:]) }
	half := func(at uint64) uint64 { return uint64(binary.LittleEndian.Uint32(p[at:])) }
	functions, names, units, funcs := word(8), word(32), word(40), word(64)
	if names < pcHeader || units < names || funcs < units || uint64(len(p)) < funcs || functions > uint64(len(p))/8 {
		return nil
	}
	shift := 0 // up to Go 1.25 the table has addresses
	if functions > 1 && half(funcs+8)-half(funcs) >= 1<<16 {
		shift = 16
	}
	all := make(map[int]string)
	for i := range functions {
		entry := funcs + 8*i
		if entry+8 > uint64(len(p)) {
			return nil
		}
		at := funcs + half(entry+4)
		if at+8 > uint64(len(p)) || half(at+4) >= units-names {
			return nil
		}
		name, _, _ := bytes.Cut(p[names+half(at+4):units], []byte{0})
		all[first+int((half(entry)-half(funcs))>>shift)] = string(name)
	}
	return all
}

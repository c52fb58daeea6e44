package main

import (
	"bytes"
	"encoding/binary"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// By runtime.pclntab Go finds what it must know of a place in the code: how large the frame is, where pointers stand, and the file and the line. Files and lines are
// for tracebacks alone, and are more than all the rest. A traceback without them still names the functions, those that were inlined as well, which is
// what tells where a VM has crashed; a build without this program has the lines. What is left of the table moves up, and the room behind it is zero and takes no data.
//
// runtime/symtab.go and internal/abi/symtab.go say how the table is laid out; the same since Go 1.20. One that is not like that is left as it is.

// pcMagic begins the table: a number of its form, and of instructions of one byte and addresses of eight.
const pcMagic = "\xf1\xff\xff\xff\x00\x00\x01\x08"

// Of its header and of what it says of a function, in bytes.
const (
	pcHeader   = 72
	funcFile   = 20
	funcLine   = 24
	funcCount  = 28 // of the tables behind it
	funcTables = 44
	funcStack  = 16
)

// unlined gives a module that does the same, without the files and lines of its functions.
func unlined(wasm []byte) []byte { return replaced(wasm, 11, unlinedData) }

// unlinedData gives a data section without them. ok is false if they are not where they should be.
func unlinedData(body []byte) (_ []byte, ok bool) {
	r := wasmbin.Reader{Rest: body}
	var pieces []byte
	count, found := uint32(0), false
	for n := r.U32(); n > 0; n-- {
		at, data, plain := readPiece(&r)
		if !plain {
			return nil, false
		}
		if i := bytes.Index(data, []byte(pcMagic)); i >= 0 && !found {
			data = bytes.Clone(data)
			found = dropLines(data[i:])
		}
		for _, run := range runs(data) {
			pieces = appendPiece(pieces, at+uint64(run.at), data[run.at:run.end])
			count++
		}
	}
	return append(appendU32(nil, count), pieces...), found && len(r.Rest) == 0
}

// runs are the parts of some data between zeros, as many as are worth a piece of their own.
func runs(data []byte) (list []piece) {
	zeros := make([]byte, maxGap+1)
	for at := 0; at < len(data); {
		if data[at] == 0 {
			at++
			continue
		}
		end := len(data)
		if i := bytes.Index(data[at:], zeros); i >= 0 {
			end = at + i
		}
		list = append(list, piece{uint64(at), uint64(end)})
		at = end
	}
	return list
}

// dropLines takes files and lines out of a table, and reports whether it could.
func dropLines(p []byte) bool {
	if len(p) < pcHeader {
		return false
	}
	word := func(at uint64) uint64 { return binary.LittleEndian.Uint64(p[at:]) }
	functions, names, units, tables, funcs := word(8), word(32), word(40), word(56), word(64)
	if names < pcHeader || units < names || tables < units || funcs < tables || uint64(len(p)) < funcs || functions > uint64(len(p))/8 {
		return false
	}
	old := p[tables:funcs]
	kept := append(make([]byte, 0, len(old)), 0) // none is at 0
	moved := map[uint32]uint32{0: 0}
	q := bytes.Clone(p) // is written, and given back as a whole
	move := func(at uint64) bool {
		from := binary.LittleEndian.Uint32(p[at:])
		to, known := moved[from]
		if !known {
			n := tableLength(old[min(uint64(from), uint64(len(old))):])
			if n == 0 {
				return false
			}
			to = uint32(len(kept))
			kept = append(kept, old[from:][:n]...)
			moved[from] = to
		}
		binary.LittleEndian.PutUint32(q[at:], to)
		return true
	}
	for i := range functions {
		entry := funcs + 8*i + 4
		if entry+4 > uint64(len(p)) {
			return false
		}
		at := funcs + uint64(binary.LittleEndian.Uint32(p[entry:]))
		if at+funcTables > uint64(len(p)) {
			return false
		}
		n := uint64(binary.LittleEndian.Uint32(p[at+funcCount:]))
		if n > 16 || at+funcTables+4*n > uint64(len(p)) || !move(at+funcStack) {
			return false
		}
		clear(q[at+funcFile : at+funcCount])
		for k := range n {
			if !move(at + funcTables + 4*k) {
				return false
			}
		}
	}
	clear(q[units:funcs])
	copy(q[tables:], kept)
	copy(p, q)
	return true
}

// tableLength is how many bytes a table of values by places takes: pairs of numbers up to a difference of 0 that is not the first. It is 0 if it does not end.
func tableLength(p []byte) (n int) {
	number := func() (v uint64, ok bool) {
		v, size := binary.Uvarint(p[n:])
		n += max(size, 0)
		return v, size > 0
	}
	for first := true; ; first = false {
		value, ok := number()
		if ok && value == 0 && !first {
			return n
		}
		if _, more := number(); !ok || !more {
			return 0
		}
	}
}

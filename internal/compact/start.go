package main

import "github.com/mom-router/mom-router/hostsim/wasmbin"

// opened is a module that may get a start function: one that has functions and data, and imports nothing but functions.
type opened struct {
	head     []byte // before the first section
	sections []section

	functions, memories, start, code, data *section // memories and start may be nil

	kind   uint32 // of functions that take and give nothing
	number uint32 // of the function that is added
}

// open takes a module apart. ok is false if a start function cannot be added for certain, or its code names pieces of data by their numbers.
func open(wasm []byte) (m *opened, ok bool) {
	sections, ok := split(wasm)
	if !ok {
		return nil, false
	}
	by := map[byte]*section{}
	for i := range sections {
		by[sections[i].id] = &sections[i]
	}
	m = &opened{head: wasm[:header], sections: sections, functions: by[3], memories: by[5], start: by[8], code: by[10], data: by[11]}
	types, imports := by[1], by[2]
	if types == nil || m.functions == nil || m.code == nil || m.data == nil || by[12] != nil {
		return nil, false
	}
	if m.kind, ok = typeOf(types.body, "", ""); !ok {
		return nil, false
	}
	if imports != nil {
		if m.number, ok = countFunctions(imports.body); !ok {
			return nil, false
		}
	}
	own := wasmbin.Reader{Rest: m.functions.body}
	m.number += own.U32()
	return m, !own.Bad
}

// starting is the module with one function more, given by its locals and instructions, by which it starts. To call what was the start function is up to that one.
func (m *opened) starting(program []byte) []byte {
	m.functions.body = appendElement(m.functions.body, appendU32(nil, m.kind))
	m.code.body = appendElement(m.code.body, append(appendU32(nil, uint32(len(program))), program...))
	out := append([]byte(nil), m.head...)
	started := false
	for _, s := range m.sections {
		if !started && s.id >= 8 && s.id <= 11 {
			started = true
			out = appendSection(out, section{8, appendU32(nil, m.number)})
		}
		if s.id != 8 {
			out = appendSection(out, s)
		}
	}
	return out
}

// typeOf is the number of the type of functions that take and give such values, a byte for each.
func typeOf(body []byte, takes, gives string) (number uint32, ok bool) {
	r := wasmbin.Reader{Rest: body}
	for i := range r.U32() {
		function := r.Byte() == 0x60
		in, out := r.Vector(), r.Vector()
		if r.Bad || !function {
			return 0, false
		}
		if string(in) == takes && string(out) == gives {
			return i, true
		}
	}
	return 0, false
}

// countFunctions counts the functions that a module imports. ok is false if it imports anything else.
func countFunctions(body []byte) (count uint32, ok bool) {
	r := wasmbin.Reader{Rest: body}
	count = r.U32()
	return count, onlyFunctions(wasmbin.Reader{Rest: body})
}

// appendElement adds an element to a vector.
func appendElement(vector, element []byte) []byte {
	r := wasmbin.Reader{Rest: vector}
	n := r.U32()
	return append(append(appendU32(nil, n+1), r.Rest...), element...)
}

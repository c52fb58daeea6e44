package abi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// Import is something that a module wants from its host.
type Import struct {
	Module, Name string
	Type         Type // of functions
	Other        bool // a table, a memory or a global
}

// Type is a function's type: its parameters and results, each a value type of the binary format.
type Type struct{ Params, Results string }

// String writes a type as Envoy does in its log: "i32 i64 -> i32".
func (t Type) String() string { return valueTypes(t.Params) + " -> " + valueTypes(t.Results) }

func valueTypes(list string) string {
	if list == "" {
		return "void"
	}
	names := make([]string, len(list))
	for i := range names {
		switch list[i] {
		case 0x7f:
			names[i] = "i32"
		case 0x7e:
			names[i] = "i64"
		case 0x7d:
			names[i] = "f32"
		case 0x7c:
			names[i] = "f64"
		default:
			names[i] = "?"
		}
	}
	return strings.Join(names, " ")
}

// Outline is what can be read from a module's binary without compiling it.
type Outline struct {
	Version Version // the ABI version that the module declares
	Imports []Import
	Exports []string // functions only
}

var versionExports = map[string]Version{
	"proxy_abi_version_0_1_0": Version010,
	"proxy_abi_version_0_2_0": Version020,
	"proxy_abi_version_0_2_1": Version021,
}

// Read reads the import and export sections of a Wasm binary (the WebAssembly core specification,
// section 5.5). It fails when the bytes are no Wasm module; it does not validate the code.
func Read(wasm []byte) (Outline, error) {
	var out Outline
	if len(wasm) < 8 || string(wasm[:4]) != "\x00asm" {
		return out, errors.New("no Wasm module: the first bytes are not \"\\0asm\"")
	}
	if v := binary.LittleEndian.Uint32(wasm[4:]); v != 1 {
		return out, fmt.Errorf("version %d of the Wasm binary format, want 1 (a component? build a core module)", v)
	}
	r := wasmbin.Reader{Rest: wasm[8:]}
	var types []Type
	for len(r.Rest) > 0 && !r.Bad {
		id := r.Byte()
		body := reader{wasmbin.Reader{Rest: r.Vector()}}
		switch id {
		case 1:
			types = body.types()
		case 2:
			out.Imports = body.imports(types)
		case 7:
			out.Exports = body.exports()
		}
		r.Bad = r.Bad || body.Bad
	}
	if r.Bad {
		return out, errors.New("corrupt Wasm module: a section is cut short")
	}
	for _, name := range out.Exports {
		// The first one counts (proxy-wasm-cpp-host src/bytecode_util.cc, getAbiVersion).
		if v, ok := versionExports[name]; ok {
			out.Version = v
			break
		}
	}
	return out, nil
}

// reader reads sections.
type reader struct{ wasmbin.Reader }

func (r *reader) name() string { return string(r.Vector()) }

func (r *reader) limits() {
	flags := r.Byte()
	r.U32()
	if flags&1 != 0 {
		r.U32()
	}
}

// types reads function types; a later proposal's other types end the reading.
func (r *reader) types() (out []Type) {
	for n := r.U32(); n > 0 && !r.Bad && r.Byte() == 0x60; n-- {
		out = append(out, Type{Params: r.name(), Results: r.name()})
	}
	return out
}

func (r *reader) imports(types []Type) (out []Import) {
	for n := r.U32(); n > 0 && !r.Bad; n-- {
		imp := Import{Module: r.name(), Name: r.name(), Other: true}
		switch r.Byte() {
		case 0:
			imp.Other = false
			if i := r.U32(); uint64(i) < uint64(len(types)) {
				imp.Type = types[i]
			}
		case 1:
			r.Byte()
			r.limits()
		case 2:
			r.limits()
		case 3:
			r.Take(2)
		default:
			r.Bad = true
		}
		out = append(out, imp)
	}
	return out
}

func (r *reader) exports() (out []string) {
	for n := r.U32(); n > 0 && !r.Bad; n-- {
		name, kind := r.name(), r.Byte()
		r.U32()
		if kind == 0 {
			out = append(out, name)
		}
	}
	return out
}

// Package wat assembles WebAssembly modules from text, so that small modules for tests stand in the tree as source and
// need nothing but Go to build. It knows the part of the text format
// (https://webassembly.github.io/spec/core/text/) that a person writes by hand: functions with named parameters and
// locals, imported functions, one memory, globals, data, and plain or folded instructions on i32 and i64.
//
//	(module
//	  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
//	  (memory (export "memory") 1)
//	  (data (i32.const 16) "hello")
//	  (func (export "proxy_abi_version_0_2_1"))
//	  (func (export "proxy_on_configure") (param $id i32) (param $size i32) (result i32)
//	    (drop (call $log (i32.const 2) (i32.const 16) (i32.const 5)))
//	    (i32.const 1)))
//
// What is written with names other than $names, tables, floats and what came after the first version of WebAssembly
// (but for sign extension and bulk memory) are not known.
package wat

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// The value types, as the binary format numbers them.
const (
	i32 byte = 0x7f
	i64 byte = 0x7e
)

type signature struct{ params, results string } // of value types

type function struct {
	at       *node
	name     string
	sig      signature
	locals   []string // names of parameters and locals, "" for those without
	types    []byte   // of the locals that are no parameters
	body     []*node
	imported [2]string
}

type module struct {
	imports, funcs  []*function
	sigs            []signature
	exports         []byte
	exported        int
	memory          []byte
	globals         []byte
	globalNames     []string
	data            []byte
	segments        int
	start           *node
	functionsByName map[string]int
}

// Assemble gives the binary form. The error names the line.
func Assemble(text string) ([]byte, error) {
	nodes, err := parse(text)
	if err != nil {
		return nil, err
	}
	if len(nodes) != 1 || nodes[0].head() != "module" {
		return nil, fmt.Errorf("want one (module ...)")
	}
	m := &module{functionsByName: map[string]int{}}
	for _, n := range nodes[0].list[1:] {
		if err := m.field(n); err != nil {
			return nil, err
		}
	}
	return m.encode()
}

// MustAssemble is Assemble for text that is part of the program.
func MustAssemble(text string) []byte {
	code, err := Assemble(text)
	if err != nil {
		panic("wat: " + err.Error())
	}
	return code
}

func at(n *node, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", n.line, fmt.Sprintf(format, args...))
}

func (m *module) field(n *node) error {
	switch n.head() {
	case "import":
		if len(n.list) != 4 || !n.list[1].quoted || !n.list[2].quoted || n.list[3].head() != "func" {
			return at(n, `want (import "module" "name" (func ...))`)
		}
		f, err := m.header(n.list[3])
		if err != nil {
			return err
		}
		f.imported = [2]string{string(n.list[1].text), string(n.list[2].text)}
		m.imports = append(m.imports, f)
	case "func":
		f, err := m.header(n)
		if err != nil {
			return err
		}
		m.funcs = append(m.funcs, f)
	case "memory":
		return m.defineMemory(n)
	case "global":
		return m.global(n)
	case "data":
		return m.segment(n)
	case "start":
		m.start = n
	default:
		return at(n, "unknown field %q", n.head())
	}
	return nil
}

// header reads what stands before a function's body.
func (m *module) header(n *node) (*function, error) {
	f := &function{at: n}
	rest := n.list[1:]
	if len(rest) > 0 && strings.HasPrefix(rest[0].atom, "$") {
		f.name, rest = rest[0].atom, rest[1:]
	}
	for len(rest) > 0 {
		c := rest[0]
		switch c.head() {
		case "export":
			// The index is known when all imports are.
		case "param", "local":
			types, names, err := declared(c)
			if err != nil {
				return nil, err
			}
			f.locals = append(f.locals, names...)
			if c.head() == "param" {
				f.sig.params += types
			} else {
				f.types = append(f.types, types...)
			}
		case "result":
			types, _, err := declared(c)
			if err != nil {
				return nil, err
			}
			f.sig.results += types
		default:
			f.body = rest
			return f, nil
		}
		rest = rest[1:]
	}
	return f, nil
}

// declared reads (param $a i32), (param i32 i64), and the like.
func declared(n *node) (types string, names []string, err error) {
	name := ""
	for _, a := range n.list[1:] {
		switch a.atom {
		case "i32":
			types += string([]byte{i32})
		case "i64":
			types += string([]byte{i64})
		default:
			if !strings.HasPrefix(a.atom, "$") || name != "" {
				return "", nil, at(a, "unknown type %q", a.atom)
			}
			name = a.atom
			continue
		}
		names = append(names, name)
		name = ""
	}
	return types, names, nil
}

func (m *module) defineMemory(n *node) error {
	rest := n.list[1:]
	if m.memory != nil {
		return at(n, "a second memory")
	}
	if len(rest) > 0 && rest[0].head() == "export" && len(rest[0].list) == 2 {
		m.export(rest[0].list[1].text, 2, 0)
		rest = rest[1:]
	}
	var sizes []uint64
	for _, a := range rest {
		v, err := strconv.ParseUint(a.atom, 0, 32)
		if err != nil {
			return at(a, "%q is no number of pages", a.atom)
		}
		sizes = append(sizes, v)
	}
	switch len(sizes) {
	case 1:
		m.memory = uleb([]byte{1, 0}, sizes[0])
	case 2:
		m.memory = uleb(uleb([]byte{1, 1}, sizes[0]), sizes[1])
	default:
		return at(n, `want (memory (export "memory") PAGES [MAX])`)
	}
	return nil
}

// global reads (global $name (mut i32) (i32.const 0)).
func (m *module) global(n *node) error {
	if len(n.list) != 4 || n.list[2].head() != "mut" {
		return at(n, "want (global $name (mut TYPE) (TYPE.const N))")
	}
	types, _, err := declared(n.list[2])
	if err != nil || len(types) != 1 || n.list[1].isList {
		return at(n, "want one type")
	}
	init, err := constant(n.list[3])
	if err != nil {
		return err
	}
	m.globalNames = append(m.globalNames, n.list[1].atom)
	m.globals = append(append(m.globals, types[0], 1), init...)
	return nil
}

func (m *module) segment(n *node) error {
	if len(n.list) < 2 {
		return at(n, "want (data (i32.const N) \"...\")")
	}
	offset, err := constant(n.list[1])
	if err != nil {
		return err
	}
	var text []byte
	for _, s := range n.list[2:] {
		if !s.quoted {
			return at(s, "want a string")
		}
		text = append(text, s.text...)
	}
	m.data = append(append(m.data, 0), offset...)
	m.data = append(uleb(m.data, uint64(len(text))), text...)
	m.segments++
	return nil
}

// constant is an initial value with the end of its expression.
func constant(n *node) ([]byte, error) {
	if len(n.list) != 2 {
		return nil, at(n, "want (i32.const N)")
	}
	v, err := number(n.list[1])
	if err != nil {
		return nil, err
	}
	switch n.head() {
	case "i32.const":
		return append(wasmbin.AppendSigned([]byte{0x41}, int64(int32(v))), 0x0b), nil
	case "i64.const":
		return append(wasmbin.AppendSigned([]byte{0x42}, v), 0x0b), nil
	}
	return nil, at(n, "want (i32.const N)")
}

// number reads a decimal or hexadecimal number of up to 64 bits; unsigned ones above the middle wrap.
func number(n *node) (int64, error) {
	text := strings.ReplaceAll(n.atom, "_", "")
	if v, err := strconv.ParseInt(text, 0, 64); err == nil {
		return v, nil
	}
	v, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		return 0, at(n, "%q is no number", n.atom)
	}
	return int64(v), nil
}

func (m *module) export(name []byte, kind byte, index uint64) {
	m.exports = append(uleb(m.exports, uint64(len(name))), name...)
	m.exports = uleb(append(m.exports, kind), index)
	m.exported++
}

func uleb(dst []byte, v uint64) []byte { return binary.AppendUvarint(dst, v) }

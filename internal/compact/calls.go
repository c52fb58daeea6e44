package main

import (
	"bytes"
	"math"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// A third of what Go writes are its calls: room for the return address on the stack, the address, the call, and then the stack pointer from the global variable
// that all functions share, since a stack may have moved. Since Go 1.26 it moves only while no function runs on it: what moves it unwinds them all, and they are entered
// anew (runtime/stack.go, isShrinkStackSafe; before, the stack of one that waits for the collector on the system's stack was moved, too). So behind a call that has
// returned the stack pointer is what it was, and stays in the function's own variable.
//
// Nearly half of all calls are those that a program hopes not to make: of panics, and of what gets a larger stack. They are told by where they stand: in a condition of
// their own, or where nothing follows. They are made by a function for each callee, which writes the return address that it is given.

// fewestCalls is how many of those calls are worth a function.
const fewestCalls = 4

// called gives a module that does the same, with its calls written shorter. One that is not as Go writes them is given back as it is.
func called(wasm []byte) []byte {
	sections, ok := split(wasm)
	if !ok {
		return wasm
	}
	by := map[byte]*section{}
	for i := range sections {
		by[sections[i].id] = &sections[i]
	}
	types, imports, functions, code := by[1], by[2], by[3], by[10]
	if types == nil || imports == nil || functions == nil || code == nil {
		return wasm
	}
	kind, ok := typeOf(types.body, goTypes, goTypes)
	if !ok {
		return wasm
	}
	number, ok := countFunctions(imports.body)
	if !ok {
		return wasm
	}
	stays := stacksStay(sections)
	kinds := wasmbin.Reader{Rest: functions.body}
	number += kinds.U32()
	bodies := wasmbin.Reader{Rest: code.body}
	var list []*callers
	count := make(map[int]int) // of the calls of a function that are hoped not to be made
	for range bodies.U32() {
		f := &callers{body: bodies.Vector(), stays: stays}
		if kinds.U32() == kind && f.read() {
			for _, i := range f.rare {
				count[f.callee(i)]++
			}
		}
		list = append(list, f)
	}
	if kinds.Bad || bodies.Bad {
		return wasm
	}
	// In the order in which they are called first, so that a module is always rewritten in one way.
	makes := make(map[int]uint32)
	var made [][]byte
	var out []byte
	for _, f := range list {
		for _, i := range f.rare {
			callee := f.callee(i)
			if _, known := makes[callee]; !known && count[callee] >= fewestCalls {
				makes[callee] = number + uint32(len(made))
				made = append(made, callMaker(callee))
			}
		}
		g := f.write(makes)
		out = append(appendU32(out, uint32(len(g))), g...)
	}
	for _, g := range made {
		functions.body = appendElement(functions.body, appendU32(nil, kind))
		out = append(appendU32(out, uint32(len(g))), g...)
	}
	code.body = append(appendU32(nil, uint32(len(list)+len(made))), out...)
	out = append([]byte(nil), wasm[:header]...)
	for _, s := range sections {
		out = appendSection(out, s)
	}
	return out
}

// stacksStay reports whether a module was built by a Go that moves no stack on which functions run. Of later ones than are known this is not said.
func stacksStay(sections []section) bool {
	for _, s := range sections {
		r := wasmbin.Reader{Rest: s.body}
		if s.id != 0 || string(r.Vector()) != "producers" {
			continue
		}
		_, version, _ := bytes.Cut(r.Rest, []byte("\x0eGo cmd/compile"))
		by := wasmbin.Reader{Rest: version}
		return bytes.HasPrefix(by.Vector(), []byte("go1.26"))
	}
	return false
}

const (
	goTypes     = "\x7f" // what Go's functions take, which is PC_B, and give, which is whether the stack is unwound: 32 bits
	typeI32     = 0x7f
	opGetGlobal = 0x23
	opShift64   = 0x88
)

// callMaker is a function that calls one of Go's, given the return address.
func callMaker(callee int) []byte {
	p := []byte{0, opGetGlobal, 0, opConst, 8, opSub, opSetGlobal, 0, opGetGlobal, 0, opGet, 0, opExtend, opStore64, 3, 0, opConst, 0, opCall}
	return append(appendU32(p, uint32(callee)), opEnd)
}

// callers is a function of Go's as it is written so far.
type callers struct {
	body   []byte
	locals []byte        // their declarations
	count  uint32        // of them, with the parameter
	stays  bool          // its stack does not move while it runs
	list   []instruction // nil if the function is to stay as it is
	calls  map[int]int   // by where it begins: where the call ends
	rare   []int         // where those calls begin that are hoped not to be made, and have an address that fits
}

// like is what an instruction is to be; number is -1 for any.
type like struct {
	op     byte
	number int
}

var (
	head     = []like{{opGet, spLocal}, {opConst, 8}, {opSub, 0}, {opTee, spLocal}, {opSetGlobal, 0}, {opGet, spLocal}, {opConst64, -1}, {opStore64, 3}}
	direct   = []like{{opConst, 0}, {opCall, -1}}
	plain    = []like{{opCall, -1}} // of those that take no PC_B
	indirect = []like{{opConst64, 16}, {opShift64, 0}, {opWrap, 0}, {opSet, 0}, {opConst, 0}, {opGet, 0}, {opIndirect, -1}}
	tail     = []like{{opGetGlobal, 0}, {opSet, spLocal}}
	frame    = []like{{opGet, spLocal}, {opConst, -1}, {opSub, 0}, {opTee, spLocal}, {opSetGlobal, 0}}
	leave    = []like{{opGet, spLocal}, {opConst, -1}, {opAdd, 0}, {opTee, spLocal}, {opSetGlobal, 0}}
)

// headAddress is the place of the return address in head.
const headAddress = 6

// begins reports whether a list begins with such instructions.
func begins(list []instruction, with []like) bool {
	if len(list) < len(with) {
		return false
	}
	for i, w := range with {
		if list[i].op != w.op || w.number >= 0 && list[i].number != w.number {
			return false
		}
	}
	return true
}

// read takes a function apart, and reports whether its stack pointer is used as Go's compiler does and in no other way.
func (f *callers) read() bool {
	r := &wasmbin.Reader{Rest: f.body}
	f.count = 1
	for n := r.U32(); n > 0 && !r.Bad; n-- {
		f.count += r.U32()
		r.Byte()
	}
	f.locals = f.body[:len(f.body)-len(r.Rest)]
	var list []instruction
	for len(r.Rest) > 0 {
		in := instruction{at: r.Rest}
		if !in.read(r) {
			return false
		}
		in.at = in.at[:len(in.at)-len(r.Rest)]
		list = append(list, in)
	}
	if !begins(list, tail) {
		return false
	}
	calls, rare := make(map[int]int), []int(nil)
	for i := len(tail); i < len(list); i++ {
		rest := list[i:]
		switch {
		case begins(rest, head) && rest[len(head)-1].at[2] == 0:
			to := len(head)
			for _, way := range [][]like{direct, plain, indirect} {
				if begins(rest[to:], way) && begins(rest[to+len(way):], tail) {
					to += len(way) + len(tail)
					break
				}
			}
			if to == len(head) { // a frame of eight bytes, and a number in it
				i += len(frame) - 1
				continue
			}
			calls[i] = i + to
			if next := rest[to:]; begins(rest[len(head):], direct) && uint64(rest[headAddress].number) <= math.MaxInt32 && len(next) > 1 && next[0].op == opBrIf &&
				(next[1].op == opUnreachable || next[1].op == opEnd && list[i-1].op == opIf) {
				rare = append(rare, i)
			}
			i += to - 1
		case begins(rest, frame), begins(rest, leave):
			i += len(frame) - 1
		case begins(rest, tail) && (list[i-1].op == opCall || list[i-1].op == opIndirect):
			i += len(tail) - 1
		case (rest[0].op == opSet || rest[0].op == opTee) && rest[0].number == spLocal, rest[0].op == opSetGlobal && rest[0].number == 0:
			return false
		}
	}
	f.list, f.calls, f.rare = list, calls, rare
	return true
}

// callee is the function that is called by a call of rare.
func (f *callers) callee(call int) int { return f.list[call+len(head)+len(direct)-1].number }

// write gives the function's body anew; makes says by callee which functions make calls.
func (f *callers) write(makes map[int]uint32) []byte {
	if f.list == nil {
		return f.body
	}
	var out []byte
	asIs := func(list []instruction) {
		for _, in := range list {
			out = append(out, in.at...)
		}
	}
	rare := make(map[int]bool, len(f.rare))
	for _, i := range f.rare {
		rare[i] = true
	}
	addresses := f.count // the number of a variable for where a return address goes, if there is one
	used := false
	for i := 0; i < len(f.list); i++ {
		rest := f.list[i:]
		end, call := f.calls[i]
		switch {
		case call && rare[i] && makes[f.callee(i)] > 0:
			out = wasmbin.AppendSigned(append(out, opConst), int64(rest[headAddress].number))
			out = appendU32(append(out, opCall), makes[f.callee(i)])
			i = end - 1
		case call && f.stays:
			used = true
			asIs(rest[:3])
			out = append(appendU32(append(out, opTee), addresses), opSetGlobal, 0)
			out = appendU32(append(out, opGet), addresses)
			asIs(rest[headAddress : end-i-len(tail)])
			i = end - 1
		case begins(rest, leave):
			to, n := len(leave), rest[1].number
			if next := rest[to:]; begins(next, leave) {
				n += next[1].number
				to += len(leave)
			}
			out = append(wasmbin.AppendSigned(append(out, opGet, spLocal, opConst), int64(int32(n))), opAdd)
			if next := rest[to:]; !(len(next) > 1 && next[0].op == opConst && next[1].op == opReturn) {
				out = append(out, opTee, spLocal)
			}
			out = append(out, opSetGlobal, 0)
			i += to - 1
		default:
			asIs(rest[:1])
		}
	}
	begin := f.locals
	if used {
		r := wasmbin.Reader{Rest: f.locals}
		n := r.U32()
		begin = append(append(appendU32(nil, n+1), r.Rest...), 1, typeI32)
	}
	return append(bytes.Clone(begin), out...)
}

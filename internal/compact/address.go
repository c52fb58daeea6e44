package main

import (
	"math"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// Go works out the address of a variable on the stack with 64 bits and cuts it to 32: five instructions, in fifty thousand places of the module. The last
// four do no more than add to 32 bits. And where the sum is but the address of a load or store, that can add it: a frame lies within the memory, so the
// sum does not pass 2^32. Besides, instructions that do nothing are left out.

// Instructions of this file.
const (
	opNop    = 0x01
	opEqz    = 0x45
	opAdd    = 0x6a
	opAdd64  = 0x7c
	opWrap   = 0xa7
	opExtend = 0xad
	// spLocal is the number of the variable in which a function of Go's has its stack pointer.
	spLocal = 1
)

// shortened gives the body of a function with its addresses written shorter; gos says that it is one of Go's.
func shortened(body []byte, gos bool) (out []byte, ok bool) {
	r := &wasmbin.Reader{Rest: body}
	for n := r.U32(); n > 0 && !r.Bad; n-- {
		r.U32()
		r.Byte()
	}
	out = append(make([]byte, 0, len(body)), body[:len(body)-len(r.Rest)]...)
	var list []instruction
	for len(r.Rest) > 0 {
		in := instruction{at: r.Rest}
		if !in.read(r) {
			return nil, false
		}
		in.at = in.at[:len(in.at)-len(r.Rest)]
		if in.op != opNop {
			list = append(list, in)
		}
	}
	add := make(map[int]int) // to the offsets of loads and stores, by their place in the list
	for i := 0; i < len(list); i++ {
		switch rest := list[i:]; {
		case sums(rest):
			c := rest[1].number
			if gos && i > 0 && list[i-1].op == opGet && list[i-1].number == spLocal && c >= 0 && c < math.MaxInt32/2 {
				if to := user(list, i+4); to > 0 {
					add[to] += c
					i += 3
					continue
				}
			}
			out = append(wasmbin.AppendSigned(append(out, opConst), int64(int32(c))), opAdd)
			i += 3
		case len(rest) > 2 && rest[0].op == opEqz && rest[1].op == opEqz && (rest[2].op == opBrIf || rest[2].op == opIf):
			i++
		case add[i] > 0:
			access := wasmbin.Reader{Rest: rest[0].at[1:]}
			align, offset := access.U32(), access.U32()
			out = appendU32(appendU32(append(out, rest[0].op), align), offset+uint32(add[i]))
		default:
			out = append(out, rest[0].at...)
		}
	}
	return out, true
}

// sums reports whether a list begins by adding a constant to 32 bits, by way of 64.
func sums(list []instruction) bool {
	return len(list) > 4 && list[0].op == opExtend && list[1].op == opConst64 && list[2].op == opAdd64 && list[3].op == opWrap
}

// user gives the place of the load or store whose address is what was computed before a place, or 0 if that cannot be said.
func user(list []instruction, from int) int {
	above := 0 // values above the address
	for i := from; i < len(list); i++ {
		op := list[i].op
		switch {
		case op == opGet, op == 0x23, op == opConst, op == opConst64, op == 0x43, op == 0x44, op == 0x3f:
			above++
		case op >= 0x28 && op <= 0x35: // loads
			if above == 0 {
				return i
			}
		case op >= 0x36 && op <= 0x3e: // stores
			if above == 1 {
				return i
			}
			if above -= 2; above < 0 {
				return 0
			}
		case op == opSet, op == opSetGlobal:
			if above--; above < 0 {
				return 0
			}
		case op == opTee, unary(op):
			if above == 0 {
				return 0
			}
		case op >= 0x46 && op <= 0xa6: // of two
			if above--; above < 1 {
				return 0
			}
		default:
			return 0
		}
	}
	return 0
}

// unary reports whether a numeric instruction takes one value and gives one.
func unary(op byte) bool {
	switch {
	case op == opEqz, op == 0x50, op >= 0x67 && op <= 0x69, op >= 0x79 && op <= 0x7b, op >= 0x8b && op <= 0x91, op >= 0x99 && op <= 0x9f, op >= opWrap && op <= 0xc4:
		return true
	}
	return false
}

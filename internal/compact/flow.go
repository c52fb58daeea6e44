package main

import (
	"bytes"
	"slices"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// Go's compiler writes each function as a loop around a br_table: a jump notes the number of the block that comes next and
// begins the loop anew, and so does each turn of a loop in the source. An engine keeps all variables alive over that, and each
// jump is an indirect one. Here the jumps of a function are written as blocks and loops, as compilers do for languages without goroutines.
//
// What goroutines need stays. A function may be entered behind any of its calls, by the number of the block there (PC_B, the
// first local), after the stack was unwound to switch to another goroutine or to grow. A br_table at the function's beginning
// finds such a place, and one in a loop that may be entered so. Behind a call Go keeps nothing in variables, so that costs
// nothing but a test for each turn of a loop with calls in it.
//
// cmd/internal/obj/wasm says how Go writes functions. One that is not written like that is left as it is.

// structured gives a module that does the same, with the jumps of its functions written as blocks and loops.
func structured(wasm []byte) []byte {
	ends := endings(wasm)
	return replaced(wasm, 10, func(body []byte) ([]byte, bool) { return structuredCode(body, ends) })
}

// structuredCode does that with a code section; ends are the functions that never return.
func structuredCode(body []byte, ends map[int]bool) (out []byte, ok bool) {
	r := wasmbin.Reader{Rest: body}
	n := r.U32()
	out = appendU32(nil, n)
	for range n {
		f := r.Vector()
		if r.Bad {
			return nil, false
		}
		g := structuredFunction(f, ends)
		if g != nil {
			f = g
		}
		if short, ok := shortened(f, g != nil); ok {
			f = short
		}
		out = append(appendU32(out, uint32(len(f))), f...)
	}
	return out, len(r.Rest) == 0
}

// Instructions that are looked at or written.
const (
	opUnreachable = 0x00
	opBlock       = 0x02
	opLoop        = 0x03
	opIf          = 0x04
	opEnd         = 0x0b
	opBr          = 0x0c
	opBrIf        = 0x0d
	opBrTable     = 0x0e
	opReturn      = 0x0f
	opCall        = 0x10
	opIndirect    = 0x11
	opGet         = 0x20
	opSet         = 0x21
	opTee         = 0x22
	opSetGlobal   = 0x24
	opStore64     = 0x37
	opConst       = 0x41
	opConst64     = 0x42
	opSub         = 0x6b
	void          = 0x40
)

// unwind is the target of what leaves the function to unwind the stack.
const unwind = -1

// part is a piece of a block's code: instructions as they are, or a jump.
type part struct {
	raw    []byte
	jump   byte // opBr or opBrIf; 0 for raw
	target int  // of the jump: a block, or unwind
	depth  int  // blocks of its own that the jump leaves
}

// block is what Go's compiler makes of a basic block.
type block struct {
	parts []part
	next  int  // where it goes on at its end; -1 for nowhere
	entry bool // the function may be entered here from outside
	to    []int
	from  []int
}

// function is a function of Go's.
type function struct {
	blocks  []block
	table   []int        // block by PC_B
	locals  []byte       // their declarations, and what stands before the code
	unwinds bool         // something unwinds the stack
	ends    map[int]bool // the functions that never return

	out    []byte
	labels []int         // what the blocks and loops around the code being written are for: a block of Go's, unwind, or nothing
	heads  []map[int]int // of the loops that blocks are in, by block, in the loops around the code being written
	resets bool          // some loop asks PC_B, so what is entered from outside sets it to zero
}

// structuredFunction gives the body of a function anew, or nil if it stays as it is.
func structuredFunction(body []byte, ends map[int]bool) []byte {
	f := &function{ends: ends}
	if !f.read(body) {
		return nil
	}
	f.link()
	f.write(f.partition(f.reached(), -1))
	return f.out
}

// read takes a function apart.
func (f *function) read(body []byte) bool {
	r := &wasmbin.Reader{Rest: body}
	for n := r.U32(); n > 0; n-- {
		r.U32()
		r.Byte()
	}
	at := func() int { return len(body) - len(r.Rest) }
	// The copy of the stack pointer.
	if !(len(r.Rest) > 4 && r.Rest[0] == 0x23 && r.Rest[1] == 0 && r.Rest[2] == opSet && r.Rest[3] == 1) {
		return false
	}
	r.Take(4)
	f.locals = body[:at()]
	opens := func(op byte) bool {
		if len(r.Rest) < 2 || r.Rest[0] != op || r.Rest[1] != void {
			return false
		}
		r.Take(2)
		return true
	}
	f.unwinds = opens(opBlock)
	if !opens(opLoop) {
		return false
	}
	n := 0
	for opens(opBlock) {
		n++
	}
	if n == 0 || r.Byte() != opGet || r.Byte() != 0 || r.Byte() != opBrTable {
		return false
	}
	for i := r.U32() + 1; i > 0 && !r.Bad; i-- {
		f.table = append(f.table, int(r.U32()))
	}
	if r.Byte() != opEnd || r.Bad {
		return false
	}
	for _, b := range f.table {
		if b >= n {
			return false
		}
	}
	f.blocks = make([]block, n)
	for i := range f.blocks {
		if !f.readBlock(r, i, n-1-i) {
			return false
		}
	}
	// Behind the loop.
	if r.Byte() != opUnreachable {
		return false
	}
	if f.unwinds && (r.Byte() != opEnd || r.Byte() != opConst || r.Byte() != 1) {
		return false
	}
	return r.Byte() == opEnd && len(r.Rest) == 0 && !r.Bad
}

// readBlock reads a block's code and the end behind it; around is how many blocks for jumps stand around it.
func (f *function) readBlock(r *wasmbin.Reader, number, around int) bool {
	b := &f.blocks[number]
	b.next = number + 1
	start := r.Rest // of the code that no part holds yet
	cut := func(to []byte) {
		if n := len(start) - len(to); n > 0 {
			b.parts = append(b.parts, part{raw: start[:n:n]})
		}
	}
	var open []byte        // blocks of its own
	var ops [4]instruction // the last ones
	noted := 0             // how often PC_B is set and was not used yet
	behind := -1           // the block behind the call that is being made
	for {
		in := instruction{at: r.Rest}
		if !in.read(r) {
			return false
		}
		depth := len(open)
		if depth == 0 && b.next < 0 && in.op != opEnd {
			return false // it cannot be reached
		}
		ends := false // the block does not go on behind it
		switch in.op {
		case opBlock, opLoop, opIf:
			open = append(open, in.op)
		case opEnd:
			if depth > 0 {
				open = open[:depth-1]
				break
			}
			cut(in.at)
			if behind >= 0 {
				f.blocks[behind].entry = true
			}
			if b.next == len(f.blocks) {
				b.parts, b.next = append(b.parts, part{raw: []byte{opUnreachable}}), -1
			}
			return noted == 0
		case opReturn, opUnreachable:
			ends = true
		case opBrTable:
			if in.number >= depth {
				return false
			}
			ends = true
		case opBr, opBrIf:
			ends = in.op == opBr
			switch in.number - depth - around {
			case 0: // the loop: a jump
				pc := int(ops[2].number)
				if in.op != opBr || ops[2].op != opConst || ops[3].op != opSet || ops[3].number != 0 || pc < 0 {
					return false
				}
				noted--
				jump := part{jump: opBr, target: f.at(pc), depth: depth}
				if depth > 0 && ops[1].op == opIf && ops[1].number == void && len(r.Rest) > 0 && r.Rest[0] == opEnd {
					r.Take(1)
					open = open[:depth-1]
					ends = false
					jump.jump, jump.depth = opBrIf, depth-1
					cut(ops[1].at)
				} else {
					cut(ops[2].at)
				}
				b.parts = append(b.parts, jump)
				start = r.Rest
			case 1:
				if !f.unwinds {
					return false
				}
				cut(in.at)
				b.parts = append(b.parts, part{jump: in.op, target: unwind, depth: depth})
				start = r.Rest
				// Go writes nothing behind a call that never returns.
				if depth == 0 && in.op == opBrIf && ops[1].op == opCall && f.ends[ops[1].number] && len(r.Rest) > 0 && r.Rest[0] == opEnd {
					b.parts = append(b.parts, part{raw: []byte{opUnreachable}})
					ends, behind = true, -1
				}
			default:
				if in.number >= depth {
					return false
				}
			}
		case opGet: // PC_B is used for the address of a call, too
			if in.number == 0 {
				if ops[2].op != opSet || ops[2].number != 0 || ops[3].op != opConst {
					return false
				}
				noted--
			}
		case opSet:
			if in.number == 0 {
				noted++
			}
		case opTee:
			if in.number == 0 {
				return false
			}
		case opStore64: // of the address behind a call
			if depth == 0 && ops[1].op == opSetGlobal && ops[1].number == 0 && ops[2].op == opGet && ops[2].number == 1 && ops[3].op == opConst64 {
				if behind >= 0 {
					f.blocks[behind].entry = true
				}
				behind = f.at(ops[3].number & 0xffff)
			}
		}
		if ends && len(open) == 0 {
			b.next = -1
		}
		ops = [4]instruction{ops[1], ops[2], ops[3], in}
	}
}

// instruction is one, and where it begins.
type instruction struct {
	at     []byte
	op     byte
	number int // its first number, the type of a block, or of a br_table the greatest label
}

// read reads an instruction. ok is false for one that Go does not write.
func (in *instruction) read(r *wasmbin.Reader) (ok bool) {
	in.op = r.Byte()
	switch op := in.op; {
	case op == opBlock || op == opLoop || op == opIf:
		in.number = int(r.Byte())
	case op == opBr, op == opBrIf, op == opCall, op >= opGet && op <= opSetGlobal:
		in.number = int(r.U32())
	case op == opBrTable:
		for n := r.U32() + 1; n > 0 && !r.Bad; n-- {
			in.number = max(in.number, int(r.U32()))
		}
	case op == opIndirect:
		in.number = int(r.U32())
		r.U32()
	case op >= 0x28 && op <= 0x3e: // loads and stores
		in.number = int(r.U32())
		r.U32()
	case op == 0x3f || op == 0x40: // the memory's size
		r.Byte()
	case op == opConst:
		in.number = int(r.S32())
	case op == opConst64:
		in.number = int(signed64(r))
	case op == 0x43:
		r.Take(4)
	case op == 0x44:
		r.Take(8)
	case op == 0xfc:
		switch n := r.U32(); {
		case n <= 7: // conversions that saturate
		case n == 10: // memory.copy
			r.Take(2)
		case n == 11: // memory.fill
			r.Take(1)
		default:
			return false
		}
	case op == opUnreachable, op == 0x01, op == opEnd, op == opReturn, op == 0x1a, op == 0x1b, op >= 0x45 && op <= 0xc4:
	default:
		return false
	}
	return !r.Bad
}

// signed64 reads a signed number of 64 bits.
func signed64(r *wasmbin.Reader) (v int64) {
	for bits := 0; bits < 70; bits += 7 {
		b := r.Byte()
		v |= int64(b&0x7f) << bits
		if b&0x80 == 0 {
			if bits += 7; bits < 64 {
				v = v << (64 - bits) >> (64 - bits)
			}
			return v
		}
	}
	r.Bad = true
	return 0
}

// callSequence begins each call of Go's: room for the return address on the stack.
const (
	callSequence = "\x20\x01\x41\x08\x6b\x22\x01\x24\x00"
	nop          = "\x01"
)

// link notes where the blocks go on, and which of them the function may be entered at.
func (f *function) link() {
	f.blocks[f.table[0]].entry = true
	for i := range f.blocks {
		b := &f.blocks[i]
		// The call of what is deferred is made again when a panic was recovered.
		if len(b.parts) > 0 && bytes.HasPrefix(bytes.TrimLeft(b.parts[0].raw, nop), []byte(callSequence)) {
			b.entry = true
		}
		if last := len(b.parts) - 1; last >= 0 {
			switch p := b.parts[last]; {
			case p.jump == opBr && p.depth == 0 && p.target >= 0:
				b.parts, b.next = b.parts[:last], p.target
			case p.jump == opBrIf && p.depth == 0 && p.target == unwind && b.next >= 0:
				f.blocks[b.next].entry = true
			}
		}
	}
	for i := range f.blocks {
		b := &f.blocks[i]
		for _, p := range b.parts {
			if p.jump != 0 && p.target >= 0 {
				b.to = append(b.to, p.target)
			}
		}
		if b.next >= 0 {
			b.to = append(b.to, b.next)
		}
		for _, to := range b.to {
			f.blocks[to].from = append(f.blocks[to].from, i)
		}
	}
}

// reached gives the blocks that can be reached, in their order.
func (f *function) reached() (blocks []int) {
	seen := make([]bool, len(f.blocks))
	var todo []int
	visit := func(i int) {
		if !seen[i] {
			seen[i] = true
			todo = append(todo, i)
		}
	}
	for i := range f.blocks {
		if f.blocks[i].entry {
			visit(i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, to := range f.blocks[i].to {
			visit(to)
		}
	}
	for i := range f.blocks {
		if seen[i] {
			blocks = append(blocks, i)
			continue
		}
		for _, to := range f.blocks[i].to {
			from := f.blocks[to].from
			if at := slices.Index(from, i); at >= 0 {
				f.blocks[to].from = slices.Delete(from, at, at+1)
			}
		}
	}
	return blocks
}

package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// Most of what Go's linker writes as data are names, tables and lists that repeat themselves, and would be a third of the module. So they are packed: one piece
// of data at the end of the memory, which a start function unpacks to where it belongs, and then fills with zeros, as the runtime takes the
// memory behind its variables to be empty. That takes a few milliseconds of a VM's start, some of which are saved as there is less to read and to copy.
//
// What is packed is a list of steps. Each begins with a byte: in its high half how many bytes follow as they are, in the low half how many more than
// least are repeated after them; 15 says that a number follows that is to be added. Those bytes come next, and then how far back stands what is repeated;
// 0 leaves the memory as it is, which is zero. Numbers are LEB128.

// least is the least that is worth a repetition, in bytes.
const least = 4

const pageSize = 64 << 10 // of a Wasm memory, in bytes

// packed gives a module that does the same, with its data packed, and a memory that is large enough for it. One of which this cannot be said for certain is given back as it is.
func packed(wasm []byte) []byte {
	m, ok := open(wasm)
	if !ok || m.memories == nil {
		return wasm
	}
	memory := wasmbin.Reader{Rest: m.memories.body}
	count, limits, pages := memory.U32(), memory.Byte(), memory.U32()
	at, image, ok := imageOf(m.data.body)
	if !ok || memory.Bad || count != 1 || pages > 1<<15 {
		return wasm
	}
	steps := pack(image)
	// Go's runtime takes what is behind its variables for its heap, and asks for more when that is used up: a larger memory is more of it from the beginning.
	if needs := (int64(at) + int64(len(image)) + int64(len(steps)) + 7 + pageSize) / pageSize; needs > int64(pages) {
		if limits != 0 {
			return wasm // it has a greatest size, or is shared
		}
		pages = uint32(needs)
		m.memories.body = appendU32([]byte{1, limits}, pages)
	}
	end := pages * pageSize
	from := (int64(end) - int64(len(steps))) &^ 7
	u := unpacking{to: at, from: uint32(from), until: uint32(from) + uint32(len(steps)), end: end}
	if s := m.start; s != nil {
		r := wasmbin.Reader{Rest: s.body}
		u.then, u.goes = r.U32(), true
	}
	m.data.body = appendPiece([]byte{1}, uint64(from), steps)
	out := m.starting(u.program())
	if path := builtFrom(image); path != nil {
		out = appendSection(out, section{0, append(appendU32(nil, uint32(len(builtName))), builtName+string(path)...)})
	}
	if len(out) >= len(wasm) {
		return wasm
	}
	return out
}

// builtName is the section, for no eyes but those of tools, with what is left legible of how a module was built: tools tell modules by it.
const builtName = "built"

// builtFrom is the line in which Go says which package a module is built from, or nil.
func builtFrom(image []byte) []byte {
	const begins = "0w\xaf\x0c\x92t\x08\x02A\xe1\xc1\x07\xe6\xd6\x18\xe6" // what Go has before it
	_, info, _ := bytes.Cut(image, []byte(begins+"path\t"))
	path, _, found := bytes.Cut(info, []byte("\n"))
	if !found {
		return nil
	}
	return []byte("path\t" + string(path) + "\n")
}

// imageOf is what a data section makes of a memory, from the address at on. ok is false if pieces overlap, or not all have a plain address.
func imageOf(body []byte) (at uint32, image []byte, ok bool) {
	type placed struct {
		at   uint64
		data []byte
	}
	var pieces []placed
	r := wasmbin.Reader{Rest: body}
	for n := r.U32(); n > 0 && !r.Bad; n-- {
		to, p, plain := readPiece(&r)
		if !plain || to > 1<<31 {
			return 0, nil, false
		}
		pieces = append(pieces, placed{to, p})
	}
	if r.Bad || len(r.Rest) > 0 || len(pieces) == 0 {
		return 0, nil, false
	}
	slices.SortStableFunc(pieces, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	from := pieces[0].at
	for _, p := range pieces {
		end := from + uint64(len(image))
		if p.at < end {
			return 0, nil, false
		}
		image = append(append(image, make([]byte, p.at-end)...), p.data...)
	}
	return uint32(from), image, len(image) > 0
}

// unpacking is a start function: it unpacks steps that stand between from and until in the memory, which ends at end, to an address, and calls what was the start function.
type unpacking struct {
	to, from, until, end uint32
	then                 uint32
	goes                 bool // there is such a function
}

// program is the function: its locals, then its instructions.
func (u *unpacking) program() []byte {
	const (
		src, dst, n, token, more, shift, b, locals      = 0, 1, 2, 3, 4, 5, 6, 7
		loop, then, otherwise, end, brIf, call          = 0x03, 0x04, 0x05, 0x0b, 0x0d, 0x10
		get, set, tee, load8, store8, store64, i32, i64 = 0x20, 0x21, 0x22, 0x2d, 0x3a, 0x37, 0x41, 0x42
		eq, less, greater, add, sub, and, or, shl, shrU = 0x46, 0x49, 0x4b, 0x6a, 0x6b, 0x71, 0x72, 0x74, 0x76
		empty, number                                   = 0x40, 0x7f
	)
	p := []byte{1, locals, number}
	emit := func(code ...byte) { p = append(p, code...) }
	constant := func(v uint32) { p = wasmbin.AppendSigned(append(p, i32), int64(int32(v))) }
	next := func() { // the byte at src, which moves on
		emit(get, src, load8, 0, 0, get, src, i32, 1, add, set, src)
	}
	readNumber := func() { // into more
		emit(i32, 0, set, more, i32, 0, set, shift, loop, empty)
		next()
		emit(tee, b, i32)
		p = wasmbin.AppendSigned(p, 127)
		emit(and, get, shift, shl, get, more, or, set, more, get, shift, i32, 7, add, set, shift, get, b, i32)
		p = wasmbin.AppendSigned(p, 127)
		emit(greater, brIf, 0, end)
	}
	extended := func() { // n, and the number that follows if it is 15
		emit(get, n, i32, 15, eq, then, empty)
		readNumber()
		emit(get, more, get, n, add, set, n, end)
	}
	constant(u.from)
	emit(set, src)
	constant(u.to)
	emit(set, dst, loop, empty)
	next()
	emit(tee, token, i32, 4, shrU, set, n)
	extended()
	// What follows as it is.
	emit(get, n, then, empty, loop, empty, get, dst)
	next()
	emit(store8, 0, 0, get, dst, i32, 1, add, set, dst, get, n, i32, 1, sub, tee, n, brIf, 0, end, end)
	// What is repeated.
	emit(get, token, i32, 15, and, set, n)
	extended()
	emit(get, n, i32, least, add, set, n)
	readNumber()
	emit(get, more, then, empty, get, dst, get, n, add, set, n, loop, empty,
		get, dst, get, dst, get, more, sub, load8, 0, 0, store8, 0, 0, get, dst, i32, 1, add, tee, dst, get, n, less, brIf, 0, end,
		otherwise, get, dst, get, n, add, set, dst, end)
	emit(get, src)
	constant(u.until)
	emit(less, brIf, 0, end)
	// Nothing stays of it.
	constant(u.from)
	emit(set, src, loop, empty, get, src, i64, 0, store64, 3, 0, get, src, i32, 8, add, tee, src)
	constant(u.end)
	emit(less, brIf, 0, end)
	if u.goes {
		p = appendU32(append(p, call), u.then)
	}
	return append(p, end)
}

// pack gives the steps that make some bytes.
func pack(p []byte) []byte {
	m := newMatcher(p)
	var out []byte
	from := 0 // of what was not written yet
	step := func(at, n, back int) {
		out = appendStep(out, p[from:at], n, back)
		from = at + n
	}
	for at := 0; at < len(p); {
		if n := zeros(p[at:]); n >= 2*least {
			step(at, n, 0)
			m.pass(at, at+n)
			at += n
			continue
		}
		n, back, gain := m.find(at)
		if gain <= 0 {
			m.add(at)
			at++
			continue
		}
		// One that begins a little later may be worth more.
		for at+1 < len(p) {
			m.add(at)
			k, far, more := m.find(at + 1)
			if more <= gain {
				break
			}
			at, n, back, gain = at+1, k, far, more
		}
		step(at, n, back)
		m.pass(at+1, at+n)
		at += n
	}
	return appendStep(out, p[from:], least, 0) // its end is behind the last byte
}

// appendStep appends a step: bytes as they are, and n that stand so far back.
func appendStep(dst, as []byte, n, back int) []byte {
	n -= least
	dst = append(dst, byte(min(len(as), 15)<<4|min(n, 15)))
	if len(as) >= 15 {
		dst = binary.AppendUvarint(dst, uint64(len(as)-15))
	}
	dst = append(dst, as...)
	if n >= 15 {
		dst = binary.AppendUvarint(dst, uint64(n-15))
	}
	return binary.AppendUvarint(dst, uint64(back))
}

// zeros is how many zeros some bytes begin with.
func zeros(p []byte) int { return len(p) - len(bytes.TrimLeft(p, "\x00")) }

// matcher finds what stands in some bytes twice.
type matcher struct {
	p      []byte
	last   []int32 // by the hash of four bytes: where they stood last, plus one
	before []int32 // by place: where the same hash stood before, plus one
}

const (
	hashBits = 18
	deepest  = 400 // places are looked at for one
)

func newMatcher(p []byte) *matcher {
	return &matcher{p, make([]int32, 1<<hashBits), make([]int32, len(p))}
}

func (m *matcher) hash(at int) uint32 {
	return binary.LittleEndian.Uint32(m.p[at:]) * 2654435761 >> (32 - hashBits)
}

// add has a place found from now on.
func (m *matcher) add(at int) {
	if at+least <= len(m.p) {
		h := m.hash(at)
		m.before[at], m.last[h] = m.last[h], int32(at+1)
	}
}

func (m *matcher) pass(from, to int) {
	for ; from < to; from++ {
		m.add(from)
	}
}

// find gives what of the bytes at a place is best repeated, and about how many bytes that saves.
func (m *matcher) find(at int) (n, back, gain int) {
	if at+least > len(m.p) {
		return 0, 0, 0
	}
	rest := m.p[at:]
	next := m.last[m.hash(at)]
	for range deepest {
		if next == 0 {
			break
		}
		there := int(next - 1)
		next = m.before[there]
		if n > 0 && (at+n >= len(m.p) || m.p[there+n] != rest[n]) {
			continue // not longer
		}
		k := 0
		for k < len(rest) && m.p[there+k] == rest[k] {
			k++
		}
		if k < least {
			continue
		}
		if g := k - 1 - (bits.Len(uint(at-there))+6)/7; g > gain {
			n, back, gain = k, at-there, g
		}
	}
	return n, back, gain
}

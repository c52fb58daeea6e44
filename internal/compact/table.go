package main

import (
	"bytes"
	"encoding/binary"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// By a table of buckets Go's runtime finds the function that an address is in (findfunctab; a bucket is 4 KiB of addresses). In
// Wasm a function takes 64 KiB of them, however short it is, so the table has 16 buckets of 20 bytes for each function that
// say its number and nothing else: 320 bytes, a sixth of the module. A start function of a few instructions writes the same.

const (
	bucket  = 20 // bytes: the number, little-endian, then sixteen zeros
	buckets = 16 // of a function
)

// fewest is how many buckets are worth a function.
const fewest = 100 * buckets

// section is a section of a module.
type section struct {
	id   byte
	body []byte
}

// unrolled is the content of the table from its second function on: the number of its first function is 0, and zeros are left
// out anyway.
type unrolled struct {
	at    uint64 // address
	count int    // buckets
}

// generate gives a module that does the same, but writes the table itself when it starts. One without such a table, or that
// has a start function already, is given back as it is.
func generate(wasm []byte) []byte {
	m, ok := open(wasm)
	if !ok || m.start != nil {
		return wasm
	}
	rest, table := cutTable(m.data.body)
	if table.count == 0 {
		return wasm
	}
	m.data.body = rest
	return m.starting(table.program())
}

// program is a function without parameters that writes the table: its locals, then its instructions.
func (t unrolled) program() []byte {
	const i32, loop, end, void = 0x7f, 0x03, 0x0b, 0x40
	const get, tee, constant, mul, shift, add, store, less, branchIf = 0x20, 0x22, 0x41, 0x6c, 0x76, 0x6a, 0x36, 0x49, 0x0d
	p := []byte{1, 1, i32, loop, void,
		get, 0, constant, bucket, mul, // the address
		get, 0, constant, 4, shift, constant, 1, add, // the number: 1 + i/16
		store, 0}
	p = appendU32(p, uint32(t.at))
	p = append(p, get, 0, constant, 1, add, tee, 0, constant)
	p = wasmbin.AppendSigned(p, int64(t.count))
	return append(p, less, branchIf, 0, end, end)
}

// cutTable takes the table out of a data section. count is 0 if there is none.
func cutTable(body []byte) (rest []byte, t unrolled) {
	r := wasmbin.Reader{Rest: body}
	n := r.U32()
	var pieces []byte
	for range n {
		at, p, plain := readPiece(&r)
		if !plain {
			return nil, unrolled{}
		}
		if t.count == 0 {
			if from, count := findTable(p); count > 0 {
				t = unrolled{at + uint64(from), count}
				pieces = appendPiece(pieces, at, p[:from])
				n++
				at, p = at+uint64(from+count*bucket), p[from+count*bucket:]
			}
		}
		pieces = appendPiece(pieces, at, p)
	}
	if len(r.Rest) > 0 {
		return nil, unrolled{}
	}
	return append(appendU32(nil, n), pieces...), t
}

// findTable looks for a table that is worth a function in a piece of data: from its second function on, as the first one's
// buckets are zero. count is 0 if there is none.
func findTable(data []byte) (from, count int) {
	var begin [2 * buckets * bucket]byte
	for i := range 2 * buckets {
		begin[i*bucket] = byte(1 + i/buckets)
	}
	for {
		next := bytes.Index(data[from:], begin[:])
		if next < 0 {
			return 0, 0
		}
		from += next
		if count = tableAt(data[from:]); count >= fewest {
			return from, count
		}
		from += len(begin)
	}
}

// tableAt counts the buckets at the beginning of some data.
func tableAt(data []byte) (count int) {
	var want [bucket]byte
	for ; len(data) >= bucket; data = data[bucket:] {
		binary.LittleEndian.PutUint32(want[:], uint32(1+count/buckets))
		if !bytes.Equal(data[:bucket], want[:]) {
			break
		}
		count++
	}
	return count
}

// split takes a module apart.
func split(wasm []byte) (sections []section, ok bool) {
	if len(wasm) < header || string(wasm[:4]) != "\x00asm" {
		return nil, false
	}
	r := wasmbin.Reader{Rest: wasm[header:]}
	for len(r.Rest) > 0 {
		sections = append(sections, section{r.Byte(), r.Vector()})
	}
	return sections, !r.Bad
}

// replaced gives a module whose sections of a kind have other bodies. One of which such a body cannot be made is given back as it is.
func replaced(wasm []byte, id byte, anew func(body []byte) ([]byte, bool)) []byte {
	sections, ok := split(wasm)
	if !ok {
		return wasm
	}
	out := append([]byte(nil), wasm[:header]...)
	for _, s := range sections {
		if s.id == id {
			if s.body, ok = anew(s.body); !ok {
				return wasm
			}
		}
		out = appendSection(out, s)
	}
	return out
}

func appendSection(out []byte, s section) []byte {
	return append(appendU32(append(out, s.id), uint32(len(s.body))), s.body...)
}

// readPiece reads a piece of a data section and its address. plain is false if it does not stand in the first memory, at a constant.
func readPiece(r *wasmbin.Reader) (at uint64, data []byte, plain bool) {
	plain = r.Byte() == 0 && r.Byte() == opConst
	at = uint64(uint32(r.S32()))
	plain = plain && r.Byte() == opEnd
	data = r.Vector()
	return at, data, plain && !r.Bad
}

func appendPiece(out []byte, at uint64, data []byte) []byte {
	out = append(wasmbin.AppendSigned(append(out, 0, 0x41), int64(int32(at))), 0x0b)
	return append(appendU32(out, uint32(len(data))), data...)
}

func appendU32(out []byte, v uint32) []byte { return binary.AppendUvarint(out, uint64(v)) }

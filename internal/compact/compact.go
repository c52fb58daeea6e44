// Command compact rewrites a Wasm module so that its data stands in fewer pieces and takes less room. Go's linker leaves out
// zeros, so that a module of a few megabytes has 50,000 pieces of data, and each start of a VM that is not a browser's pays for
// every one. And it writes out a table that a loop can write: see table.go. What would end the module in Envoy is taken out: see
// poll.go. Jumps are written as blocks and loops: see flow.go, and calls shorter: see calls.go. Files and lines of tracebacks are left out: see lines.go.
// In the end its data is packed: see pack.go.
//
//	compact FILE
package main

import (
	"fmt"
	"os"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: compact FILE")
		os.Exit(2)
	}
	if err := rewrite(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "compact:", err)
		os.Exit(2)
	}
}

func rewrite(file string) error {
	wasm, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if wasm, err = unpolled(wasm); err != nil {
		return fmt.Errorf("%q: %w", file, err)
	}
	return os.WriteFile(file, packed(unlined(called(structured(generate(compact(wasm)))))), 0o644)
}

// maxGap is how many bytes of zero may be written out between two pieces of data to make them one, in bytes. Fewer pieces
// save more than these bytes cost: the runtime allocates for each of them.
const maxGap = 256

// maxPieces is how many may be left: what is scattered so much is left as it is.
const maxPieces = 1000

const header = 8 // bytes before the first section

// compact gives a module that does the same. One of which this cannot be said for certain is given back as it is, and so is
// what is no module.
func compact(wasm []byte) []byte {
	if len(wasm) < header || string(wasm[:4]) != "\x00asm" {
		return wasm
	}
	r := wasmbin.Reader{Rest: wasm[header:]}
	for len(r.Rest) > 0 {
		from := len(wasm) - len(r.Rest)
		id := r.Byte()
		body := wasmbin.Reader{Rest: r.Vector()}
		if r.Bad {
			return wasm
		}
		switch id {
		case 2:
			if !onlyFunctions(body) {
				return wasm // a memory from elsewhere need not be empty
			}
		case 12:
			return wasm // the code names pieces of data by their numbers
		case 11:
			// Sizes are written with the most bytes that they can take, and filled in when they are known.
			out := make([]byte, 0, len(wasm)+len(body.Rest)/2)
			out = append(append(out, wasm[:from]...), id, 0, 0, 0, 0, 0)
			start := len(out)
			out, ok := mergeData(out, body)
			if !ok {
				return wasm
			}
			wasmbin.PutU32(out[start-5:], uint32(len(out)-start))
			return append(out, r.Rest...)
		}
	}
	return wasm
}

// piece is some data and where it goes.
type piece struct{ at, end uint64 }

// mergeData appends a data section in which pieces that follow each other in the memory, which is zero before them, are
// joined. ok is false if they overlap, are scattered, or do not all have a plain address in the first memory.
func mergeData(out []byte, r wasmbin.Reader) (_ []byte, ok bool) {
	count := len(out)
	out = append(out, 0, 0, 0, 0, 0)
	pieces := make([]piece, 0, 16)
	var zeros [maxGap]byte
	room, size := uint64(0), 0 // how far the last piece may reach, and where its size stands
	for n := r.U32(); n > 0 && !r.Bad; n-- {
		at, data, plain := readPiece(&r)
		if !plain {
			return nil, false
		}
		last := len(pieces) - 1
		if last >= 0 && at >= pieces[last].end && at-pieces[last].end <= maxGap {
			out = append(out, zeros[:at-pieces[last].end]...)
		} else if room, ok = roomAt(pieces, at); ok && len(pieces) < maxPieces {
			pieces = append(pieces, piece{at: at})
			last++
			out = append(wasmbin.AppendSigned(append(out, 0, 0x41), int64(int32(at))), 0x0b, 0, 0, 0, 0, 0)
			size = len(out)
		} else {
			return nil, false
		}
		out = append(out, data...)
		wasmbin.PutU32(out[size-5:], uint32(len(out)-size))
		if pieces[last].end = at + uint64(len(data)); pieces[last].end > room {
			return nil, false
		}
	}
	wasmbin.PutU32(out[count:], uint32(len(pieces)))
	return out, !r.Bad && len(r.Rest) == 0
}

// roomAt gives the address up to which nothing is written from at on. ok is false if something is at that very place.
func roomAt(pieces []piece, at uint64) (room uint64, ok bool) {
	room = 1 << 32
	for _, p := range pieces {
		if p.at >= at {
			room = min(room, p.at)
		} else if p.end > at {
			return 0, false
		}
	}
	return room, true
}

// onlyFunctions reports whether an import section names nothing but functions.
func onlyFunctions(r wasmbin.Reader) bool {
	for n := r.U32(); n > 0; n-- {
		r.Vector()
		r.Vector()
		if r.Byte() != 0 || r.Bad {
			return false
		}
		r.U32()
	}
	return !r.Bad
}

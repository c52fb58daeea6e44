package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"

	"github.com/tetratelabs/wazero"
)

// linked is the table of so many functions, as Go's linker lays it out.
func linked(functions int) []byte {
	p := make([]byte, functions*buckets*bucket)
	for i := 0; i < len(p); i += bucket {
		binary.LittleEndian.PutUint32(p[i:], uint32(i/bucket/buckets))
	}
	return p
}

// moduleOf is a module with three pages of memory, a function or two and data at an address.
func moduleOf(at uint64, data []byte, more ...section) []byte {
	pieces := append(appendPiece(nil, 8, []byte("before")), appendPiece(nil, at, data)...)
	all := []section{
		{1, []byte("\x02\x60\x01\x7f\x00\x60\x00\x00")},           // types: one that takes a number, then the plain one
		{3, []byte("\x01\x01")},                                   // a function of the plain one
		{5, []byte("\x01\x00\x03")},                               // the memory
		{7, []byte("\x02\x06memory\x02\x00\x04noop\x00\x00")},     // exports
		{10, []byte("\x01\x02\x00\x0b")},                          // its code: nothing
		{11, append([]byte{2}, pieces...)}, {0, []byte("\x01xy")}, // the data, and what no runtime reads
	}
	out := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range all {
		for i, m := range more {
			if m.id != 0 && (m.id < s.id || m.id == 12 && s.id == 10) {
				out = appendSection(out, m)
				more[i].id = 0
			}
		}
		out = appendSection(out, s)
	}
	return out
}

// started is what a module's memory holds when it has started.
func started(t *testing.T, wasm []byte) []byte {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	m, err := r.Instantiate(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.ExportedFunction("noop").Call(ctx); err != nil {
		t.Fatal(err)
	}
	p, _ := m.Memory().Read(0, m.Memory().Size())
	return bytes.Clone(p)
}

func TestTheTableIsWrittenAtTheStart(t *testing.T) {
	for name, data := range map[string][]byte{
		"alone":                       linked(300),
		"between other data":          []byte("what stands before" + string(linked(300)) + "\x07\x01what stands behind"),
		"without its zeros before":    linked(300)[buckets*bucket:],
		"that ends within a function": linked(301)[:300*buckets*bucket+7*bucket],
		"that ends within a bucket":   linked(300)[:300*buckets*bucket-3],
		"behind what looks like it":   append(linked(9), linked(300)...),
	} {
		t.Run(name, func(t *testing.T) {
			wasm := moduleOf(1000, data)
			got := generate(wasm)
			if len(got) > len(wasm)-90_000 {
				t.Errorf("%d bytes of %d are left", len(got), len(wasm))
			}
			if !bytes.Equal(started(t, got), started(t, wasm)) {
				t.Error("the memory is another one")
			}
		})
	}
}

func TestWhatHasNoTableOrIsNotUnderstoodStaysAsItIs(t *testing.T) {
	odd := linked(300)
	odd[150*buckets*bucket+9] = 1 // two halves: the first is written at the start
	for name, wasm := range map[string][]byte{
		"a short table":            moduleOf(1000, linked(50)),
		"no table":                 moduleOf(1000, bytes.Repeat([]byte("data"), 1000)),
		"a module that starts":     moduleOf(1000, linked(300), section{8, []byte{0}}),
		"numbered pieces":          moduleOf(1000, linked(300), section{12, []byte{2}}),
		"no module":                []byte("#!/bin/sh and so on"),
		"a module that is cut off": moduleOf(1000, linked(300))[:50_000],
	} {
		t.Run(name, func(t *testing.T) {
			if got := generate(wasm); !bytes.Equal(got, wasm) {
				t.Errorf("%d bytes became %d", len(wasm), len(got))
			}
		})
	}
	wasm := moduleOf(1000, odd)
	if !bytes.Equal(started(t, generate(wasm)), started(t, wasm)) {
		t.Error("a table with something else in it: the memory is another one")
	}
}

//go:build wasip1

package main

import (
	"encoding/binary"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// stopWithoutBuffer stops a body chunk without Envoy keeping it: the number of
// Http::FilterDataStatus::StopIterationNoBuffer (envoy/http/filter.h), which the
// SDK has no name for.
const stopWithoutBuffer types.Action = 3

const requestBody = 0 // WasmBufferType::HttpRequestBody

// setBufferBytes replaces size bytes at start. The SDK offers only the whole buffer.
//
//go:wasmimport env proxy_set_buffer_bytes
func setBufferBytes(buffer uint32, start, size int32, data *byte, length int32) uint32

// replaceFront drains bytes from the front of the body chunk at hand and puts others there.
func replaceFront(drain int, put []byte) bool {
	var data *byte
	if len(put) > 0 {
		data = &put[0]
	}
	return setBufferBytes(requestBody, 0, int32(drain), data, int32(len(put))) == 0
}

// slice is how much of a body is fetched at a time, in bytes: little enough for the arena.
const slice = 32 << 10

// eachSlice hands the body chunk at hand on in pieces, until yield says false.
// It reports whether the host gave all of it.
func eachSlice(at, n int, yield func([]byte) bool) bool {
	for n > 0 {
		p, err := proxywasm.GetHttpRequestBody(at, min(n, slice))
		if err != nil || len(p) == 0 {
			return false
		}
		if !yield(p) {
			return true
		}
		at, n = at+len(p), n-len(p)
	}
	return true
}

// number reads an integer property: 8 bytes, little-endian; 0 if there is none.
func number(path ...string) int64 {
	raw, err := proxywasm.GetProperty(path)
	if err != nil || len(raw) != 8 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(raw))
}

// text reads a string property; "" if there is none.
func text(path ...string) string {
	raw, err := proxywasm.GetProperty(path)
	if err != nil {
		return ""
	}
	return string(raw)
}

//go:build wasip1

package main

import (
	"encoding/binary"
	"errors"
	"math"
	"unsafe"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// The host calls of every request are declared here, as the Proxy-Wasm ABI 0.2.1 has them, rather than taken from the
// SDK: its versions allocate what they hand over, a header map even once a header, and so make most of the garbage
// of a request. Calls that are rare go through the SDK.

// stopWithoutBuffer stops a body chunk without Envoy keeping it: the number of
// Http::FilterDataStatus::StopIterationNoBuffer (envoy/http/filter.h), which the
// SDK has no name for.
const stopWithoutBuffer types.Action = 3

// The kinds of WasmBufferType that are read here.
const (
	requestBody  = 0
	responseBody = 1
)

// The kinds of WasmHeaderMapType that are read here.
const (
	requestHeaders  = 0
	responseHeaders = 2
)

//go:wasmimport env proxy_get_buffer_bytes
func getBufferBytes(buffer uint32, start, size int32, data, length *uint32) uint32

//go:wasmimport env proxy_set_buffer_bytes
func setBufferBytes(buffer uint32, start, size int32, data *byte, length int32) uint32

//go:wasmimport env proxy_get_header_map_pairs
func getHeaderMapPairs(kind uint32, data, length *uint32) uint32

//go:wasmimport env proxy_replace_header_map_value
func replaceHeaderMapValue(kind uint32, name *byte, size int32, value *byte, length int32) uint32

//go:wasmimport env proxy_define_metric
func defineMetric(kind uint32, name *byte, size int32, id *uint32) uint32

//go:wasmimport env proxy_increment_metric
func incrementMetric(id uint32, by int64) uint32

//go:wasmimport env proxy_record_metric
func recordMetric(id uint32, value uint64) uint32

//go:wasmimport env proxy_get_property
func getProperty(path *byte, size int32, data, length *uint32) uint32

//go:wasmimport env proxy_set_property
func setProperty(path *byte, size int32, data *byte, length int32) uint32

//go:wasmimport env proxy_dequeue_shared_queue
func dequeueSharedQueue(queue uint32, data, length *uint32) uint32

//go:wasmimport env proxy_call_foreign_function
func callForeignFunction(name *byte, size int32, argument *byte, length int32, data, n *uint32) uint32

// given is where the host writes the address and the length of what it hands over. It is no local variable, because
// one whose address goes to the host would be garbage after each call.
var given struct{ data, length uint32 }

// gift is what the host has just handed over. It stands in the arena: see memory.go.
func gift() []byte {
	if given.length == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(uintptr(given.data))), int(given.length))
}

// bytesOf reads up to n bytes of a buffer.
func bytesOf(buffer uint32, at, n int) []byte {
	if getBufferBytes(buffer, int32(at), int32(n), &given.data, &given.length) != 0 {
		return nil
	}
	return gift()
}

// replaceFront drains bytes from the front of the body chunk at hand and puts others there.
func replaceFront(drain int, put []byte) bool {
	return setBufferBytes(requestBody, 0, int32(drain), unsafe.SliceData(put), int32(len(put))) == 0
}

// putBehind puts bytes at the end of the body chunk at hand.
func putBehind(p []byte) bool {
	return setBufferBytes(requestBody, math.MaxInt32, 0, unsafe.SliceData(p), int32(len(p))) == 0
}

// replaceHeader sets a request header.
func replaceHeader(name, value string) bool {
	return replaceHeaderMapValue(requestHeaders, unsafe.StringData(name), int32(len(name)), unsafe.StringData(value), int32(len(value))) == 0
}

// view is a string that shares the memory of bytes: it is good while they are.
func view(p []byte) string { return unsafe.String(unsafe.SliceData(p), len(p)) }

// slice is how much of a body is fetched at a time, in bytes: little enough for the arena.
const slice = 32 << 10

// copyChunk appends n bytes of the chunk at hand to dst.
func copyChunk(dst []byte, at, n int) []byte {
	eachSlice(requestBody, at, n, func(p []byte) bool {
		dst = append(dst, p...)
		return true
	})
	return dst
}

// eachSlice hands the chunk at hand of a body on in pieces, until yield says false.
// It reports whether the host gave all of it.
func eachSlice(body uint32, at, n int, yield func([]byte) bool) bool {
	for n > 0 {
		p := bytesOf(body, at, min(n, slice))
		if len(p) == 0 {
			return false
		}
		if !yield(p) {
			return true
		}
		at, n = at+len(p), n-len(p)
	}
	return true
}

// property is the path of a property: its segments, parted by NUL.
type property string

// get returns the value of a property; nil if there is none.
func (p property) get() []byte {
	if getProperty(unsafe.StringData(string(p)), int32(len(p)), &given.data, &given.length) != 0 {
		return nil
	}
	return gift()
}

// number reads an integer property: 8 bytes, little-endian; 0 if there is none.
func (p property) number() int64 {
	raw := p.get()
	if len(raw) != 8 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(raw))
}

var errRefused = errors.New("the host refused it")

// set gives a property of the stream a value.
func (p property) set(value []byte) error {
	if setProperty(unsafe.StringData(string(p)), int32(len(p)), unsafe.SliceData(value), int32(len(value))) != 0 {
		return errRefused
	}
	return nil
}

const clearRouteCache = "clear_route_cache"

// clearRoute has the proxy choose the route anew. Envoy does so by itself after an
// edit of held headers; asking costs nothing and holds where a host does not.
func clearRoute() {
	_ = callForeignFunction(unsafe.StringData(clearRouteCache), int32(len(clearRouteCache)), nil, 0, &given.data, &given.length)
}

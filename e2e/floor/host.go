//go:build wasip1

package main

import (
	"encoding/binary"
	"strings"
	"unsafe"
)

// The host calls, and the memory for what they hand over, are the router's: see plugin/host.go and plugin/memory.go. They are
// copied because this module must stay what it is when the router's change.

const (
	requestBody     = 0
	requestHeaders  = 0
	responseHeaders = 2
	slice           = 32 << 10
)

//go:wasmimport env proxy_get_buffer_bytes
func getBufferBytes(buffer uint32, start, size int32, data, length *uint32) uint32

//go:wasmimport env proxy_set_buffer_bytes
func setBufferBytes(buffer uint32, start, size int32, data *byte, length int32) uint32

//go:wasmimport env proxy_get_header_map_pairs
func getHeaderMapPairs(kind uint32, data, length *uint32) uint32

//go:wasmimport env proxy_get_property
func getProperty(path *byte, size int32, data, length *uint32) uint32

//go:wasmimport env proxy_set_property
func setProperty(path *byte, size int32, data *byte, length int32) uint32

//go:wasmimport env proxy_call_foreign_function
func callForeignFunction(name *byte, size int32, argument *byte, length int32, data, n *uint32) uint32

var given struct{ data, length uint32 }

func gift() []byte {
	if given.length == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(uintptr(given.data))), int(given.length))
}

func bodyBytes(at, n int) []byte {
	if getBufferBytes(requestBody, int32(at), int32(n), &given.data, &given.length) != 0 {
		return nil
	}
	return gift()
}

func replaceFront(drain int, put []byte) {
	setBufferBytes(requestBody, 0, int32(drain), unsafe.SliceData(put), int32(len(put)))
}

const (
	recordPath      = "mom.audit"
	statusPath      = "response\x00code"
	clearRouteCache = "clear_route_cache"
)

// record is as long as the record of a routed request.
var record = []byte(`{"floor":"` + strings.Repeat("-", 700) + `"}`)

func setRecord() {
	setProperty(unsafe.StringData(recordPath), int32(len(recordPath)), unsafe.SliceData(record), int32(len(record)))
}

func readStatus() {
	getProperty(unsafe.StringData(statusPath), int32(len(statusPath)), &given.data, &given.length)
}

func clearRoute() {
	callForeignFunction(unsafe.StringData(clearRouteCache), int32(len(clearRouteCache)), nil, 0, &given.data, &given.length)
}

type headers struct {
	raw           []byte
	lengths, text int
	left          uint32
}

func readHeaders(kind uint32) headers {
	if getHeaderMapPairs(kind, &given.data, &given.length) != 0 || given.length < 4 {
		return headers{}
	}
	raw := gift()
	n := binary.LittleEndian.Uint32(raw)
	return headers{raw: raw, lengths: 4, text: 4 + 8*int(n), left: n}
}

func (h *headers) next() (name, value string, ok bool) {
	if h.left == 0 {
		return "", "", false
	}
	h.left--
	name = h.cut(binary.LittleEndian.Uint32(h.raw[h.lengths:]))
	value = h.cut(binary.LittleEndian.Uint32(h.raw[h.lengths+4:]))
	h.lengths += 8
	return name, value, true
}

func (h *headers) cut(n uint32) string {
	p := h.raw[h.text : h.text+int(n)]
	h.text += int(n) + 1
	return unsafe.String(unsafe.SliceData(p), len(p))
}

var (
	arena     [256 << 10]byte
	arenaUsed uint32
	large     []byte
)

//go:wasmexport malloc
func malloc(size uint32) unsafe.Pointer {
	if size > uint32(len(arena))/2 {
		large = make([]byte, size)
		return unsafe.Pointer(&large[0])
	}
	size = (size + 7) &^ 7
	if arenaUsed+size > uint32(len(arena)) {
		arenaUsed = 0
	}
	p := unsafe.Pointer(&arena[arenaUsed%uint32(len(arena))])
	arenaUsed += size
	return p
}

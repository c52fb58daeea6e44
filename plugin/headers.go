//go:build wasip1

package main

import (
	"encoding/binary"
	"unsafe"
)

// headers walks over a header map in the form in which the host hands it over: the number of headers, the lengths of
// each name and value, then the names and values themselves, each with a NUL behind it; numbers are 32 bits, little-endian.
// It makes no garbage: names and values are parts of the arena and must be copied if they shall last.
type headers struct {
	raw     []byte
	lengths int // place of the next header's lengths
	text    int // place of its name
	left    uint32
}

// readHeaders asks the host for all headers of a kind.
func readHeaders(kind uint32) (headers, bool) {
	if getHeaderMapPairs(kind, &given.data, &given.length) != 0 || given.length < 4 {
		return headers{}, false
	}
	raw := gift()
	n := binary.LittleEndian.Uint32(raw)
	return headers{raw: raw, lengths: 4, text: 4 + 8*int(n), left: n}, true
}

// next returns the next header; ok is false behind the last one.
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

// cut returns the next n bytes of text.
func (h *headers) cut(n uint32) string {
	p := h.raw[h.text : h.text+int(n)]
	h.text += int(n) + 1
	return unsafe.String(unsafe.SliceData(p), len(p))
}

//go:build wasip1

package main

import "encoding/binary"

// headers walks over a header map in the form in which the host hands it over: the number of headers, the lengths of
// each name and value, then the names and values themselves, each with a NUL behind it; numbers are 32 bits, little-endian.
// It makes no garbage: names and values are parts of the arena and must be copied if they shall last.
type headers struct {
	lengths []byte // of the headers that are left
	text    string // their names and values
}

// readHeaders asks the host for all headers of a kind.
func readHeaders(kind uint32) (headers, bool) {
	if getHeaderMapPairs(kind, &given.data, &given.length) != 0 || given.length < 4 {
		return headers{}, false
	}
	raw := gift()
	end := 4 + 8*int(binary.LittleEndian.Uint32(raw))
	return headers{lengths: raw[4:end], text: view(raw[end:])}, true
}

// next returns the next header; ok is false behind the last one.
func (h *headers) next() (name, value string, ok bool) {
	if len(h.lengths) < 8 {
		return "", "", false
	}
	n := int(binary.LittleEndian.Uint32(h.lengths))
	end := n + 1 + int(binary.LittleEndian.Uint32(h.lengths[4:]))
	name, value = h.text[:n], h.text[n+1:end]
	h.lengths, h.text = h.lengths[8:], h.text[end+1:]
	return name, value, true
}

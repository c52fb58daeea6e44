package abi

import (
	"encoding/binary"
	"slices"
)

// Pair is one name and value of a serialised header map.
type Pair struct{ Name, Value string }

// AppendPairs serialises pairs: a count, the lengths of each name and value, then the bytes, each
// ended by NUL (proxy-wasm-cpp-host src/pairs_util.cc, marshalPairs).
func AppendPairs[P ~struct{ Name, Value string }](dst []byte, pairs []P) []byte {
	size := 4
	for _, p := range pairs {
		size += 8 + len(Pair(p).Name) + 1 + len(Pair(p).Value) + 1
	}
	dst = slices.Grow(dst, size)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(pairs)))
	for _, p := range pairs {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(Pair(p).Name)))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(Pair(p).Value)))
	}
	for _, p := range pairs {
		dst = append(append(dst, Pair(p).Name...), 0)
		dst = append(append(dst, Pair(p).Value...), 0)
	}
	return dst
}

// ParsePairs reads what AppendPairs wrote. Like Envoy it yields no pairs at all, and no error, when
// the bytes do not add up (src/pairs_util.cc, toPairs).
func ParsePairs(b []byte) []Pair {
	if len(b) < 4 {
		return nil
	}
	n := uint64(binary.LittleEndian.Uint32(b))
	if 4+n*8 > uint64(len(b)) {
		return nil
	}
	sizes, rest := b[4:4+n*8], b[4+n*8:]
	pairs := make([]Pair, n)
	for i := range pairs {
		var ok bool
		if pairs[i].Name, rest, ok = cut(rest, binary.LittleEndian.Uint32(sizes[i*8:])); !ok {
			return nil
		}
		if pairs[i].Value, rest, ok = cut(rest, binary.LittleEndian.Uint32(sizes[i*8+4:])); !ok {
			return nil
		}
	}
	if len(rest) > 0 {
		return nil
	}
	return pairs
}

// cut takes n bytes and the NUL that must follow them.
func cut(b []byte, n uint32) (string, []byte, bool) {
	if uint64(n)+1 > uint64(len(b)) || b[n] != 0 {
		return "", nil, false
	}
	return string(b[:n]), b[n+1:], true
}

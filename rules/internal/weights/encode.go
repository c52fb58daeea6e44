package weights

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Entry is a feature and its weights, for Encode.
type Entry struct {
	Feature uint64
	Weights [Columns]int8
	Extra   [ExtraColumns]int8 // a row without any but zeros has none
}

// Encode writes a table and the numbers that go with it. Where features share a slot, the one
// that comes first in entries keeps it; Encode returns how many were left out. The same entries
// give the same bytes.
func Encode(entries []Entry, params []int32) (data []byte, left int, err error) {
	kept := make([]Entry, 0, len(entries))
	bitmap := make([]uint64, words)
	for _, e := range entries {
		slot := e.Feature >> (64 - bitmapBits)
		if bitmap[slot/64]>>(slot%64)&1 != 0 {
			left++
			continue
		}
		bitmap[slot/64] |= 1 << (slot % 64)
		kept = append(kept, e)
	}
	slices.SortFunc(kept, func(a, b Entry) int { return int(a.Feature>>(64-bitmapBits)) - int(b.Feature>>(64-bitmapBits)) })

	extraBits, extras := make([]uint64, (len(kept)+63)/64), 0
	for i, e := range kept {
		if e.Extra != [ExtraColumns]int8{} {
			extraBits[i/64] |= 1 << (i % 64)
			extras++
		}
	}
	data = append(data, magic...)
	data = binary.LittleEndian.AppendUint32(data, uint32(len(kept)))
	data = binary.LittleEndian.AppendUint32(data, uint32(len(params)))
	data = binary.LittleEndian.AppendUint32(data, uint32(extras))
	for _, p := range params {
		data = binary.LittleEndian.AppendUint32(data, uint32(p))
	}
	for _, w := range bitmap {
		data = binary.LittleEndian.AppendUint64(data, w)
	}
	for _, e := range kept {
		for _, w := range e.Weights {
			data = append(data, byte(int16(w)+128))
		}
		data = append(data, check(e.Feature))
	}
	for _, w := range extraBits {
		data = binary.LittleEndian.AppendUint64(data, w)
	}
	for _, e := range kept {
		if e.Extra == [ExtraColumns]int8{} {
			continue
		}
		for _, w := range e.Extra {
			data = append(data, byte(int16(w)+128))
		}
	}
	data = append(data, make([]byte, extraPad)...)
	if len(data) > MaxSize {
		return nil, left, fmt.Errorf("a table of %d rows takes %d bytes, at most %d are allowed: learn fewer features", len(kept), len(data), MaxSize)
	}
	return data, left, nil
}

// Capacity is the most rows that fit a table with so many params and rows with extra weights.
func Capacity(params, extras int) int {
	free := MaxSize - len(magic) - 12 - 4*params - 8*words - extraSize(0, extras)
	return (free - 8) * 8 / (8*rowSize + 1) // a row takes one bit of the bitmap of extras, too
}

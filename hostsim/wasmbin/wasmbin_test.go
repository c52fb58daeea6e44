package wasmbin

import (
	"encoding/binary"
	"math"
	"testing"
)

func TestNumbersAreReadAsTheyAreWritten(t *testing.T) {
	for _, v := range []int32{0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8193, math.MaxInt32, math.MinInt32} {
		r := Reader{Rest: append(AppendSigned(nil, int64(v)), 0xff)}
		if got := r.S32(); got != v || r.Bad || len(r.Rest) != 1 {
			t.Errorf("%d is read as %d, bad %v, %d bytes left", v, got, r.Bad, len(r.Rest))
		}
	}
	for _, v := range []uint32{0, 1, 127, 128, 16383, 16384, math.MaxUint32} {
		r := Reader{Rest: append(binary.AppendUvarint(nil, uint64(v)), 0xff)}
		if got := r.U32(); got != v || r.Bad || len(r.Rest) != 1 {
			t.Errorf("%d is read as %d, bad %v, %d bytes left", v, got, r.Bad, len(r.Rest))
		}
	}
	for _, v := range []uint32{0, 1, 127, 128, 16384, math.MaxUint32} {
		b := []byte{1, 2, 3, 4, 5, 6}
		PutU32(b, v)
		r := Reader{Rest: b}
		if got := r.U32(); got != v || r.Bad || len(r.Rest) != 1 || b[5] != 6 {
			t.Errorf("%d in five bytes is read as %d, bad %v, %d bytes left", v, got, r.Bad, len(r.Rest))
		}
	}
	r := Reader{Rest: []byte{0x80, 0x80, 0x80, 0x80, 0x00}} // five bytes for zero
	if r.U32() != 0 || r.Bad {
		t.Error("a number may be written with more bytes than it takes")
	}
}

func TestWhatIsCutShortOrTooLongIsBad(t *testing.T) {
	for name, c := range map[string]struct {
		binary string
		read   func(*Reader)
	}{
		"no byte":                   {"", func(r *Reader) { r.Byte() }},
		"a number without its end":  {"\xff\xff", func(r *Reader) { r.U32() }},
		"a number of six bytes":     {"\xff\xff\xff\xff\xff\x01", func(r *Reader) { r.U32() }},
		"a signed one of six bytes": {"\xff\xff\xff\xff\xff\x01", func(r *Reader) { r.S32() }},
		"a vector without its end":  {"\x03ab", func(r *Reader) { r.Vector() }},
		"more than there is":        {"ab", func(r *Reader) { r.Take(3) }},
	} {
		t.Run(name, func(t *testing.T) {
			r := Reader{Rest: []byte(c.binary)}
			if c.read(&r); !r.Bad {
				t.Error("it was read")
			}
		})
	}
}

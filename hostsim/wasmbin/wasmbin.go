// Package wasmbin reads and writes the smallest parts of the binary format of WebAssembly: bytes, vectors of bytes and
// LEB128 numbers (the WebAssembly core specification, section 5.2).
package wasmbin

// Reader walks over a binary. Once it has run past the end, or met a number that is too long, Bad is set and everything
// reads as zero.
type Reader struct {
	Rest []byte // what is still to be read
	Bad  bool
}

// Take reads n bytes. They are part of the binary.
func (r *Reader) Take(n uint32) []byte {
	if uint64(n) > uint64(len(r.Rest)) {
		r.Bad, r.Rest = true, nil
		return nil
	}
	out := r.Rest[:n]
	r.Rest = r.Rest[n:]
	return out
}

// Byte reads a byte.
func (r *Reader) Byte() byte {
	if b := r.Take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// Vector reads bytes with their number before them, such as a name.
func (r *Reader) Vector() []byte { return r.Take(r.U32()) }

// U32 reads an unsigned number.
func (r *Reader) U32() uint32 {
	v, _ := r.number()
	return uint32(v)
}

// S32 reads a signed number.
func (r *Reader) S32() int32 {
	v, bits := r.number()
	return int32(int64(v<<(64-bits)) >> (64 - bits))
}

// number reads a number of at most five bytes, and says how many bits it was written with.
func (r *Reader) number() (v uint64, bits int) {
	for bits < 35 {
		b := r.Byte()
		v |= uint64(b&0x7f) << bits
		bits += 7
		if b&0x80 == 0 {
			return v, bits
		}
	}
	r.Bad = true
	return 0, 64
}

// AppendSigned appends a signed number in as few bytes as it takes. For unsigned ones there is encoding/binary.AppendUvarint.
func AppendSigned(dst []byte, v int64) []byte {
	for {
		low := byte(v & 0x7f)
		v >>= 7
		if v == 0 && low&0x40 == 0 || v == -1 && low&0x40 != 0 {
			return append(dst, low)
		}
		dst = append(dst, low|0x80)
	}
}

// PutU32 writes an unsigned number in five bytes, as many as any takes, so that it can be written where room was left for it.
func PutU32(b []byte, v uint32) {
	for i := range 4 {
		b[i] = byte(v)&0x7f | 0x80
		v >>= 7
	}
	b[4] = byte(v)
}

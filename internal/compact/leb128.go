package main

// reader walks over a binary; once it has run past the end, bad is set and everything reads as zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// u32 reads an LEB128 number.
func (r *reader) u32() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			return uint32(v)
		}
	}
	r.bad = true
	return 0
}

// s32 reads a signed LEB128 number of 32 bits, as an address.
func (r *reader) s32() uint32 {
	var v int64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return uint32(v)
		}
	}
	r.bad = true
	return 0
}

// onlyFunctions reports whether an import section names nothing but functions.
func (r *reader) onlyFunctions() bool {
	for n := r.u32(); n > 0; n-- {
		r.take(r.u32())
		r.take(r.u32())
		if r.byte() != 0 || r.bad {
			return false
		}
		r.u32()
	}
	return !r.bad
}

// putU32 writes an LEB128 number in five bytes.
func putU32(b []byte, v uint32) {
	for i := range 4 {
		b[i] = byte(v)&0x7f | 0x80
		v >>= 7
	}
	b[4] = byte(v)
}

func appendS32(b []byte, v int32) []byte {
	for {
		low := byte(v & 0x7f)
		v >>= 7
		if v == 0 && low&0x40 == 0 || v == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}

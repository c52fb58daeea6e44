package pieces

// AppendNumber appends a number in as many bytes of seven bits as it needs.
func AppendNumber(dst []byte, n uint64) []byte {
	for n >= 0x80 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n))
}

// AppendSigned is AppendNumber for numbers that may be negative.
func AppendSigned(dst []byte, n int64) []byte { return AppendNumber(dst, uint64(n)<<1^uint64(n>>63)) }

// Entry is what is kept of a piece, as it is read.
type Entry struct{ Rest []byte }

// Byte reads a byte.
func (e *Entry) Byte() byte {
	b := e.Rest[0]
	e.Rest = e.Rest[1:]
	return b
}

// Number reads a number.
func (e *Entry) Number() uint64 {
	if b := e.Rest[0]; b < 0x80 { // as most are
		e.Rest = e.Rest[1:]
		return uint64(b)
	}
	var n uint64
	for shift := 0; ; shift += 7 {
		b := e.Byte()
		n |= uint64(b&0x7F) << shift
		if b < 0x80 {
			return n
		}
	}
}

// Signed reads a number that may be negative.
func (e *Entry) Signed() int64 {
	n := e.Number()
	return int64(n>>1) ^ -int64(n&1)
}

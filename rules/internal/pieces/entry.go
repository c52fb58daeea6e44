package pieces

// AppendNumber appends a number in as many bytes of seven bits as it needs.
//
//go:noinline
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
type Entry struct {
	bytes []byte
	at    int
}

// Read returns what was kept, from its beginning on.
func Read(kept []byte) Entry { return Entry{bytes: kept} }

// Byte reads a byte.
func (e *Entry) Byte() byte {
	b := e.bytes[e.at]
	e.at++
	return b
}

// Number reads a number.
func (e *Entry) Number() uint64 {
	b := e.bytes[e.at]
	e.at++
	if b < 0x80 { // as most are
		return uint64(b)
	}
	return e.long(b)
}

//go:noinline
func (e *Entry) long(b byte) uint64 {
	n := uint64(b & 0x7F)
	for shift := 7; b >= 0x80; shift += 7 {
		b = e.Byte()
		n |= uint64(b&0x7F) << shift
	}
	return n
}

// Signed reads a number that may be negative.
func (e *Entry) Signed() int64 {
	n := e.Number()
	return int64(n>>1) ^ -int64(n&1)
}

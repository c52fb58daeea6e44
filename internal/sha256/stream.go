package sha256

import "encoding/binary"

// Stream computes HMAC-SHA-256 of a message that comes in pieces. It can be copied at any point, to go back to it.
type Stream struct {
	state [8]uint32
	rest  [block]byte
	n     int   // bytes of rest
	total int64 // bytes of all, the key's block included
}

// Begin begins a message under a key.
func (k *Key) Begin() (s Stream) {
	s.state = initial
	s.Write(k.inner[:block])
	return s
}

// Write adds to the message.
func (s *Stream) Write(p []byte) {
	s.total += int64(len(p))
	if s.n > 0 {
		n := copy(s.rest[s.n:], p)
		s.n, p = s.n+n, p[n:]
		if s.n < block {
			return
		}
		blocks(&s.state, s.rest[:])
		s.n = 0
	}
	whole := len(p) &^ (block - 1)
	blocks(&s.state, p[:whole])
	s.n = copy(s.rest[:], p[whole:])
}

// End returns the code of a message that began under the key. The stream is left as it is.
func (k *Key) End(s *Stream) [Size]byte {
	sum := finish(s.state, s.rest[:s.n], s.total)
	copy(k.outer[block:], sum[:])
	return Sum256(k.outer[:])
}

// finish returns the digest of a message of so many bytes that ends with what is left, less than a block.
func finish(h [8]uint32, left []byte, total int64) (sum [Size]byte) {
	var last [2 * block]byte
	n := copy(last[:], left)
	last[n] = 0x80
	end := block
	if n+1+8 > block {
		end = 2 * block
	}
	binary.BigEndian.PutUint64(last[end-8:], 8*uint64(total))
	blocks(&h, last[:end])
	for i, v := range h {
		binary.BigEndian.PutUint32(sum[4*i:], v)
	}
	return sum
}

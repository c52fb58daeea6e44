// Package sha256 computes SHA-256 and HMAC-SHA-256 (FIPS 180-4 and RFC 2104) for
// short inputs.
//
// It exists for the size of the Wasm module alone: since Go 1.24 crypto/sha256
// brings the whole FIPS module with it, and with that fmt, os and reflect, which is
// 0.56 MB or a fifth of the module, compiled anew by every Envoy worker. The tests
// hold it against the standard library.
package sha256

import "math/bits"

// Size is the length of a hash in bytes.
const Size = 32

const block = 64

// Sum hashes the concatenation of some parts.
func Sum(parts ...[]byte) [Size]byte {
	var d digest
	d.reset()
	for _, p := range parts {
		d.write(p)
	}
	return d.sum()
}

// HMAC authenticates the concatenation of some parts with a key of any length.
func HMAC(key []byte, parts ...[]byte) [Size]byte {
	var pad [block]byte
	if len(key) > block {
		short := Sum(key)
		key = short[:]
	}
	copy(pad[:], key)
	var d digest
	d.reset()
	d.write(xor(&pad, 0x36))
	for _, p := range parts {
		d.write(p)
	}
	inner := d.sum()
	return Sum(xor(&pad, 0x36^0x5c), inner[:])
}

// xor changes every byte of the pad.
func xor(pad *[block]byte, with byte) []byte {
	for i := range pad {
		pad[i] ^= with
	}
	return pad[:]
}

type digest struct {
	h      [8]uint32
	buffer [block]byte
	length uint64
}

func (d *digest) reset() {
	d.h = [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
	d.length = 0
}

func (d *digest) write(p []byte) {
	used := int(d.length % block)
	d.length += uint64(len(p))
	if used > 0 {
		n := copy(d.buffer[used:], p)
		p = p[n:]
		if used+n < block {
			return
		}
		d.compress(d.buffer[:])
	}
	for len(p) >= block {
		d.compress(p[:block])
		p = p[block:]
	}
	copy(d.buffer[:], p)
}

func (d *digest) sum() (out [Size]byte) {
	length := d.length
	padding := make([]byte, 1+(block+block-9-length%block)%block, block+9)
	padding[0] = 0x80
	for shift := 56; shift >= 0; shift -= 8 {
		padding = append(padding, byte(length*8>>shift))
	}
	d.write(padding)
	for i := range out {
		out[i] = byte(d.h[i/4] >> (24 - i%4*8))
	}
	return out
}

var k = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}

// compress mixes one block of the message into the state.
func (d *digest) compress(p []byte) {
	var w [64]uint32
	for i := range 16 {
		w[i] = uint32(p[4*i])<<24 | uint32(p[4*i+1])<<16 | uint32(p[4*i+2])<<8 | uint32(p[4*i+3])
	}
	for i := 16; i < 64; i++ {
		a, b := w[i-15], w[i-2]
		w[i] = w[i-16] + (bits.RotateLeft32(a, -7) ^ bits.RotateLeft32(a, -18) ^ a>>3) +
			w[i-7] + (bits.RotateLeft32(b, -17) ^ bits.RotateLeft32(b, -19) ^ b>>10)
	}
	s := d.h
	for i := range 64 {
		a, e := s[0], s[4]
		t1 := s[7] + (bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25)) +
			(e&s[5] ^ ^e&s[6]) + k[i] + w[i]
		t2 := (bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22)) +
			(a&s[1] ^ a&s[2] ^ s[1]&s[2])
		s = [8]uint32{t1 + t2, s[0], s[1], s[2], s[3] + t1, s[4], s[5], s[6]}
	}
	for i := range s {
		d.h[i] += s[i]
	}
}

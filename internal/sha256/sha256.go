// Package sha256 computes SHA-256 in less than half of the time that crypto/sha256 takes in Wasm, where the library has no
// assembly: its loop keeps the message schedule in memory and its state in registers that move with every round.
package sha256

import (
	"encoding/binary"
	"math/bits"
)

// Size is the size of a digest in bytes.
const Size = 32

const block = 64

var initial = [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}

// Sum256 returns the SHA-256 of some bytes (FIPS 180-4).
func Sum256(p []byte) [Size]byte {
	h := initial
	whole := len(p) &^ (block - 1)
	blocks(&h, p[:whole])
	return finish(h, p[whole:], int64(len(p)))
}

// blocks adds whole blocks to the state. Sixteen rounds stand one behind the other, each with the variables in the places
// where the one before has left them, so that none is moved, and the schedule is sixteen variables that are worked on in place.
func blocks(state *[8]uint32, p []byte) {
	for ; len(p) >= block; p = p[block:] {
		m := (*[block]byte)(p)
		w0 := binary.BigEndian.Uint32(m[0:])
		w1 := binary.BigEndian.Uint32(m[4:])
		w2 := binary.BigEndian.Uint32(m[8:])
		w3 := binary.BigEndian.Uint32(m[12:])
		w4 := binary.BigEndian.Uint32(m[16:])
		w5 := binary.BigEndian.Uint32(m[20:])
		w6 := binary.BigEndian.Uint32(m[24:])
		w7 := binary.BigEndian.Uint32(m[28:])
		w8 := binary.BigEndian.Uint32(m[32:])
		w9 := binary.BigEndian.Uint32(m[36:])
		w10 := binary.BigEndian.Uint32(m[40:])
		w11 := binary.BigEndian.Uint32(m[44:])
		w12 := binary.BigEndian.Uint32(m[48:])
		w13 := binary.BigEndian.Uint32(m[52:])
		w14 := binary.BigEndian.Uint32(m[56:])
		w15 := binary.BigEndian.Uint32(m[60:])
		a, b, c, d, e, f, g, h := state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
		for i := 0; ; i += 16 {
			k := (*[16]uint32)(constants[i:])
			d, h = round(a, b, c, d, e, f, g, h+k[0]+w0)
			c, g = round(h, a, b, c, d, e, f, g+k[1]+w1)
			b, f = round(g, h, a, b, c, d, e, f+k[2]+w2)
			a, e = round(f, g, h, a, b, c, d, e+k[3]+w3)
			h, d = round(e, f, g, h, a, b, c, d+k[4]+w4)
			g, c = round(d, e, f, g, h, a, b, c+k[5]+w5)
			f, b = round(c, d, e, f, g, h, a, b+k[6]+w6)
			e, a = round(b, c, d, e, f, g, h, a+k[7]+w7)
			d, h = round(a, b, c, d, e, f, g, h+k[8]+w8)
			c, g = round(h, a, b, c, d, e, f, g+k[9]+w9)
			b, f = round(g, h, a, b, c, d, e, f+k[10]+w10)
			a, e = round(f, g, h, a, b, c, d, e+k[11]+w11)
			h, d = round(e, f, g, h, a, b, c, d+k[12]+w12)
			g, c = round(d, e, f, g, h, a, b, c+k[13]+w13)
			f, b = round(c, d, e, f, g, h, a, b+k[14]+w14)
			e, a = round(b, c, d, e, f, g, h, a+k[15]+w15)
			if i == 48 {
				break
			}
			w0 += schedule(w14, w9, w1)
			w1 += schedule(w15, w10, w2)
			w2 += schedule(w0, w11, w3)
			w3 += schedule(w1, w12, w4)
			w4 += schedule(w2, w13, w5)
			w5 += schedule(w3, w14, w6)
			w6 += schedule(w4, w15, w7)
			w7 += schedule(w5, w0, w8)
			w8 += schedule(w6, w1, w9)
			w9 += schedule(w7, w2, w10)
			w10 += schedule(w8, w3, w11)
			w11 += schedule(w9, w4, w12)
			w12 += schedule(w10, w5, w13)
			w13 += schedule(w11, w6, w14)
			w14 += schedule(w12, w7, w15)
			w15 += schedule(w13, w8, w0)
		}
		state[0] += a
		state[1] += b
		state[2] += c
		state[3] += d
		state[4] += e
		state[5] += f
		state[6] += g
		state[7] += h
	}
}

// round is what a round changes: the other variables only change their names.
func round(a, b, c, d, e, f, g, t uint32) (newE, newA uint32) {
	t += (bits.RotateLeft32(e, 26) ^ bits.RotateLeft32(e, 21) ^ bits.RotateLeft32(e, 7)) + (g ^ e&(f^g))
	return d + t, t + (bits.RotateLeft32(a, 30) ^ bits.RotateLeft32(a, 19) ^ bits.RotateLeft32(a, 10)) + (a&(b|c) | b&c)
}

// schedule is what is added to the word of 16 rounds before, by the words of 2, 7 and 15 rounds before.
func schedule(w2, w7, w15 uint32) uint32 {
	return (bits.RotateLeft32(w2, 15) ^ bits.RotateLeft32(w2, 13) ^ w2>>10) + w7 + (bits.RotateLeft32(w15, 25) ^ bits.RotateLeft32(w15, 14) ^ w15>>3)
}

// constants are the cube roots of the first 64 primes, the first 32 bits behind the point.
var constants = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}

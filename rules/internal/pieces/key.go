package pieces

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/swar"
)

// Key tells pieces apart: 128 bits of a keyed hash, so that nobody who does not know the secret can make two pieces of one key. That two get the same
// by chance has a probability of 2^-128 a pair.
type Key struct{ lo, hi uint64 }

// hasher is SipHash-1-3 with 128 bits (Aumasson and Bernstein, "SipHash: a fast short-input PRF"; the variant with one round a word and three at the end,
// as in the hash tables of Rust and Python).
type hasher struct{ v0, v1, v2, v3 uint64 }

func newHasher(k0, k1 uint64) hasher {
	return hasher{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573}
}

func (h *hasher) round() {
	h.v0 += h.v1
	h.v2 += h.v3
	h.v1 = bits.RotateLeft64(h.v1, 13) ^ h.v0
	h.v3 = bits.RotateLeft64(h.v3, 16) ^ h.v2
	h.v0 = bits.RotateLeft64(h.v0, 32)
	h.v2 += h.v1
	h.v0 += h.v3
	h.v1 = bits.RotateLeft64(h.v1, 17) ^ h.v2
	h.v3 = bits.RotateLeft64(h.v3, 21) ^ h.v0
	h.v2 = bits.RotateLeft64(h.v2, 32)
}

// bytes takes a text in, and with it its length, so that no other one can end in the same way.
func (h *hasher) bytes(p []byte) {
	length := uint64(len(p))
	v0, v1, v2, v3 := h.v0, h.v1, h.v2, h.v3 // in registers: this is what a remembered byte costs
	for len(p) >= 8 {
		w := swar.Load(p)
		p = p[8:]
		v3 ^= w
		v0 += v1
		v2 += v3
		v1 = bits.RotateLeft64(v1, 13) ^ v0
		v3 = bits.RotateLeft64(v3, 16) ^ v2
		v0 = bits.RotateLeft64(v0, 32)
		v2 += v1
		v0 += v3
		v1 = bits.RotateLeft64(v1, 17) ^ v2
		v3 = bits.RotateLeft64(v3, 21) ^ v0
		v2 = bits.RotateLeft64(v2, 32)
		v0 ^= w
	}
	h.v0, h.v1, h.v2, h.v3 = v0, v1, v2, v3
	h.word(length<<56 | swar.LoadEnd(p))
}

func (h *hasher) word(w uint64) {
	h.v3 ^= w
	h.round()
	h.v0 ^= w
}

func (h *hasher) sum() (k Key) {
	h.v2 ^= 0xee
	h.round()
	h.round()
	h.round()
	k.lo = h.v0 ^ h.v1 ^ h.v2 ^ h.v3
	h.v1 ^= 0xdd
	h.round()
	h.round()
	h.round()
	k.hi = h.v0 ^ h.v1 ^ h.v2 ^ h.v3
	return k
}

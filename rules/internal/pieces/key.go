package pieces

import (
	"github.com/mom-router/mom-router/rules/internal/siphash"
	"github.com/mom-router/mom-router/rules/internal/swar"
)

// Key tells pieces apart: 128 bits of a keyed hash, so that nobody who does not know the secret can make two pieces of one key. That two get the same
// by chance has a probability of 2^-128 a pair.
type Key = siphash.Sum

// Context begins the keys of pieces that are alike in all that is outside of them: name says what that is.
func (m *Memory) Context(name []byte) Key {
	var h siphash.Hash
	h.Begin(m.secret)
	h.Write(name)
	return h.Sum()
}

// Key is the key of a piece in a context, at a spot of its body.
func (m *Memory) Key(context Key, spot uint64, p []byte) Key {
	var h siphash.Hash
	h.Begin(siphash.Key{K0: m.secret.K0 ^ context.Lo, K1: m.secret.K1 ^ context.Hi})
	var first [8]byte
	setWord(first[:], spot)
	h.Write(first[:])
	h.Write(p)
	return h.Sum()
}

func keyOf(p []byte) Key { return Key{Lo: swar.Load(p), Hi: swar.Load(p[8:])} }

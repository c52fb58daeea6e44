package sha256

// Key computes HMAC-SHA-256 (RFC 2104) under one key, in memory that it keeps.
type Key struct {
	inner []byte // the key with the inner pad, then a message
	outer [block + Size]byte
}

// NewKey returns a key of the bytes given.
func NewKey(key []byte) *Key {
	if len(key) > block {
		sum := Sum256(key)
		key = sum[:]
	}
	k := &Key{inner: make([]byte, block)}
	copy(k.inner, key)
	copy(k.outer[:], key)
	for i := range block {
		k.inner[i] ^= 0x36
		k.outer[i] ^= 0x5c
	}
	return k
}

// HMAC returns the code of a message.
func (k *Key) HMAC(message []byte) [Size]byte {
	k.inner = append(k.inner[:block], message...)
	sum := Sum256(k.inner)
	copy(k.outer[block:], sum[:])
	return Sum256(k.outer[:])
}

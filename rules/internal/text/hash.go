package text

// The hash of a word takes its normalised bytes eight at a time, which is what lets the
// tokenizer work on whole machine words. It is not keyed: whoever finds two words with one hash
// gains a match that is not there, never a missing one.
const (
	HashSeed = 0x243f6a8885a308d3 // pi
	hashMul1 = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio
	hashMul2 = 0xd6e8feb86659fd93
)

// MixHash adds eight bytes to a hash.
func MixHash(h, eight uint64) uint64 {
	h = (h ^ eight) * hashMul1
	return h ^ h>>32
}

// FinishHash adds the last, zero-padded bytes (none contains NUL) and spreads the bits, so that
// both halves of the result are good hashes by themselves.
func FinishHash(h, rest uint64) uint64 {
	h = MixHash(h, rest)
	h *= hashMul2
	return h ^ h>>32
}

package text

// Filter is a first look at whether a hash is one of a set of words: a bit for each value of a hash's first
// filterBits bits. It passes every word of the set, and few others.
type Filter [1 << filterBits / 64]uint64

const filterBits = 18

// Add adds a word to the set.
func (f *Filter) Add(hash uint64) {
	f[hash>>(64-filterBits+6)] |= 1 << (hash >> (64 - filterBits) & 63)
}

// Passes reports whether a word may be in the set. A nil Filter passes all.
func (f *Filter) Passes(hash uint64) bool {
	return f == nil || f[hash>>(64-filterBits+6)]>>(hash>>(64-filterBits)&63)&1 != 0
}

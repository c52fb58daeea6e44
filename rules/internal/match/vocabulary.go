// Package match finds all the phrases of a policy in one pass over a text's tokens, in time that
// does not depend on how many phrases there are.
package match

// vocabulary numbers the words of phrases while an automaton is built.
type vocabulary struct {
	slots  []uint32 // numbers, in an open table at most half full; 0 is empty
	mask   uint32
	hashes []uint64 // by number, from 1 on
}

// newVocabulary makes room for n words.
func newVocabulary(n int) vocabulary {
	size := uint32(16)
	for int(size) < 2*n {
		size *= 2
	}
	return vocabulary{slots: make([]uint32, size), mask: size - 1}
}

// add returns the number of a word, a new one if it has none yet.
func (v *vocabulary) add(hash uint64) uint32 {
	for i := uint32(hash) & v.mask; ; i = (i + 1) & v.mask {
		n := v.slots[i]
		if n == 0 {
			v.hashes = append(v.hashes, hash)
			v.slots[i] = uint32(len(v.hashes))
			return v.slots[i]
		}
		if v.hashes[n-1] == hash {
			return n
		}
	}
}

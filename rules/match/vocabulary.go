// Package match finds all the phrases of a policy in one pass over a text's tokens, in time that
// does not depend on how many phrases there are.
package match

// vocabulary maps the hashes of all words that occur in a phrase to small numbers, in an open
// table at most half full. An entry packs the upper half of the hash with the number, so a lookup
// touches eight bytes. The lower half picks the slot.
type vocabulary struct {
	slots []uint64 // hash's upper half << 32 | leads, once it is known | token number; 0 is empty
	mask  uint32
	count uint32
}

const (
	keyMask    = 0xFFFFFFFF00000000
	leads      = 1 << 31 // a phrase of several words begins with the word
	numberMask = leads - 1
)

// newVocabulary makes room for n words.
func newVocabulary(n int) vocabulary {
	size := uint32(16)
	for int(size) < 2*n {
		size *= 2
	}
	return vocabulary{slots: make([]uint64, size), mask: size - 1}
}

// distinct counts the different words among some.
func distinct(hashes []uint64) int {
	v := newVocabulary(len(hashes))
	for _, h := range hashes {
		v.add(h)
	}
	return int(v.count)
}

// add returns the number of a word, a new one (from 1 on) if it has none yet.
func (v *vocabulary) add(hash uint64) uint32 {
	for i := uint32(hash) & v.mask; ; i = (i + 1) & v.mask {
		e := v.slots[i]
		if e == 0 {
			v.count++
			v.slots[i] = hash&keyMask | uint64(v.count)
			return v.count
		}
		if (e^hash)&keyMask == 0 {
			return uint32(e)
		}
	}
}

// has reports whether a word is known.
func (v *vocabulary) has(hash uint64) bool {
	for i := uint32(hash) & v.mask; ; i = (i + 1) & v.mask {
		e := v.slots[i]
		if e == 0 || (e^hash)&keyMask == 0 {
			return e != 0
		}
	}
}

package disguise

import "github.com/mom-router/mom-router/rules/internal/swar"

// vain remembers some of the words that were guessed at in vain, so that what a log or a table has on each line is guessed at once. What is guessed of a word
// depends on nothing but the word.
type vain struct {
	words [256]uint64 // by what vainKey says of them; 0 for none
	some  bool
}

// vainWord is the length of the longest word that is remembered, in bytes.
const vainWord = 8

// vainKey is a word itself, padded with zeros. p has at most vainWord bytes, and no NUL.
func vainKey(p []byte) uint64 {
	if cap(p) < 8 {
		return swar.LoadEnd(p)
	}
	return swar.Load(p[:8]) & (1<<(8*uint(len(p))) - 1)
}

func (v *vain) has(key uint64) bool { return v.words[vainSlot(key)] == key }

// add notes a word; 0 is none.
func (v *vain) add(key uint64) {
	if key != 0 {
		v.words[vainSlot(key)], v.some = key, true
	}
}

func vainSlot(key uint64) uint8 { return uint8(key * 0x9e3779b97f4a7c15 >> 56) }

// forgo notes a word that was guessed at in vain.
func (r *Reading) forgo(key uint64) {
	if !r.Forgetful {
		r.vain.add(key)
	}
}

// forget forgets all words.
func (v *vain) forget() {
	if v.some {
		*v = vain{}
	}
}

// Forget forgets what was read, as far as it made what comes quicker.
func (r *Reading) Forget() { r.vain.forget() }

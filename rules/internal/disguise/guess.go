package disguise

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/work"
)

// maxGuess is the greatest length of a word that is guessed, in letters. No word of a phrase that
// people would disguise is longer.
const maxGuess = 24

// maxDoubt is how many letters of a word may have two readings.
const maxDoubt = 4

// guess returns the known word that a text disguises, and how, or nil. A short word is no proof of
// a disguise, so there is no how; one of digits alone ("45") is not even strong enough to read
// the text again.
func (r *Reading) guess(p []byte) (word []byte, how Kinds, strong bool) {
	if len(p) > 4*maxGuess || !r.Meter.Read(work.Guess, len(p)) {
		return nil, 0, false
	}
	n, letters, signs := 0, 0, 0
	for i := 0; i < len(p); {
		if n == maxGuess {
			return nil, 0, false
		}
		g, size := guessLetter(p[i:])
		if size == 0 {
			return nil, 0, false
		}
		i += size
		if g.how == 0 {
			letters++
		}
		how |= g.how
		if g.sign() {
			signs++
		}
		r.word[n] = g
		n++
	}
	if how == 0 {
		return nil, 0, false
	}
	strong = n > 1 && (letters > 0 || how&Confusable != 0 || signs == n && n > 3)
	if word = r.choose(n); word != nil {
		if len(word) < 4 || !strong {
			how = 0
		}
		return word, how, strong
	}
	if signs == 0 {
		return nil, 0, false
	}
	// "rules!!" is a word with signs behind it.
	whole := n
	for n > 0 && (r.word[n-1].c == '!' || r.word[n-1].c == '|' || r.word[n-1].c == '+') {
		n--
		signs--
	}
	if letters == n {
		return nil, 0, false // and nothing else
	}
	if n < whole {
		word = r.choose(n)
	}
	if word == nil && signs > 0 {
		k := 0 // signs as separators: i|g|n|o|r|e
		for _, g := range r.word[:n] {
			if !g.sign() {
				r.word[k] = g
				k++
			}
		}
		if word = r.choose(k); word != nil {
			how = Apart
			if signs < 3 {
				how = 0
			}
		}
	}
	if len(word) < 4 || !strong {
		how = 0
	}
	return word, how, strong
}

// spelling is the letters of a word, eight to an entry, as hashes take them; one entry more than are letters
// has the zeros behind them.
type spelling [maxGuess/8 + 1]uint64

// hash is the hash of the word of the first n letters, which are all.
func (s *spelling) hash(n int) uint64 {
	h := uint64(text.HashSeed)
	for i := range n / 8 {
		h = text.MixHash(h, s[i])
	}
	return text.FinishHash(h, s[n/8])
}

// spellings are the ways to read a word: its letters, and those of them that may be another one, too.
type spellings struct {
	first  spelling
	n      int // letters
	doubts int
	at     [maxDoubt]uint8
	turn   [maxDoubt]uint64 // what makes the other letter of the first one
}

// of is one of the readings, by the doubts that are turned.
func (r *spellings) of(choice int) (s spelling) {
	s = r.first
	for k := range r.doubts {
		if choice>>k&1 != 0 {
			s[r.at[k]&3] ^= r.turn[k&(maxDoubt-1)]
		}
	}
	return s
}

// choose tries the readings of the first n letters and returns one that is a known word: the first one, or
// the last one where a text is read for the second time because it has words that may be either.
func (r *Reading) choose(n int) []byte {
	w := spellings{n: n}
	for i := 0; i < n; i += 8 {
		eight := uint64(0)
		for k, g := range r.word[i:min(i+8, n)] {
			eight |= uint64(g.first) << (8 * k)
			if g.second != 0 && w.doubts < maxDoubt {
				w.at[w.doubts], w.turn[w.doubts] = uint8(i/8), uint64(g.first^g.second)<<(8*k)
				w.doubts++
			}
		}
		w.first[i/8] = eight
	}
	passes := 0 // the choices that pass the filter
	for choice := range 1 << w.doubts {
		if s := w.of(choice); r.Filter.Passes(s.hash(n)) {
			passes |= 1 << choice
		}
	}
	if passes == 0 {
		return nil
	}
	for _, known := range [...]func(uint64) bool{r.Known, r.Likely} {
		if word := r.chosen(&w, passes, known); word != nil {
			return word
		}
	}
	return nil
}

// chosen is the reading that choose returns, among some choices, or nil if none of them is known.
func (r *Reading) chosen(w *spellings, choices int, known func(uint64) bool) []byte {
	if known == nil {
		return nil
	}
	var word []byte
	for ; choices != 0; choices &= choices - 1 {
		s := w.of(bits.TrailingZeros(uint(choices)))
		if !known(s.hash(w.n)) {
			continue
		}
		if word != nil {
			r.doubtful = true
			if !r.last {
				break
			}
		}
		word = r.apart.word[:w.n]
		for i := range word {
			word[i] = byte(s[i/8] >> (i % 8 * 8))
		}
	}
	return word
}

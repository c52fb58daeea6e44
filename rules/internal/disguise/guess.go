package disguise

import (
	"math/bits"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/swar"
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
// the text again, and where strongOnly is true it is not guessed at all.
func (r *Reading) guess(p []byte, strongOnly bool) (word []byte, how Kinds, strong bool) {
	if len(p) > 4*maxGuess || !r.Meter.Read(work.Guess, len(p)) { // whatever is remembered, so that what it costs goes by the text alone
		return nil, 0, false
	}
	w := &r.spelled
	key := uint64(0)
	passes, known, quick := 0, 0, false
	if len(p) <= vainWord {
		if key = vainKey(p); r.vain.has(key) {
			return nil, 0, false
		}
		if passes, known, quick = w.short(key, len(p), r.Filter, r.KnownFilter); quick && passes == 0 {
			r.vain.add(key)
			return nil, 0, false
		}
	}
	if !quick && (!w.read(p, true) || w.how == 0) {
		return nil, 0, false
	}
	strong = w.n > 1 && (w.letters > 0 || w.how&Confusable != 0 || w.signs == w.n && w.n > 3)
	if strongOnly && !strong {
		return nil, 0, false
	}
	how = w.how
	// Signs by themselves, such as "!", are letters or no word at all, and one word between those of a phrase hides it: the last reading leaves them out.
	lone := !strong && w.signs == w.n
	if lone && r.last {
		return nil, 0, false
	}
	if !quick {
		passes, known = w.passing(r.Filter, r.KnownFilter)
	}
	if r.plainKnown(p) && (known == 0 || r.chosen(w, known, r.Known) == nil) {
		return nil, 0, false
	}
	if word = r.choose(w, passes, known); word != nil {
		r.doubtful = r.doubtful || lone
		if len(word) < 4 || !strong {
			how = 0
		}
		return word, how, strong
	}
	if w.signs == 0 {
		r.forgo(key)
		return nil, 0, false
	}
	// "rules!!" is a word with signs behind it.
	whole := len(p)
	for len(p) > 0 && (p[len(p)-1] == '!' || p[len(p)-1] == '|' || p[len(p)-1] == '+') {
		p = p[:len(p)-1]
	}
	signs := w.signs - (whole - len(p))
	if w.letters == w.n-(whole-len(p)) {
		return nil, 0, false // and nothing else
	}
	if len(p) < whole {
		w.read(p, true)
		word = r.chooseAny(w)
	}
	if word == nil && signs > 0 {
		w.read(p, false) // signs as separators: i|g|n|o|r|e
		if word = r.chooseAny(w); word != nil {
			how = Apart
			if signs < 3 {
				how = 0
			}
		}
	}
	if word == nil {
		r.forgo(key)
	}
	if len(word) < 4 || !strong {
		how = 0
	}
	return word, how, strong
}

// plainKnown reports whether a word is a Known one as it is written, but for signs behind it: "in!" is that rather than a Likely "ini".
func (r *Reading) plainKnown(p []byte) bool {
	word := p
	for len(word) > 0 && charset.Of(word[len(word)-1])&charset.Signs != 0 {
		word = word[:len(word)-1]
	}
	if len(word) == 0 || len(word) == len(p) || !charset.All(word, charset.Letters) {
		return false
	}
	hash := text.HashFolded(word)
	return r.KnownFilter.Passes(hash) && r.Known(hash)
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

	// Of the n: how many are Latin letters as they are, and how many ASCII signs; and what all others are.
	letters, signs int
	how            Kinds
}

// read spells a text, with or without its signs; ok is false if it can be no word.
func (s *spellings) read(p []byte, signs bool) (ok bool) {
	n, letters, signed, doubts := 0, 0, 0, 0
	how := letterGuess(0)
	eight := uint64(0)
	for i := 0; i < len(p); {
		var g letterGuess
		if c := p[i]; c < utf8.RuneSelf {
			g = asciiGuess[c]
			i++
		} else {
			var size int
			g, size = guessBeyond(p[i:])
			i += size
		}
		if g.sign() {
			if !signs {
				continue
			}
			signed++
		}
		if n == maxGuess || g == 0 {
			return false
		}
		how |= g
		if g.how() == 0 {
			letters++
		}
		shift := 8 * uint(n&7)
		if g.second() != 0 && doubts < maxDoubt {
			s.at[doubts&(maxDoubt-1)], s.turn[doubts&(maxDoubt-1)] = uint8(n/8), uint64(g.first()^g.second())<<shift
			doubts++
		}
		eight |= uint64(g.first()) << shift
		if n++; n&7 == 0 {
			s.first[(n/8-1)&3] = eight
			eight = 0
		}
	}
	s.first[n/8&3] = eight
	s.n, s.doubts, s.letters, s.signs, s.how = n, doubts, letters, signed, how.how()
	return true
}

// slight reports whether a word is one character or a number of two digits. Texts are full of those, and next to none is a disguise: so the first reading
// is taken, and they alone are no reason to read anything twice.
func (s *spellings) slight() bool {
	return s.n == 1 || s.n == 2 && s.letters == 0 && s.signs == 0 && s.how == Leet
}

// of is one of the readings, by the doubts that are turned.
func (s *spellings) of(choice int) (is spelling) {
	is = s.first
	for k := range s.doubts {
		if choice>>k&1 != 0 {
			is[s.at[k]&3] ^= s.turn[k&(maxDoubt-1)]
		}
	}
	return is
}

// passing returns the readings that pass a filter, a bit for each, and of those the ones that pass another one, too. From one reading to the next it turns one
// doubt, which is what Gray's code is for.
func (s *spellings) passing(f, of *text.Filter) (passes, known int) {
	last := s.n / 8 & 3
	before := s.first // of letters in whole eights
	rest := before[last]
	h := uint64(text.HashSeed)
	for i := range last {
		h = text.MixHash(h, before[i])
	}
	for i, choice := 1, 0; ; i++ {
		if hash := text.FinishHash(h, rest); f.Passes(hash) {
			passes |= 1 << choice
			if of.Passes(hash) {
				known |= 1 << choice
			}
		}
		if i == 1<<s.doubts {
			return passes, known
		}
		k := bits.TrailingZeros(uint(i)) & (maxDoubt - 1)
		choice ^= 1 << k
		if at := int(s.at[k] & 3); at == last {
			rest ^= s.turn[k]
			continue
		} else {
			before[at] ^= s.turn[k]
		}
		h = text.HashSeed
		for i := range last {
			h = text.MixHash(h, before[i])
		}
	}
}

// short spells a word of at most eight ASCII letters and digits, as vainKey gives it, and returns what passing says of it. ok is false for all other words. It is
// what nearly all words with digits in them are done with.
func (s *spellings) short(key uint64, n int, f, of *text.Filter) (passes, known int, ok bool) {
	w := swar.Lower(key &^ swar.Tops)
	digits, letters := swar.Digits(w), swar.Letters(w)
	if all := uint64(swar.Tops) >> (64 - 8*uint(n)); key&swar.Tops != 0 || letters|digits != all || digits == 0 {
		return 0, 0, false
	}
	doubts := 0
	for rest := digits; rest != 0; rest &= rest - 1 {
		shift := uint(bits.TrailingZeros64(rest)) &^ 7
		c := byte(w >> shift)
		g := asciiGuess[c&0x7F]
		w ^= uint64(c^g.first()) << shift
		if second := g.second(); second != 0 && doubts < maxDoubt {
			s.at[doubts&(maxDoubt-1)], s.turn[doubts&(maxDoubt-1)] = 0, uint64(g.first()^second)<<shift
			doubts++
		}
	}
	first := w
	for i, choice := 1, 0; ; i++ {
		hash := uint64(0)
		if n == 8 {
			hash = text.FinishHash(text.MixHash(text.HashSeed, w), 0)
		} else {
			hash = text.FinishHash(text.HashSeed, w)
		}
		if f.Passes(hash) {
			passes |= 1 << choice
			if of.Passes(hash) {
				known |= 1 << choice
			}
		}
		if i == 1<<doubts {
			break
		}
		k := bits.TrailingZeros(uint(i)) & (maxDoubt - 1)
		choice ^= 1 << k
		w ^= s.turn[k]
	}
	if passes != 0 {
		s.first = spelling{first}
		s.n, s.doubts, s.letters, s.signs, s.how = n, doubts, bits.OnesCount64(letters), 0, Leet
	}
	return passes, known, true
}

// choose tries some readings of a word, of which some may be known ones, and returns one that is a known word: the first one, or the last one where a text is
// read for the second time because it has words that may be either.
func (r *Reading) choose(s *spellings, passes, known int) []byte {
	if known != 0 {
		if word := r.chosen(s, known, r.Known); word != nil {
			return word
		}
	}
	if passes != 0 && r.Likely != nil {
		return r.chosen(s, passes, r.Likely)
	}
	return nil
}

// chooseAny is choose for all readings.
func (r *Reading) chooseAny(s *spellings) []byte {
	passes, known := s.passing(r.Filter, r.KnownFilter)
	return r.choose(s, passes, known)
}

// chosen is the reading that choose returns, among some choices, or nil if none of them is known.
func (r *Reading) chosen(w *spellings, choices int, known func(uint64) bool) []byte {
	var word []byte
	for ; choices != 0; choices &= choices - 1 {
		s := w.of(bits.TrailingZeros(uint(choices)))
		if !known(s.hash(w.n)) {
			continue
		}
		if word != nil {
			if w.slight() {
				break
			}
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

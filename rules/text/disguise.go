package text

import "unicode/utf8"

// Disguises is a set of ways to write words so that a program does not see them and a reader does.
type Disguises uint8

// The disguises that a Reading sees through.
const (
	Confusable Disguises = 1 << iota // letters of other scripts that look like Latin ones
	Leet                             // digits and signs for letters
	Apart                            // letters with spaces or signs between them
	Base64
	Hex
	Escaped // URL escapes, HTML entities, \x and \u

	// DisguiseCount is how many there are.
	DisguiseCount = iota
)

// margin is how many bytes around a piece of text are read with it: what is disguised and no longer than that is
// found wherever the text is cut into pieces, so no text before or behind it hides it.
const margin = 768

// around is how many bytes around a piece show whether it has a spot at its ends.
const around = 24

// Reading reads a window of text as it is meant, where that is not how it is written. One level
// deep: what is decoded is not looked at again. It keeps no state between windows.
type Reading struct {
	// Known reports whether a word, by its hash, occurs in any phrase. Guesses are made only
	// towards known words.
	Known func(hash uint64) bool
	// Likely reports the same of words that are known with less certainty; it may be nil. They are
	// taken where no Known word fits.
	Likely func(hash uint64) bool
	// Filter passes all words that are Known or Likely. It may be nil, which is slower.
	Filter *Filter
	// Out receives each text that differs from what is written, or the parts of it where it does, with what stands around
	// them; it may not keep it. begins and ends say whether p is the text's beginning and end. If what was read of a part
	// may not be enough, for what stands further off, it says so and receives all of the text.
	Out func(p []byte, begins, ends bool) (enough bool)

	out   []byte // the text being written
	word  [maxGuess]letterGuess
	apart apart

	places   [][2]int // what was put right of the text being written
	together [][2]int // where letters that stood apart are in out
	joined   []byte   // out, with short words joined
	doubtful bool     // some word has two known readings
	last     bool     // of those the last one is taken
}

// Scan reads p[from:to] with what stands around it, and returns the disguises that words or
// sentences were found behind.
func (r *Reading) Scan(p []byte, from, to int) (found Disguises) {
	s := findSpots(p[max(0, from-around):min(len(p), to+around)])
	if s == 0 {
		return 0
	}
	lo, hi := max(0, from-margin), min(len(p), to+margin)
	for lo > 0 && lo < hi && !utf8.RuneStart(p[lo]) {
		lo++
	}
	for hi < len(p) && hi > lo && !utf8.RuneStart(p[hi]) {
		hi--
	}
	p = p[lo:hi]
	if s&spotMarker != 0 {
		found |= templates(p)
	}
	if s&(spotLeet|spotApart|spotForeign) != 0 {
		found |= r.words(p)
	}
	if s&spotEscape != 0 {
		found |= r.escapes(p)
	}
	if s&spotRun != 0 {
		found |= r.base64(p)
	}
	if s&(spotRun|spotLeet) != 0 {
		found |= r.hex(p)
	}
	return found
}

// readable reports whether decoded bytes are text rather than whatever data decodes to, and
// replaces what is no UTF-8 by spaces, of which it allows a few at the ends.
func readable(p []byte) bool {
	letters, bad := 0, 0
	for i := 0; i < len(p); {
		c := p[i]
		if c < utf8.RuneSelf {
			if wordByte(c) || c == ' ' {
				letters++
			} else if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7F {
				bad++
				p[i] = ' '
			}
			i++
			continue
		}
		_, n := utf8.DecodeRune(p[i:])
		if n == 1 {
			bad++
			p[i] = ' '
		} else {
			letters += n
		}
		i += n
	}
	return len(p) >= 8 && bad*16 <= len(p) && letters*4 >= len(p)*3
}

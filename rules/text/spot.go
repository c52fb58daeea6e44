package text

import "math/bits"

// spots says what in a text may be a disguise, so that the transformations run only where they can
// find something: ordinary prose has none of it.
type spots uint8

const (
	spotLeet    spots = 1 << iota // a digit beside a letter, or a sign that stands for one
	spotApart                     // letters by themselves, close together
	spotRun                       // letters and digits without a space, as encoded data has them
	spotEscape                    // %, &# or \x
	spotForeign                   // characters of blocks that have lookalikes of Latin letters
	spotMarker                    // <| or the like, of which markers of chat templates are made
)

// spotted is what a sign may be part of.
var spotted = func() (t [128]spots) {
	for _, c := range "@$!|+" {
		t[c] = spotLeet
	}
	for _, c := range "%&\\" {
		t[c] = spotEscape
	}
	for _, c := range "<[#:" {
		t[c] = spotMarker
	}
	return t
}()

// shortestRun is the length from which on letters and digits are taken for encoded data.
const shortestRun = 16

// findSpots looks at p eight bytes at a time.
func findSpots(p []byte) (found spots) {
	var letter, digit uint64 // the last byte of the word before
	var apart, earlier int   // single letters and digits in the word before, and in the one before that
	// Where a marker may begin is looked at in the end: a call in the loop would make all of it slower.
	var marked [32]int32
	marks := 0
	i := 0
	for ; i+8 <= len(p); i += 8 {
		w := load(p[i:])
		foreign := w & tops
		l := lower(w &^ tops)
		let, dig := letters(l)&^foreign, digits(l)&^foreign
		both := let | dig
		if both == tops && longRun(p, i) {
			found |= spotRun
		}
		if let&(dig<<8|digit)|dig&(let<<8|letter) != 0 {
			found |= spotLeet
		}
		// Letters and digits with none before and behind them. Three that stand near enough to
		// each other to be put together lie within three of these words.
		next := both >> 8
		if i+8 < len(p) && wordByte(p[i+8]) {
			next |= 0x80 << 56
		}
		alone := both &^ (both<<8 | letter | digit) &^ next
		n := 0
		for ; alone != 0; alone &= alone - 1 {
			n++
		}
		if n > 0 && apart+earlier+n >= minApart {
			found |= spotApart
		}
		apart, earlier = n, apart
		letter, digit = let>>56, dig>>56
		if foreign != 0 && lookalikeLead(w) {
			found |= spotForeign
		}
		for sign := tops &^ (both | foreign | (equal(l, ' '))); sign != 0; sign &= sign - 1 {
			at := i + bits.TrailingZeros64(sign)>>3
			s := spotted[p[at]&0x7F]
			if found |= s; s == spotMarker {
				if marks < len(marked) {
					marked[marks] = int32(at)
				}
				marks++
			}
			if dataByte(p[at]) && longRun(p, at) {
				found |= spotRun
			}
		}
	}
	for ; i < len(p); i++ {
		c := p[i]
		switch {
		case c >= 0xC3:
			found |= spotForeign
		case c >= 0x80:
		case i > 0 && wordByte(c) && wordByte(p[i-1]) && (c <= '9') != (p[i-1] <= '9'):
			found |= spotLeet
		case !wordByte(c):
			s := spotted[c]
			if found |= s; s == spotMarker {
				if marks < len(marked) {
					marked[marks] = int32(i)
				}
				marks++
			}
			if dataByte(c) && longRun(p, i) {
				found |= spotRun
			}
		case (i == 0 || !wordByte(p[i-1])) && (i+1 == len(p) || !wordByte(p[i+1])):
			if apart++; apart+earlier >= minApart {
				found |= spotApart
			}
		}
	}
	if marks > 0 && marks <= len(marked) {
		found &^= spotMarker
		for _, at := range marked[:marks] {
			if marker(p, int(at)) {
				found |= spotMarker
				break
			}
		}
	}
	return found
}

// lookalikeLead reports whether one of eight bytes begins a character of a block that has
// lookalikes: those of two bytes in UTF-8, and a few of three. It may be wrong in saying so.
func lookalikeLead(w uint64) bool {
	two := w & (w << 1) &^ (w << 2) & tops // 110xxxxx
	return two != 0 || hasByte(w, 0xE1) || hasByte(w, 0xE2) || hasByte(w, 0xEA)
}

// hasByte reports whether one of eight bytes is c; it may be wrong in saying so.
func hasByte(w uint64, c byte) bool {
	x := w ^ ones*uint64(c)
	return (x-ones)&^x&tops != 0
}

// equal marks the top bit of each ASCII byte that is c.
func equal(w uint64, c byte) uint64 {
	x := w ^ ones*uint64(c)
	return (ones*0x80 - x) & tops &^ x
}

// longRun reports whether p[i] belongs to a run of data.
func longRun(p []byte, i int) bool {
	start, end := i, i+1
	for start > 0 && i-start < shortestRun && dataByte(p[start-1]) {
		start--
	}
	for end < len(p) && end-i < shortestRun && dataByte(p[end]) {
		end++
	}
	return end-start >= shortestRun
}

package text

// spots says what in a text may be a disguise, so that the transformations run only where they can
// find something: ordinary prose has next to none of it.
type spots uint8

const (
	spotWord   spots = 1 << iota // a word with digits, signs or lookalikes among its letters
	spotApart                    // the first of three letters by themselves, close together
	spotRun                      // letters and digits without a space, as encoded data has them
	spotHex                      // what may be one of a row of hex digits
	spotEscape                   // %, &# or \x
	spotMarker                   // <| or the like, of which markers of chat templates are made
)

// maxSpots is how many spots of a window are kept, and maxOffset bounds where they stand. Of a window with more all is looked at.
const (
	maxSpots  = 1 << 10
	maxOffset = 1 << 24
)

// shortestRun is the length from which on letters and digits are taken for encoded data.
const shortestRun = 16

// Spots are the places of a window where something may be written otherwise than it is meant. The tokenizer notes them in passing,
// since it looks at each byte anyway. They are what to look at, no findings: one too many costs time, one that is missing hides a disguise.
type Spots struct {
	list [maxSpots]uint32 // offset<<8 | kind, in the order of the offsets
	n    int

	overflowed bool // there were more in what was read since the window moved,
	before     bool // or before, and some of that is still in it

	// A row of single letters: where the last two begin and the last one ends, how many they are; and one of pairs of hex digits.
	apart    [2]int64
	apartEnd int64
	singles  int32
	pairs    int32
	pairEnd  int64
}

// minPairs is how many pairs near each other are worth a look: rows of hex digits have eight, of which those of letters alone are not counted.
const minPairs = 6

// none is far from any place.
const none = -1 << 30

// reset makes it ready for another string.
func (s *Spots) reset() {
	s.n, s.overflowed, s.before = 0, false, false
	s.singles, s.pairs = 0, 0
	s.apartEnd, s.pairEnd = none, none
}

// shift follows a window that moves on by so many bytes.
func (s *Spots) shift(by int) {
	kept := 0
	for _, e := range s.list[:s.n] {
		if at := int(e >> 8); at >= by {
			s.list[kept] = uint32(at-by)<<8 | e&0xFF
			kept++
		}
	}
	s.n, s.overflowed, s.before = kept, false, s.overflowed
	s.apart[0], s.apart[1] = s.apart[0]-int64(by), s.apart[1]-int64(by)
	s.apartEnd, s.pairEnd = s.apartEnd-int64(by), s.pairEnd-int64(by)
}

// full reports whether some spots of the window were not kept.
func (s *Spots) full() bool { return s.overflowed || s.before }

func (s *Spots) add(kind spots, at int64) {
	if s.n == maxSpots {
		s.overflowed = true
		return
	}
	s.list[s.n] = uint32(min(max(at, 0), maxOffset-1))<<8 | uint32(kind)
	s.n++
}

// single notes a letter, digit or sign that stands by itself.
func (s *Spots) single(from, to int64) {
	if s.singles++; from-s.apartEnd >= maxGap {
		s.singles = 1
	} else if s.singles >= minApart {
		s.add(spotApart, s.apart[0])
	}
	s.apart[0], s.apart[1], s.apartEnd = s.apart[1], from, to
}

// pair notes a word with digits in it that may be pairs of hex digits. Pairs of letters alone, which no ASCII text has in hex, may stand between two.
func (s *Spots) pair(from, to int64) {
	if from-s.pairEnd > 14 {
		s.pairs = 0
	}
	s.pairs += int32(min(to-from, shortestRun)) / 2
	if s.pairEnd = to; s.pairs >= minPairs {
		s.add(spotHex, from)
	}
}

// oddWord notes an ASCII word that is not plain: of one letter, long, or with digits in it.
func (t *Tokenizer) oddWord(from, to int64, letters, digits bool) {
	s := t.spots
	if s == nil {
		return
	}
	n := to - from
	if n == 1 {
		s.single(from, to)
		return
	}
	if n >= shortestRun {
		s.add(spotRun, from)
	}
	if digits {
		s.pair(from, to)
		if letters {
			s.add(spotWord, from)
		}
	}
}

// oddSign notes a sign that may be a piece of a disguise: p[i], at a place. What stands around it is looked at, as far as it is known.
func (t *Tokenizer) oddSign(p []byte, i int, at int64) {
	s := t.spots
	if s == nil {
		return
	}
	before, behind := t.before, byte(0)
	if i > 0 {
		before = p[i-1]
	}
	known := i+1 < len(p) // what stands behind
	if known {
		behind = p[i+1]
	}
	switch c := p[i]; c {
	case '%':
		if !known || hexValue(behind) < 16 {
			s.add(spotEscape, at)
		}
	case '&':
		if !known || behind == '#' {
			s.add(spotEscape, at)
		}
	case '\\':
		if !known || behind == 'x' || behind == 'u' {
			s.add(spotEscape, at)
		}
	case '<', '[':
		if !known || charsets[behind]&(inLetters|inSigns) != 0 || behind == '/' || behind == '<' {
			s.add(spotMarker, at)
		}
	case '#':
		if (before == 0 || before == '\n') && (!known || behind == '#') {
			s.add(spotMarker, at)
		}
	case ':':
		if before == 'n' || before == 't' {
			s.add(spotMarker, at)
		}
	default: // @$!|+/-_
		if charsets[c]&inData != 0 && dataByte(before) && (!known || dataByte(behind)) {
			s.add(spotRun, at)
		}
		if charsets[c]&inSigns == 0 {
			return
		}
		switch {
		case wordChar(before), !known, wordChar(behind):
			s.add(spotWord, at)
		case c == '@', c == '$':
			s.single(at, at+1)
		}
	}
}

// kind is the kind of a spot of the list.
func (*Spots) kind(e uint32) spots { return spots(e) }

// kinds says what there is to be looked at in a part of p, whose offset in the window is lo, and drops what a second look shows to be nothing.
func (s *Spots) kinds(p []byte, lo, from, to int) (found spots) {
	if s.full() {
		return spotWord | spotApart | spotRun | spotHex | spotEscape | spotMarker
	}
	for _, e := range s.list[:s.n] {
		at, kind := int(e>>8), s.kind(e)
		if at < from || at >= to || found&kind == kind {
			continue
		}
		i := at - lo
		if i < 0 || i >= len(p) {
			continue
		}
		switch kind {
		case spotEscape:
			if _, size := escaped(p, i); size == 0 {
				continue
			}
		case spotMarker:
			if !marker(p, i) {
				continue
			}
		}
		found |= kind
	}
	return found
}

// runs calls do for each stretch of p that is long enough to be encoded data and is at a spot between two places.
func (s *Spots) runs(p []byte, lo, from, to int, do func(run []byte)) {
	done := 0
	for _, e := range s.list[:s.n] {
		i := int(e>>8) - lo
		if s.kind(e) != spotRun || i+lo < from || i+lo >= to || i < done || i >= len(p) || !longRun(p, i) {
			continue
		}
		start, end := i, i+1
		for start > 0 && charsets[p[start-1]]&(inData|inLines) != 0 {
			start--
		}
		for end < len(p) && charsets[p[end]]&(inData|inLines) != 0 {
			end++
		}
		do(p[start:end])
		done = end
	}
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

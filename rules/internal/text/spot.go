package text

import "github.com/mom-router/mom-router/rules/internal/charset"

// SpotKinds says what in a text may be a disguise, so that package disguise looks only where it can
// find something: ordinary prose has next to none of it.
type SpotKinds uint8

// The kinds.
const (
	SpotWord   SpotKinds = 1 << iota // a word with digits, signs or lookalikes among its letters
	SpotApart                        // the first of three letters by themselves, close together
	SpotRun                          // letters and digits without a space, as encoded data has them
	SpotHex                          // what may be one of a row of hex digits
	SpotEscape                       // %, &# or \x
	SpotMarker                       // <| or the like, of which markers of chat templates are made
)

// maxSpots is how many spots of a window are kept, and maxOffset bounds where they stand. Of a window with more all is looked at.
const (
	maxSpots  = 1 << 12
	maxOffset = 1 << 24
)

// What makes a spot, which whoever looks at it must know.
const (
	ShortestRun = 16 // from this length on letters and digits are taken for encoded data
	MinApart    = 3  // so many letters by themselves are worth a look,
	MaxGap      = 6  // with less than so many bytes between two of them
)

// Spot is a place of a window with what may be there.
type Spot uint32 // offset<<8 | kind

// At is the spot's offset in the window.
func (s Spot) At() int { return int(s >> 8) }

// Kind is what may be there, one kind.
func (s Spot) Kind() SpotKinds { return SpotKinds(s) }

// Spots are the places of a window where something may be written otherwise than it is meant. The tokenizer notes them in passing,
// since it looks at each byte anyway. They are what to look at, no findings: one too many costs time, one that is missing hides a disguise.
type Spots struct {
	list [maxSpots]Spot // in the order of the offsets
	n    int

	overflowed bool // there were more in what was read since the window moved,
	before     bool // or before, and some of that is still in it

	// A row of single letters: where the last two begin and the last one ends, how many they are; and one of pairs of hex digits.
	apart    [2]int64
	apartEnd int64
	singles  int32
	pairs    int32
	pairEnd  int64

	// Where in a word characters were left out that nobody sees: a bit for each byte of the window, for the byte behind them. There may be one at each
	// byte, so that a list would have no bound.
	seams  [windowSize / 64]uint64
	seamed bool
}

// seam notes that something was left out before a byte.
func (s *Spots) seam(at int) {
	if i := uint(at) / 64; i < uint(len(s.seams)) {
		s.seams[i] |= 1 << (at % 64)
		s.seamed = true
	}
}

// Seamed reports whether there is any seam in the window.
func (s *Spots) Seamed() bool { return s.seamed }

// Seams has a bit for each byte of the window before which something was left out that nobody sees, behind a letter.
func (s *Spots) Seams() []uint64 { return s.seams[:] }

// shiftSeams follows a window that moves on by so many bytes.
func (s *Spots) shiftSeams(by int) {
	if !s.seamed {
		return
	}
	words, bits := by/64, by%64
	any := uint64(0)
	for i := range s.seams {
		v := uint64(0)
		if from := i + words; from < len(s.seams) {
			v = s.seams[from] >> bits
			if from+1 < len(s.seams) {
				v |= s.seams[from+1] << (64 - bits)
			}
		}
		s.seams[i] = v
		any |= v
	}
	s.seamed = any != 0
}

// minPairs is how many pairs near each other are worth a look: rows of hex digits have eight, of which those of letters alone are not counted.
const minPairs = 6

// none is far from any place.
const none = -1 << 30

// Reset makes it ready for another string.
func (s *Spots) Reset() {
	s.n, s.overflowed, s.before = 0, false, false
	s.singles, s.pairs = 0, 0
	s.apartEnd, s.pairEnd = none, none
	if s.seamed {
		s.seams, s.seamed = [windowSize / 64]uint64{}, false
	}
}

// shift follows a window that moves on by so many bytes.
func (s *Spots) shift(by int) {
	kept := 0
	for _, e := range s.list[:s.n] {
		if at := e.At(); at >= by {
			s.list[kept] = Spot(at-by)<<8 | e&0xFF
			kept++
		}
	}
	s.n, s.overflowed, s.before = kept, false, s.overflowed
	s.apart[0], s.apart[1] = s.apart[0]-int64(by), s.apart[1]-int64(by)
	s.apartEnd, s.pairEnd = s.apartEnd-int64(by), s.pairEnd-int64(by)
	s.shiftSeams(by)
}

// Full reports whether some spots of the window were not kept.
func (s *Spots) Full() bool { return s.overflowed || s.before }

// List returns the spots that were kept, in the order of their offsets. It may not be written to.
func (s *Spots) List() []Spot { return s.list[:s.n] }

// NoteSpots has the tokenizer note from now on what may be a disguise, or nothing where s is nil.
func (t *Tokenizer) NoteSpots(s *Spots) { t.spots = s }

func (s *Spots) add(kind SpotKinds, at int64) {
	if s.n == maxSpots {
		s.overflowed = true
		return
	}
	s.list[s.n] = Spot(min(max(at, 0), maxOffset-1))<<8 | Spot(kind)
	s.n++
}

// single notes a letter, digit or sign that stands by itself.
func (s *Spots) single(from, to int64) {
	if s.singles++; from-s.apartEnd >= MaxGap {
		s.singles = 1
	} else if s.singles >= MinApart {
		s.add(SpotApart, s.apart[0])
	}
	s.apart[0], s.apart[1], s.apartEnd = s.apart[1], from, to
}

// inRow is what a word with digits is to a row of pairs of hex digits.
type inRow uint8

const (
	mayGoOn  inRow = iota // the row may go on over it
	mayBegin              // nothing before it is of its row
	mayEnd                // nothing behind it is of the row before it; within it another one may begin
)

// pair notes a word with digits in it that may be pairs of hex digits. Pairs of letters alone, which no ASCII text has in hex, may stand between two.
func (s *Spots) pair(from, to int64, row inRow) {
	if from-s.pairEnd > 14 || row&mayBegin != 0 {
		s.pairs = 0
	}
	n := int32(min(to-from, ShortestRun)) / 2
	s.pairs += n
	if s.pairEnd = to; s.pairs >= minPairs {
		s.add(SpotHex, from)
	}
	if row&mayEnd != 0 {
		s.pairs = n
	}
}

// oddWord notes the ASCII word p[from:to] if it is not plain: of one letter, long, or with digits in it. p stands at a place.
func (t *Tokenizer) oddWord(p []byte, from, to int, at int64, letters, digits bool) {
	s := t.spots
	if s == nil {
		return
	}
	row := mayGoOn
	if digits && from > 0 && charset.Of(p[from-1])&charset.HexRows == 0 {
		row = mayBegin
	}
	if digits && letters && !charset.All(p[from:to], charset.HexRows) {
		row |= mayEnd
	}
	s.odd(at+int64(from), at+int64(to), letters, digits, row)
}

// odd notes an ASCII word that is not plain.
func (s *Spots) odd(from, to int64, letters, digits bool, row inRow) {
	n := to - from
	if n == 1 {
		s.single(from, to)
		return
	}
	if n >= ShortestRun {
		s.add(SpotRun, from)
	}
	if digits {
		s.pair(from, to, row)
		if letters {
			s.add(SpotWord, from)
		}
	}
}

// oddSign looks at a sign that may be a piece of a disguise: p[i], at a place. It notes it, by what stands around it as far as that is known, and
// returns how many bytes behind it belong to it and to no word.
func (t *Tokenizer) oddSign(p []byte, i int, at int64) int {
	if t.spots != nil {
		t.noteSign(p, i, at)
	}
	if t.Glued == nil || !GlueSign(p[i]) {
		return 0
	}
	ahead := p
	if t.ahead != nil {
		ahead = t.ahead
	}
	return min(glue(ahead, i, t.Glued), len(p)-i-1)
}

// noteSign notes a sign for the second readings.
func (t *Tokenizer) noteSign(p []byte, i int, at int64) {
	s := t.spots
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
		if !known || charset.Hex(behind) < 16 {
			s.add(SpotEscape, at)
		}
	case '&':
		if !known || behind == '#' || charset.Of(behind)&charset.Letters != 0 {
			s.add(SpotEscape, at)
		}
	case '\\':
		if !known || behind|0x20 == 'x' || behind|0x20 == 'u' || behind-'0' < 8 {
			s.add(SpotEscape, at)
		}
	case '<', '[':
		if !known || charset.Of(behind)&(charset.Letters|charset.Signs) != 0 || behind == '/' || behind == '<' {
			s.add(SpotMarker, at)
		}
	case '#':
		if (before == 0 || before == '\n') && (!known || behind == '#') {
			s.add(SpotMarker, at)
		}
	case ':':
		if before == 'n' || before == 't' {
			s.add(SpotMarker, at)
		}
	default: // @$!|+/-_ and, which are none of either set, `^~ and controls
		if c == '+' && before|0x20 == 'u' && (!known || charset.Hex(behind) < 16) {
			s.add(SpotEscape, at-1)
		}
		if charset.Of(c)&charset.Data != 0 && charset.Of(before)&charset.Data != 0 && (!known || charset.Of(behind)&charset.Data != 0) {
			s.add(SpotRun, at)
		}
		if charset.Of(c)&charset.Signs == 0 {
			return
		}
		switch {
		case charset.Word(before), !known, charset.Word(behind):
			s.add(SpotWord, at)
		case c == '@', c == '$':
			s.single(at, at+1)
		}
	}
}

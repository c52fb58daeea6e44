package text

// Oddities is a set of ways to disguise words that leave no trace in the readable text.
type Oddities uint16

// The oddities, each with what does not count because honest texts have it.
const (
	// OddInvisible is an invisible character between two ASCII letters. Emoji, Persian and the
	// scripts of India use joiners between other characters.
	OddInvisible Oddities = 1 << iota
	// OddBidi is a directional override, or an embedding or isolate beside an ASCII letter.
	OddBidi
	// OddTags is a tag character that is no part of a flag, or a variation selector behind an
	// ASCII letter or another selector; both can carry hidden text.
	OddTags
	// OddMarks is a stroke through an ASCII letter, or more than two combining marks in a row, as no
	// language with an alphabet has.
	OddMarks
	// OddStyled is three mathematical, circled or squared letters in a row.
	OddStyled
	// OddWidth is four full-width letters in a row.
	OddWidth

	// OddityCount is how many there are.
	OddityCount = iota
)

// OddityNames are their names, by bit.
var OddityNames = [OddityCount]string{"invisible", "bidi", "tags", "marks", "styled", "width"}

// oddWatch looks for oddities in the characters of one string.
type oddWatch struct {
	seen   Oddities
	letter bool // the last visible character is an ASCII letter
	hidden bool // an invisible one stands behind that letter
	embed  bool // an embedding stands there
	flag   bool // the last characters are a flag's
	choice bool // the last character is a variation selector
	marks  uint8
	styled uint8
	wide   uint8
}

// ascii notes a run of ASCII characters.
func (o *oddWatch) ascii(p []byte) {
	first, last := asciiLetter(p[0]), asciiLetter(p[len(p)-1])
	if first && o.hidden {
		o.seen |= OddInvisible
	}
	if first && o.embed {
		o.seen |= OddBidi
	}
	*o = oddWatch{seen: o.seen, letter: last}
}

func asciiLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// rune notes a character beyond ASCII.
func (o *oddWatch) rune(r rune) {
	switch {
	case r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069:
		if r == 0x202D || r == 0x202E || o.letter {
			o.seen |= OddBidi
		}
		o.embed = true
	case r >= 0xE0000 && r <= 0xE007F:
		if !o.flag {
			o.seen |= OddTags
		}
	case r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF:
		if o.letter || o.choice {
			o.seen |= OddTags
		}
		o.choice = true
	case invisible(r):
		o.hidden = o.hidden || o.letter
	case combining(r):
		if o.marks++; o.marks > 2 && r < 0x370 || o.letter && r >= 0x334 && r <= 0x338 {
			o.seen |= OddMarks
		}
		o.marks = min(o.marks, 3)
	default:
		o.visible(r)
	}
}

func (o *oddWatch) visible(r rune) {
	styled, wide := o.styled, o.wide
	*o = oddWatch{seen: o.seen, flag: r == 0x1F3F4}
	switch {
	case r >= 0x1D400 && r <= 0x1D7CB || r >= 0x249C && r <= 0x24E9 || r >= 0x1F130 && r <= 0x1F189:
		if o.styled = min(styled+1, 3); o.styled == 3 {
			o.seen |= OddStyled
		}
	case r >= 0xFF21 && r <= 0xFF3A || r >= 0xFF41 && r <= 0xFF5A:
		if o.wide = min(wide+1, 4); o.wide == 4 {
			o.seen |= OddWidth
		}
	}
}

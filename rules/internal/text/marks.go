package text

import "unicode/utf8"

// Mark is a class of characters between words. Their numbers tell code and formulas from prose.
type Mark uint8

// The marks. Spaces have none.
const (
	MarkNone       Mark = iota
	MarkQuestion        // ? and its forms in other scripts
	MarkStop            // . ! and their forms in other scripts
	MarkComma           // , and its forms in other scripts
	MarkOperator        // + * / ^ < > % & | ~
	MarkEquals          // =
	MarkMath            // mathematical operators beyond ASCII
	MarkBackslash       // \ as in LaTeX commands
	MarkDollar          // $
	MarkBrace           // { }
	MarkBracket         // ( ) [ ]
	MarkSemicolon       // ;
	MarkUnderscore      // _
	MarkFence           // ``` (counted once for each)
	MarkNewline         // line feed
	MarkOther           // everything else
	marks
)

// MarkKinds is how many marks there are.
const MarkKinds = int(marks)

// Marks is what a text holds beside its tokens.
type Marks struct {
	// Count is the number of each mark.
	Count [marks]uint32
	// Indented counts the lines, but for the first, that begin with a space or a tab.
	Indented uint32
	// Accents has a bit for each of the letters U+00C0 to U+017F that occur, from the lowest bit
	// of the first word on; they tell the languages in Latin script apart.
	Accents [3]uint64
	// Vietnamese counts letters of the block U+1EA0 to U+1EFF and o and u with horn.
	Vietnamese uint32
	// Inverted counts the signs ¿ and ¡, which only Spanish has.
	Inverted uint32
	// Script letters that tell languages of one script apart.
	Ukrainian uint32 // і ї є ґ
	Russian   uint32 // ы э ё ъ
	Persian   uint32 // پ چ ژ گ
}

// Add adds another text's marks.
func (m *Marks) Add(o *Marks) {
	for i := range m.Count {
		m.Count[i] += o.Count[i]
	}
	m.Indented += o.Indented
	for i := range m.Accents {
		m.Accents[i] |= o.Accents[i]
	}
	m.Vietnamese += o.Vietnamese
	m.Inverted += o.Inverted
	m.Ukrainian += o.Ukrainian
	m.Russian += o.Russian
	m.Persian += o.Persian
}

// mark counts a mark.
func (t *Tokenizer) mark(m Mark) {
	t.marks.Count[m]++
	if m == MarkQuestion || m == MarkStop || m == MarkNewline {
		t.sentence++
	}
}

// beginLine looks at what a line begins with: p[i], if it has been read so far.
func (t *Tokenizer) beginLine(p []byte, i int) {
	if t.lineBegins = i == len(p); !t.lineBegins && (p[i] == ' ' || p[i] == '\t') {
		t.marks.Indented++
	}
}

// HasAccent reports whether the small or capital letter r of U+00C0 to U+017F occurred.
func (m *Marks) HasAccent(r rune) bool {
	i := uint(r - 0xC0)
	return i < 192 && m.Accents[i/64]>>(i%64)&1 != 0
}

// note records a letter that tells languages apart. r is as written.
func (m *Marks) note(r rune) {
	switch {
	case r == 0xBF, r == 0xA1:
		m.Inverted++
	case r >= 0xC0 && r <= 0x17F:
		i := uint(r - 0xC0)
		m.Accents[i/64] |= 1 << (i % 64)
	case r >= 0x1EA0 && r <= 0x1EFF, r == 0x1A0, r == 0x1A1, r == 0x1AF, r == 0x1B0:
		m.Vietnamese++
	case r >= 0x400 && r <= 0x4FF:
		switch r {
		case 0x404, 0x406, 0x407, 0x454, 0x456, 0x457, 0x490, 0x491:
			m.Ukrainian++
		case 0x42B, 0x44B, 0x42D, 0x44D, 0x401, 0x451, 0x42A, 0x44A:
			m.Russian++
		}
	case r == 0x67E, r == 0x686, r == 0x698, r == 0x6AF, r == 0x6CC, r == 0x6A9:
		m.Persian++
	}
}

// asciiMark is the mark of each ASCII character; letters and digits have none.
var asciiMark = func() (table [128]Mark) {
	for c := byte(0x21); c < 0x7F; c++ {
		table[c] = MarkOther
	}
	set := func(chars string, m Mark) {
		for i := 0; i < len(chars); i++ {
			table[chars[i]] = m
		}
	}
	set("?", MarkQuestion)
	set(".!", MarkStop)
	set(",", MarkComma)
	set("+*/^<>%&|~", MarkOperator)
	set("=", MarkEquals)
	set("\\", MarkBackslash)
	set("$", MarkDollar)
	set("{}", MarkBrace)
	set("()[]", MarkBracket)
	set(";", MarkSemicolon)
	set("_", MarkUnderscore)
	set("\n", MarkNewline)
	return table
}()

// asciiClass is the mark of each ASCII character with a bit for those that may be a piece of a disguise.
var asciiClass = func() (table [utf8.RuneSelf]uint8) {
	for c := range table {
		table[c] = uint8(asciiMark[c])
	}
	for _, c := range "@$!|+%&\\<[#:/-_`^~\x1b\x03" {
		table[c] |= oddSign
	}
	return table
}()

// oddSign is that bit.
const oddSign = 0x80

// runeMark is the mark of a separator beyond ASCII.
func runeMark(r rune) Mark {
	switch r {
	case 0x3000, 0xA0, 0x2028, 0x2029, 0x1680, 0x202F, 0x205F:
		return MarkNone
	case 0x061F, 0x037E, 0x203D, 0xBF:
		return MarkQuestion
	case 0x3002, 0x0964, 0x06D4, 0xFF61, 0x2026:
		return MarkStop
	case 0x3001, 0x060C, 0xFF64:
		return MarkComma
	case 0xD7, 0xF7, 0xB1, 0xAC:
		return MarkMath
	}
	if r >= 0x2200 && r <= 0x22FF || r >= 0x27C0 && r <= 0x27EF || r >= 0x2980 && r <= 0x2AFF {
		return MarkMath
	}
	if r >= 0x2000 && r <= 0x200A {
		return MarkNone
	}
	return MarkOther
}

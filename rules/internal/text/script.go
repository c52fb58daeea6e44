package text

// Script is the writing system of a letter.
type Script uint8

// The scripts that are told apart. Latin comes first: it is the script of digits, too.
const (
	Latin Script = iota
	Greek
	Cyrillic
	Hebrew
	Arabic
	Devanagari
	Indic // the other scripts of India
	Thai
	SoutheastAsian // Lao, Khmer, Myanmar
	Han
	Hiragana
	Katakana
	Hangul
	OtherScript
	Scripts // how many there are
)

// class is the part that a character plays in a text.
type class uint8

const (
	separates class = iota // ends a word
	joins                  // a letter of a word
	alone                  // a token of its own
)

// span is a range of code points with one script and class.
type span struct {
	lo, hi rune
	script Script
	class  class
}

// spans lists, in order, every range beyond ASCII that is not letters of OtherScript. Signs
// inside a block of letters count as letters, except the punctuation that texts really use.
// Source: the block names of Unicode 16.
var spans = [...]span{
	{0x80, 0xA9, 0, separates},
	{0xAA, 0xAA, Latin, joins},
	{0xAB, 0xB4, 0, separates},
	{0xB5, 0xB5, Greek, joins}, // micro sign
	{0xB6, 0xB9, 0, separates},
	{0xBA, 0xBA, Latin, joins},
	{0xBB, 0xBF, 0, separates},
	{0xC0, 0xD6, Latin, joins},
	{0xD7, 0xD7, 0, separates},
	{0xD8, 0xF6, Latin, joins},
	{0xF7, 0xF7, 0, separates},
	{0xF8, 0x2C1, Latin, joins},
	{0x2C2, 0x2DF, 0, separates},
	{0x2E0, 0x2FF, Latin, joins},
	{0x370, 0x373, Greek, joins},
	{0x374, 0x375, 0, separates},
	{0x376, 0x37D, Greek, joins},
	{0x37E, 0x37E, 0, separates},
	{0x37F, 0x386, Greek, joins},
	{0x387, 0x387, 0, separates},
	{0x388, 0x3FF, Greek, joins},
	{0x400, 0x52F, Cyrillic, joins},
	{0x55A, 0x55F, 0, separates},
	{0x589, 0x58F, 0, separates},
	{0x5BE, 0x5BE, 0, separates},
	{0x5C0, 0x5C0, 0, separates},
	{0x5C3, 0x5C3, 0, separates},
	{0x5C6, 0x5C6, 0, separates},
	{0x5D0, 0x5F2, Hebrew, joins},
	{0x5F3, 0x5F4, 0, separates},
	{0x600, 0x60F, 0, separates},
	{0x61B, 0x61F, 0, separates},
	{0x620, 0x669, Arabic, joins},
	{0x66A, 0x66D, 0, separates},
	{0x66E, 0x6D3, Arabic, joins},
	{0x6D4, 0x6D4, 0, separates},
	{0x6D5, 0x6FF, Arabic, joins},
	{0x750, 0x77F, Arabic, joins},
	{0x8A0, 0x8FF, Arabic, joins},
	{0x900, 0x963, Devanagari, joins},
	{0x964, 0x965, 0, separates},
	{0x966, 0x97F, Devanagari, joins},
	{0x980, 0xDFF, Indic, joins},
	{0xE00, 0xE7F, Thai, alone},
	{0xE80, 0xEFF, SoutheastAsian, alone},
	{0x1000, 0x1049, SoutheastAsian, alone},
	{0x104A, 0x104F, 0, separates},
	{0x1050, 0x109F, SoutheastAsian, alone},
	{0x1100, 0x11FF, Hangul, joins},
	{0x1680, 0x1680, 0, separates},
	{0x1780, 0x17D3, SoutheastAsian, alone},
	{0x17D4, 0x17DB, 0, separates},
	{0x17DC, 0x17FF, SoutheastAsian, alone},
	{0x1E00, 0x1EFF, Latin, joins},
	{0x1F00, 0x1FFF, Greek, joins},
	{0x2000, 0x2BFF, 0, separates}, // punctuation, symbols, arrows, operators, boxes
	{0x2C60, 0x2C7F, Latin, joins},
	{0x2DE0, 0x2DFF, Cyrillic, joins},
	{0x2E00, 0x2E7F, 0, separates},
	{0x2E80, 0x2FDF, Han, alone},
	{0x2FF0, 0x3004, 0, separates},
	{0x3005, 0x3007, Han, alone},
	{0x3008, 0x3020, 0, separates},
	{0x3021, 0x3029, Han, alone},
	{0x302A, 0x3030, 0, separates},
	{0x3031, 0x303F, 0, separates},
	{0x3040, 0x309F, Hiragana, alone},
	{0x30A0, 0x30A0, 0, separates},
	{0x30A1, 0x30FA, Katakana, alone},
	{0x30FB, 0x30FB, 0, separates},
	{0x30FC, 0x30FF, Katakana, alone},
	{0x3100, 0x312F, Han, alone}, // bopomofo
	{0x3130, 0x318F, Hangul, joins},
	{0x3190, 0x319F, 0, separates},
	{0x31A0, 0x31BF, Han, alone},
	{0x31C0, 0x31EF, 0, separates},
	{0x31F0, 0x31FF, Katakana, alone},
	{0x3200, 0x33FF, 0, separates}, // enclosed and squared signs
	{0x3400, 0x4DBF, Han, alone},
	{0x4DC0, 0x4DFF, 0, separates},
	{0x4E00, 0x9FFF, Han, alone},
	{0xA640, 0xA69F, Cyrillic, joins},
	{0xA720, 0xA7FF, Latin, joins},
	{0xA960, 0xA97F, Hangul, joins},
	{0xAC00, 0xD7FF, Hangul, joins},
	{0xE000, 0xF8FF, 0, separates}, // private use
	{0xF900, 0xFAFF, Han, alone},
	{0xFB1D, 0xFB4F, Hebrew, joins},
	{0xFB50, 0xFD3D, Arabic, joins},
	{0xFD3E, 0xFD4F, 0, separates},
	{0xFD50, 0xFDFF, Arabic, joins},
	{0xFE10, 0xFE1F, 0, separates},
	{0xFE30, 0xFE6F, 0, separates},
	{0xFE70, 0xFEFE, Arabic, joins},
	{0xFF00, 0xFF65, 0, separates}, // what compat leaves of the full-width forms
	{0xFF66, 0xFF9F, Katakana, alone},
	{0xFFA0, 0xFFDC, Hangul, joins},
	{0xFFDD, 0xFFFF, 0, separates},
	{0x1D000, 0x1D3FF, 0, separates},
	{0x1F000, 0x1FBFF, 0, separates}, // emoji and pictographs
	{0x20000, 0x3FFFF, Han, alone},
	{0xE0000, 0x10FFFF, 0, separates},
}

// classify finds the script and the part of a character beyond ASCII. Letters of scripts that
// the table does not name form words of OtherScript.
func classify(r rune) (Script, class) {
	lo, hi := 0, len(spans)
	for lo < hi {
		mid := (lo + hi) / 2
		if spans[mid].hi < r {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(spans) && spans[lo].lo <= r {
		return spans[lo].script, spans[lo].class
	}
	return OtherScript, joins
}

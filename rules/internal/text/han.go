package text

import _ "embed" // for the table

// simplifiedTable has a word for each simplified Chinese character: that character and the
// traditional ones that it stands for. Derived from the character conversion t2s of OpenCC
// (Apache-2.0), of the main block.
//
//go:embed simplified.txt
var simplifiedTable string

const (
	firstHan = 0x4E00
	lastHan  = 0x9FFF
)

// simplified is the simplified form of each character of the main block, less firstHan; 0 where that is
// the character itself. Texts are compared in simplified form, since one traditional character has
// only one of those.
var simplified = func() (t [lastHan - firstHan + 1]uint16) {
	first := rune(0)
	for _, r := range simplifiedTable {
		switch {
		case r < firstHan:
			first = 0
		case first == 0:
			first = r
		default:
			t[r-firstHan] = uint16(first)
		}
	}
	return t
}()

// simple is the simplified form of a character of the main block.
func simple(r rune) rune {
	if s := simplified[r-firstHan]; s != 0 {
		return rune(s)
	}
	return r
}

// hanBytes is the normalised form, as Token hashes take it, of a character of the main block given in
// UTF-8.
func hanBytes(a, b, c byte) uint64 {
	r := (uint32(a&0xF)<<12 | uint32(b&0x3F)<<6 | uint32(c&0x3F)) - firstHan
	if r < uint32(len(simplified)) {
		if s := uint64(simplified[r]); s != 0 {
			return 0x8080E0 | s>>12 | s<<2&0x3F00 | s<<16&0x3F0000
		}
	}
	return uint64(a) | uint64(b)<<8 | uint64(c)<<16
}

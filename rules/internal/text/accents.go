package text

// Letters with accents become the letter without, and combining accents are ignored, so that
// "café" is one word however it was composed. Only what this would merge among everyday words
// of one language is the price: "résumé" is "resume".

// plain holds the ASCII letter under each of U+00C0 to U+017F; '-' where there is none.
const plain = "aaaaaa-ceeeeiiii" + "dnooooo-ouuuuy--" + // U+00C0
	"aaaaaa-ceeeeiiii" + "dnooooo-ouuuuy-y" + // U+00E0
	"aaaaaacccccccc" + "dddd" + "eeeeeeeeee" + "gggggggg" + "hhhh" + "iiiiiiiiii" + "--" + // U+0100
	"jj" + "kkk" + "llllllllll" + "nnnnnnnnn" + "oooooo" + "--" + "rrrrrr" + "ssssssss" + // U+0134
	"tttttt" + "uuuuuuuuuuuu" + "ww" + "yyy" + "zzzzzz" + "s" // U+0162

// base removes the accent of a folded letter.
func base(r rune) rune {
	switch {
	case r < 0xC0:
		return r
	case r < 0x180:
		if c := plain[r-0xC0]; c != '-' {
			return rune(c)
		}
		return r
	case r < 0x370:
		return baseLatin(r)
	case r < 0x400:
		return baseGreek(r)
	case r < 0x460:
		return baseCyrillic(r)
	case r >= 0x1EA0 && r < 0x1F00:
		return baseVietnamese(r)
	}
	return r
}

func baseLatin(r rune) rune {
	switch r {
	case 0x1A0, 0x1A1, 0x1D1, 0x1D2:
		return 'o'
	case 0x1AF, 0x1B0:
		return 'u'
	case 0x1CD, 0x1CE:
		return 'a'
	case 0x1CF, 0x1D0:
		return 'i'
	case 0x218, 0x219:
		return 's'
	case 0x21A, 0x21B:
		return 't'
	}
	if r >= 0x1D3 && r <= 0x1DC {
		return 'u'
	}
	return r
}

func baseVietnamese(r rune) rune {
	switch {
	case r <= 0x1EB7:
		return 'a'
	case r <= 0x1EC7:
		return 'e'
	case r <= 0x1ECB:
		return 'i'
	case r <= 0x1EE3:
		return 'o'
	case r <= 0x1EF1:
		return 'u'
	case r <= 0x1EF9:
		return 'y'
	}
	return r
}

func baseGreek(r rune) rune {
	switch r {
	case 0x386, 0x3AC:
		return 0x3B1
	case 0x388, 0x3AD:
		return 0x3B5
	case 0x389, 0x3AE:
		return 0x3B7
	case 0x38A, 0x390, 0x3AF, 0x3CA:
		return 0x3B9
	case 0x38C, 0x3CC:
		return 0x3BF
	case 0x38E, 0x3B0, 0x3CB, 0x3CD:
		return 0x3C5
	case 0x38F, 0x3CE:
		return 0x3C9
	}
	return r
}

func baseCyrillic(r rune) rune {
	switch r {
	case 0x439, 0x45D:
		return 0x438
	case 0x450, 0x451:
		return 0x435
	case 0x453:
		return 0x433
	case 0x457:
		return 0x456
	case 0x45C:
		return 0x43A
	case 0x45E:
		return 0x443
	}
	return r
}

// combining reports whether a character is an accent or vowel point that may be left out: the
// combining diacritics, Arabic vowel signs and lengthening stroke, Hebrew points. The vowel signs
// of Indian scripts are letters; the voicing marks of kana are part of the sound.
func combining(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r < 0x370:
		return true
	case r < 0x591:
		return r >= 0x483 && r <= 0x489
	case r < 0x5C8:
		return r != 0x5BE && r != 0x5C0 && r != 0x5C3 && r != 0x5C6
	case r < 0x1AB0:
		return r == 0x640 || r >= 0x64B && r <= 0x65F || r == 0x670 || r >= 0x610 && r <= 0x61A
	}
	return r <= 0x1AFF || r >= 0x1DC0 && r <= 0x1DFF || r >= 0x20D0 && r <= 0x20FF || r >= 0xFE20 && r <= 0xFE2F
}

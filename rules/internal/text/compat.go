package text

// compat maps compatibility forms to the plain character that they stand for: full-width forms,
// mathematical alphanumerics, circled and parenthesised letters, superscripts and subscripts.
// Everything else comes back as it is. Forms of more than one letter are in expand.
// Source: the compatibility decompositions of UnicodeData.txt, by range.
func compat(r rune) rune {
	switch {
	case r < 0x2070:
		switch r {
		case 0xB2, 0xB3:
			return r - 0xB2 + '2'
		case 0xB9:
			return '1'
		case 0xAA:
			return 'a'
		case 0xBA:
			return 'o'
		case 0xB5:
			return 0x3BC
		}
	case r <= 0x2089:
		switch {
		case r == 0x2071:
			return 'i'
		case r == 0x207F:
			return 'n'
		case r <= 0x2079:
			return r - 0x2070 + '0'
		case r >= 0x2080:
			return r - 0x2080 + '0'
		}
	case r >= 0x2460 && r <= 0x24E9:
		return circled(r)
	case r >= 0xFF66 && r <= 0xFF9F, r == 0x309B, r == 0x309C:
		return fullWidthKana(r)
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFF01 + '!'
	case r >= 0x1D400 && r <= 0x1D7FF:
		return mathematical(r)
	case r >= 0x1F130 && r <= 0x1F149: // squared capitals
		return r - 0x1F130 + 'a'
	case r >= 0x1F150 && r <= 0x1F169: // negative circled capitals
		return r - 0x1F150 + 'a'
	case r >= 0x1F170 && r <= 0x1F189: // negative squared capitals
		return r - 0x1F170 + 'a'
	case r >= 0x2100 && r < 0x2100+rune(len(letterlike)):
		if c := letterlike[r-0x2100]; c != '-' {
			return rune(c)
		}
	}
	return r
}

// letterlike holds the letters of the block U+2100: double-struck and script capitals, the
// Kelvin and Angstrom signs; '-' where there is none.
const letterlike = "--c-------ghhhh-iill-n---pqrrr------z---z-kabc-eef-mo"

// circled maps circled and parenthesised digits and letters.
func circled(r rune) rune {
	switch {
	case r <= 0x2468:
		return r - 0x2460 + '1'
	case r >= 0x2474 && r <= 0x247C:
		return r - 0x2474 + '1'
	case r >= 0x249C && r <= 0x24B5:
		return r - 0x249C + 'a'
	case r >= 0x24B6 && r <= 0x24CF:
		return r - 0x24B6 + 'a'
	case r >= 0x24D0:
		return r - 0x24D0 + 'a'
	}
	return r
}

// mathematical maps the styled letters and digits: 13 alphabets of 26 capitals and 26 small
// letters, then Greek, then five sets of digits. The holes in the block are unassigned.
func mathematical(r rune) rune {
	switch {
	case r < 0x1D6A4:
		return (r-0x1D400)%26 + 'a'
	case r >= 0x1D7CE:
		return (r-0x1D7CE)%10 + '0'
	case r >= 0x1D6A8 && r < 0x1D7CA:
		// 58 signs an alphabet: 25 capitals, nabla, 25 small letters, 7 variants.
		if i := (r - 0x1D6A8) % 58; i < 25 {
			return 0x3B1 + i
		} else if i >= 26 && i < 51 {
			return 0x3B1 + i - 26
		}
	}
	return r
}

// raised reports whether a character is a superscript or subscript digit; they tell formulas from
// prose.
func raised(r rune) bool {
	return r == 0xB2 || r == 0xB3 || r == 0xB9 || r >= 0x2070 && r <= 0x2089
}

// expand spells out characters that stand for more than one ASCII letter; "" for all others.
func expand(r rune) string {
	switch r {
	case 0xC6, 0xE6:
		return "ae"
	case 0xDE, 0xFE:
		return "th"
	case 0xDF, 0x1E9E:
		return "ss"
	case 0x132, 0x133:
		return "ij"
	case 0x152, 0x153:
		return "oe"
	case 0xFB00:
		return "ff"
	case 0xFB01:
		return "fi"
	case 0xFB02:
		return "fl"
	case 0xFB03:
		return "ffi"
	case 0xFB04:
		return "ffl"
	case 0xFB05, 0xFB06:
		return "st"
	}
	return ""
}

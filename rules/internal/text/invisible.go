package text

// invisible reports whether a character has no width and no sound, so that it is ignored
// wherever it stands, also within a word: soft hyphen, zero-width characters, directional
// controls, variation selectors, tags. A zero-width space does not separate words: nobody sees
// that it does.
func invisible(r rune) bool {
	switch {
	case r < 0x34F:
		return r == 0xAD
	case r < 0x2000:
		return r == 0x34F || r == 0x61C || r == 0x115F || r == 0x1160 || r == 0x17B4 || r == 0x17B5 ||
			r >= 0x180B && r <= 0x180F
	case r < 0x3000:
		return r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x206F
	default:
		return r == 0x3164 || r >= 0xFE00 && r <= 0xFE0F || r == 0xFEFF || r == 0xFFA0 ||
			r >= 0xFFF9 && r <= 0xFFFB || r >= 0x1D173 && r <= 0x1D17A || r >= 0xE0000 && r <= 0xE0FFF
	}
}

// hidden returns the ASCII character that one stands for which nobody sees: a tag character for that of its number, a variation selector for a byte
// of its number, as those are used to smuggle text. stands is false for all others.
func hidden(r rune) (c byte, stands bool) {
	switch {
	case r >= 0xE0020 && r <= 0xE007E:
		c = byte(r - 0xE0000)
	case r >= 0xE0100 && r <= 0xE01EF:
		c = byte(r - 0xE0100 + 16)
	default:
		return 0, false
	}
	return c, c >= ' ' && c < 0x7F
}

// Separates reports whether a character beyond ASCII parts words, as signs and emoji do.
func Separates(r rune) bool {
	if r < factsEnd {
		return facts[r].class() == separates
	}
	_, c := classify(base(fold(compat(r))))
	return c == separates
}

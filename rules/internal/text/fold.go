package text

import "unicode"

// Fold maps a letter to its small form without accents, which is an ASCII letter where there is one.
func Fold(r rune) rune { return base(fold(r)) }

// fold maps a letter beyond ASCII to its small form. The common alphabets are done by arithmetic;
// long s and final sigma become the plain letter.
func fold(r rune) rune {
	switch {
	case r < 0x180:
		return r // base maps both cases to one ASCII letter
	case r >= 0x391 && r <= 0x3A9:
		return r + 0x20
	case r == 0x3C2:
		return 0x3C3
	case r >= 0x3B1 && r <= 0x3C9:
		return r
	case r >= 0x410 && r <= 0x42F:
		return r + 0x20
	case r >= 0x430 && r <= 0x44F:
		return r
	case r >= 0x400 && r <= 0x40F:
		return r + 0x50
	case r >= 0x590 && r < 0x10A0, r >= 0x1100 && r < 0x13A0, r >= 0x2E80 && r < 0xA640, r >= 0xABC0 && r < 0xFB00:
		return r // scripts without case
	}
	return unicode.ToLower(r)
}

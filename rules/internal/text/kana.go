package text

// Kana with a voicing mark can be written as one character, as two, and in half width as two. They
// are taken apart, so that the three are the same tokens: the kana and its mark.
const (
	voiced     = 0x3099 // combining voiced sound mark
	halfVoiced = 0x309A
)

// fullKana holds the full-width form of the half-width kana from U+FF66 on.
var fullKana = []rune("ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u3099\u309A")

// fullWidthKana maps half-width kana and the marks that stand by themselves.
func fullWidthKana(r rune) rune {
	switch {
	case r >= 0xFF66 && r <= 0xFF9F:
		return fullKana[r-0xFF66]
	case r == 0x309B:
		return voiced
	case r == 0x309C:
		return halfVoiced
	}
	return r
}

// unvoice takes the mark from a kana. mark is 0 where there is none.
func unvoice(r rune) (kana, mark rune) {
	katakana := rune(0)
	if r >= 0x30A0 {
		katakana = 0x60
	}
	switch h := r - katakana; {
	case h >= 0x304C && h <= 0x3062 && h&1 == 0, h >= 0x3065 && h <= 0x3069 && h&1 == 1, h == 0x309E:
		return r - 1, voiced
	case h >= 0x3070 && h <= 0x307D:
		switch (h - 0x3070) % 3 {
		case 0:
			return r - 1, voiced
		case 1:
			return r - 2, halfVoiced
		}
	case h == 0x3094:
		return 0x3046 + katakana, voiced
	case r >= 0x30F7 && r <= 0x30FA:
		return r - 8, voiced
	}
	return r, 0
}

package text

import "unicode/utf8"

// escapes writes the text with its URL escapes, HTML entities and backslash escapes decoded and
// hands it on. Escaped letters are a disguise: nobody needs to escape those.
func (r *Reading) escapes(p []byte) (found Disguises) {
	out := r.out[:0]
	letters, escapes := 0, 0
	for i := 0; i < len(p); {
		c, size := rune(p[i]), 0
		switch c {
		case '%':
			c, size = hexDigits(p, i+1, 2)
		case '\\':
			if i+1 < len(p) && p[i+1] == 'x' {
				c, size = hexDigits(p, i+2, 2)
			} else if i+1 < len(p) && p[i+1] == 'u' {
				c, size = hexDigits(p, i+2, 4)
			}
			if size > 0 {
				size++
			}
		case '&':
			c, size = entity(p, i)
		}
		if size == 0 {
			out = append(out, p[i])
			i++
			continue
		}
		escapes++
		if c < utf8.RuneSelf && wordByte(byte(c)) {
			letters++
		}
		if p[i] == '%' {
			out = append(out, byte(c)) // one byte of UTF-8
		} else {
			out = utf8.AppendRune(out, c)
		}
		i += size
	}
	r.out = out
	if escapes == 0 {
		return 0
	}
	readable(out) // for what is no UTF-8
	r.Out(out)
	if letters >= 3 {
		found = Escaped
	}
	return found | templates(out)
}

// hexDigits reads n hex digits behind one byte and returns their value and the size of all.
func hexDigits(p []byte, i, n int) (value rune, size int) {
	if i+n > len(p) {
		return 0, 0
	}
	for _, c := range p[i : i+n] {
		v := hexValue(c)
		if v == 16 {
			return 0, 0
		}
		value = value<<4 | rune(v)
	}
	return value, n + 1
}

// entity reads an HTML entity by number, with or without its semicolon.
func entity(p []byte, i int) (value rune, size int) {
	at := i + 1
	if at >= len(p) || p[at] != '#' {
		return 0, 0
	}
	at++
	base := rune(10)
	if at < len(p) && p[at]|0x20 == 'x' {
		base = 16
		at++
	}
	digits := 0
	for ; at < len(p) && digits < 8; at++ {
		v := rune(hexValue(p[at]))
		if v >= base {
			break
		}
		value = value*base + v
		digits++
	}
	if digits == 0 || value > utf8.MaxRune || value == 0 {
		return 0, 0
	}
	if at < len(p) && p[at] == ';' {
		at++
	}
	return value, at - i
}

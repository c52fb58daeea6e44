package disguise

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/swar"
)

// escapes writes the text with its URL escapes, HTML entities and backslash escapes decoded and
// hands it on. Escaped letters are a disguise: nobody needs to escape those.
func (r *Reading) escapes(p []byte) (found Kinds) {
	out := r.out[:0]
	letters, escapes := 0, 0
	r.mended = r.mended[:0]
	done := 0 // p[:done] is written
	for i := 0; i < len(p); {
		if p[i] != '%' && p[i] != '&' && p[i] != '\\' {
			i = mayEscape(p, i)
			continue
		}
		c, size := escaped(p, i)
		if size == 0 {
			i++
			continue
		}
		if done < i {
			out = append(out, p[done:i]...)
		}
		from := len(out)
		escapes++
		if c < utf8.RuneSelf && charset.Plain(byte(c)) {
			letters++
		}
		if p[i] == '%' {
			out = append(out, byte(c)) // one byte of UTF-8
		} else {
			out = utf8.AppendRune(out, c)
		}
		r.noteMended(from, len(out))
		i += size
		done = i
	}
	if escapes == 0 {
		return 0
	}
	r.out = append(out, p[done:]...)
	readable(r.out) // for what is no UTF-8
	r.hand(r.out)
	if letters >= 3 {
		found = Escaped
	}
	return found | templates(r.out)
}

// mayEscape returns where the next byte is that may begin an escape, at p[i] or behind it.
func mayEscape(p []byte, i int) int {
	for ; i < len(p); i++ {
		for i+8 <= len(p) {
			if w := swar.Load(p[i:]); swar.Has(w, '%') || swar.Has(w, '&') || swar.Has(w, '\\') {
				break
			}
			i += 8
		}
		if i < len(p) && (p[i] == '%' || p[i] == '&' || p[i] == '\\') {
			return i
		}
	}
	return i
}

// escaped reads the escape at p[i] and returns its value and size; the size is 0 if there is none.
func escaped(p []byte, i int) (value rune, size int) {
	switch {
	case p[i] == '%':
		return hexDigits(p, i+1, 2)
	case p[i] == '&':
		return entity(p, i)
	case i+1 == len(p):
	case p[i+1] == 'x':
		value, size = hexDigits(p, i+2, 2)
	case p[i+1] == 'u':
		value, size = hexDigits(p, i+2, 4)
	}
	if size > 0 {
		size++
	}
	return value, size
}

// hexDigits reads n hex digits behind one byte and returns their value and the size of all.
func hexDigits(p []byte, i, n int) (value rune, size int) {
	if i+n > len(p) {
		return 0, 0
	}
	for _, c := range p[i : i+n] {
		v := charset.Hex(c)
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
		v := rune(charset.Hex(p[at]))
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

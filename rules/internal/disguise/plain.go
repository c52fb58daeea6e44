package disguise

import (
	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// Plain appends p to out with its escapes decoded, and with a space for each sequence that parts words and is none of theirs: colours of terminals and
// formats such as %s. It is for what is looked for in bytes and not in words. first and last are where in plain stands what stood at p[from] and p[to].
// changed is false if p has none of these.
func Plain(out, p []byte, from, to int) (plain []byte, first, last int, changed bool) {
	done := 0
	first, last = -1, -1
	for i := 0; i < len(p); {
		if first < 0 && i >= from {
			first = len(out) + i - done
		}
		if last < 0 && i >= to {
			last = len(out) + i - done
		}
		c := p[i]
		if c != '%' && c != '&' && c != '\\' && c != 0x1b && c != 0x03 && c != '+' {
			i++
			continue
		}
		at, value, size := i, rune(' '), text.Controls(p, i)
		if size > 0 {
			size++
		} else if c != 0x1b && c != 0x03 {
			if at, value, size = escapeAt(p, i, done); size == 0 && c == '%' {
				value, size = ' ', format(p, i)
			}
		}
		if size == 0 {
			i++
			continue
		}
		out = append(out, p[done:at]...)
		out = appendValue(out, p[at], value)
		i = at + size
		done = i
		changed = true
	}
	out = append(out, p[done:]...)
	if first < 0 {
		first = len(out)
	}
	if last < 0 {
		last = len(out)
	}
	return out, first, last, changed
}

// format is the size of a format of C, such as %s or %-5.2d, if a letter or digit is glued to it; else 0.
func format(p []byte, i int) int {
	at := i + 1
	for at < len(p) && at-i < 8 && (charset.Of(p[at])&charset.Digits != 0 || p[at] == '-' || p[at] == '.' || p[at] == '+' || p[at] == '#') {
		at++
	}
	if at+1 >= len(p) || charset.Of(p[at])&charset.Letters == 0 || !charset.Plain(p[at+1]) {
		return 0
	}
	return at + 1 - i
}

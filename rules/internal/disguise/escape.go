package disguise

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/swar"
)

// escapes writes the text with its URL escapes, HTML entities, backslash escapes and names of code points decoded and
// hands it on. Escaped letters are a disguise: nobody needs to escape those.
func (r *Reading) escapes(p []byte) (found Kinds) {
	out := r.out[:0]
	letters, escapes := 0, 0
	r.mended = r.mended[:0]
	done := 0 // p[:done] is written
	for i := mayEscape(p, 0); i < len(p); i = mayEscape(p, i) {
		at, c, size := escapeAt(p, i, done)
		if size == 0 {
			i++
			continue
		}
		out = append(out, p[done:at]...)
		from := len(out)
		escapes++
		if c < utf8.RuneSelf && charset.Plain(byte(c)) {
			letters++
		}
		out = appendValue(out, p[at], c)
		r.noteMended(from, len(out))
		i = at + size
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

// escapeAt reads the escape to which the sign p[i] belongs, of a text that was read up to p[done]: where it begins, its value and its size; the size is 0
// if there is none.
func escapeAt(p []byte, i, done int) (at int, value rune, size int) {
	if p[i] != '+' {
		value, size = escaped(p, i)
	} else if i > done {
		i-- // the U of U+0069
		value, size = codePoint(p, i)
	}
	return i, value, size
}

// appendValue appends what an escape that begins with a sign stands for: with a % one byte of UTF-8, else a character.
func appendValue(out []byte, sign byte, value rune) []byte {
	if sign == '%' {
		return append(out, byte(value))
	}
	return utf8.AppendRune(out, value)
}

// mayEscape returns where the next byte is that may begin an escape, at p[i] or behind it.
func mayEscape(p []byte, i int) int {
	for ; i < len(p); i++ {
		for i+8 <= len(p) {
			if w := swar.Load(p[i:]); swar.Has(w, '%') || swar.Has(w, '&') || swar.Has(w, '\\') || swar.Has(w, '+') {
				break
			}
			i += 8
		}
		if i < len(p) && (p[i] == '%' || p[i] == '&' || p[i] == '\\' || p[i] == '+') {
			return i
		}
	}
	return i
}

// escaped reads the escape at p[i] and returns its value and size; the size is 0 if there is none. Of a URL escape the value is one byte.
func escaped(p []byte, i int) (value rune, size int) {
	switch p[i] {
	case '%':
		at := i + 1
		for at+4 <= len(p) && p[at] == '2' && p[at+1] == '5' && charset.Hex(p[at+2]) < 16 && charset.Hex(p[at+3]) < 16 {
			at += 2 // escaped once more
		}
		value, size = number(p, at, 2, 2, 16)
		return value, sizeTo(i, at, size)
	case '&':
		return entity(p, i)
	case 'u', 'U':
		return codePoint(p, i)
	}
	if i+1 == len(p) {
		return 0, 0
	}
	at := i + 2
	switch c := p[i+1]; {
	case c == 'x' && at < len(p) && p[at] == '{', c == 'u' && at < len(p) && p[at] == '{':
		if value, size = number(p, at+1, 1, 6, 16); size == 0 || at+1+size >= len(p) || p[at+1+size] != '}' {
			return 0, 0
		}
		size += 2
	case c == 'x':
		value, size = number(p, at, 2, 2, 16)
	case c == 'u':
		value, size = number(p, at, 4, 4, 16)
	case c == 'U':
		value, size = number(p, at, 8, 8, 16)
	case c-'0' < 4:
		at--
		value, size = number(p, at, 3, 3, 8)
	}
	if value > utf8.MaxRune {
		return 0, 0
	}
	return value, sizeTo(i, at, size)
}

// sizeTo is the size of what begins at i and whose last piece begins at another place; 0 if that has none.
func sizeTo(i, at, size int) int {
	if size == 0 {
		return 0
	}
	return at + size - i
}

// number reads at least so many digits of a base, and at most so many, and returns their value and how many they are; 0 if there are too few.
func number(p []byte, at, least, most int, base rune) (value rune, n int) {
	for n < most && at+n < len(p) {
		v := rune(charset.Hex(p[at+n]))
		if v >= base {
			break
		}
		value = value*base + v
		if n++; value > utf8.MaxRune {
			break
		}
	}
	if n < least {
		return 0, 0
	}
	return value, n
}

// codePoint reads the name of a code point, such as U+0069, with the space behind it if another one follows.
func codePoint(p []byte, i int) (value rune, size int) {
	if p[i]|0x20 != 'u' || i+1 >= len(p) || p[i+1] != '+' || i > 0 && charset.Of(p[i-1])&charset.Letters != 0 && charset.Hex(p[i-1]) == 16 {
		return 0, 0 // nothing, or the end of a word
	}
	value, size = number(p, i+2, 4, 6, 16)
	if size == 0 || value > utf8.MaxRune {
		return 0, 0
	}
	size += 2
	if at := i + size; at+2 < len(p) && p[at] == ' ' && p[at+1]|0x20 == 'u' && p[at+2] == '+' {
		size++
	}
	return value, size
}

// entity reads an HTML entity by number, with or without its semicolon, or by a name. What is escaped once more, as in &amp;#105;, is read as if it were not.
func entity(p []byte, i int) (value rune, size int) {
	at := i + 1
	for len(p)-at > 4 && string(p[at:at+4]) == "amp;" {
		if _, more := reference(p, at+4); more == 0 {
			break
		}
		at += 4
	}
	value, size = reference(p, at)
	return value, sizeTo(i, at, size)
}

// reference reads what stands behind the & of an entity.
func reference(p []byte, at int) (value rune, size int) {
	if at >= len(p) {
		return 0, 0
	}
	if p[at] != '#' {
		return named(p, at)
	}
	from := at
	at++
	base := rune(10)
	if at < len(p) && p[at]|0x20 == 'x' {
		base = 16
		at++
	}
	value, digits := number(p, at, 1, 8, base)
	if digits == 0 || value > utf8.MaxRune || value == 0 {
		return 0, 0
	}
	if at += digits; at < len(p) && p[at] == ';' {
		at++
	}
	return value, at - from
}

// longestName is the length of the longest name of an entity that is read.
const longestName = 8

// named reads the name of an entity and its semicolon. Letters with an accent are read as the letters.
func named(p []byte, at int) (value rune, size int) {
	end := at
	for end < len(p) && end-at <= longestName && charset.Plain(p[end]) {
		end++
	}
	if end == at || end == len(p) || p[end] != ';' || end-at > longestName {
		return 0, 0
	}
	name := string(p[at:end])
	switch name[1:] {
	case "acute", "grave", "circ", "uml", "tilde", "cedil", "ring", "caron", "slash", "macr", "breve", "dot":
		return rune(name[0]), end + 1 - at
	}
	switch name {
	case "nbsp", "ensp", "emsp", "thinsp", "shy", "zwnj", "zwj", "numsp", "puncsp", "hairsp", "Tab", "NewLine", "middot", "bull", "mdash", "ndash", "hellip":
		value = ' '
	case "amp":
		value = '&'
	case "lt", "LT":
		value = '<'
	case "gt", "GT":
		value = '>'
	case "quot", "QUOT":
		value = '"'
	case "apos":
		value = '\''
	case "sol":
		value = '/'
	case "bsol":
		value = '\\'
	case "vert", "verbar":
		value = '|'
	case "lsqb", "lbrack":
		value = '['
	case "rsqb", "rbrack":
		value = ']'
	case "lowbar":
		value = '_'
	case "excl":
		value = '!'
	case "commat":
		value = '@'
	case "num":
		value = '#'
	case "period":
		value = '.'
	case "comma":
		value = ','
	case "colon":
		value = ':'
	case "semi":
		value = ';'
	default:
		return 0, 0
	}
	return value, end + 1 - at
}

package pii

import "github.com/mom-router/mom-router/rules/internal/charset"

// The longest parts of an address, as RFC 5321 section 4.5.3.1 has them.
const (
	longestLocal  = 64
	longestDomain = 253
)

// email reports whether the @ at p[i] is that of a mail address. Addresses in quotes and of
// letters beyond ASCII are not looked for.
func email(p []byte, i int) bool {
	start := i
	for start > 0 && i-start <= longestLocal && localByte(p[start-1]) {
		start--
	}
	for start < i && !isDigit(p[start]) && !isLetter(p[start]) {
		start++
	}
	if n := i - start; n == 0 || n > longestLocal || p[i-1] == '.' {
		return false
	}
	end := i + 1
	for end < len(p) && end-i <= longestDomain && (isDigit(p[end]) || isLetter(p[end]) || p[end] == '-' || p[end] == '.') {
		end++
	}
	// git@host:path is no mail address.
	if c := byteAt(p, end); c == '@' || c == ':' && pathByte(byteAt(p, end+1)) && end+1 < len(p) {
		return false
	}
	for end > i+1 && (p[end-1] == '.' || p[end-1] == '-') {
		end--
	}
	return domain(p[i+1:end]) && !userInfo(p, start)
}

func pathByte(c byte) bool { return isLetter(c) || c == '/' || c == '~' }

func localByte(c byte) bool {
	if wordByte(c) {
		return true
	}
	switch c {
	case '.', '%', '+', '-', '\'', '&', '~', '=':
		return true
	}
	return false
}

// userInfo reports whether what begins at p[i] is the user of a URL such as
// postgres://user:password@host.
func userInfo(p []byte, i int) bool {
	for n := 0; i >= 2 && n < longestLocal; n++ {
		i--
		switch c := p[i]; {
		case c == '/' && p[i-1] == '/':
			return true
		case c <= ' ' || c == '<' || c == '"' || c == ',' || c >= 0x80:
			return false
		}
	}
	return false
}

// domain reports whether a name has at least two labels, none of them empty or too long, and a
// last one that can be a top-level domain.
func domain(p []byte) bool {
	dots, label := 0, 0
	for i, c := range p {
		if c != '.' {
			if label++; label > 63 || c == '-' && (label == 1 || byteAt(p, i+1) == '.') {
				return false
			}
			continue
		}
		if label == 0 {
			return false
		}
		dots, label = dots+1, 0
	}
	if dots == 0 || label < 2 || label > 24 {
		return false
	}
	top := p[len(p)-label:]
	if hasPrefix(top, 0, "xn--") {
		return true
	}
	for _, c := range top {
		if !isLetter(c) {
			return false
		}
	}
	return !fileEnding(top)
}

// fileEnding tells icon@2x.png from an address. Endings that are countries, too, are not listed.
func fileEnding(top []byte) bool {
	var b [5]byte
	if len(top) > len(b) {
		return false
	}
	for i, c := range top {
		b[i] = charset.Lower(c)
	}
	switch string(b[:len(top)]) {
	case "png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css", "json", "html", "txt", "pdf", "xml", "yaml", "yml":
		return true
	}
	return false
}

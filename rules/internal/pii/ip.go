package pii

import "github.com/mom-router/mom-router/rules/internal/charset"

// ipv4 reports whether an IPv4 address begins at p[i]. Addresses that are nobody's (loopback,
// unspecified, network masks) and the numbers of versions are none.
func ipv4(p []byte, i int) bool {
	before := edge(p, i)
	if wordByte(before) || (before == '.' || before == '-') && i > 1 && wordByte(p[i-2]) {
		return false
	}
	begin := i
	var part [4]int
	for k := range part {
		n, start := 0, i
		for i < len(p) && isDigit(p[i]) && i-start < 4 {
			n = n*10 + int(p[i]-'0')
			i++
		}
		if size := i - start; size == 0 || n > 255 || size > 1 && p[start] == '0' {
			return false
		}
		part[k] = n
		if k < 3 {
			if byteAt(p, i) != '.' {
				return false
			}
			i++
		}
	}
	c, next := byteAt(p, i), byteAt(p, i+1)
	if wordByte(c) || (c == '.' || c == '-') && wordByte(next) {
		return false
	}
	return part[0] != 0 && part[0] != 127 && part[0] != 255 && !versioned(p, begin)
}

// versioned reports whether words before p[i] say that a version follows.
func versioned(p []byte, i int) bool {
	g := groups{text: p, start: i}
	for k := lineStart(p, i, 12); k < i; k++ {
		if c := charset.Lower(p[k]); c == 'v' && (g.wordAt(k, "version") || g.wordAt(k, "ver")) || c == 'r' && g.wordAt(k, "release") ||
			c == 'b' && g.wordAt(k, "build") || c == 's' && g.wordAt(k, "section") || c == 'f' && g.wordAt(k, "firmware") {
			return true
		}
	}
	return false
}

// ipv6 reports whether an IPv6 address begins at p[i]. It must have all eight groups, or a double
// colon and a first group of four digits, as addresses out in the world have: a::b is C++.
func ipv6(p []byte, i int) bool {
	if before := edge(p, i); wordByte(before) || before == ':' || before == '.' {
		return false
	}
	start, count, double, digits := i, 0, false, 0
	for {
		from := i
		for i < len(p) && hexDigit(p[i]) && i-from < 5 {
			if isDigit(p[i]) {
				digits++
			}
			i++
		}
		if i-from > 4 {
			return false
		}
		if i > from {
			count++
		}
		if count == 1 && byteAt(p, i) != ':' {
			return false
		}
		if byteAt(p, i) != ':' {
			break
		}
		if byteAt(p, i+1) == ':' {
			if double {
				return false
			}
			double = true
			i += 2
			continue
		}
		if !hexDigit(byteAt(p, i+1)) {
			break
		}
		i++
	}
	if wordByte(byteAt(p, i)) || count > 8 {
		return false
	}
	if !double {
		return count == 8
	}
	return count >= 2 && count < 8 && digits > 0 && p[start+4] == ':'
}

func hexDigit(c byte) bool { return isDigit(c) || (c|0x20)-'a' < 6 }

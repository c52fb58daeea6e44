package source

import "strings"

// looksNumeric reports whether an unquoted word is a number by YAML 1.2's core
// schema: an integer in decimal, octal (0o) or hexadecimal (0x), or a float.
func looksNumeric(s string) bool {
	if rest, ok := strings.CutPrefix(s, "0o"); ok {
		return rest != "" && strings.Trim(rest, "01234567") == ""
	}
	if rest, ok := strings.CutPrefix(s, "0x"); ok {
		return rest != "" && strings.Trim(rest, "0123456789abcdefABCDEF") == ""
	}
	s = unsigned(s)
	switch s {
	case ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN":
		return true
	}
	whole, s := digits(s)
	fraction := ""
	if rest, ok := strings.CutPrefix(s, "."); ok {
		fraction, s = digits(rest)
	}
	return (whole != "" || fraction != "") && isExponent(s)
}

// isJSONNumber reports whether a word is a number literal of JSON.
func isJSONNumber(s string) bool {
	whole, s := digits(strings.TrimPrefix(s, "-"))
	if whole == "" || len(whole) > 1 && whole[0] == '0' {
		return false
	}
	if rest, ok := strings.CutPrefix(s, "."); ok {
		fraction, after := digits(rest)
		if s = after; fraction == "" {
			return false
		}
	}
	return isExponent(s)
}

// isExponent reports whether what follows a mantissa is nothing or an exponent.
func isExponent(s string) bool {
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	exponent, rest := digits(unsigned(s[1:]))
	return exponent != "" && rest == ""
}

// unsigned drops one sign.
func unsigned(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

// digits cuts the leading decimal digits off a string.
func digits(s string) (head, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}

package rules

import "slices"

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func appendNew(list []string, s string) []string {
	if contains(list, s) {
		return list
	}
	return append(list, s)
}

// isName accepts what may name a rule, a flag or a code: letters, digits, "_",
// "-" and ".", at most 64 of them.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// isVisible accepts what may stand in a header's value: at most 128 bytes of
// visible ASCII, no spaces.
func isVisible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

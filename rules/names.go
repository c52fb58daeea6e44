package rules

import (
	"slices"
	"strings"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func appendNew(list []string, s string) []string {
	if contains(list, s) {
		return list
	}
	return append(list, s)
}

// sortedKeys lists the keys of a set in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// didYouMean suggests the known name nearest to a wrong one, or lists the known
// names while they are few.
func didYouMean(wrong string, known []string) string {
	best, bound := "", min(1+len(wrong)/3, len(wrong)-1)
	for _, k := range known {
		if d := distance(strings.ToLower(wrong), strings.ToLower(k)); d <= bound && (best == "" || d < bound) {
			best, bound = k, d
		}
	}
	switch {
	case best != "":
		return "did you mean \"" + best + "\"?"
	case len(known) == 0:
		return ""
	case len(known) <= 16:
		return "known: " + strings.Join(known, ", ")
	}
	return ""
}

// distance counts the insertions, removals, replacements and swaps of
// neighbours that turn a into b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
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

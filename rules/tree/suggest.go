package tree

import "strings"

// DidYouMean suggests the known name nearest to a wrong one, or lists the known
// names while they are few.
func DidYouMean(wrong string, known []string) string {
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

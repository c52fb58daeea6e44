package tree

import "sort"

// SortedKeys lists the keys of a map in order. (Here and in the compilers of policies all is sorted by package sort: each type
// that package slices sorts makes the module 20 KB larger.)
func SortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	return keys
}

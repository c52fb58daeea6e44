package vm

// A module names the same few headers and properties again and again, so their names are kept as strings. How many and how
// long is bounded, since a name can come from a request.
const (
	maxNames   = 256
	maxNameLen = 64
)

// names are strings by their bytes. The zero value is empty.
type names map[string]string

// text is string(b).
func (n *names) text(b []byte) string {
	if s, ok := (*n)[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(*n) < maxNames && len(s) <= maxNameLen {
		if *n == nil {
			*n = names{}
		}
		(*n)[s] = s
	}
	return s
}

package text

// Rot13 writes a text with each ASCII letter moved by 13 places. Texts are not searched for it:
// the phrases of a policy are turned instead, which costs a text nothing.
func Rot13(s string) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case c-'a' < 26:
			b[i] = 'a' + (c-'a'+13)%26
		case c-'A' < 26:
			b[i] = 'A' + (c-'A'+13)%26
		}
	}
	return string(b)
}

package text

import "unicode/utf8"

// AppendReadable appends a text as a Window gathers it: its readable form.
func AppendReadable(dst, p []byte) []byte {
	for len(p) > 0 {
		n := asciiPrefix(p)
		dst = append(dst, p[:n]...)
		for p = p[n:]; len(p) > 0 && p[0] >= utf8.RuneSelf; {
			r, n := utf8.DecodeRune(p)
			switch c := compat(r); {
			case invisible(r), combining(r):
			case c < utf8.RuneSelf:
				dst = append(dst, byte(c))
			default:
				dst = append(dst, p[:n]...)
			}
			p = p[n:]
		}
	}
	return dst
}

package strictjson

import (
	"bytes"
	"unicode/utf8"
)

// AppendString appends the beginning of a string, decoded, of at most so many bytes. p is what stands behind its first quotation mark, or behind any
// whole character or escape of it, of a text that was read already and is right.
func AppendString(dst, p []byte, most int) []byte {
	most += len(dst)
	for len(p) > 0 && len(dst) < most && p[0] != '"' {
		if p[0] == '\\' {
			r, n := escape(p)
			if n <= 0 {
				break
			}
			dst = utf8.AppendRune(dst, r)
			p = p[n:]
			continue
		}
		n := 0
		for n < len(p) && p[n] != '"' && p[n] != '\\' {
			if n = plain(p, n); n < len(p) && p[n] >= 0x80 {
				n++
			} else if n < len(p) && p[n] < ' ' {
				break
			}
		}
		if n = min(n, most-len(dst)); n == 0 {
			break
		}
		dst = append(dst, p[:n]...)
		p = p[n:]
	}
	return dst[:min(len(dst), most)]
}

// Boundary returns the first place from near on at which AppendString can begin, in a string whose first character is p[from].
func Boundary(p []byte, from, near int) int {
	i := from
	for i < near {
		n := bytes.IndexByte(p[i:near], '\\')
		if n < 0 {
			i = near
			break
		}
		i += n
		_, n = escape(p[i:])
		i += max(n, 1)
	}
	for i < len(p) && !utf8.RuneStart(p[i]) {
		i++
	}
	return i
}

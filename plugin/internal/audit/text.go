package audit

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string of at most longest bytes between the
// quotation marks; what does not fit is cut off. Control characters are escaped
// and invalid UTF-8 is replaced, so that no value can break out of its line.
func AppendString(dst []byte, s string, longest int) []byte {
	dst = append(dst, '"')
	limit := len(dst) + longest
	for len(s) > 0 {
		if n := plain(s); n > 0 { // nearly always all of it
			room := limit - len(dst)
			dst = append(dst, s[:min(n, room)]...)
			if n > room {
				break
			}
			s = s[n:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		before := len(dst)
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20 || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029:
			dst = append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
		if len(dst) > limit {
			dst = dst[:before]
			break
		}
	}
	return append(dst, '"')
}

// plain counts the bytes at the start of s that stand for themselves in JSON.
func plain(s string) int {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return i
		}
	}
	return len(s)
}

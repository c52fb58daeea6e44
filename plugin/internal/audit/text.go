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

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain counts the bytes at the start of s that stand for themselves in JSON.
func plain(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := word(s[i : i+8])
		// Each term has the high bit of a byte set where the byte is, in turn, below a space, a quotation mark, a
		// backslash, a DEL or above ASCII. A borrow sets more only above such a byte.
		hit := (w - ones*' ') | ((w ^ ones*'"') - ones) | ((w ^ ones*'\\') - ones) | ((w ^ ones*0x7f) - ones) | w
		if hit&highs != 0 {
			break
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// word reads 8 bytes, the first one lowest; compilers make it one load.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

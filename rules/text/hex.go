package text

// hex decodes rows of at least eight pairs of hex digits that hold text: one behind the other, or
// with a space or sign, 0x or \x between them.
func (r *Reading) hex(p []byte) (found Disguises) {
	for i := 0; i < len(p); {
		if hexValue(p[i]) == 16 || i > 0 && wordByte(p[i-1]) && p[i-1] != 'x' {
			i++
			continue
		}
		if i+1 < len(p) && p[i] == '0' && p[i+1]|0x20 == 'x' {
			i += 2
		}
		out, end := r.out[:0], i
		for end+1 < len(p) && hexValue(p[end]) < 16 && hexValue(p[end+1]) < 16 {
			out = append(out, hexValue(p[end])<<4|hexValue(p[end+1]))
			i = end + 2
			end = i
			if end < len(p) && (p[end] == ' ' || p[end] == ',' || p[end] == ':' || p[end] == '-') {
				end++
				if end < len(p) && p[end] == ' ' {
					end++
				}
			}
			if end+1 < len(p) && (p[end] == '0' || p[end] == '\\') && p[end+1]|0x20 == 'x' {
				end += 2
			}
		}
		r.out = out
		if readable(out) {
			r.Out(out)
			found |= Hex | templates(r.out)
		}
		for i < len(p) && wordByte(p[i]) {
			i++
		}
		if len(out) == 0 {
			i++
		}
	}
	return found
}

// hexValue is the value of a hex digit, or 16.
func hexValue(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case (c|0x20)-'a' < 6:
		return c | 0x20 - 'a' + 10
	}
	return 16
}

package text

// hex decodes rows of at least eight pairs of hex digits that hold text: one behind the other, or
// with a space or sign, 0x or \x between them.
func (r *Reading) hex(p []byte) (found Disguises) {
	for i := hexRow(p, 0); i < len(p); {
		if hexValue(p[i]) == 16 || i > 0 && wordByte(p[i-1]) && p[i-1] != 'x' {
			if i++; i < len(p) && charsets[p[i-1]]&(inLetters|inDigits|inRow) == 0 {
				i = hexRow(p, i)
			}
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
			r.Out(out, true, true)
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

// hexRow returns where the next row that is long enough may begin, at p[i] or behind it. p[i] is the first byte of all or
// stands behind one that is of no row and no word. Eight pairs are at least sixteen bytes, so eight of them that a machine
// word holds are all of a row.
func hexRow(p []byte, i int) int {
	const inRun = inLetters | inDigits | inRow
	for at := i &^ 7; at+8 <= len(p); at += 8 {
		w := load(p[at:])
		l := lower(w &^ tops)
		if (l+ones*(0x80-'g'))&^(l+ones*(0x80-'x'))&tops != 0 || w == spaces || !inSet(p[at:at+8], inRow) {
			continue // as nearly all do, it has a letter from g to w
		}
		for at > i && charsets[p[at-1]]&inRun != 0 {
			at--
		}
		return max(at, i)
	}
	return len(p)
}

// inSet reports whether all bytes are of a set.
func inSet(p []byte, set charset) bool {
	for _, c := range p {
		if charsets[c]&set == 0 {
			return false
		}
	}
	return true
}

// hexValue is the value of a hex digit, or 16.
func hexValue(c byte) byte { return hexValues[c] }

var hexValues = func() (t [256]byte) {
	for i := range t {
		switch c := byte(i); {
		case c-'0' < 10:
			t[i] = c - '0'
		case (c|0x20)-'a' < 6:
			t[i] = c | 0x20 - 'a' + 10
		default:
			t[i] = 16
		}
	}
	return t
}()

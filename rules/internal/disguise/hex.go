package disguise

import (
	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/swar"
)

// hex decodes rows of at least eight pairs of hex digits that hold text: one behind the other, or
// with a space or sign, 0x or \x between them.
func (r *Reading) hex(p []byte) (found Kinds) {
	for i := hexRow(p, 0); i < len(p); {
		if charset.Hex(p[i]) == 16 || i > 0 && charset.Plain(p[i-1]) && p[i-1] != 'x' {
			if i++; i < len(p) && charset.Of(p[i-1])&(charset.Letters|charset.Digits|charset.HexRows) == 0 {
				i = hexRow(p, i)
			}
			continue
		}
		if i+1 < len(p) && p[i] == '0' && p[i+1]|0x20 == 'x' {
			i += 2
		}
		out, end := r.out[:0], i
		for end+1 < len(p) && charset.Hex(p[end]) < 16 && charset.Hex(p[end+1]) < 16 {
			out = append(out, charset.Hex(p[end])<<4|charset.Hex(p[end+1]))
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
		if len(out) >= leastReadable && readable(out) {
			r.Out(out, true, true)
			found |= Hex | templates(r.out)
		}
		for i < len(p) && charset.Plain(p[i]) {
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
	const inRun = charset.Letters | charset.Digits | charset.HexRows
	for at := i &^ 7; at+8 <= len(p); at += 8 {
		w := swar.Load(p[at:])
		l := swar.Lower(w &^ swar.Tops)
		if (l+swar.Ones*(0x80-'g'))&^(l+swar.Ones*(0x80-'x'))&swar.Tops != 0 || w == swar.Spaces || !charset.All(p[at:at+8], charset.HexRows) {
			continue // as nearly all do, it has a letter from g to w
		}
		for at > i && charset.Of(p[at-1])&inRun != 0 {
			at--
		}
		return max(at, i)
	}
	return len(p)
}

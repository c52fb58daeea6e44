package disguise

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/swar"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// base64Value is the value of each letter of base64, of either alphabet; 64 for all others.
var base64Value = func() (t [256]byte) {
	for c := range t {
		t[c] = 64
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range len(alphabet) {
		t[alphabet[i]] = byte(i)
	}
	t['-'], t['_'] = 62, 63
	return t
}()

// base64 decodes runs of base64 that hold text. Where a run begins is not always where its groups
// of four do (text may be glued to it, and a window may begin within it), so all four places are
// tried.
func (r *Reading) base64(p []byte) (found Kinds) {
	for i := dataRun(p, 0); i < len(p); i++ {
		if c := charset.Of(p[i]); c&charset.Data == 0 {
			if c&charset.Lines == 0 {
				i = dataRun(p, i+1) - 1
			}
			continue
		}
		start := i
		for i < len(p) && (base64Value[p[i]] < 64 || lineEnd(p, i)) {
			i++
		}
		if i-start < text.ShortestRun {
			continue
		}
		for phase := range 4 {
			run := p[start+phase : i]
			if len(run) >= 8 && hopeless(run) {
				continue
			}
			// Nearly all runs are names and paths, which decode to no text at all: few bytes of them say so, and most often fewer.
			if r.out = decode64(r.out[:0], run, sample/4); len(r.out) >= sample/4 && !hopeful(r.out) {
				continue
			}
			if r.out = decode64(r.out[:0], run, sample/2); len(r.out) >= sample/2 && !hopeful(r.out) {
				continue
			}
			r.out = decode64(r.out[:0], run, sample)
			if !readable(r.out) {
				continue
			}
			// What is no text further on may be something else that stands behind the data.
			r.out = decode64(r.out[:0], run, len(run))
			readable(r.out)
			r.Out(r.out, true, true)
			found |= Base64 | templates(r.out)
			break
		}
	}
	return found
}

// hopeless reports whether the first eight letters of a run say for sure that it decodes to no text. It is what becomes of nearly all names, paths and numbers:
// of six bytes that mean nothing two or three are controls or no UTF-8.
func hopeless(p []byte) bool {
	a, b, c, d := uint64(base64Value[p[0]]), uint64(base64Value[p[1]]), uint64(base64Value[p[2]]), uint64(base64Value[p[3]])
	e, f, g, h := uint64(base64Value[p[4]]), uint64(base64Value[p[5]]), uint64(base64Value[p[6]]), uint64(base64Value[p[7]])
	if (a|b|c|d|e|f|g|h)&64 != 0 {
		return false // something is skipped
	}
	const six = swar.Tops &^ 0xFFFF // the first byte is the highest one
	w := a<<58 | b<<52 | c<<46 | d<<40 | e<<34 | f<<28 | g<<22 | h<<16
	high := w & swar.Tops
	begins, goesOn := high&(w<<1), high&^(w<<1) // a character of several bytes
	bad := goesOn&^(high>>8) | begins&^(goesOn<<8)&^0xFFFFFF
	ascii := w &^ swar.Tops
	controls := ^(ascii + swar.Ones*(0x80-' ')) &^ (swar.Equal(ascii, '\n') | swar.Equal(ascii, '\t') | swar.Equal(ascii, '\r')) &^ high
	return bits.OnesCount64((bad|controls)&six) > 1
}

// dataRun returns where the next run that is long enough may begin, at p[i] or behind it. p[i] is the first byte of all or
// stands behind one that is of no run. Runs are at least sixteen bytes of data and line ends, so eight of them that a
// machine word holds are of nothing else.
func dataRun(p []byte, i int) int {
	const inRun = charset.Data | charset.Lines
	for at := i &^ 7; at+8 <= len(p); at += 8 {
		w := swar.Load(p[at:])
		if swar.Equal(w&^swar.Tops, ' ')|w&swar.Tops != 0 || !charset.All(p[at:at+8], inRun) {
			continue // as nearly all do, it has a space
		}
		for at > i && charset.Of(p[at-1])&inRun != 0 {
			at--
		}
		return max(at, i)
	}
	return len(p)
}

// lineEnd reports whether p[i] is a line end within base64, as MIME has them.
func lineEnd(p []byte, i int) bool {
	if i < 60 || i+1 == len(p) || base64Value[p[i-60]] == 64 {
		return false
	}
	// A blank line ends it.
	return p[i] == '\r' && p[i+1] == '\n' || p[i] == '\n' && base64Value[p[i+1]] < 64
}

// decode64 appends at most most decoded bytes to out; what is no base64 is skipped.
func decode64(out, p []byte, most int) []byte {
	for len(p) >= 4 {
		a, b, c, d := uint32(base64Value[p[0]]), uint32(base64Value[p[1]]), uint32(base64Value[p[2]]), uint32(base64Value[p[3]])
		if (a|b|c|d)&64 != 0 {
			break // something is skipped from here on
		}
		group := a<<18 | b<<12 | c<<6 | d
		out = append(out, byte(group>>16), byte(group>>8), byte(group))
		if p = p[4:]; len(out) >= most {
			return out
		}
	}
	group, n := uint32(0), 0
	for _, c := range p {
		v := base64Value[c]
		if v == 64 {
			continue
		}
		group = group<<6 | uint32(v)
		if n++; n < 4 {
			continue
		}
		out = append(out, byte(group>>16), byte(group>>8), byte(group))
		if group, n = 0, 0; len(out) >= most {
			return out
		}
	}
	switch n {
	case 3:
		out = append(out, byte(group>>10), byte(group>>2))
	case 2:
		out = append(out, byte(group>>4))
	}
	return out
}

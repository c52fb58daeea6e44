package disguise

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/swar"
	"github.com/mom-router/mom-router/rules/internal/work"
)

// words hands the text on with its disguised words put right, if there are any.
func (r *Reading) words(p []byte) (found Kinds) {
	r.doubtful, r.last = false, false
	if r.Meter.Read(work.Search, len(p)) {
		found = r.write(p)
	}
	if r.doubtful && r.Meter.Read(work.Search, len(p)) {
		r.last = true
		r.write(p)
	}
	return found
}

// write writes the text with its disguised words put right, and hands on what stands around them.
func (r *Reading) write(p []byte) (found Kinds) {
	out := r.out[:0]
	r.together, r.mended, r.asked = r.together[:0], r.mended[:0], 0
	done := 0 // p[:done] is written
	for i := suspect(p, 0); i < len(p); {
		if end := r.gather(p, i); end > i {
			if !r.maySegment(end - i) {
				break // what is put right so far is read
			}
			out = append(out, p[done:i]...)
			from, used := len(out), 0
			out, used = r.segment(out)
			if r.apart.more {
				end = r.apart.at[used]
			}
			done = end
			if r.apart.known {
				r.together = append(r.together, [2]int{from, len(out)})
				r.noteMended(from, len(out))
				if r.apart.sure {
					found |= Apart
				}
			} else {
				out, done = out[:from], i
			}
			i = end
		} else {
			end := i + 1
			for end < len(p) && charset.Word(p[end]) {
				end++
			}
			doubtful := r.doubtful
			r.doubtful = false
			if word, how, strong := r.guess(p[i:end], false); word != nil && (strong || !controls(p, i)) {
				from := len(out) + i - done
				out = append(append(out, p[done:i]...), word...)
				switch lone := !strong && r.spelled.signs == r.spelled.n; {
				case !r.doubtful || doubtful || r.last || r.Matters == nil: // nothing to ask about
				case lone && !r.mayMatter(p, i, end, out[from:]):
					out, r.doubtful = out[:from], false // what it is written as is read with what is put right around it
				case !lone && r.asked < maxAsked:
					r.last = true
					if other, _, _ := r.guess(p[i:end], false); other != nil {
						r.doubtful = r.mayMatter(p, i, end, other)
					}
					r.last = false
				}
				found |= how
				if done = end; len(out) == from {
					done = i
				} else if strong {
					r.noteMended(from, len(out))
				}
			}
			r.doubtful = r.doubtful || doubtful
			i = end
		}
		if i < len(p) && !charset.Word(p[i]) {
			i = suspect(p, i)
		}
	}
	if r.out = out; len(r.mended) == 0 {
		return found
	}
	r.out = append(out, p[done:]...)
	r.hand(r.out)
	if r.joinShort() {
		r.hand(r.joined)
	}
	return found
}

// suspect returns where the next run of word characters begins, at p[i] or behind it, that may be other than it is
// written: one with more than ASCII letters in it, or a single letter that others may follow. No run
// stands on both sides of p[i].
func suspect(p []byte, i int) int {
	before := uint64(0) // the mark of the letter before
	for ; i < len(p); i += 8 {
		var w uint64
		if i+8 <= len(p) {
			w = swar.Load(p[i:])
		} else {
			w = swar.LoadEnd(p[i:]) | swar.Spaces<<(8*uint(len(p)-i))
		}
		beyond := w & swar.Tops
		l := swar.Lower(w &^ swar.Tops)
		let := swar.Letters(l) &^ beyond
		hits := beyond
		for others := swar.Tops &^ (let | beyond | swar.Equal(l, ' ')); others != 0; others &= others - 1 {
			bit := others & -others
			if charset.Word(p[i+bits.TrailingZeros64(bit)/8]) {
				hits |= bit
			}
		}
		// Letters with none on both sides. Whether one stands behind the last of the eight is seen below.
		hits |= let &^ (let<<8 | before | let>>8)
		before = let >> 56
		for ; hits != 0; hits &= hits - 1 {
			at := i + bits.TrailingZeros64(hits)/8
			if let&hits&-hits != 0 && !mayStandApart(p, at) {
				continue
			}
			for at > 0 && charset.Word(p[at-1]) {
				at--
			}
			return at
		}
	}
	return len(p)
}

// mayStandApart reports whether the ASCII letter p[i] may be the first of letters apart. It looks at
// what nearly always says that it is not: that another letter follows, or a word.
func mayStandApart(p []byte, i int) bool {
	if i+1 < len(p) && charset.Of(p[i+1])&charset.Letters != 0 {
		return false
	}
	return i+3 >= len(p) || p[i+1] != ' ' || charset.Of(p[i+2])&charset.Letters == 0 || charset.Of(p[i+3])&charset.Letters == 0
}

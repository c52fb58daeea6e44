package disguise

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/swar"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/work"
)

// Letters that stand apart ("i g n o r e", "i.g.n.o.r.e") are put together and cut into words
// again, since nobody can tell how wide the gaps between words are: the cut with the fewest
// words and unknown letters is taken.

const (
	maxApart = 96 // letters that are looked at together
	longWord = 18 // letters of the longest word that is looked for

	minLikely = 5  // letters of the shortest word that is only likely
	maxLikely = 14 // and of the longest
	maxJoined = 3  // letters of a word that may be a piece of an unknown one

	// What a cut costs, for each word, for each letter that is in no word, and for each letter of a word that is only
	// likely.
	perWord, perLetter, perLikely = 8, 10, 3
)

// apart is letters that stood apart.
type apart struct {
	letter [maxApart + longWord + 8]byte // more than there are, so that eight can be loaded anywhere
	at     [maxApart]int                 // where each letter stands
	n      int
	more   bool // there are more letters behind these
	known  bool // the last segmentation has a known word of three letters
	sure   bool // at least half of it are known words of four

	cost [maxApart + 1]uint16
	from [maxApart + 1]uint8 // where the word that ends here begins
	ends [maxApart]uint8
	word [maxGuess]byte
}

// gather reads letters apart from p[i] on and returns where they end, or i if there are too few
// to be looked at.
func (r *Reading) gather(p []byte, i int) (end int) {
	if i > 0 && charset.Word(p[i-1]) {
		return i
	}
	a := &r.apart
	a.n = 0
	at, start := i, i
	for a.n < maxApart {
		g, size := guessLetter(p[at:])
		if size == 0 || g.sign() && p[at] != '@' && p[at] != '$' {
			break
		}
		behind := at + size
		if behind < len(p) && (charset.Plain(p[behind]) || p[behind] >= utf8.RuneSelf && parting(p[behind:]) == 0) {
			break // a word
		}
		a.letter[a.n], a.at[a.n] = g.first(), at
		a.n++
		end = behind
		gap, lines := behind, 0
		for gap < len(p) && gap-behind < text.MaxGap && !charset.Plain(p[gap]) && p[gap] != '@' && p[gap] != '$' {
			if p[gap] == '\n' {
				lines++
			}
			size := parting(p[gap:])
			if size == 0 {
				break
			}
			gap += size
		}
		// A blank line ends the letters: another paragraph may not change what they say.
		if gap == behind || gap == len(p) || gap-behind == text.MaxGap || lines > 1 {
			break
		}
		at = gap
	}
	if a.n < text.MinApart {
		return start
	}
	a.more = a.n == maxApart
	return end
}

// parting is the size of the sign at the beginning of p that parts letters, of any alphabet; 0 if there is none.
func parting(p []byte) int {
	if p[0] < utf8.RuneSelf {
		return 1
	}
	if len(p) >= 2 && p[0] >= 0xC2 && p[0] < 0xE0 { // as the letters of most alphabets are
		if text.Separates(rune(p[0]&0x1F)<<6 | rune(p[1]&0x3F)) {
			return 2
		}
		return 0
	}
	if r, size := utf8.DecodeRune(p); text.Separates(r) {
		return size
	}
	return 0
}

// maySegment reports whether the letters that were gathered, which take so many bytes, may be cut into words. What that costs goes by how many
// words may begin with each of them, so that few letters cost less.
func (r *Reading) maySegment(bytes int) bool {
	return r.Meter.Read(work.Apart, bytes*min(r.apart.n, longWord)/longWord)
}

// segment appends the letters, cut into words, to out. Of more letters than fit the last words are
// left for the next time; used is how many are not.
func (r *Reading) segment(out []byte) (words []byte, used int) {
	a := &r.apart
	a.cost[0], a.known = 0, false
	for i := 1; i <= a.n; i++ {
		a.cost[i] = 0xFFFF
	}
	for i := range a.n {
		letter := uint16(perLetter)
		if c := a.letter[i]; c == 'a' || c == 'i' {
			letter = perWord - 1 // a word of its own: "what i said", not "what is aid"
		}
		if c := a.cost[i] + letter; c < a.cost[i+1] {
			a.cost[i+1], a.from[i+1] = c, uint8(i)
		}
		r.tryWords(i)
	}
	n := 0
	for i := a.n; i > 0; i = int(a.from[i]) {
		a.ends[n] = uint8(i)
		n++
	}
	start, long, single := 0, 0, false
	for n--; n >= 0; n-- {
		end := int(a.ends[n])
		if a.more && end > maxApart-longWord {
			break
		}
		a.known = a.known || end-start >= 3
		if end-start >= 4 {
			long += end - start
		}
		// Letters in a row are an unknown word, and not many.
		if end-start > 1 || !single {
			out = append(out, ' ')
		}
		single = end-start == 1
		out = append(out, a.letter[start:end]...)
		start = end
	}
	a.sure = 2*long >= start
	return append(out, ' '), start
}

// tryWords takes each known word that begins with letter i and makes the way to its end cheaper.
func (r *Reading) tryWords(i int) {
	a := &r.apart
	most := min(longWord, a.n-i)
	least := a.cost[i] + perWord
	h := uint64(text.HashSeed) // of the eights of letters that are whole
	for eight := 0; eight <= most; eight += 8 {
		letters := swar.Load(a.letter[i+eight:])
		for n := max(eight, 2); n < min(eight+8, most+1); n++ {
			hash := text.FinishHash(h, letters&(1<<(8*(n-eight))-1))
			if !r.Filter.Passes(hash) {
				continue
			}
			cost := least
			if cost >= a.cost[i+n] {
				continue
			}
			if !r.KnownFilter.Passes(hash) || !r.Known(hash) {
				cost += perLikely * uint16(n)
				if n < minLikely || n > maxLikely || cost >= a.cost[i+n] || r.Likely == nil || !r.Likely(hash) {
					continue
				}
			}
			a.cost[i+n], a.from[i+n] = cost, uint8(i)
		}
		h = text.MixHash(h, letters)
	}
}

// joinShort writes the text once more with the unknown words among letters that were put together made
// one each, notes where they are, and reports whether there are any. Such a word falls into letters and short known words, as
// "moderation" into "mode r at ion", which would take up the gap of a phrase.
func (r *Reading) joinShort() bool {
	out := r.joined[:0]
	r.mended = r.mended[:0]
	done, any := 0, false
	for _, run := range r.together {
		out = append(out, r.out[done:run[0]]...)
		done = run[1]
		from := len(out)
		before, chain := false, false // the word before is short; it belongs to an unknown one
		for at := run[0]; at < done; {
			if r.out[at] == ' ' {
				at++
				continue
			}
			end := at
			for end < done && r.out[end] != ' ' {
				end++
			}
			unknown := end-at == 1 && r.out[at] != 'a' && r.out[at] != 'i'
			short := end-at <= maxJoined
			glue := short && before && (chain || unknown)
			if !glue {
				out = append(out, ' ')
			}
			out = append(out, r.out[at:end]...)
			before, chain, any = short, unknown || glue, any || glue
			at = end
		}
		out = append(out, ' ')
		r.noteMended(from, len(out))
	}
	r.joined = append(out, r.out[done:]...)
	return any
}

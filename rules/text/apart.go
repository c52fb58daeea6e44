package text

import "unicode/utf8"

// Letters that stand apart ("i g n o r e", "i.g.n.o.r.e") are put together and cut into words
// again, since nobody can tell how wide the gaps between words are: the cut with the fewest
// words and unknown letters is taken.

const (
	maxApart = 96 // letters that are looked at together
	maxGap   = 6  // bytes between two of them
	minApart = 3  // letters that are worth a look
	longWord = 18 // letters of the longest word that is looked for

	minLikely = 5  // letters of the shortest word that is only likely
	maxLikely = 14 // and of the longest
	maxJoined = 3  // letters of a word that may be a piece of an unknown one
)

// apart is letters that stood apart.
type apart struct {
	letter [maxApart]byte
	at     [maxApart]int // where each letter stands
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
	if i > 0 && wordChar(p[i-1]) {
		return i
	}
	a := &r.apart
	a.n = 0
	at, start := i, i
	for a.n < maxApart {
		g, size := guessLetter(p[at:])
		if size == 0 || g.sign && g.c != '@' && g.c != '$' {
			break
		}
		behind := at + size
		if behind < len(p) && (wordByte(p[behind]) || p[behind] >= utf8.RuneSelf) {
			break // a word
		}
		a.letter[a.n], a.at[a.n] = g.first, at
		a.n++
		end = behind
		gap, lines := behind, 0
		for gap < len(p) && gap-behind < maxGap && !wordByte(p[gap]) && p[gap] < utf8.RuneSelf && p[gap] != '@' && p[gap] != '$' {
			if p[gap] == '\n' {
				lines++
			}
			gap++
		}
		// A blank line ends the letters: another paragraph may not change what they say.
		if gap == behind || gap == len(p) || gap-behind == maxGap || lines > 1 {
			break
		}
		at = gap
	}
	if a.n < minApart {
		return start
	}
	a.more = a.n == maxApart
	return end
}

// segment appends the letters, cut into words, to out. Of more letters than fit the last words are
// left for the next time; used is how many are not.
func (r *Reading) segment(out []byte) (words []byte, used int) {
	a, known, likely := &r.apart, r.Known, r.Likely
	const perWord, perLetter, perLikely = 8, 10, 3 // the last for each letter of a word that is only likely
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
		// The hash grows with the word.
		h, rest, fill := uint64(hashSeed), uint64(0), 0
		for n := 1; n <= longWord && i+n <= a.n; n++ {
			rest |= uint64(a.letter[i+n-1]) << (8 * fill)
			if fill++; fill == 8 {
				h, rest, fill = mix(h, rest), 0, 0
			}
			c := a.cost[i] + perWord
			if n == 1 || c >= a.cost[i+n] {
				continue
			}
			hash := finish(h, rest)
			if !r.Filter.Passes(hash) {
				continue
			}
			if !known(hash) {
				if c += perLikely * uint16(n); n < minLikely || n > maxLikely || c >= a.cost[i+n] || likely == nil || !likely(hash) {
					continue
				}
			}
			a.cost[i+n], a.from[i+n] = c, uint8(i)
		}
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

// joinShort writes the text once more with the unknown words among letters that were put together made
// one each, notes their places, and reports whether there are any. Such a word falls into letters and short known words, as
// "moderation" into "mode r at ion", which would take up the gap of a phrase.
func (r *Reading) joinShort() bool {
	out := r.joined[:0]
	r.places = r.places[:0]
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
		r.place(from, len(out))
	}
	r.joined = append(out, r.out[done:]...)
	return any
}

package disguise

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/work"
)

// margin is how many bytes around a piece of text are read with it: what is disguised and no longer than that is
// found wherever the text is cut into pieces, so no text before or behind it hides it.
const margin = 768

// around is how many bytes around a piece show whether it has a spot at its ends.
const around = 24

// Reading reads a window of text as it is meant, where that is not how it is written. One level
// deep: what is decoded is not looked at again. It keeps no state between windows.
type Reading struct {
	// Known reports whether a word, by its hash, occurs in any phrase. Guesses are made only
	// towards known words.
	Known func(hash uint64) bool
	// Likely reports the same of words that are known with less certainty; it may be nil. They are
	// taken where no Known word fits.
	Likely func(hash uint64) bool
	// Filter passes all words that are Known or Likely, and KnownFilter those that are Known. They may be nil, which is slower.
	Filter, KnownFilter *text.Filter
	// Forgetful says that each word is to be guessed at as if it were the first one, since Known notes what it is asked.
	Forgetful bool
	// ContextWords is how many words before a disguised one and behind it are read with it: the phrases of a policy reach over a number of words and not of
	// bytes, and whoever writes around a disguised word can make the words long.
	ContextWords int
	// SpanWords is over how many words that stand further off may matter where the context is not enough. 0 is as many as there are.
	SpanWords int
	// Matters reports whether it can make a difference that p[from:to] is read as a word. p is nil if the words beside it are not known. It may be nil: then it
	// always can.
	Matters func(p []byte, from, to int, word []byte) bool
	// Out receives each text that differs from what is written, or the stretches of it where it does, with their context; it
	// may not keep them. begins and ends say whether p is the text's beginning and end. If a stretch with its context may
	// not be enough, for what stands further off, it says so and receives all of the text that can matter, as if it were all of it.
	Out func(p []byte, begins, ends bool) (enough bool)
	// Meter says whether there is work left for a reading, and counts it. It may be nil: then there always is.
	Meter *work.Meter

	out     []byte    // the text being written
	spelled spellings // of the word that is guessed
	vain    vain
	apart   apart

	mended   [][2]int // what was put right of the text being written
	together [][2]int // where letters that stood apart are in out
	joined   []byte   // out, with short words joined
	doubtful bool     // some word has two known readings
	last     bool     // of those the last one is taken

	strings  []byte // that are joined, and where they meet
	bits     []uint64
	pieces   []int         // where the pieces of a word with seams begin, and where it ends
	splitter text.Splitter // for words that are not plain ASCII

	worth        [][2]int // the words of a window that may make a difference
	asked        int      // how often Matters was asked of the text that is being looked at or written
	inner        bool     // what is being written is only a stretch of a window,
	begins, ends bool     // perhaps its beginning or end,
	enough       bool     // and says all that is to be known
	all          bool     // all of what is being written is handed on, as if it were all of the text
}

// Scan reads p[from:to] with what stands around it, and returns the disguises that words or
// sentences were found behind. Only what spots tell of is looked at.
func (r *Reading) Scan(p []byte, from, to int, spots *text.Spots) (found Kinds) {
	if spots.Seamed() {
		r.seams(p, max(0, from-margin), min(len(p), to+margin), spots)
	}
	return r.scan(p, from, to, spots.List(), spots.Full())
}

// scan is Scan for a list of spots, or for all of p.
func (r *Reading) scan(p []byte, from, to int, spots []text.Spot, all bool) (found Kinds) {
	if len(spots) == 0 && !all {
		return 0
	}
	lo, hi := max(0, from-margin), min(len(p), to+margin)
	for lo > 0 && lo < hi && !utf8.RuneStart(p[lo]) {
		lo++
	}
	for hi < len(p) && hi > lo && !utf8.RuneStart(p[hi]) {
		hi--
	}
	p = p[lo:hi]
	s := everything
	if !all {
		s = kinds(spots, p, lo, from-around, to+around)
	}
	if s&text.SpotMarker != 0 && r.Meter.Read(work.Search, len(p)) {
		found |= templates(p)
	}
	if s&(text.SpotWord|text.SpotApart) != 0 {
		if r.worth = r.worth[:0]; all {
			r.worth = append(r.worth, [2]int{0, len(p)})
		} else {
			found |= r.look(p, lo, spots)
		}
		if len(r.worth) > 0 {
			found |= r.again(p)
		}
	}
	if s&text.SpotEscape != 0 && r.Meter.Read(work.Decode, len(p)) {
		found |= r.escapes(p)
	}
	if s&text.SpotRun != 0 {
		if all {
			found |= r.runOf(p, false)
		} else {
			runs(spots, p, lo, from-around, to+around, func(run []byte) { found |= r.runOf(run, s&text.SpotHex == 0) })
		}
	}
	if s&text.SpotHex != 0 {
		if all {
			found |= r.rowOf(p)
		} else {
			rows(spots, p, lo, from-around, to+around, func(row []byte) { found |= r.rowOf(row) })
		}
	}
	return found
}

// rowOf looks for pairs of hex digits in what may hold a row of them.
func (r *Reading) rowOf(p []byte) Kinds {
	if !r.Meter.Read(work.Search, len(p)) {
		return 0
	}
	return r.hex(p)
}

// runOf looks for base64 in a run of data, and for hex digits, too, where nothing else looks for those.
func (r *Reading) runOf(p []byte, andHex bool) (found Kinds) {
	if !r.Meter.Read(work.Search, len(p)) {
		return 0
	}
	if found = r.base64(p); andHex {
		found |= r.hex(p)
	}
	return found
}

// maxWorth is how many words of a window are read again one by one. Of a window with more all is read again.
const maxWorth = 64

// look tries the words at the spots of p, whose offset in the window is lo. It returns what they are disguised by, and notes in worth those that
// could make a difference.
func (r *Reading) look(p []byte, lo int, spots []text.Spot) (found Kinds) {
	r.asked = 0
	done, apart := 0, 0 // p[:done] was looked at for words, p[:apart] for letters apart
	for _, spot := range spots {
		i, kind := spot.At()-lo, spot.Kind()
		if i < 0 || i >= len(p) {
			continue
		}
		if kind == text.SpotApart && i >= apart {
			if end := r.gather(p, i); end > i {
				if apart = end; r.apart.more || r.segmentMatters(end-i) {
					r.worth = append(r.worth, [2]int{i, end}) // what more letters say is seen when they are written
				}
				if !r.apart.more && r.apart.known && r.apart.sure {
					found |= Apart
				}
			}
		}
		if kind != text.SpotWord || i < done {
			continue
		}
		for i > done && charset.Word(p[i-1]) {
			i--
		}
		end, of := i, charset.Set(0)
		for end < len(p) && charset.Word(p[end]) {
			of |= charset.Of(p[end])
			end++
		}
		if done = end; end == i || of&(charset.Letters|charset.Digits|charset.Beyond) == charset.Digits {
			continue // a number is no strong reason to read anything again
		}
		for _, r.last = range [...]bool{false, true} {
			r.doubtful = false
			word, how, strong := r.guess(p[i:end], true)
			if word != nil {
				if found |= how; strong && !isWritten(p[i:end], word) && (len(r.worth) > maxWorth || r.mayMatter(p, i, end, word)) && !r.native(p, i, end) {
					r.worth = append(r.worth, [2]int{i, end})
					break
				}
			}
			if !r.doubtful {
				break
			}
		}
	}
	return found
}

// maxAsked is how many words of a text are asked about. A text with more of them is mostly disguise, and to read it again costs less than to ask on.
const maxAsked = 2 * maxWorth

// mayMatter reports whether it can make a difference that p[from:to] is read as a word.
func (r *Reading) mayMatter(p []byte, from, to int, word []byte) bool {
	if r.Matters == nil || r.asked >= maxAsked {
		return true
	}
	r.asked++
	return r.Matters(p, from, to, word)
}

// isWritten reports whether a word stands in p as it is, but for signs before it and behind it, so that it was read already.
func isWritten(p, word []byte) bool {
	p = trim(p)
	if len(p) != len(word) {
		return false
	}
	for i, c := range word {
		if p[i]|0x20 != c {
			return false
		}
	}
	return true
}

// segmentMatters cuts the letters apart that were gathered, which take so many bytes, into words, and reports whether these may make a difference.
func (r *Reading) segmentMatters(bytes int) bool {
	if r.apart.known = false; !r.maySegment(bytes) {
		return false
	}
	r.out, _ = r.segment(r.out[:0])
	return r.apart.known && r.matters(r.out)
}

// matters reports whether one of the words that letters apart make may make a difference. What stands beside one of them may be a word of the text, or pieces
// of another one (see joinShort).
func (r *Reading) matters(p []byte) bool {
	for i := 0; i < len(p); {
		end := i
		for end < len(p) && p[end] != ' ' {
			end++
		}
		if end-i > 1 && (r.Matters == nil || r.Matters(nil, 0, 0, p[i:end])) {
			return true
		}
		i = end + 1
	}
	return false
}

// sortByStart sorts a few places, most of which are in order. (A sort of package slices would be 20 KB more of the module.)
func sortByStart(places [][2]int) {
	for i, p := range places {
		for ; i > 0 && places[i-1][0] > p[0]; i-- {
			places[i] = places[i-1]
		}
		places[i] = p
	}
}

// again reads again what stands around the words that look found, with all its words put right, and returns what those are disguised by.
func (r *Reading) again(p []byte) (found Kinds) {
	if len(r.worth) > maxWorth {
		return r.words(p)
	}
	sortByStart(r.worth)
	r.inner, r.enough = true, true
	found = r.stretches(p, r.before, r.behind)
	if r.inner = false; !r.enough {
		r.all = true
		found |= r.stretches(p, r.spanBefore, r.spanBehind)
		r.all = false
	}
	return found
}

// stretches reads again what stands around the words that are worth it, as far as it is enough. before and behind say how far around.
func (r *Reading) stretches(p []byte, before, behind func(p []byte, i int) int) (found Kinds) {
	from, to := before(p, r.worth[0][0]), 0
	for i, w := range r.worth {
		to = max(to, behind(p, w[1]))
		next := 0
		if i+1 < len(r.worth) {
			if next = before(p, r.worth[i+1][0]); next <= to {
				continue // both have one stretch
			}
		}
		r.begins, r.ends = from == 0, to == len(p)
		if found |= r.words(p[from:to]); !r.enough && !r.all {
			break
		}
		from = next
	}
	return found
}

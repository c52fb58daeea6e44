package disguise

import (
	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// everything is what is looked for in a window whose spots were too many to be kept.
const everything = text.SpotWord | text.SpotApart | text.SpotRun | text.SpotHex | text.SpotEscape | text.SpotMarker

// kinds says what there is to be looked at in a piece of p, whose offset in the window is lo, and drops what a second look
// shows to be nothing.
func kinds(spots []text.Spot, p []byte, lo, from, to int) (found text.SpotKinds) {
	for _, spot := range spots {
		at, kind := spot.At(), spot.Kind()
		if at < from || at >= to || found&kind == kind {
			continue
		}
		i := at - lo
		if i < 0 || i >= len(p) {
			continue
		}
		switch kind {
		case text.SpotEscape:
			if _, size := escaped(p, i); size == 0 {
				continue
			}
		case text.SpotMarker:
			if !marker(p, i) {
				continue
			}
		}
		found |= kind
	}
	return found
}

// runs calls do for each stretch of p that is long enough to be encoded data and is at a spot between two places.
func runs(spots []text.Spot, p []byte, lo, from, to int, do func(run []byte)) {
	done := 0
	for _, spot := range spots {
		i := spot.At() - lo
		if spot.Kind() != text.SpotRun || i+lo < from || i+lo >= to || i < done || i >= len(p) || !longRun(p, i) {
			continue
		}
		start, end := i, i+1
		for start > 0 && charset.Of(p[start-1])&(charset.Data|charset.Lines) != 0 {
			start--
		}
		for end < len(p) && charset.Of(p[end])&(charset.Data|charset.Lines) != 0 {
			end++
		}
		do(p[start:end])
		done = end
	}
}

// leastRow is how many bytes a row of pairs of hex digits has at least.
const leastRow = 2 * leastReadable

// rows calls do for each stretch of p that may hold a row of pairs of hex digits and is at a spot between two places. The byte before it belongs to it, since
// in the middle of a word no row begins.
func rows(spots []text.Spot, p []byte, lo, from, to int, do func(row []byte)) {
	done := 0
	for _, spot := range spots {
		i := spot.At() - lo
		if spot.Kind() != text.SpotHex || i+lo < from || i+lo >= to || i >= len(p) {
			continue
		}
		start, end := i, i
		for end < len(p) && charset.Of(p[end])&(charset.Letters|charset.Digits|charset.Beyond) != 0 {
			end++ // the word: a row may begin within it
		}
		if end <= done {
			continue
		}
		for start > 0 && charset.Of(p[start-1])&charset.HexRows != 0 {
			start--
		}
		for end < len(p) && charset.Of(p[end])&charset.HexRows != 0 {
			end++
		}
		if done = end; end-start >= leastRow {
			do(p[max(0, start-1):end])
		}
	}
}

// longRun reports whether p[i] belongs to a run of data.
func longRun(p []byte, i int) bool {
	start, end := i, i+1
	for start > 0 && i-start < text.ShortestRun && charset.Of(p[start-1])&charset.Data != 0 {
		start--
	}
	for end < len(p) && end-i < text.ShortestRun && charset.Of(p[end])&charset.Data != 0 {
		end++
	}
	return end-start >= text.ShortestRun
}

package rules

import (
	"bytes"
	"sort"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/prompt"
)

// A signal's evidence is found by asking the engine itself which piece of a text suffices: the shortest
// beginning that makes the signal true, and the shortest end of that. So nothing in the engine has to
// keep track of places, and what is shown cannot differ from what it does.

// maxPlaces bounds how many places of a signal are looked for in one string.
const maxPlaces = 8

// locator finds evidence in single strings.
type locator struct {
	set    *signal.Set
	state  *signal.State
	values []expr.Value
	facts  prompt.Facts
	words  text.Splitter
}

func newLocator(set *signal.Set) *locator {
	return &locator{set: set, state: set.NewState(), values: make([]expr.Value, set.Len()), facts: prompt.Facts{Messages: 1, UserTurns: 1}}
}

// read works out the signals of a request that says no more than a piece of a passage.
func (l *locator) read(p *passage, piece []byte) {
	l.state.Reset()
	if len(piece) > 0 {
		l.state.Text(piece, 0, true)
	}
	l.state.EndText(p.spoken)
	l.state.EndPart(p.part)
	l.state.EndMessage(p.role)
	l.state.Evaluate(&signal.Input{Facts: &l.facts}, l.values)
}

// suffices reports whether a piece of a passage makes a signal true.
func (l *locator) suffices(p *passage, i, from, to int) bool {
	l.read(p, p.text[from:to])
	return l.values[i] == expr.True
}

// find returns the places of a passage that make a signal true, as pairs of offsets in its text.
func (l *locator) find(p *passage, i int) (places [][2]int) {
	cuts := l.cuts(p.text)
	for start := 0; len(places) < maxPlaces && l.suffices(p, i, cuts[start], len(p.text)); {
		n := sort.Search(len(cuts)-start-1, func(k int) bool { return l.suffices(p, i, cuts[start], cuts[start+k+1]) })
		last := min(start+n+1, len(cuts)-1)
		// The number of words that may be left out in front, less one.
		n = sort.Search(last-start, func(k int) bool { return !l.suffices(p, i, cuts[start+k], cuts[last]) })
		from, to := cuts[start+max(n-1, 0)], cuts[last]
		if !l.suffices(p, i, from, to) {
			from, to, last = cuts[start], len(p.text), len(cuts)-1
		}
		from, to = widen(p.text, from, to)
		places = append(places, [2]int{from, to})
		if start = last; start == len(cuts)-1 {
			break
		}
	}
	return places
}

// cuts are the places between words, with both ends: no word is cut.
func (l *locator) cuts(p []byte) []int {
	cuts := []int{0}
	at := 0
	add := func(to int) {
		for at < to {
			_, n := utf8.DecodeRune(p[at:])
			if at += n; at <= to {
				cuts = append(cuts, at)
			}
		}
	}
	for _, t := range l.words.Split(string(p)) {
		add(int(t.Start))
		if int(t.End) > at {
			at = int(t.End)
			cuts = append(cuts, at)
		}
	}
	add(len(p))
	return cuts
}

// dataRun is from which length on letters, digits and a few signs without a space are taken for
// encoded data, which is shown whole.
const dataRun = 16

// widen extends a place whose ends lie within encoded data, or within an address, to the ends of that.
func widen(p []byte, from, to int) (int, int) {
	if bytes.IndexByte(p[from:to], '@') >= 0 {
		for from > 0 && inAddress(p[from-1]) {
			from--
		}
		for end := to; end < len(p) && inAddress(p[end]); {
			if end++; p[end-1] != '.' {
				to = end
			}
		}
		return from, to
	}
	data := func(i int) bool {
		c := p[i]
		return c-'0' < 10 || (c|0x20)-'a' < 26 || c == '+' || c == '/' || c == '=' || c == '-' || c == '_' || c == '%'
	}
	start, end := from, to
	for start > 0 && data(start-1) {
		start--
	}
	for end < len(p) && data(end) {
		end++
	}
	if from < to && data(from) {
		run := from
		for run < len(p) && data(run) {
			run++
		}
		if run-start >= dataRun {
			from = start
		}
	}
	if from < to && data(to-1) {
		run := to
		for run > 0 && data(run-1) {
			run--
		}
		if end-run >= dataRun {
			to = end
		}
	}
	return from, to
}

// inAddress reports whether a byte may stand in an e-mail address before or behind its @.
func inAddress(c byte) bool {
	return c-'0' < 10 || (c|0x20)-'a' < 26 || c == '.' || c == '-' || c == '_' || c == '+'
}

package signal

import (
	"slices"

	"github.com/mom-router/mom-router/rules/internal/weights"
)

// listed is what the words of lists say: of runs of words that are strung together, and of stretches without a sentence (see package prose). Beside a sentence
// that says what is asked for runs say nothing, and stretches speak with one weak voice, however many they are: half the mean of what their words say. Where there is no
// such sentence, stretches are what is asked for and count as all words do, and so do runs where there is nothing else.
type listed struct{ runs, stretches listedWords }

// listedWords are rows of learned weights and built-in phrases. Where they speak with one voice, the phrases say nothing.
type listedWords struct{ rows, terms []uint32 }

// mostListed is how many rows, and terms, are kept of a text's lists: the first ones.
const mostListed = 64

func newListed() listed {
	words := func() listedWords {
		return listedWords{make([]uint32, 0, mostListed), make([]uint32, 0, mostListed)}
	}
	return listed{words(), words()}
}

func (l *listed) clear() {
	l.runs.clear()
	l.stretches.clear()
}

func (l *listed) addAll(from *listed) {
	l.runs.add(from.runs.rows, from.runs.terms)
	l.stretches.add(from.stretches.rows, from.stretches.terms)
}

func (l *listedWords) clear() { l.rows, l.terms = l.rows[:0], l.terms[:0] }

// add adds those that are not there yet, while there is room.
func (l *listedWords) add(rows, terms []uint32) {
	l.rows, l.terms = addListed(l.rows, rows), addListed(l.terms, terms)
}

func addListed(list, more []uint32) []uint32 {
	for _, n := range more {
		if len(list) == mostListed {
			break
		}
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// release has lists that are all that is asked for count as all words do.
func (f *words) release() {
	l := &f.listed
	if !f.counts.asks {
		f.say(&l.stretches)
	}
	if f.counts.runsOnly() {
		f.say(&l.runs)
	}
}

func (f *words) say(l *listedWords) {
	f.rows.addNumbers(l.rows)
	f.topical.addNumbers(l.terms)
	l.clear()
}

// speak adds what stretches that are lists say beside a sentence to what the message comes to. Runs say nothing there.
func (l *listed) speak(t *tally, table *weights.Table) {
	n := int32(len(l.stretches.rows))
	if n == 0 {
		return
	}
	var sum weights.Sum
	var extra weights.ExtraSum
	sum.Add(table, l.stretches.rows)
	extra.Add(table, l.stretches.rows)
	for c, v := range sum.Total() {
		t.total[c] += v / (4 * n)
	}
	t.rows++
	if n := extra.Rows(); n > 0 {
		for c, v := range extra.Total() {
			t.extra[c] += v / (4 * n)
		}
		t.extraRows++
	}
}

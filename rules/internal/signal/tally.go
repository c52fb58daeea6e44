package signal

import "github.com/mom-router/mom-router/rules/internal/weights"

// tally is what the words of a message come to once it has ended: all that anybody asks of them later, beside their counts. It is worked out when it is first asked for.
type tally struct {
	known bool

	points [classes]int32 // of terms
	// Of rows of learned weights: how many there are, and their sums; and of those with extra weights.
	rows      int32
	total     [weights.Columns]int32
	extraRows int32
	extra     [weights.ExtraColumns]int32
}

// sum returns what the words come to. Nothing may be added to them afterwards.
func (f *words) sum(set *Set) *tally {
	t := &f.tally
	if t.known {
		return t
	}
	*t = tally{known: true}
	t.add(set, f.topical.list, 0, classLanguageEN)
	t.add(set, f.terms.list, classLanguageEN, classes)
	t.rows = int32(len(f.rows.list))
	if set.table == nil || t.rows == 0 {
		return t
	}
	var sum weights.Sum
	var extra weights.ExtraSum
	for _, row := range f.rows.list {
		sum.Add(set.table, row)
		extra.Add(set.table, row)
	}
	t.total, t.extra, t.extraRows = sum.Total(), extra.Total(), extra.Rows()
	return t
}

// add adds the points of terms for the classes from one up to another: each phrase counts once, however often it occurs, so that repeating a word does
// not decide.
func (t *tally) add(set *Set, terms []uint32, from, to class) {
	for _, id := range terms {
		for v := set.terms[id].votes; v >= 0; v = set.votes[v].next {
			if c := set.votes[v].class; c >= from && c < to {
				t.points[c] += int32(set.votes[v].weight)
			}
		}
	}
}

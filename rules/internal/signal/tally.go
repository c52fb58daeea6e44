package signal

import "github.com/mom-router/mom-router/rules/internal/weights"

// tally is what the words of a message come to once it has ended: all that anybody asks of them later, beside their counts. It is worked out when it is first asked for.
type tally struct {
	known bool

	points [classes]int32 // of terms
	// Of the words of classes that the policy brings: how many there are, and their points.
	owned int32
	own   [domainColumns]int32
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
	f.release()
	t.add(set, f.topical.list, 0, classLanguageEN)
	t.add(set, f.terms.list, classLanguageEN, classes)
	if set.owned.used {
		t.addOwn(set, f.topical.list)
	}
	t.rows = int32(len(f.rows.list))
	if set.table == nil {
		return t
	}
	var sum weights.Sum
	var extra weights.ExtraSum
	sum.Add(set.table, f.rows.list)
	extra.Add(set.table, f.rows.list)
	t.total, t.extra, t.extraRows = sum.Total(), extra.Total(), extra.Rows()
	f.listed.speak(t, set.table)
	return t
}

// add adds the points of terms for the classes from one up to another: each phrase counts once, however often it occurs, so that repeating a word does
// not decide.
func (t *tally) add(set *Set, terms []uint32, from, to class) {
	points := &t.points
	for _, id := range terms {
		b := &set.terms[id]
		if b.class >= from && b.class < to {
			points[b.class] += int32(b.weight)
		}
		for v := b.more; v >= 0; {
			vote := &set.votes[v]
			if vote.class >= from && vote.class < to {
				points[vote.class] += int32(vote.weight)
			}
			v = vote.next
		}
	}
}

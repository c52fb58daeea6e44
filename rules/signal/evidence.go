package signal

import (
	"github.com/mom-router/mom-router/rules/prose"
	"github.com/mom-router/mom-router/rules/text"
	"github.com/mom-router/mom-router/rules/weights"
)

// evidence is what a string says about what its message asks for: known words and pairs of words,
// and built-in phrases. Words that are strung together, as whoever stuffs a question with keywords
// does, say nothing (see package prose), so what a run of words says is held until it ends.
type evidence struct {
	filter   prose.Filter
	verdicts []prose.Verdict

	// Of the run that is being read.
	rows, terms []uint32
	words, han  uint32
}

// begin makes it ready for another string.
func (e *evidence) begin() {
	e.filter.Reset()
	e.drop()
}

// drop forgets the run.
func (e *evidence) drop() {
	e.rows, e.terms = e.rows[:0], e.terms[:0]
	e.words, e.han = 0, 0
}

// endRun lets the run count.
func (st *State) endRun() {
	e := &st.evidence
	for _, row := range e.rows {
		st.str.rows.add(row)
	}
	for _, id := range e.terms {
		st.str.topical.add(id)
	}
	e.drop()
}

// sift adds to the string what a batch says; found and hits are what was found in it.
func (st *State) sift(batch []text.Token, found []weights.Found) {
	e := &st.evidence
	if cap(e.verdicts) < len(batch) {
		e.verdicts = make([]prose.Verdict, len(batch))
	}
	verdicts := e.verdicts[:len(batch)]
	e.filter.Sift(batch, verdicts)
	hits := st.hits
	for i, v := range verdicts {
		place := int32(i)
		switch v {
		case prose.Stands:
			st.endRun()
		case prose.Begins, prose.Held:
			if v == prose.Begins {
				st.endRun()
			}
			e.words++
			if batch[i].Script == text.Han {
				e.han++
			}
		case prose.Dropped:
			st.str.counts.strung += e.words + 1
			st.str.counts.strungHan += e.han
			if batch[i].Script == text.Han {
				st.str.counts.strungHan++
			}
			e.drop()
		}
		for len(found) > 0 && found[0].Token == place {
			if v != prose.Dropped {
				e.rows = append(e.rows, found[0].Row)
			}
			found = found[1:]
		}
		for len(hits) > 0 && hits[0].Token == place {
			if p := hits[0].Pattern; v != prose.Dropped && p&termBit != 0 {
				e.terms = append(e.terms, p&^termBit)
			}
			hits = hits[1:]
		}
	}
}

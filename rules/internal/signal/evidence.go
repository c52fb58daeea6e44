package signal

import (
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/prose"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// evidence is what a string says about what its message asks for: known words and pairs of words,
// and built-in phrases. Words that are strung together, as whoever stuffs a question with keywords
// does, say nothing (see package prose). What a run of words says is added to the string at once
// and taken back should the run turn out to be too long, which is rare.
type evidence struct {
	proseFilter prose.Filter
	verdicts    []prose.Verdict

	// Of the run that is being read: how much the string held before it, and its length.
	rows, terms int
	words, han  uint32
}

// begin makes it ready for another string.
func (e *evidence) begin() {
	e.proseFilter.Reset()
	e.rows, e.terms, e.words, e.han = 0, 0, 0, 0
}

// judge adds to the string what a batch says; found and hits are what was found in it. plain says that its words are all in Latin letters.
func (st *State) judge(batch []text.Token, found []weights.Found, hits []match.Hit, plain bool) {
	e := &st.evidence
	if cap(e.verdicts) < len(batch) {
		e.verdicts = make([]prose.Verdict, len(batch))
	}
	verdicts := e.verdicts[:len(batch)]
	last, dropped := e.proseFilter.Judge(batch, verdicts)
	if dropped {
		st.judgeRuns(batch, found, hits)
		return
	}
	// As nearly always: all of it counts so far. Only where the last run begins must be known.
	if last >= 0 {
		begins := int32(last)
		if verdicts[last] == prose.Stands {
			begins++
		}
		found, hits = st.count(found, hits, begins)
		st.beginRun()
		batch = batch[begins:]
	}
	st.count(found, hits, int32(len(verdicts)))
	if e.words += uint32(len(batch)); !plain {
		e.han += han(batch)
	}
}

// judgeRuns is judge for a batch with a run that is too long.
func (st *State) judgeRuns(batch []text.Token, found []weights.Found, hits []match.Hit) {
	e := &st.evidence
	for i := range batch {
		next := int32(i) + 1
		switch e.verdicts[i] {
		case prose.Stands:
			found, hits = st.count(found, hits, next)
			st.beginRun()
			continue
		case prose.Begins:
			st.beginRun()
			found, hits = st.count(found, hits, next)
		case prose.Held:
			found, hits = st.count(found, hits, next)
		case prose.Dropped:
			st.now.rows.truncate(e.rows)
			st.now.topical.truncate(e.terms)
			for len(found) > 0 && found[0].Token < next {
				found = found[1:]
			}
			for len(hits) > 0 && hits[0].Token < next {
				hits = hits[1:]
			}
		}
		e.words++
		e.han += han(batch[i : i+1])
		if e.verdicts[i] == prose.Dropped {
			st.now.counts.strung += e.words
			st.now.counts.strungHan += e.han
			e.words, e.han = 0, 0
		}
	}
}

// beginRun makes what comes next part of another run.
func (st *State) beginRun() {
	e := &st.evidence
	e.rows, e.terms = len(st.now.rows.list), len(st.now.topical.list)
	e.words, e.han = 0, 0
}

// han counts the Chinese characters of a batch.
func han(batch []text.Token) (n uint32) {
	for i := range batch {
		if batch[i].Script() == text.Han {
			n++
		}
	}
	return n
}

// count adds to the string what was found before a token, and returns the rest.
func (st *State) count(found []weights.Found, hits []match.Hit, before int32) ([]weights.Found, []match.Hit) {
	rows := st.now.rows
	bits, list := rows.bits, rows.list
	i := 0
	for ; i < len(found) && found[i].Token < before; i++ {
		row := found[i].Row
		if bit := uint64(1) << (row % 64); bits[row/64]&bit == 0 {
			bits[row/64] |= bit
			list = append(list, row)
		}
	}
	rows.list = list
	for len(hits) > 0 && hits[0].Token < before {
		st.now.topical.add(hits[0].Pattern)
		hits = hits[1:]
	}
	return found[i:], hits
}

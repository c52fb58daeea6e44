package signal

import (
	"math/bits"

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

	// Of the run that is being read: how much the string held before it, and its length.
	rows, terms int
	words, han  uint32
}

// begin makes it ready for another string.
func (e *evidence) begin() {
	e.proseFilter.Reset()
	e.rows, e.terms, e.words, e.han = 0, 0, 0, 0
}

// beginEvidence makes what comes another text than what the string has said so far.
func (st *State) beginEvidence() {
	st.evidence.begin()
	st.beginRun()
}

// said is what the words of a batch say, as far as it was not counted yet.
type said struct {
	rows  []weights.Found
	hits  []match.Hit // terms of more words that end there
	alone []match.Hit // terms of one word
}

// judge adds to the string what a batch says. plain says that its words are all in Latin letters.
func (st *State) judge(batch []text.Token, says said, seen prose.Survey, plain bool) {
	e := &st.evidence
	begins, ok := e.proseFilter.Skim(batch, seen)
	if !ok {
		st.judgeWords(batch, says, seen.Functions)
		return
	}
	// As nearly always: all of it counts so far. Only where the last run begins must be known.
	if begins > 0 {
		says = st.count(says, begins)
		st.beginRun()
	}
	st.count(says, len(batch))
	if e.words += uint32(len(batch) - begins); !plain {
		e.han += han(batch[begins:])
	}
}

// judgeWords is judge for a batch that may have a run that is too long.
func (st *State) judgeWords(batch []text.Token, says said, functions uint64) {
	e := &st.evidence
	v := e.proseFilter.Judge(batch, functions)
	ends := v.Stands | v.Begins // each ends the run before it
	lost := uint64(0)           // words of runs that are too long
	for dropped := v.Dropped; dropped != 0; {
		first := uint(bits.TrailingZeros64(dropped))
		before, behind := ends&(1<<first-1), ends&^(1<<first-1)
		from, to := max(bits.Len64(v.Stands&before), bits.Len64(v.Begins&before)-1), min(bits.TrailingZeros64(behind), len(batch))
		run := uint64(1)<<(to&63) - 1
		if to == 64 {
			run = ^uint64(0)
		}
		if run &^= 1<<from - 1; before == 0 { // it began in an earlier batch
			st.now.rows.truncate(e.rows)
			st.now.topical.truncate(e.terms)
			st.now.counts.strung += e.words
			st.now.counts.strungHan += e.han
			e.words, e.han = 0, 0
		}
		st.now.counts.strung += uint32(to - from)
		st.now.counts.strungHan += han(batch[from:to])
		lost |= run
		dropped &^= run
	}
	if lost != 0 {
		says.drop(lost)
	}
	done := max(bits.Len64(v.Stands), bits.Len64(v.Begins)-1) // where the last run begins
	if ends != 0 {
		says = st.count(says, done)
		st.beginRun()
	}
	st.count(says, len(batch))
	if done < len(batch) && lost>>done&1 == 0 {
		e.words += uint32(len(batch) - done)
		e.han += han(batch[done:])
	}
}

// drop leaves out what some words say, which have a bit. What it has may be written to.
func (s *said) drop(words uint64) {
	n := 0
	for _, row := range s.rows {
		s.rows[n] = row
		n += int(^words >> (row.Token & 63) & 1)
	}
	s.rows = s.rows[:n]
	s.hits, s.alone = dropHits(s.hits, words), dropHits(s.alone, words)
}

func dropHits(hits []match.Hit, words uint64) []match.Hit {
	n := 0
	for _, h := range hits {
		hits[n] = h
		n += int(^words >> (h.Token & 63) & 1)
	}
	return hits[:n]
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

// count adds to the string what words before one of them say, and returns the rest.
func (st *State) count(says said, before int) said {
	n := 0
	for n < len(says.rows) && int(says.rows[n].Token) < before {
		n++
	}
	st.now.rows.addFound(says.rows[:n])
	says.rows = says.rows[n:]
	for len(says.hits) > 0 && int(says.hits[0].Token) < before {
		st.now.topical.add(says.hits[0].Pattern)
		says.hits = says.hits[1:]
	}
	n = 0
	for n < len(says.alone) && int(says.alone[n].Token) < before {
		n++
	}
	st.now.topical.addHits(says.alone[:n])
	says.alone = says.alone[n:]
	return says
}

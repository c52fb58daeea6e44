package signal

import (
	"math/bits"
	"slices"

	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/prose"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// evidence is what a string says about what its message asks for: known words and pairs of words,
// and built-in phrases. Words that are strung together, as whoever stuffs a question with keywords
// does, say little (see package prose and listed). What a run or a stretch of words says is added to the string at once
// and taken out should it turn out to be a list, which is rare.
type evidence struct {
	proseFilter prose.Filter
	stretch     prose.Stretch

	run mark // where the run begins that is being read, and its length
	// chain is what the string's lists held before the run, and how long the stretches are that it was made of and that are known to be lists.
	chain mark
	// apart is the same of the stretch; strung are those of its words that were found to be strung together in a run.
	apart, strung mark
}

// mark is how much the string held before some words, and how many those are.
type mark struct {
	rows, terms int
	words, han  uint32
}

// begin makes it ready for another string.
func (e *evidence) begin() { *e = evidence{} }

// beginEvidence makes what comes another text than what the string has said so far.
func (st *State) beginEvidence() {
	st.evidence.begin()
	st.beginRun()
	st.beginStretch()
}

// endEvidence ends the text that was read last.
func (st *State) endEvidence() {
	e := &st.evidence
	if e.stretch.Listed() {
		st.listStretch()
	} else if e.stretch.Asks() {
		st.now.counts.asks = true
	}
	st.beginEvidence()
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
	listed, last := st.stretches(batch, &seen)
	begins, ok := 0, false
	if listed == 0 {
		begins, ok = e.proseFilter.Skim(batch, seen)
	}
	if !ok {
		st.judgeWords(batch, says, seen, listed)
		return
	}
	// As nearly always: all of it counts so far. Only where the last run and the last stretch begin must be known.
	if 0 < begins && begins <= last {
		says = st.count(says, begins)
		st.beginRun()
	}
	if last >= 0 {
		says = st.count(says, last)
		st.beginStretch()
	}
	if begins > max(last, 0) {
		says = st.count(says, begins)
		st.beginRun()
	}
	st.count(says, len(batch))
	last = max(last, 0)
	e.run.words += uint32(len(batch) - begins)
	e.apart.words += uint32(len(batch) - last)
	if !plain {
		e.run.han += han(batch[begins:])
		e.apart.han += han(batch[last:])
	}
}

// stretches reads the stretches of a batch. listed has a bit for each word before which one ends that is a list; last is where the last one begins, or -1. A verb
// that asks holds its sentence together.
func (st *State) stretches(batch []text.Token, seen *prose.Survey) (listed uint64, last int) {
	s, asks := &st.evidence.stretch, uint64(0)
	last = -1
	from := uint64(0) // the words before are read
	for changes := seen.Sentences; changes != 0; changes &= changes - 1 {
		last = bits.TrailingZeros64(changes)
		before := uint64(1)<<(last&63) - 1
		asks |= s.Read(batch, before&^from, *seen)
		if from = before; s.Listed() {
			listed |= 1 << (last & 63)
		} else if s.Asks() {
			st.now.counts.asks = true
		}
		*s = prose.Stretch{}
	}
	asks |= s.Read(batch, ^uint64(0)>>(64-len(batch))&^from, *seen)
	seen.Functions |= asks
	return listed, last
}

// judgeWords is judge for a batch that may have a run that is too long, or a list.
func (st *State) judgeWords(batch []text.Token, says said, seen prose.Survey, listed uint64) {
	e := &st.evidence
	v := e.proseFilter.Judge(batch, seen.Functions)
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
			st.unchain()
			st.list(&st.now.listed.runs, e.run)
			e.strung.words += e.run.words
			e.strung.han += e.run.han
			st.addStrung(e.run.words, e.run.han)
			e.run.words, e.run.han = 0, 0
		}
		st.addStrung(uint32(to-from), han(batch[from:to]))
		lost |= run
		dropped &^= run
	}
	done := -1 // where the last run begins
	if ends != 0 {
		done = max(bits.Len64(v.Stands), bits.Len64(v.Begins)-1)
	}
	begun, at := max(done, 0), 0
	for stops := seen.Sentences; ; stops &= stops - 1 {
		to := min(bits.TrailingZeros64(stops), len(batch))
		if at <= done && done <= to {
			says = st.countBut(says, done, lost)
			st.beginRun()
			done = -1
		}
		says = st.countBut(says, to, lost)
		e.apart.words += uint32(to - at)
		e.apart.han += han(batch[at:to])
		for i := at; i < to; i++ {
			if lost>>(i&63)&1 != 0 {
				e.strung.words++
				e.strung.han += han(batch[i : i+1])
			}
		}
		if at = to; stops == 0 {
			break
		}
		if listed>>(to&63)&1 != 0 {
			st.listStretch()
			begun = max(begun, to)
		}
		st.beginStretch()
	}
	if begun < len(batch) && lost>>(begun&63)&1 == 0 {
		e.run.words += uint32(len(batch) - begun)
		e.run.han += han(batch[begun:])
	}
}

// addStrung counts words that are strung together.
func (st *State) addStrung(words, han uint32) {
	st.now.counts.strung += words
	st.now.counts.strungHan += han
}

// listStretch takes what the stretch that is being read says out of the string: it is a list.
func (st *State) listStretch() {
	e, c := &st.evidence, &st.now.counts
	st.list(&st.now.listed.stretches, e.apart)
	words, han := e.apart.words-e.strung.words, e.apart.han-e.strung.han
	c.apart += words
	c.apartHan += han
	e.chain.words += words
	e.chain.han += han
	st.markRun()
}

// unchain makes what stretches say, which the run that is being read began with, part of the run: it has turned out to be too long.
func (st *State) unchain() {
	e, c, l := &st.evidence, &st.now.counts, &st.now.listed
	l.runs.add(l.stretches.rows[e.chain.rows:], l.stretches.terms[e.chain.terms:])
	l.stretches.rows, l.stretches.terms = l.stretches.rows[:e.chain.rows], l.stretches.terms[:e.chain.terms]
	c.apart -= e.chain.words
	c.apartHan -= e.chain.han
	st.addStrung(e.chain.words, e.chain.han)
	e.chain.words, e.chain.han = 0, 0
}

// list takes out of the string what was said since a place.
func (st *State) list(to *listedWords, since mark) {
	rows, terms := min(since.rows, len(st.now.rows.list)), min(since.terms, len(st.now.topical.list))
	to.add(st.now.rows.list[rows:], st.now.topical.list[terms:])
	st.now.rows.truncate(rows)
	st.now.topical.truncate(terms)
}

// countBut is count, but for what some words say which are strung together, and have a bit.
func (st *State) countBut(says said, before int, lost uint64) said {
	if lost == 0 {
		return st.count(says, before)
	}
	l := &st.now.listed.runs
	for len(says.rows) > 0 && int(says.rows[0].Token) < before {
		if r := says.rows[0]; lost>>(r.Token&63)&1 == 0 {
			st.now.rows.add(r.Row)
		} else if !st.now.rows.has(r.Row) && !slices.Contains(st.now.listed.stretches.rows, r.Row) {
			l.rows = addListed(l.rows, []uint32{r.Row})
		}
		says.rows = says.rows[1:]
	}
	for _, hits := range [...]*[]match.Hit{&says.hits, &says.alone} {
		for len(*hits) > 0 && int((*hits)[0].Token) < before {
			if h := (*hits)[0]; lost>>(h.Token&63)&1 == 0 {
				st.now.topical.add(h.Pattern)
			} else if !st.now.topical.has(h.Pattern) && !slices.Contains(st.now.listed.stretches.terms, h.Pattern) {
				l.terms = addListed(l.terms, []uint32{h.Pattern})
			}
			*hits = (*hits)[1:]
		}
	}
	return says
}

// beginRun makes what comes next part of another run.
func (st *State) beginRun() {
	st.evidence.chain = mark{rows: len(st.now.listed.stretches.rows), terms: len(st.now.listed.stretches.terms)}
	st.markRun()
}

// markRun has the run begin with what comes next, as far as the string holds it.
func (st *State) markRun() {
	st.evidence.run = mark{rows: len(st.now.rows.list), terms: len(st.now.topical.list)}
}

// beginStretch makes it part of another stretch.
func (st *State) beginStretch() {
	st.evidence.apart = mark{rows: len(st.now.rows.list), terms: len(st.now.topical.list)}
	st.evidence.strung = mark{}
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

package signal

import (
	"slices"

	"github.com/mom-router/mom-router/rules/internal/disguise"
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
	"github.com/mom-router/mom-router/rules/internal/work"
)

// disguised is the second reading of a State's text: what disguised words mean goes through the
// same automaton and the same score of attacks, and what is found there counts as found in the string.
// Nothing else does: domains, languages and sizes go by what is written.
type disguised struct {
	st        *State
	tokenizer text.Tokenizer
	reading   disguise.Reading
	finder    finder
	looked    match.Words      // the batch that is being read
	scanner   *weights.Scanner // nil if nothing is scored
	turned    bool             // the string has a word of disguise.RotCues

	// Of the stretch of a text that is being read: whether its first word is still to come and follows others, and what those
	// may add to its score at most.
	resume bool
	before weights.Sums

	// The words beside the one that is asked for, and whether what they may be is known.
	wordBefore, wordBehind disguise.Neighbour
	known                  bool
}

// leastContext is how many words around a disguised one are read with it at least. The score of what stands further off has mostly worn off by
// then, so that so much is enough to say whether it is an attack.
const leastContext = 40

func newDisguised(st *State) *disguised {
	d := &disguised{st: st, finder: newFinder(st.set.everywhere, everywhere)}
	d.reading.Known = st.inPhrase
	if table := st.set.table; st.set.attacks.any {
		d.scanner = weights.NewScanner(table, table.Param(ParamAttackBias))
		d.reading.Likely = st.set.hasRow
	}
	d.tokenizer.Glued = st.glued
	d.reading.Filter, d.reading.KnownFilter = st.set.guesses, st.set.phrases
	d.reading.Forgetful = st.set.Apart()
	d.reading.Meter = &st.accounts.words.Meter
	d.reading.Out = d.read
	d.reading.ContextWords = st.set.context()
	d.reading.SpanWords = weights.Spans[len(weights.Spans)-1]
	d.reading.Matters = d.matters
	return d
}

// read reads a text that was behind a disguise, or a stretch of it, as disguise.Reading says. Phrases are no longer than what stands
// around a disguise. Attacks may be: what stands before a stretch and behind it, which is as it was written and so was scored
// with the string, may add to its score. Where that could make an attack of it, the stretch is not enough.
func (d *disguised) read(p []byte, begins, ends bool) (enough bool) {
	if !d.reading.Meter.Read(work.Words, len(p)) {
		return true
	}
	d.finder.begin()
	d.tokenizer.Reset(d)
	if d.scanner == nil {
		d.tokenizer.Text(p, 0, true)
		d.tokenizer.EndText()
		return true
	}
	around := d.st.scanner.Best() // at most of anything that stands before or behind
	most := max(around.Score(), d.st.str.attack)
	d.scanner.Begin()
	d.resume = !begins
	if begins {
		d.before = weights.Sums{}
	}
	d.before = d.before.Plus(around)
	d.tokenizer.Text(p, 0, true)
	d.tokenizer.EndText()
	best := d.scanner.Best().Score()
	if begins && ends {
		d.st.str.attack, d.before = max(d.st.str.attack, best), weights.Sums{}
		return true
	}
	d.before = d.scanner.Ending()
	if !ends {
		best = max(best, d.before.Plus(around).Score())
	}
	return d.st.ask(d.st.set.scored(func(t *thresholds) bool { return most >= t.most || best < t.least }))
}

// scan reads p[from:to] of a window and returns what was behind its words.
func (d *disguised) scan(p []byte, from, to int, spots *text.Spots) disguise.Kinds {
	d.before = weights.Sums{}
	if d.turned {
		d.reading.Turned(p, from, to)
	}
	return d.reading.Scan(p, from, to, spots)
}

// Tokens looks for keywords and attacks, as text.Consumer says.
func (d *disguised) Tokens(batch []text.Token) {
	if d.scanner != nil {
		if score := batch; d.resume {
			d.scanner.Resume(&score[0], d.before)
			d.scanner.Score(score[1:])
			d.resume = false
		} else {
			d.scanner.Score(score)
		}
	}
	d.st.set.words.Look(batch, &d.looked)
	hits, _ := d.finder.find(&d.looked, len(batch))
	for _, h := range hits {
		if h.Pattern&rotBit == 0 {
			d.st.noteRead(h.Pattern)
		}
	}
}

// matters reports whether it can make a difference that p[from:to] is read as a word: whether it may be part of a phrase, or make the
// score of an attack higher, by itself or with the word before it or behind it.
func (d *disguised) matters(p []byte, from, to int, word []byte) bool {
	hash := text.HashOf(word)
	of, _ := d.st.set.words.Owners(hash)
	d.known = p != nil && d.reading.Neighbours(p, from, to, &d.wordBefore, &d.wordBehind)
	if of != 0 && !d.mayStand(hash) {
		of = 0
	}
	if of == match.Both || d.scanner == nil {
		return d.st.ask(of)
	}
	score := max(d.st.scanner.Best().Score(), d.st.str.attack)
	if open := d.st.set.scored(func(t *thresholds) bool { return score < t.most }) &^ of; open != 0 && d.addsTo(hash) {
		of |= open
	}
	return d.st.ask(of)
}

// mayStand reports whether a word of phrases can be found in one here: whether it is one by itself, or may be followed by a word or follow one as in a phrase.
func (d *disguised) mayStand(hash uint64) bool {
	words := d.st.set.words
	begins, goesOn, alone := words.Stands(hash)
	if alone || !d.known {
		return true
	}
	goOn := func(hash uint64) bool {
		_, follows, _ := words.Stands(hash)
		return follows
	}
	lead := func(hash uint64) bool {
		first, follows, _ := words.Stands(hash)
		return first || follows
	}
	return begins && anyReading(&d.wordBehind, goOn) || goesOn && anyReading(&d.wordBefore, lead)
}

func anyReading(word *disguise.Neighbour, is func(hash uint64) bool) bool {
	if is(word.Written.Hash) {
		return true
	}
	return slices.ContainsFunc(word.Guesses, is)
}

// addsTo reports whether a word may make the score of an attack higher here, by itself or with the word before it or behind it.
func (d *disguised) addsTo(hash uint64) bool {
	if !d.known || d.adds(hash) || d.adds(weights.Pair(weights.Word(&d.wordBefore.Written), hash)) || d.adds(weights.Pair(hash, weights.Word(&d.wordBehind.Written))) {
		return true
	}
	for _, before := range d.wordBefore.Guesses {
		if d.adds(weights.Pair(before, hash)) {
			return true
		}
	}
	for _, behind := range d.wordBehind.Guesses {
		if d.adds(weights.Pair(hash, behind)) {
			return true
		}
	}
	return false
}

// adds reports whether a row makes the score of an attack higher.
func (d *disguised) adds(feature uint64) bool {
	table := d.st.set.table
	row, known := table.Row(feature)
	return known && table.Weight(row, ColumnAttack) > 0
}

// turned adds the rot13 form of a phrase of a keyword that guards may use. Short ones would be
// found in honest texts: "cat" is "png".
func (b *Builder) turned(words string, pattern uint32) {
	turned := disguise.Rot13(words)
	letters, gaps := 0, 0
	for i := range len(words) {
		if words[i] != turned[i] {
			letters++
		} else {
			gaps++
		}
	}
	if longEnough(letters, gaps) {
		// It has the words that the phrase has, so there is no mistake to report.
		_ = b.phrases.Add(turned, pattern|rotBit)
	}
}

// turnedGaps does the same for a phrase with gaps, all of whose readings must be long enough.
func (b *Builder) turnedGaps(words string, gap int, pattern uint32) {
	if letters, parts := match.Least(words); longEnough(letters, parts-1) {
		_ = b.phrases.AddGapped(disguise.Rot13(words), gap, pattern|rotBit)
	}
}

func longEnough(letters, gaps int) bool { return letters >= 10 || letters >= 6 && gaps > 0 }

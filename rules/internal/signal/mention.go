package signal

import (
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/prose"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/tree"
)

// A keyword in what operators say may leave out what is only mentioned (see prose.Mentioned). Such a keyword has a pattern of its own, which is noted
// where the words are used. That is told from the bytes around them, once those have been read.

// noPattern is the number of none.
const noPattern = ^uint32(0)

// mentions are the hits of a string whose sentences are still to be read.
type mentions struct {
	used    []uint32 // by keyword: the pattern for where it is used, or noPattern; nil if no keyword asks
	pending []mention
	kept    int    // of those: were left over by the last scan, and end so far behind its end
	read    [2]int // sentences of the request that were read for the first policy, and for the second one
}

// mostSentences bounds how many sentences of a request are read for this. What comes behind them counts as used.
const mostSentences = 256

// mention is a pattern for words that are used, and where in the window they end.
type mention struct {
	pattern uint32
	end     int
}

// useOf returns the pattern that a keyword has where it is used, if some signal asks for it.
func useOf(used []uint32, keyword uint32) (pattern uint32, asked bool) {
	if int(keyword) >= len(used) {
		return 0, false
	}
	pattern = used[keyword]
	return pattern, pattern != noPattern
}

// reset forgets the last string.
func (m *mentions) reset() { m.pending, m.kept = m.pending[:0], 0 }

// hit notes a keyword whose sentence is to be read.
func (st *State) hit(h match.Hit, batch []text.Token) {
	if use, asked := useOf(st.mentions.used, h.Pattern); asked && !st.partIsUsers && !st.str.patterns.has(use) {
		st.mentions.pending = append(st.mentions.pending, mention{use, int(batch[h.Token].End)})
	}
}

// readMentions reads the sentences of the hits that end before to.
func (st *State) readMentions(p []byte, from, to int) {
	m := &st.mentions
	if len(m.pending) == 0 {
		return
	}
	left := m.pending[:0]
	for i, hit := range m.pending {
		if i < m.kept {
			hit.end += from
		}
		switch {
		case st.str.patterns.has(hit.pattern):
		case hit.end > to:
			hit.end -= to
			left = append(left, hit)
		default:
			if !st.readsOn(hit.pattern) || !prose.Mentioned(p, hit.end) {
				st.note(hit.pattern)
			}
		}
	}
	m.pending, m.kept = left, len(left)
}

// readsOn counts a sentence that is read for a pattern. It reports false, and counts nothing, where so many were read that it is not.
func (st *State) readsOn(pattern uint32) bool {
	of, full := st.set.owner(pattern), match.Policy(0)
	for i, n := range st.mentions.read {
		if of&(1<<i) != 0 && n == mostSentences {
			full |= 1 << i
		}
	}
	if of == match.Both && st.ask(full) || of != match.Both && full != 0 {
		return false
	}
	for i := range st.mentions.read {
		if of&^full&(1<<i) != 0 {
			st.mentions.read[i]++
		}
	}
	return true
}

// noteRead notes a keyword that a second reading has found. Where its words stand in the string as they are, they have been judged.
func (st *State) noteRead(pattern uint32) {
	if use, asked := useOf(st.mentions.used, pattern); asked && !st.str.patterns.has(pattern) && !st.part.patterns.has(pattern) && !st.msg.patterns.has(pattern) {
		st.note(use)
	}
	st.note(pattern)
}

// mentionsAre reads the option "mentions", of keywords that listen to operators alone.
func (b *Builder) mentionsAre(o *options, in audience) (left bool) {
	n := o.node.Get("mentions")
	if n == nil {
		return false
	}
	switch {
	case n.Kind != tree.String || n.Text != "ignore":
		o.Add(n, "mentions can only be \"ignore\"", "remove it where words that are mentioned count, too")
	case in != 1<<operator:
		o.Add(n, "mentions are told from uses in what operators say only", "say in: operator, or remove it: everybody else could hide an attack in a sentence that mentions it")
	}
	return true
}

// usesOf is a keyword that is true where the words of one are used.
func (b *Builder) usesOf(keyword uint32, in audience) (evaluator, about) {
	for uint32(len(b.used)) <= keyword {
		b.used = append(b.used, noPattern)
	}
	if b.used[keyword] == noPattern {
		b.used[keyword] = b.pattern()
	}
	e, a := in.finds(b.used[keyword])
	a.guess = "how a sentence reads"
	return e, a
}

package labelled

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/prose"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/tree"
)

// leastWordRows is in how many rows a word must stand.
const leastWordRows = 2

// candidate is a word, or two in a row, that may be learned.
type candidate struct {
	text string
	rows int // of the file in which it stands
}

// learner learns words of classes beside the scores of the built-in ones.
type learner struct {
	samples    []sample
	names      []string // of classes, the built-in ones first
	builtin    int      // how many those are
	learned    []int    // the classes that the rows speak of
	candidates []candidate
}

// number is the place of a class, a new one if it is new.
func (l *learner) number(name string) int {
	if i := slices.Index(l.names, name); i >= 0 {
		return i
	}
	l.names = append(l.names, name)
	return len(l.names) - 1
}

// look finds the candidates of all samples, and has the engine say which of them stand in each, and what it thinks of it without any.
func (l *learner) look() {
	all := map[string]*candidate{}
	for i := range l.samples {
		if s := &l.samples[i]; s.row != nil {
			for _, word := range phrases(s.text) {
				if all[word] == nil {
					all[word] = &candidate{text: word}
				}
				all[word].rows++
			}
		}
	}
	for _, word := range slices.Sorted(maps.Keys(all)) {
		if c := all[word]; c.rows >= leastWordRows {
			l.candidates = append(l.candidates, *c)
		}
	}
	slices.SortStableFunc(l.candidates, func(a, b candidate) int { return cmp.Compare(b.rows, a.rows) })
	l.candidates = l.candidates[:min(len(l.candidates), signal.MaxOwnWords)]

	b := builder()
	column, _ := b.OwnDomain("other", 0)
	byTerm := map[uint32]int{}
	for i := range l.candidates {
		var ps tree.Problems
		if term := b.OwnWord(column, word(l.candidates[i].text), 0, &ps); len(ps.List) == 0 {
			byTerm[uint32(term)] = i
		}
	}
	j := newJudge(b.Build())
	for i := range l.samples {
		s := &l.samples[i]
		j.hear(s.text)
		s.scores = j.st.DomainScores()
		for _, term := range j.st.Terms() {
			if c, ok := byTerm[term]; ok {
				s.words = append(s.words, c)
			}
		}
		slices.Sort(s.words)
	}
}

// phrases are the different words of a text and its pairs of neighbours, as they can stand in a policy, in small letters. Words such as "the" and "of", alone or
// together, are left out: what stands beside the rows has too few of them to show that they say nothing.
func phrases(s string) (list []string) {
	tokens := slices.Clone(text.Split(s))
	functions := make([]bool, len(tokens))
	for i := range tokens {
		functions[i] = prose.FunctionsIn(tokens[i:i+1]) != 0
	}
	seen := map[string]bool{}
	add := func(phrase string, of ...text.Token) {
		if phrase = strings.ToLower(phrase); seen[phrase] {
			return
		}
		seen[phrase] = true
		for i, t := range text.Split(phrase) { // what is no phrase of the same words, such as parts of names with signs, is left alone
			if i >= len(of) || t.Hash != of[i].Hash {
				return
			}
		}
		list = append(list, phrase)
	}
	var before *text.Token
	for i := range tokens {
		t := &tokens[i]
		if t.Code() || t.Kind() == text.Number {
			before = nil
			continue
		}
		if !functions[i] {
			add(s[t.Start:t.End], *t)
		}
		if before != nil && !(functions[i] && functions[i-1]) {
			gap := " "
			if before.Kind() == text.Char && t.Kind() == text.Char {
				gap = ""
			}
			add(s[before.Start:before.End]+gap+s[t.Start:t.End], *before, *t)
		}
		before = t
	}
	return list
}

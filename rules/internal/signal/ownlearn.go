package signal

import (
	"slices"
	"strconv"
	"strings"
)

// What package labelled learns words of one's own from. Nothing of it is part of the module.

// DomainScores are the scores of the built-in classes for the last user message, as logits: those of DomainNames. It may be asked
// after Evaluate, of a State whose Set has a signal of domains and no words that change them.
func (st *State) DomainScores() []float64 {
	st.rank()
	scores := make([]float64, learnedDomains)
	for c := range scores {
		scores[c] = float64(st.topic.scores[c]) * CreativeMargin / float64(st.set.table.Param(ParamCreativeMargin))
	}
	return scores
}

// Terms are the terms in the last user message that do not speak for a language, but for those among words that are strung together. They are valid until the next Reset.
func (st *State) Terms() []uint32 { return st.last.topical.list }

// DomainNames are the built-in classes in the order of their scores.
func DomainNames() []string { return slices.Clone(learnedNames) }

// DomainTerms calls f with each phrase of the built-in lists of domains, and its points.
func DomainTerms(f func(class string, points int, phrase string)) {
	for i, name := range domainNames {
		for line := range strings.Lines(topicLists[i].text) {
			number, phrase, ok := strings.Cut(strings.TrimSpace(line), " ")
			if points, err := strconv.Atoi(number); ok && err == nil {
				f(name, points, phrase)
			}
		}
	}
}

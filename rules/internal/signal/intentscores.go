package signal

import "github.com/mom-router/mom-router/rules/internal/weights"

// The extra columns of learned weights: what the writer of a message wants. ExtraIntents are the
// intents, in this order; the last column is how hard the task is.
const ExtraComplexity = weights.ExtraColumns - 1

// ExtraIntents names the intents in the order of their columns.
var ExtraIntents = []string{"deep_thinking", "fast_qa", "creative", "coding", "fact_check"}

// The places of the intents in ExtraIntents.
const (
	intentDeep = iota
	intentFast
	intentCreative
	intentCoding
	intentFact
)

// intentScores are the scores of the last user message in the extra columns, less the bounds of their
// intents: above 0 an intent is true.
type intentScores [weights.ExtraColumns]int32

// intentScores returns the scores, which it works out once. Words count by the square root of the number of
// those that have a say in it, so that what the task is about does not water down what it is.
func (st *State) intentScores() *intentScores {
	if st.weighed {
		return &st.intents
	}
	table := st.set.table
	words := st.last.sum(st.set)
	var traits weights.ExtraSum
	traits.Add(table, st.traitRows())
	scale := int64(table.Param(ParamIntentScale))
	norm := root(uint64(max(words.extraRows, 1)) << 16)
	total, more := traits.Total(), &words.extra
	for c := range st.intents {
		st.intents[c] = total[c] + int32(int64(more[c])*scale/norm) - table.Param(ParamIntent+c)
	}
	st.weighed = true
	return &st.intents
}

// wants reports whether the message has an intent; one without words wants nothing.
func (st *State) wants(intent int) bool { return st.words() > 0 && st.intentScores()[intent] > 0 }

// IntentScores returns the scores of the last user message by intent and for its complexity, less their
// bounds. It may be asked after Evaluate, of a State whose Set has a signal of intents, and is for
// measuring.
func (st *State) IntentScores() [weights.ExtraColumns]int32 { return *st.intentScores() }

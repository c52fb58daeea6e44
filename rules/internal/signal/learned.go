package signal

import (
	_ "embed" // the weights are part of the program
	"sync"

	"github.com/mom-router/mom-router/rules/internal/weights"
)

// weightsData is what rules/train learned. Its columns are the domains in the order of
// domainNames, then domain.other, and the one below.
//
//go:embed weights.bin
var weightsData string

// The column of a row that is no domain.
const ColumnAttack = weights.Columns - 1 // how much a word speaks for an attack

// The numbers that go with the weights.
const (
	ParamWordScale       = iota // of sums of words against those of traits, in 1/256
	ParamMargin                 // by which the best domain must lead
	ParamShortMargin            // the same in a message of a few words, none of which is a term of the domain
	ParamCreativeMargin         // the same in a creative message: a story about a physicist is no physics
	ParamAttackBias             // what each word costs a span
	ParamAttackThreshold        // the least score of an attack
	ParamIntentScale            // of sums of extra weights of words against those of traits, in 1/256
	ParamIntent                 // the bound of the first extra column; the others follow, that of medium last

	ParamHard = ParamIntent + weights.ExtraColumns // how far above medium hard begins
	Params    = ParamHard + 1
)

// learnedDomains is the number of columns of domains; columnOther, the last, is that of domain.other.
const (
	columnOther    = int(classHistory) + 1
	learnedDomains = columnOther + 1
)

// learnedNames are the built-in domains in the order of their columns.
var learnedNames = append(domainNames[:len(domainNames):len(domainNames)], "other")

// WeightsHash names the learned weights: the first 16 digits of the SHA-256 of weights.bin. It
// stands in a file of its own, which rules/train writes and a test checks, since hashing half a
// megabyte would take each VM some milliseconds.
//
//go:embed weights.sha256
var WeightsHash string

// learned opens the weights when they are first needed. A bad table is a mistake of this program,
// found by its tests.
var learned = sync.OnceValue(func() *weights.Table {
	t, err := weights.Open(weightsData)
	if err != nil {
		panic("signal: weights.bin: " + err.Error())
	}
	return t
})

// topic is what the last user message is about by the learned weights.
type topic struct {
	best, second int                  // columns
	margin       int32                // by which the best one leads
	scores       [domainColumns]int32 // of all classes that there are
}

// rank works out what the last user message is about, once.
func (st *State) rank() {
	if !st.ranked {
		st.learnedTopic()
		st.ranked = true
	}
}

// learnedTopic adds up the rows of the last user message. Words count by the square root of their
// number, so that long texts are not surer of themselves than short ones; each counts once.
func (st *State) learnedTopic() {
	table := st.set.table
	words := st.last.sum(st.set)
	var traits weights.Sum
	traits.Add(table, st.traitRows())
	total, more := traits.Total(), &words.total
	scale := int64(table.Param(ParamWordScale))
	norm := root(uint64(max(words.rows, 1)) << 16)
	t := &st.topic
	for c := range learnedDomains {
		t.scores[c] = total[c] + int32(int64(more[c])*scale/norm)
	}
	if o := &st.set.owned; o.used {
		o.score(words, st.set.ownStep(), &t.scores)
	}
	first, second := int32(-1<<31), int32(-1<<31)
	for c, s := range t.scores[:st.set.owned.columns()] {
		switch {
		case s > first:
			second, t.second = first, t.best
			first, t.best = s, c
		case s > second:
			second, t.second = s, c
		}
	}
	t.margin = first - second
}

// traitRows are the rows of the last user message's traits, looked up once.
func (st *State) traitRows() []uint32 {
	if st.traced {
		return st.traitRow
	}
	st.traits, st.traitRow, st.traced = st.Traits(st.traits[:0]), st.traitRow[:0], true
	for _, t := range st.traits {
		if row, ok := st.set.table.Row(t); ok {
			st.traitRow = append(st.traitRow, row)
		}
	}
	return st.traitRow
}

// root is the square root of n, rounded down.
func root(n uint64) int64 {
	r := uint64(0)
	for bit := uint64(1) << 31; bit != 0; bit >>= 1 {
		if (r|bit)*(r|bit) <= n {
			r |= bit
		}
	}
	return int64(r)
}

// Topic is the class that speaks most for the last user message by the learned weights, as
// "math" or "other", whether it leads by enough to be said or not. It may be asked after Evaluate,
// of a State whose Set has a signal of domains, and is for measuring.
func (st *State) Topic() string {
	st.rank()
	return st.set.owned.name(st.topic.best)
}

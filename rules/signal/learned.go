package signal

import (
	"crypto/sha256"
	_ "embed" // the weights are part of the program
	"encoding/hex"
	"sync"

	"github.com/mom-router/mom-router/rules/text"
	"github.com/mom-router/mom-router/rules/weights"
)

// weightsData is what rules/train learned. Its columns are the domains in the order of
// domainNames, then domain.other, and the two below.
//
//go:embed weights.bin
var weightsData string

// The columns of a row that are no domains.
const (
	ColumnAttack = 14 // how much a word speaks for an attack
	ColumnCount  = 15 // 1 for words and pairs that have weights of domains
)

// The numbers that go with the weights.
const (
	ParamWordScale       = iota // of sums of words against those of traits, in 1/256
	ParamMargin                 // by which the best domain must lead
	ParamCreativeMargin         // the same in a creative message: a story about a physicist is no physics
	ParamAttackBias             // what each word costs a span
	ParamAttackThreshold        // the least score of an attack
	Params
)

// learnedDomains is the number of columns of domains; the last is domain.other.
const learnedDomains = int(classHistory) + 2

// WeightsHash names the learned weights: the first 16 digits of the SHA-256 of weights.bin.
var WeightsHash = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(weightsData))
	return hex.EncodeToString(sum[:8])
})

// learned opens the weights when they are first needed. A bad table is a mistake of this program,
// found by its tests.
var learned = sync.OnceValue(func() *weights.Table {
	t, err := weights.Open(weightsData)
	if err != nil {
		panic("signal: weights.bin: " + err.Error())
	}
	return t
})

// reader looks the words of a string up, one after another, as they come.
type reader struct {
	table     *weights.Table // nil if the policy needs no weights
	prev      uint64         // the word before
	sum, best int32          // of the span that ends here, and of the best one
}

// begin makes the reader ready for a new string.
func (r *reader) begin() { r.prev, r.sum, r.best = 0, 0, 0 }

// tokens reads a batch and puts the rows of known words and pairs into rows.
func (r *reader) tokens(batch []text.Token, rows *bag) {
	table, bias := r.table, r.table.Param(ParamAttackBias)
	prev, sum, best := r.prev, r.sum, r.best
	for i := range batch {
		word := weights.Word(&batch[i])
		pair := weights.Pair(prev, word)
		prev = word
		sum -= bias
		if table.Filter(word) {
			if row, ok := table.Row(word); ok {
				rows.add(row)
				sum += table.Weight(row, ColumnAttack)
			}
		}
		if table.Filter(pair) {
			if row, ok := table.Row(pair); ok {
				rows.add(row)
				sum += table.Weight(row, ColumnAttack)
			}
		}
		best = max(best, sum)
		sum = max(sum, 0)
	}
	r.prev, r.sum, r.best = prev, sum, best
}

// topic is what the last user message is about by the learned weights.
type topic struct {
	best   class // domainNames' place, or one more for other
	margin int32 // by which it leads
}

// learnedTopic adds up the rows of the last user message. Words count by the square root of their
// number, so that long texts are not surer of themselves than short ones; each counts once.
func (st *State) learnedTopic() topic {
	table := st.set.table
	var words, traits weights.Sum
	for _, row := range st.last.rows.list {
		words.Add(table, row)
	}
	st.traits = st.Traits(st.traits[:0])
	for _, t := range st.traits {
		if table.Filter(t) {
			if row, ok := table.Row(t); ok {
				traits.Add(table, row)
			}
		}
	}
	total, more := traits.Total(), words.Total()
	scale := int64(table.Param(ParamWordScale))
	norm := root(uint64(max(more[ColumnCount], 1)) << 16)
	var t topic
	first, second := int32(-1<<31), int32(-1<<31)
	for c := range learnedDomains {
		s := total[c] + int32(int64(more[c])*scale/norm)
		if s > first {
			first, second, t.best = s, first, class(c)
		} else {
			second = max(second, s)
		}
	}
	t.margin = first - second
	return t
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

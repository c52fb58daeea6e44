package main

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/prose"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
	"github.com/mom-router/mom-router/rules/prompt"
)

// extractor turns texts into features, with the tokenizer and the lists of the engine.
type extractor struct {
	st          *signal.State
	values      []expr.Value
	tok         text.Tokenizer
	words       []uint64 // of the text, one feature a token
	proseFilter prose.Filter
	verdicts    []prose.Verdicts // one a token, in the lowest bits
}

// newExtractor returns an extractor. It knows the lists but no weights, for those may be of an older form.
func newExtractor() *extractor {
	set := signal.TraitSet()
	return &extractor{st: set.NewState(), values: make([]expr.Value, set.Len())}
}

// Tokens gathers the words of a text; it makes the extractor its tokenizer's consumer.
func (x *extractor) Tokens(batch []text.Token) {
	for i := range batch {
		x.words = append(x.words, weights.Word(&batch[i]))
	}
	v := x.proseFilter.Judge(batch, prose.FunctionsIn(batch))
	for i := range batch {
		x.verdicts = append(x.verdicts, prose.Verdicts{Stands: v.Stands >> i & 1, Begins: v.Begins >> i & 1, Dropped: v.Dropped >> i & 1})
	}
}

// sequence returns the words of a text in order, until the next call.
func (x *extractor) sequence(s string) []uint64 {
	x.words, x.verdicts = x.words[:0], x.verdicts[:0]
	x.proseFilter.Reset()
	x.tok.Reset(x)
	x.tok.Text([]byte(s), 0, true)
	x.tok.EndText()
	return x.words
}

// traits returns what structure and lists say of a text.
func (x *extractor) traits(s string) []uint64 {
	x.st.Reset()
	x.st.Text([]byte(s), 0, true)
	x.st.EndText(true)
	x.st.EndPart(prompt.PartOwn)
	x.st.EndMessage(prompt.RoleUser)
	x.st.Evaluate(&signal.Input{Facts: &prompt.Facts{UserTurns: 1, Messages: 1}}, x.values)
	return x.st.Traits(nil)
}

// features returns the different words and pairs of a text, in the order of their first places, without
// those of words that are strung together.
func (x *extractor) features(s string) []uint64 {
	seen := map[uint64]bool{}
	var list []uint64
	prev, words := uint64(0), x.sequence(s)
	strung := x.strung()
	for i, w := range words {
		if !strung[i] {
			for _, f := range [2]uint64{w, weights.Pair(prev, w)} {
				if !seen[f] {
					seen[f] = true
					list = append(list, f)
				}
			}
		}
		prev = w
	}
	return list
}

// strung tells which words of the last sequence are strung together.
func (x *extractor) strung() []bool {
	list := make([]bool, len(x.verdicts))
	dropped := false
	for i := len(list) - 1; i >= 0; i-- {
		v := &x.verdicts[i]
		if v.Stands != 0 {
			dropped = false
			continue
		}
		dropped = dropped || v.Dropped != 0
		list[i] = dropped
		if v.Begins != 0 {
			dropped = false
		}
	}
	return list
}

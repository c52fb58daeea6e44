package signal

import "github.com/mom-router/mom-router/rules/expr"

// jailbreak.score is true when some contiguous span of words, in any string of the body, speaks
// for an attempt to steer the model: the sum of what its words and pairs of words weigh by the
// learned weights, less a bias for each word, reaches a threshold. Whatever stands before or
// behind the span, or in other strings, cannot lower it.
var jailbreakKind = kind{
	name:     "jailbreak",
	builtins: []string{"score"},
	builtin: func(b *Builder, _ string) (evaluator, string) {
		b.table = learned()
		return jailbreakScore{}, ""
	},
}

type jailbreakScore struct{}

func (jailbreakScore) value(st *State, _ *Input) expr.Value {
	return expr.Of(max(st.attack, st.scanner.Best()) >= st.set.table.Param(ParamAttackThreshold))
}

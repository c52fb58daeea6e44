package signal

import "github.com/mom-router/mom-router/rules/expr"

// complexity is how much thought the last user message asks for, by learned weights: exactly one of
// easy, medium and hard is true. There is no public data with such labels that means what a person
// means by them, so the weights come from tasks written for this project (rules/train/phrases).
var complexityKind = kind{
	name:     "complexity",
	builtins: []string{"easy", "medium", "hard"},
	builtin: func(b *Builder, name string) (evaluator, about) {
		b.lists.load(topicLists)
		b.table = learned()
		return complexity(name), about{message: true, whyNot: "more text can change how hard the last message is"}
	},
}

type complexity string

func (c complexity) value(st *State, in *Input) expr.Value {
	if in.open() {
		return expr.Unknown
	}
	return in.soFar(st.complexity() == c)
}

// complexity is the degree whose part of the scale the score falls into; no words are easy.
func (st *State) complexity() complexity {
	score := st.intentScores()[ExtraComplexity] // less the bound of medium
	switch {
	case st.words() == 0 || score <= 0:
		return "easy"
	case score <= st.set.table.Param(ParamHard):
		return "medium"
	}
	return "hard"
}

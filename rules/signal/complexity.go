package signal

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/text"
)

// complexity is how much thought the last user message asks for: exactly one of easy, medium and
// hard is true. There is no public data with such labels that means what a person means by them,
// so it goes by rules: what the message asks for, how much of it there is, and how technical it is.
var complexityKind = kind{
	name:     "complexity",
	builtins: []string{"easy", "medium", "hard"},
	builtin: func(b *Builder, name string) (evaluator, string) {
		b.lists.load(&b.phrases, topicLists)
		return complexity(name), "more text can change how hard the last message is"
	},
}

type complexity string

func (c complexity) value(st *State, in *Input) expr.Value {
	if in.Facts.Open {
		return expr.Unknown
	}
	return expr.Of(st.complexity() == c)
}

// The points from which on a message is medium and hard.
const (
	mediumPoints = 4
	hardPoints   = 10
)

// complexity adds up what makes a task hard.
func (st *State) complexity() complexity {
	p, c := &st.scores.points, &st.last.counts
	words := st.words()
	points := 2 * min(p[classDeep], 6)
	// Length: a sentence says a simple task, a paragraph has conditions.
	for _, limit := range [...]int32{12, 25, 50, 100, 200} {
		if words > limit {
			points++
		}
	}
	// Making something takes more than knowing it.
	points += min(p[classCreative], 3)
	points += min(p[classCoding]+st.code(), 4)
	// Technical terms, formulas and what stands in several clauses or lines.
	terms := int32(0)
	for _, n := range p[:classHistory+1] {
		terms = max(terms, n)
	}
	points += min(terms, 8) / 2
	points += min(st.formulas(false), 2)
	m := &c.marks.Count
	points += int32(min(m[text.MarkComma]+m[text.MarkSemicolon]+m[text.MarkNewline], 6)) / 2
	if st.fast() {
		points -= 4
	}
	switch {
	case points >= hardPoints:
		return "hard"
	case points >= mediumPoints:
		return "medium"
	}
	return "easy"
}

package signal

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// domain is what the last user message is about: the class for which its words, pairs of words,
// terms and structure speak most by the learned weights. Where none leads by enough the message
// belongs to no class: then domain.other is true and no other domain is.
var domainKind = kind{
	name:     "domain",
	builtins: learnedNames,
	more:     func(b *Builder) []string { return b.owned.names },
	builtin: func(b *Builder, name string) (evaluator, about) {
		b.lists.load(topicLists)
		b.table, b.topics = learned(), true
		column := b.owned.column(name)
		return domain(column), about{message: true, topic: column != columnOther, whyNot: notMonotoneDomain}
	},
	tune: tuneDomain,
}

const notMonotoneDomain = "more text can change what the last message is about"

// domain is the column of the class to be found.
type domain int

func (d domain) value(st *State, in *Input) expr.Value {
	if in.open() {
		return expr.Unknown
	}
	if !st.scores.topical {
		st.scores.topic, st.scores.topical = st.domain(), true
	}
	return in.soFar(st.scores.topic == int(d))
}

// shortWords is the greatest length of a message in which a single term says much.
const shortWords = 15

// fewWords is the greatest length of a message that says next to nothing.
const fewWords = 4

// oneWord is the length of a message that is about nothing, unless its word is a term of a domain: "x", "7", "receipt".
const oneWord = 1

// onlyHelps are the points of a term that says something only beside others: "x".
const onlyHelps = 1

// domain returns the column of the last user message's class, or columnOther if it has none.
func (st *State) domain() int {
	st.rank()
	t, o := &st.topic, &st.set.owned
	if t.best == columnOther || st.words() == 0 {
		return columnOther
	}
	margin, least := st.set.table.Param(ParamMargin), o.atLeast[t.best]
	if least > 0 {
		margin = 0
	}
	if points := st.pointsOf(t.best); st.words() <= fewWords && st.formulas(false) == 0 {
		switch {
		case st.words() <= oneWord && (points <= 0 || points <= onlyHelps && t.best < learnedDomains):
			return columnOther
		case points <= 0:
			margin = st.set.table.Param(ParamShortMargin)
		}
	}
	if st.creative() {
		margin = st.set.table.Param(ParamCreativeMargin)
	}
	if t.margin < margin || least > 0 && st.sureness() < least {
		return columnOther
	}
	return t.best
}

// pointsOf are the points of the terms of a class: of one of the policy's own, those of its words.
func (st *State) pointsOf(column int) int32 {
	if column < learnedDomains {
		return st.scores.points[column]
	}
	return st.last.sum(st.set).own[column]
}

// formulas returns points for equations, operators between numbers, and word problems. All
// sciences calculate: formulas decide only where they stand alone, without any science's terms.
func (st *State) formulas(alone bool) int32 {
	c := &st.last.counts
	m := &c.marks.Count
	signsLimit, numbersLimit := int32(2), int32(1)
	if alone {
		signsLimit, numbersLimit = 5, 3
	}
	signs := 2*m[text.MarkMath] + 2*m[text.MarkEquals] + m[text.MarkOperator] + m[text.MarkBackslash]
	points := min(int32(min(signs, 100)), signsLimit)
	switch {
	case c.numbers == 0:
		points /= 2
	case alone && c.numbers >= 2 && signs > 0:
		points++ // "15 % of 240"
	}
	if c.numbers >= 2 && st.scores.points[classQuantity] > 1 {
		points += min(int32(min(c.numbers, 100)), numbersLimit)
	}
	return points
}

// code returns points for what looks like source code.
func (st *State) code() int32 {
	m := &st.last.counts.marks.Count
	points := int32(0)
	if m[text.MarkFence] > 0 {
		points += 3
	}
	if m[text.MarkSemicolon] > 1 && m[text.MarkBracket] > 2 {
		points += 2
	}
	if m[text.MarkBrace] > 1 && m[text.MarkSemicolon]+m[text.MarkEquals] > 1 {
		points += 2
	}
	return points
}

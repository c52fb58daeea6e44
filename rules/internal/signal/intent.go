package signal

import (
	"slices"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// intent is what the last user message wants: one yes or no for each intent by the learned weights
// of its words, pairs of words, cues and structure. Unlike domains, several may be true, or none.
//
//   - deep_thinking: a task that takes several steps of thought: analysis, proof, design, strategy.
//   - fast_qa: a short, direct question about a fact, a definition, an identity.
//   - fact_check: whether something in the world is so, where the answer is right or wrong.
//   - creative: stories, verse, names, ideas.
//   - coding: tasks that end in source code, and questions about given source code.
var intentKind = kind{
	name:     "intent",
	builtins: []string{"deep_thinking", "fast_qa", "fact_check", "creative", "coding"},
	builtin: func(b *Builder, name string) (evaluator, about) {
		b.lists.load(topicLists)
		b.table = learned()
		return intent(slices.Index(ExtraIntents, name)), about{message: true, whyNot: "more text can change what the last message wants"}
	},
}

// intent is a place in ExtraIntents.
type intent int

func (i intent) value(st *State, in *Input) expr.Value {
	if in.open() {
		return expr.Unknown
	}
	switch {
	case i == intentFast && st.words() > fastWords, i == intentDeep && st.words() <= oneWord: // "why?"
		return in.soFar(false)
	}
	return in.soFar(st.wants(int(i)))
}

// fastWords is the greatest length of a quick question.
const fastWords = 40

// words is the message's length in words, without those that are strung together; three characters of a script without spaces count as
// two words, as they do in Chinese.
func (st *State) words() int32 { return st.last.counts.length() }

func (c *counts) length() int32 {
	strung, strungHan := c.strung, c.strungHan
	if c.asks {
		strung, strungHan = strung+c.apart, strungHan+c.apartHan
	} else if c.runsOnly() {
		strung, strungHan = 0, 0
	}
	words := c.words - min(c.words, strung)
	east := (c.letters[text.Han]+c.letters[text.Hiragana]+c.letters[text.Katakana])/3 - strungHan
	return int32(min(words-min(words, east/3)+c.numbers, 1<<20))
}

// runsOnly reports whether there is nothing but runs of words that are strung together.
func (c *counts) runsOnly() bool { return c.strung >= c.words }

// creative is true for stories, verse, names, ideas.
func (st *State) creative() bool { return st.wants(intentCreative) }

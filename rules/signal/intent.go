package signal

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/text"
)

// intent is what the last user message wants. Unlike domains, several may be true.
var intentKind = kind{
	name:     "intent",
	builtins: []string{"deep_thinking", "fast_qa", "fact_check", "creative", "coding"},
	builtin: func(b *Builder, name string) (evaluator, string) {
		b.lists.load(&b.phrases, topicLists)
		return intent(name), "more text can change what the last message wants"
	},
}

type intent string

func (i intent) value(st *State, in *Input) expr.Value {
	if in.Facts.Open {
		return expr.Unknown
	}
	switch i {
	case "deep_thinking":
		return expr.Of(st.deep())
	case "fast_qa":
		return expr.Of(st.fast())
	case "fact_check":
		return expr.Of(st.fact())
	case "creative":
		return expr.Of(st.creative())
	default:
		return expr.Of(st.coding())
	}
}

// The points that each intent takes.
const (
	deepThreshold     = 4
	fastThreshold     = 3
	factThreshold     = 3
	creativeThreshold = 3
	codingThreshold   = 4
	opinionThreshold  = 3
)

// fastWords is the greatest length of a quick question.
const fastWords = 40

// words is the message's length in words, without those that are strung together; three characters of a script without spaces count as
// two words, as they do in Chinese.
func (st *State) words() int32 { return st.last.counts.length() }

func (c *counts) length() int32 {
	words := c.words - min(c.words, c.strung)
	east := (c.letters[text.Han]+c.letters[text.Hiragana]+c.letters[text.Katakana])/3 - c.strungHan
	return int32(min(words-min(words, east/3)+c.numbers, 1<<20))
}

// deep is true for tasks that take several steps of thought: the longer the message, the more
// must ask for it, for long texts mention everything.
func (st *State) deep() bool {
	return st.scores.points[classDeep] >= deepThreshold+st.words()/80
}

// fast is true for a short, direct question: about a fact, a definition, an identity.
func (st *State) fast() bool {
	words := st.words()
	points := st.scores.points[classFast]
	if words == 0 || words > fastWords || points <= 0 || st.deep() || st.creative() {
		return false
	}
	if st.last.counts.marks.Count[text.MarkQuestion] > 0 {
		points++
	} else if st.codingTask() {
		return false
	}
	if words <= 12 {
		points++
	}
	return points >= fastThreshold
}

// fact is true where the answer is right or wrong in the world: no task, no taste, no fiction.
func (st *State) fact() bool {
	p := &st.scores.points
	points := p[classFact]
	if points > 0 && st.last.counts.marks.Count[text.MarkQuestion] > 0 {
		points++
	}
	return points >= factThreshold && p[classOpinion] < opinionThreshold && !st.creative() && !st.codingTask()
}

// creative is true for stories, verse, names, ideas.
func (st *State) creative() bool {
	p := &st.scores.points
	return p[classCreative] >= creativeThreshold && p[classCreative] >= p[classCoding]
}

// coding is true for tasks that end in source code, and for questions with source code in them.
func (st *State) coding() bool { return st.codingTask() && !st.creative() }

func (st *State) codingTask() bool {
	return st.scores.points[classCoding]+st.code() >= codingThreshold
}

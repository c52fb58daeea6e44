package signal

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/text"
)

// domain is what the last user message is about: the class whose terms, together with formulas
// and code, weigh most. Where none weighs enough, or two weigh the same, the message belongs to
// no class: then domain.other is true and no other domain is.
var domainKind = kind{
	name:     "domain",
	builtins: append(append([]string(nil), domainNames...), "other"),
	builtin: func(b *Builder, name string) (evaluator, string) {
		b.lists.load(&b.phrases, topicLists)
		for i, n := range domainNames {
			if n == name {
				return domain(i), notMonotoneDomain
			}
		}
		return domain(classes), notMonotoneDomain
	},
}

const notMonotoneDomain = "more text can change what the last message is about"

// domain is the class to be found; classes stands for other.
type domain class

func (d domain) value(st *State, in *Input) expr.Value {
	if in.Facts.Open {
		return expr.Unknown
	}
	if !st.scores.topical {
		st.scores.topic, st.scores.topical = st.domain(), true
	}
	return expr.Of(st.scores.topic == class(d))
}

// The points below which a message belongs to no class, and by which the best class must lead.
const (
	domainThreshold = 3
	domainMargin    = 1
)

// A story about a physicist is no physics: the threshold of creative messages.
const creativeDomain = 6

// A message of at most so many words may stand on one term of two points, if nothing speaks for
// another class: "What is entropy?"
const (
	shortWords     = 15
	shortThreshold = 2
)

// domain returns the last user message's class, or classes if it has none.
func (st *State) domain() class {
	best, second := classComputerScience, classMath
	points := st.domainPoints()
	if points[second] > points[best] {
		best, second = second, best
	}
	for c := class(2); int(c) < len(points); c++ {
		switch {
		case points[c] > points[best]:
			best, second = c, best
		case points[c] > points[second]:
			second = c
		}
	}
	threshold := int32(domainThreshold)
	switch {
	case st.creative():
		threshold = creativeDomain
	case points[second] <= 0 && st.words() <= shortWords:
		threshold = shortThreshold
	}
	if points[best] < threshold || points[best]-points[second] < domainMargin {
		return classes
	}
	return best
}

// domainPoints adds what structure says to the points of the terms.
func (st *State) domainPoints() [classHistory + 1]int32 {
	var points [classHistory + 1]int32
	copy(points[:], st.scores.points[:])
	code := st.code()
	points[classComputerScience] += code
	if code <= 2 {
		alone := true
		for c := classPhysics; c <= classHistory; c++ {
			alone = alone && points[c] <= 0
		}
		points[classMath] += st.formulas(alone)
	}
	return points
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

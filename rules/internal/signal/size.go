package signal

import "github.com/mom-router/mom-router/rules/expr"

// size compares the estimated number of input tokens of the whole request, tools included:
//
//	size:
//	  long: {over: 32000}
//	  short: {under: 500}
//
// The estimate is that for models of which no tokenizer is known (see measure.go); it is meant for
// choosing a context window and for cost, not for billing.
var sizeKind = kind{name: "size", declare: declareSize}

// maxTokens bounds the sizes that a policy may name: no request has as many.
const maxTokens = 1_000_000_000_000

type size struct {
	over, under int64 // tokens; under is 0 where it was not declared
}

func declareSize(_ *Builder, o *options) (evaluator, about) {
	if !o.only("over", "under") {
		return nil, about{}
	}
	var s size
	var hasOver, hasUnder bool
	s.over, hasOver = o.count("over", 0, maxTokens)
	s.under, hasUnder = o.count("under", 1, maxTokens)
	switch {
	case !hasOver && !hasUnder:
		o.Add(o.node, "over or under is missing", "write over: 32000, in tokens")
	case hasOver && hasUnder && !o.failed() && s.over+1 >= s.under:
		o.Add(o.node, "no size is over and under these bounds", "under must be greater than over + 1")
	}
	if o.failed() {
		return nil, about{}
	}
	if !hasOver {
		s.over = -1
	}
	if hasUnder {
		return s, about{whyNot: "more text makes it false: only size with over and without under is monotone"}
	}
	return s, about{}
}

func (s size) value(st *State, in *Input) expr.Value {
	n := st.Size(in.Facts, Mix)
	if n <= s.over {
		// More text may come.
		if s.under > 0 && in.Facts.Open {
			return expr.Unknown
		}
		return expr.False
	}
	if s.under == 0 {
		return expr.True
	}
	if n >= s.under {
		return expr.False
	}
	if in.Facts.Open {
		return expr.Unknown
	}
	return expr.True
}

// What an image, an audio clip and a video cost: published figures of vision models go from 85 to 1,600
// tokens an image; audio is about 10 to 25 tokens a second; engines take 8 to 32 frames of a video, of a few hundred each.
const (
	imageTokens = 800
	audioTokens = 500
	videoTokens = 4_000
)

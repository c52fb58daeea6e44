package signal

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// size compares the estimated number of input tokens of the whole request, tools included:
//
//	size:
//	  long: {over: 32000}
//	  short: {under: 500}
//
// The estimate goes by script; it is meant for choosing a context window and for cost, not for
// billing.
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
	n := st.Size(in.Facts)
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

// Sizes are kept in sixteenths of a token.
const sixteenths = 16

// What an image, an audio clip and a video cost: published figures of vision models go from 85 to 1,600
// tokens an image; audio is about 10 to 25 tokens a second; engines take 8 to 32 frames of a video, of a few hundred each.
const (
	imageTokens = 800
	audioTokens = 500
	videoTokens = 4_000
)

// A Latin word of up to six letters is one model token; longer ones cost more by the byte; digits
// go by threes.
const (
	shortWord    = 6
	latinPerByte = 3
)

// sizePerByte is how many sixteenths of a token a byte of a word in each other script costs, by
// what is known of the 100,000- to 200,000-word vocabularies of current models: a Han character
// or kana is 0.75 tokens, a Hangul syllable about 0.9, a Cyrillic word of 6 letters about 2.
var sizePerByte = [text.Scripts]uint8{
	text.Latin: latinPerByte, text.Greek: 4, text.Cyrillic: 3, text.Hebrew: 4, text.Arabic: 3, text.Devanagari: 3,
	text.Indic: 4, text.Thai: 3, text.SoutheastAsian: 5, text.Han: 4, text.Hiragana: 4, text.Katakana: 4, text.Hangul: 5,
	text.OtherScript: 6,
}

// markSize is what punctuation costs; in prose a good half of it is a token of its own.
func markSize(m *text.Marks) uint64 {
	var n uint64
	for _, c := range m.Count {
		n += uint64(c)
	}
	return n * sixteenths * 5 / 8
}

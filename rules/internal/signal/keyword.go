package signal

import (
	"strconv"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/tree"
)

// keyword is true when one of its words or phrases occurs in its scope:
//
//	keyword:
//	  creative: {in: last_user, words: ["write a story", "写一个故事"]}
//
// Scopes are last_user (the default), user, system, assistant, tool and any. Phrases match whole
// words, whatever their case, width, accents and the separators between them. With gap, up to so
// many other words (characters, in scripts without spaces) may stand between the pieces of every phrase, and a
// piece may have alternatives:
//
//	keyword:
//	  attack: {in: any, gap: 3, words: ["(ignore|pay no attention to) previous (rules|instructions)"]}
var keywordKind = kind{name: "keyword", declare: declareKeyword}

type keyword struct {
	pattern uint32
	scope   scope
}

func declareKeyword(b *Builder, o *options) (evaluator, about) {
	if !o.only("in", "gap", "words") {
		return nil, about{}
	}
	k := keyword{pattern: b.keywords, scope: o.scope(inLastUser)}
	gap, gaps := o.count("gap", 0, match.MaxGap)
	for _, n := range o.strings("words") {
		if gaps {
			b.gapped(o, n, int(gap), k)
			continue
		}
		if k.scope != inLastUser {
			b.readable.disguises = true
			b.turned(n.Text, k.pattern)
		}
		if err := b.phrasesOf(k.scope).Add(n.Text, k.pattern); err != nil {
			o.Add(n, strconv.Quote(n.Text)+" has "+err.Error(), "remove it or write words")
		}
	}
	if o.failed() {
		return nil, about{}
	}
	b.keywords++
	return k, k.scope.about()
}

// phrasesOf is where the phrases of a scope belong.
func (b *Builder) phrasesOf(s scope) *match.Builder {
	if s == inLastUser {
		return &b.lists.phrases
	}
	return &b.phrases
}

// gapped adds a phrase with gaps.
func (b *Builder) gapped(o *options, n *tree.Node, gap int, k keyword) {
	if k.scope != inLastUser {
		b.readable.disguises = true
		b.turnedGaps(n.Text, gap, k.pattern)
	}
	if err := b.phrasesOf(k.scope).AddGapped(n.Text, gap, k.pattern); err != nil {
		at := ""
		if e, ok := err.(*match.PhraseError); ok && e.At > 0 {
			at = ", at byte " + strconv.Itoa(e.At)
		}
		o.Add(n, strconv.Quote(n.Text)+" "+err.Error()+at, "")
	}
}

// about is what is true of the signals that look in a scope.
func (s scope) about() about {
	a := about{sees: scopeNames[s], placed: true}
	if s == inLastUser {
		a.whyNot = "its scope is last_user, which a newer message replaces: say in: user or in: any"
	}
	return a
}

func (k keyword) value(st *State, in *Input) expr.Value {
	if k.scope != inLastUser {
		return expr.Of(st.scopes[k.scope].has(k.pattern))
	}
	if in.Facts.Open {
		return expr.Unknown
	}
	return expr.Of(st.last.keywords.has(k.pattern))
}

package signal

import (
	"strconv"

	"github.com/mom-router/mom-router/rules/expr"
)

// keyword is true when one of its words or phrases occurs in its scope:
//
//	keyword:
//	  creative: {in: last_user, words: ["write a story", "写一个故事"]}
//
// Scopes are last_user (the default), user, system, assistant, tool and any. Phrases match whole
// words, whatever their case, width, accents and the separators between them.
var keywordKind = kind{name: "keyword", declare: declareKeyword}

type keyword struct {
	pattern uint32
	scope   scope
}

func declareKeyword(b *Builder, o *options) (evaluator, string) {
	if !o.only("in", "words") {
		return nil, ""
	}
	k := keyword{pattern: b.keywords, scope: scope(o.oneOf("in", scopeNames, int(inLastUser)))}
	for _, n := range o.strings("words") {
		if k.scope != inLastUser {
			b.readable.disguises = true
			b.turned(n.Text, k.pattern)
		}
		if err := b.phrases.Add(n.Text, k.pattern); err != nil {
			o.fail(n, strconv.Quote(n.Text)+" has "+err.Error(), "remove it or write words")
		}
	}
	if o.failed {
		return nil, ""
	}
	b.keywords++
	return k, k.scope.whyNot()
}

// whyNot says why a signal of a scope is not monotone, or "".
func (s scope) whyNot() string {
	if s == inLastUser {
		return "its scope is last_user, which a newer message replaces: say in: user or in: any"
	}
	return ""
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

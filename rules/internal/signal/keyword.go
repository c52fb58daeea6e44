package signal

import (
	"strconv"

	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/tree"
)

// keyword is true when one of its words or phrases occurs in what some speakers say:
//
//	keyword:
//	  creative: {in: last_user, words: ["write a story", "写一个故事"]}
//
// In names whose words are meant: last_user (the default), user, operator, assistant, tool or any, or a list of them. Phrases match whole
// words, whatever their case, width, accents and the separators between them. With gap, up to so
// many other words (characters, in scripts without spaces) may stand between the pieces of every phrase, and a
// piece may have alternatives:
//
//	keyword:
//	  attack: {in: any, gap: 3, words: ["(ignore|pay no attention to) previous (rules|instructions)"]}
//
// A declaration may look for the words of another one in what others say:
//
//	keyword:
//	  indirect_attack: {in: tool, words_of: attack}
var keywordKind = kind{name: "keyword", declare: declareKeyword}

func declareKeyword(b *Builder, o *options) (evaluator, about) {
	if !o.only("in", "gap", "words", "words_of") {
		return nil, about{}
	}
	k := pattern{number: b.keywords, in: o.audience(lastUser)}
	if n := o.node.Get("words_of"); n != nil {
		return b.wordsOf(o, n, k.in)
	}
	gap, gaps := o.count("gap", 0, match.MaxGap)
	for _, n := range o.strings("words") {
		if gaps {
			b.gapped(o, n, int(gap), k)
			continue
		}
		if k.in != lastUser {
			b.readable.disguises = true
			b.turned(n.Text, k.number)
		}
		if err := b.phrasesOf(k.in).Add(n.Text, k.number); err != nil {
			o.Add(n, strconv.Quote(n.Text)+" has "+err.Error(), "remove it or write words")
		}
	}
	if o.failed() {
		return nil, about{}
	}
	b.keywords++
	b.words[o.name] = k
	return k, k.in.about()
}

// wordsOf is a keyword that has the words of another one.
func (b *Builder) wordsOf(o *options, n *tree.Node, in audience) (evaluator, about) {
	for _, key := range []string{"words", "gap"} {
		if own := o.node.Get(key); own != nil {
			o.Add(own, key+" cannot stand beside words_of", "remove one of them")
		}
	}
	words, known := b.words[n.Text]
	switch {
	case n.Kind != tree.String:
		o.Add(n, "words_of must be the name of a keyword, found "+n.Kind.String(), "")
	case !known:
		o.Add(n, "words_of names no keyword with words of its own: "+strconv.Quote(n.Text), tree.DidYouMean(n.Text, tree.SortedKeys(b.words)))
	case words.in == lastUser || in == lastUser:
		o.Add(n, "words_of is for keywords that guards may use", "say in: user, in: tool or the like in both declarations")
	}
	if o.failed() {
		return nil, about{}
	}
	return in.finds(words.number)
}

// phrasesOf is where the phrases that are looked for in some texts belong.
func (b *Builder) phrasesOf(in audience) *match.Builder {
	if in == lastUser {
		return &b.lists.phrases
	}
	return &b.phrases
}

// gapped adds a phrase with gaps.
func (b *Builder) gapped(o *options, n *tree.Node, gap int, k pattern) {
	if k.in != lastUser {
		b.readable.disguises = true
		b.turnedGaps(n.Text, gap, k.number)
	}
	if err := b.phrasesOf(k.in).AddGapped(n.Text, gap, k.number); err != nil {
		at := ""
		if e, ok := err.(*match.PhraseError); ok && e.At > 0 {
			at = ", at byte " + strconv.Itoa(e.At)
		}
		o.Add(n, strconv.Quote(n.Text)+" "+err.Error()+at, "")
	}
}

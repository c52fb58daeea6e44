package signal

import (
	"strconv"
	"strings"
	"unicode/utf8"

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
// words, whatever their case, width, accents and the separators between them; signs at a word's edge are a mistake, since they would be
// left out. Pieces of a phrase may have alternatives, and with gap up to so many other words (characters, in scripts without spaces) may
// stand between the pieces of every phrase:
//
//	keyword:
//	  attack: {in: any, gap: 3, words: ["(ignore|pay no attention to) previous (rules|instructions)"]}
var keywordKind = kind{name: "keyword", declare: declareKeyword}

type keyword struct {
	pattern uint32
	scope   scope
}

func declareKeyword(b *Builder, o *options) (evaluator, string) {
	if !o.only("in", "gap", "words") {
		return nil, ""
	}
	k := keyword{pattern: b.keywords, scope: scope(o.oneOf("in", scopeNames, int(inLastUser)))}
	gap, gaps := o.count("gap", 0)
	if gap > match.MaxGap {
		o.fail(o.node.Get("gap"), "gap must be at most "+strconv.Itoa(match.MaxGap)+" words", "")
		gap = 0
	}
	for _, n := range o.strings("words") {
		alternatives := gaps || strings.ContainsAny(n.Text, "(|)")
		if sign, at := b.droppedSign(n.Text, alternatives); sign != "" {
			o.fail(n, quote(n.Text)+" has the sign "+quote(sign)+", at byte "+strconv.Itoa(at)+", which is no part of a word: the phrase would match without it",
				"remove the sign, or use a regex signal where it must be there")
			continue
		}
		if alternatives {
			b.gapped(o, n, int(gap), k)
			continue
		}
		if k.scope != inLastUser {
			b.readable.disguises = true
			b.turned(n.Text, k.pattern)
		}
		if err := b.phrasesOf(k.scope).Add(n.Text, k.pattern); err != nil {
			o.fail(n, strconv.Quote(n.Text)+" has "+err.Error(), "remove it or write words")
		}
	}
	if o.failed {
		return nil, ""
	}
	b.keywords++
	return k, k.scope.whyNot()
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
		o.fail(n, strconv.Quote(n.Text)+" "+err.Error()+at, "")
	}
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

// droppedSign finds the first sign of a phrase at the edge of a word, where texts are cut, that is as if it were not there: all but those of names
// such as C++. Signs within a word stand for any separator. syntax says that parentheses and bars make alternatives.
func (b *Builder) droppedSign(words string, syntax bool) (sign string, at int) {
	if syntax {
		words = strings.Map(func(r rune) rune {
			if r == '(' || r == '|' || r == ')' {
				return ' '
			}
			return r
		}, words)
	}
	inside := false // what stands before belongs to a word
	for i := 0; i < len(words); {
		r, n := utf8.DecodeRuneInString(words[i:])
		if isSign(r) && !(inside && goesOn(words[i:])) && b.says(words[:i]+" "+words[i+n:], words) {
			return words[i : i+n], i
		}
		inside = !isSign(r) && !space(r) || inside && !space(r)
		i += n
	}
	return "", 0
}

// goesOn reports whether a letter follows some signs right away.
func goesOn(words string) bool {
	for _, r := range words {
		if !isSign(r) {
			return !space(r)
		}
	}
	return false
}

// says reports whether two texts say the same words, and any at all.
func (b *Builder) says(one, other string) bool {
	var hashes []uint64
	for _, t := range b.split.Split(one) {
		hashes = append(hashes, t.Hash)
	}
	tokens := b.split.Split(other)
	if len(tokens) != len(hashes) {
		return false
	}
	for i, t := range tokens {
		if t.Hash != hashes[i] {
			return false
		}
	}
	return len(tokens) > 0
}

func space(r rune) bool { return r <= ' ' || r == 0xA0 || r == 0x3000 || r >= 0x2000 && r <= 0x200A }

// isSign reports whether a character is neither a letter, a digit, a mark upon one nor white space, in the scripts that phrases are written in.
func isSign(r rune) bool {
	switch {
	case space(r):
		return false
	case r < 0x80:
		return !(r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z')
	case r < 0xC0:
		return r != 'ª' && r != 'µ' && r != 'º' && r != '²' && r != '³' && r != '¹' && !(r >= '¼' && r <= '¾')
	case r >= 0x2010 && r <= 0x206F, r >= 0x20A0 && r <= 0x20CF, r >= 0x2190 && r <= 0x245F, r >= 0x2500 && r <= 0x2BFF, r >= 0x3001 && r <= 0x3004, r >= 0x3008 && r <= 0x3020,
		r == 0x30FB, r >= 0xFE30 && r <= 0xFE6F, r >= 0xFF01 && r <= 0xFF0F, r >= 0xFF1A && r <= 0xFF20, r >= 0xFF3B && r <= 0xFF40, r >= 0xFF5B && r <= 0xFF65,
		r >= 0x1F000 && r <= 0x1FAFF:
		return true
	}
	return r == '×' || r == '÷' || r == 0x060C || r == 0x061B || r == 0x061F || r == 0x06D4 || r == 0x0964 || r == 0x0965
}

package signal

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/tree"
)

// keyword is true when one of its words or phrases occurs in what some speakers say:
//
//	keyword:
//	  creative: {in: last_user, words: ["write a story", "写一个故事"]}
//
// In names whose words are meant: last_user (the default), user, operator, assistant, tool or any, or a list of them. Phrases match whole
// words, whatever their case, width, accents and the separators between them; signs at a word's edge are a mistake, since they would be
// left out. Pieces of a phrase may have alternatives, and with gap up to so many other words (characters, in scripts without spaces) may
// stand between the pieces of every phrase:
//
//	keyword:
//	  attack: {in: any, gap: 3, words: ["(ignore|pay no attention to) previous (rules|instructions)"]}
//
// A declaration may look for the words of another one in what others say:
//
//	keyword:
//	  indirect_attack: {in: tool, words_of: attack}
//
// and in what operators say leave out where they are only mentioned:
//
//	operator_attack: {in: operator, words_of: attack, mentions: ignore}
var keywordKind = kind{name: "keyword", searches: true, declare: declareKeyword}

func declareKeyword(b *Builder, o *options) (evaluator, about) {
	if !o.only("in", "gap", "words", "words_of", "mentions") {
		return nil, about{}
	}
	k := pattern{number: b.keywords, in: o.audience(lastUser)}
	uses := b.mentionsAre(o, k.in)
	if n := o.node.Get("words_of"); n != nil {
		return b.wordsOf(o, n, k.in, uses)
	}
	gap, gaps := o.count("gap", 0, match.MaxGap)
	for _, n := range o.strings("words") {
		alternatives := gaps || strings.ContainsAny(n.Text, "(|)")
		if sign, at := b.droppedSign(n.Text, alternatives); sign != "" {
			o.Add(n, strconv.Quote(n.Text)+" has the sign "+strconv.Quote(sign)+", at byte "+strconv.Itoa(at)+", which is no part of a word: the phrase would match without it",
				"remove the sign, or use a regex signal where it must be there")
			continue
		}
		if alternatives {
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
	if uses {
		return b.usesOf(k.number, k.in)
	}
	return k.in.finds(k.number)
}

// wordsOf is a keyword that has the words of another one.
func (b *Builder) wordsOf(o *options, n *tree.Node, in audience, uses bool) (evaluator, about) {
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
	if uses {
		return b.usesOf(words.number, in)
	}
	return in.finds(words.number)
}

// phrasesOf is where the phrases that are looked for in some texts belong.
func (b *Builder) phrasesOf(in audience) *match.Builder {
	if in == lastUser {
		b.ownKeywords = true
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

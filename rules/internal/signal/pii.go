package signal

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/pii"
	"github.com/mom-router/mom-router/rules/tree"
)

// pii is true when personal data stands in what some speakers say. The built-in ones, each of one kind, look
// everywhere; a declaration joins kinds and says whose words are meant (any unless it says otherwise):
//
//	pii:
//	  contact: {kinds: [email, phone], in: user}
var piiKind = kind{
	name:     "pii",
	searches: true,
	builtins: pii.Names[:],
	builtin: func(b *Builder, name string) (evaluator, about) {
		for i, n := range pii.Names {
			if n == name {
				e, a := everyone.finds(b.personal(i))
				a.guess, a.rereads = guessOf(i), unreadPersonal
				return e, a
			}
		}
		return never{}, about{}
	},
	declare: declarePII,
}

func declarePII(b *Builder, o *options) (evaluator, about) {
	if !o.only("in", "kinds") {
		return nil, about{}
	}
	in := o.audience(everyone)
	var any anyOf
	guess := ""
	for _, n := range o.strings("kinds") {
		known := false
		for i, name := range pii.Names {
			if name == n.Text {
				any = append(any, pattern{b.personal(i), in})
				known = true
				guess = cmp.Or(guess, guessOf(i))
			}
		}
		if !known {
			o.Add(n, "unknown kind of personal data "+strconv.Quote(n.Text), tree.DidYouMean(n.Text, pii.Names[:]))
		}
	}
	if o.failed() {
		return nil, about{}
	}
	a := in.about()
	a.guess, a.rereads = guess, unreadPersonal
	a.moved = func(numbers []uint32) evaluator {
		moved := slices.Clone(any)
		for i := range moved {
			moved[i].number = numbers[moved[i].number]
		}
		return moved
	}
	return any, a
}

// guessOf says what makes a kind of personal data a guess, or "".
func guessOf(i int) string {
	if pii.Kinds(1)<<i == pii.CardLike {
		return "what only looks like a card"
	}
	return ""
}

// personal returns the pattern of a kind of personal data.
func (b *Builder) personal(i int) uint32 {
	if b.readable.piiKinds>>i&1 == 0 {
		b.readable.piiKinds |= 1 << i
		b.readable.pii[i] = b.pattern()
	}
	return b.readable.pii[i]
}

// anyOf is true when one of several patterns was found.
type anyOf []pattern

func (a anyOf) value(st *State, in *Input) expr.Value {
	v := expr.False
	for _, k := range a {
		if x := k.value(st, in); x != expr.False {
			v = x
			if v == expr.True {
				break
			}
		}
	}
	return v
}

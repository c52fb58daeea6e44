package signal

import (
	"math"
	"strconv"

	"github.com/mom-router/mom-router/rules/expr"
)

// jailbreak.score is true when some contiguous span of words, in one string of a user's, speaks
// for an attempt to steer the model: the sum of what its words and pairs of words weigh by the
// learned weights, less a bias for each word, reaches a threshold. Whatever stands before or
// behind the span, or in other strings, cannot lower it. A declaration chooses another threshold:
// how likely, in percent, a text must be an attack by what was learned:
//
//	jailbreak:
//	  certain: {threshold: 90}
//
// or whose words are meant: {in: tool}.
var jailbreakKind = kind{
	name:     "jailbreak",
	builtins: []string{"score"},
	builtin: func(b *Builder, _ string) (evaluator, string) {
		b.table = learned()
		return jailbreakScore{b.table.Param(ParamAttackThreshold), b.heed(users)}, ""
	},
	declare: declareJailbreak,
}

const (
	// AttackEven is the sum, in logits, at which a text is as likely an attack as not: rules/train
	// learns the weights to that end.
	AttackEven = 4
	// AttackThreshold is that of jailbreak.score. Rules/train chose it, and says why.
	AttackThreshold = 3.8

	leastThreshold, greatestThreshold = 10, 99
)

func declareJailbreak(b *Builder, o *options) (evaluator, string) {
	if !o.only("threshold", "in") {
		return nil, ""
	}
	in := o.audience(users)
	if in == lastUser {
		o.fail(o.node.Get("in"), "a score of attacks cannot look at last_user", "say in: user")
	}
	percent, ok := o.count("threshold", leastThreshold)
	switch {
	case !ok && o.node.Get("in") != nil:
		b.table = learned()
		return jailbreakScore{b.table.Param(ParamAttackThreshold), in}, ""
	case !ok:
		o.fail(o.node, "threshold is missing", "write threshold: 90, in percent; jailbreak.score needs no declaration")
	case percent > greatestThreshold:
		o.fail(o.node.Get("threshold"), "threshold must be at most "+strconv.Itoa(greatestThreshold)+" percent, found "+o.node.Get("threshold").Text, "nothing is certain")
	}
	if o.failed {
		return nil, ""
	}
	b.table = learned()
	logits := AttackEven + math.Log(float64(percent)/float64(100-percent))
	return jailbreakScore{int32(logits / AttackThreshold * float64(b.table.Param(ParamAttackThreshold))), in}, ""
}

// jailbreakScore is true from a sum on, in steps of the table's.
type jailbreakScore struct {
	least int32
	in    audience
}

func (j jailbreakScore) value(st *State, _ *Input) expr.Value {
	best := int32(0)
	st.each(j.in, func(h *heard) { best = max(best, h.attack) })
	if j.in == everyone || j.in&users == users && st.partIsUsers {
		best = max(best, st.scanner.Best())
	}
	return expr.Of(best >= j.least)
}

func (j jailbreakScore) sees() (where string, placed bool) { return j.in.String(), true }

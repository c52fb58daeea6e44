package signal

import (
	"math"

	"github.com/mom-router/mom-router/rules/expr"
)

// jailbreak.score is true when some contiguous span of at most 24 or 128 words, in one string of a user's,
// speaks for an attempt to steer the model: the sum of what its words and pairs of words weigh by the
// learned weights, less a bias for each word, over the square root of 24 or 128, reaches a threshold.
// Whatever stands before or behind the span, or in other strings, cannot lower it, and a long harmless
// text does not add up. jailbreak.strong is the same with a threshold that far fewer harmless texts
// reach. A declaration chooses another threshold: how likely, in percent, a text must be an attack by what
// was learned:
//
//	jailbreak:
//	  certain: {threshold: 90}
//
// or whose words are meant: {in: tool}.
var jailbreakKind = kind{
	name:     "jailbreak",
	searches: true,
	builtins: []string{"score", "strong"},
	builtin: func(b *Builder, name string) (evaluator, about) {
		b.table = learned()
		least := b.table.Param(ParamAttackThreshold)
		if name == "strong" {
			least = b.leastScore(AttackStrong)
		}
		return b.jailbreakScore(least, b.heed(users))
	},
	declare: declareJailbreak,
}

const (
	// AttackEven is the score, in logits, at which a text is as likely an attack as not: rules/train
	// learns the weights to that end.
	AttackEven = 4
	// AttackThreshold is that of jailbreak.score, AttackStrong that of jailbreak.strong. Rules/train chose them, and says why.
	AttackThreshold = 4.0
	AttackStrong    = 5.3

	leastThreshold, greatestThreshold = 10, 99
)

func declareJailbreak(b *Builder, o *options) (evaluator, about) {
	if !o.only("threshold", "in") {
		return nil, about{}
	}
	in := o.audience(users)
	if in == lastUser {
		o.Add(o.node.Get("in"), "a score of attacks cannot look at last_user", "say in: user")
	}
	percent, ok := o.count("threshold", leastThreshold, greatestThreshold)
	if !ok && o.node.Get("in") == nil {
		o.Required(o.node, "threshold", "write threshold: 90, in percent; jailbreak.score needs no declaration")
	}
	if o.failed() {
		return nil, about{}
	}
	b.table = learned()
	if !ok {
		return b.jailbreakScore(b.table.Param(ParamAttackThreshold), in)
	}
	logits := AttackEven + math.Log(float64(percent)/float64(100-percent))
	return b.jailbreakScore(b.leastScore(logits), in)
}

// leastScore is a threshold, in logits, as scores are.
func (b *Builder) leastScore(logits float64) int32 {
	return int32(logits / AttackThreshold * float64(b.table.Param(ParamAttackThreshold)))
}

// jailbreakScore is true from a sum on, in steps of the table's.
type jailbreakScore struct {
	least int32
	in    audience
}

func (b *Builder) jailbreakScore(least int32, in audience) (evaluator, about) {
	b.attacks.add(least)
	a := in.about()
	a.guess = "a learned score"
	return jailbreakScore{least, in}, a
}

// thresholds are those of a policy's scores of attacks. The zero value is that of a policy without any.
type thresholds struct {
	any         bool
	least, most int32 // the least score that some signal takes for an attack, and that all of them do
}

func (t *thresholds) add(least int32) {
	if !t.any {
		t.least, t.most = least, least
	}
	t.any, t.least, t.most = true, min(t.least, least), max(t.most, least)
}

func (j jailbreakScore) value(st *State, _ *Input) expr.Value {
	best := int32(0)
	st.each(j.in, func(h *heard) { best = max(best, h.attack) })
	if st.hears(j.in) {
		best = max(best, st.scanner.Best().Score())
	}
	return expr.Of(best >= j.least)
}

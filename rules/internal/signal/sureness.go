package signal

// Scores of classes are logits, in steps of the table's. What they say of probabilities was measured (docs/evaluation.md, "How sure domains are"): divided by
// the temperature they mean what they say. It was chosen by go run ./rules/train -tune, on rows that were left out of learning there.

const (
	// DomainTemperature is what logits of domains are divided by.
	DomainTemperature = 0.86
	// CreativeMargin is ParamCreativeMargin in logits: how large a step of the table's is.
	CreativeMargin = 3.0

	// HardLead is ParamHard in logits: the same for the extra columns.
	HardLead = 3.7

	log2e = 1.4426950408889634
)

// domainStep is a step of domains' scores as a power of two, in parts of 65,536.
func (s *Set) domainStep() int64 {
	margin := float64(CreativeMargin * log2e / DomainTemperature * 65536)
	return int64(margin) / int64(max(s.table.Param(ParamCreativeMargin), 1))
}

// ownStep is a step of weights of one's own in steps of the table's, in parts of 256.
func (s *Set) ownStep() int64 {
	return int64(s.table.Param(ParamCreativeMargin)) * 256 / int64(CreativeMargin/OwnStep)
}

// oneHalf is a half to the power of n/65536, in parts of 65,536: 0 from 17 powers on. It is off by at most 0.2 %.
func oneHalf(n int64) int64 {
	if n >= 17<<16 {
		return 0
	}
	f := n & 0xFFFF
	return (65536 - f*(44080-f*11312>>16)>>16) >> (n >> 16)
}

// sureness is how likely the best class of the last user message is, in percent, rounded down.
func (st *State) sureness() int32 {
	t := &st.topic
	step, sum := st.set.domainStep(), int64(0)
	for _, s := range t.scores[:st.set.owned.columns()] {
		sum += oneHalf(int64(t.scores[t.best]-s) * step)
	}
	return int32(100 * 65536 / sum)
}

// heardTopic is what the last user message was about when signals were worked out.
type heardTopic struct {
	best, second int // columns
	percent      int32
	known        bool
}

// noteTopic notes it: what is asked of it later is the message that the decision went by, whatever comes behind that.
func (st *State) noteTopic() {
	st.heard = heardTopic{}
	if st.words() == 0 {
		return
	}
	st.rank()
	st.heard = heardTopic{st.topic.best, st.topic.second, st.sureness(), true}
}

// Sureness is what the last user message is about by the learned weights and a policy's own: the two best classes, such as "math" or "other", whether they
// are said or not, and how likely the first is, in percent. It is of the last Evaluate; ok is false where the Set has no domains, and where no user has said a word.
func (st *State) Sureness() (best, second string, percent int, ok bool) {
	if !st.heard.known {
		return "", "", 0, false
	}
	o := &st.set.owned
	return o.name(st.heard.best), o.name(st.heard.second), int(st.heard.percent), true
}

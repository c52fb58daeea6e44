package signal

import (
	"slices"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
)

// A profile is what one user message says of itself: a bit for each signal that routes ask for and that goes by the last user
// message, with the value that it had when this message was the last. So whoever knows the profiles of a conversation's messages and the signals
// that go by the request as a whole can tell how each message would have been routed alone. A profile needs
// nothing but its message, and for a follow-up the message that it leans on: it can be worked out once and stored.

// profiles are those of the user messages that have been read, one behind the other.
type profiles struct {
	bits []uint64
	done bool // no more are wanted
}

// maxSpareProfiles is how many words of profiles a State keeps for the next request.
const maxSpareProfiles = 1 << 15

func (p *profiles) reset() {
	if cap(p.bits) > maxSpareProfiles {
		p.bits = nil
	}
	p.bits, p.done = p.bits[:0], false
}

// KeepProfiles has States keep the profiles of user messages: of those of the signals that go by the last user message. It comes before
// Build, and reports whether there is any such signal.
func (b *Builder) KeepProfiles(signals []int) bool {
	for _, i := range signals {
		if b.signals[i].message && !slices.Contains(b.profiled, i) {
			b.profiled = append(b.profiled, i)
		}
	}
	return len(b.profiled) > 0
}

// profileWords is how many words a profile has. The first bit says that the message is a follow-up.
func (s *Set) profileWords() int { return (len(s.profiled) + 1 + 63) / 64 }

// alone is what profiles are worked out from beside the text: the conversation as far as it goes is all there is.
var alone = Input{Facts: &prompt.Facts{UserTurns: 2}}

// keepProfile keeps the profile of the newest user message, before another one takes its place.
func (st *State) keepProfile() {
	if len(st.set.profiled) == 0 || st.profiles.done || st.last.counts.empty() {
		return
	}
	p := &st.profiles
	at := len(p.bits)
	for range st.set.profileWords() {
		p.bits = append(p.bits, 0)
	}
	if st.last.profiled && st.followUps == 0 {
		copy(p.bits[at:], st.last.profile[:])
		return
	}
	st.writeProfile(p.bits[at:])
}

// writeProfile works out the profile of the newest user message.
func (st *State) writeProfile(profile []uint64) {
	st.rate()
	if st.followUps > 0 {
		profile[0] = 1
	}
	for n, i := range st.set.profiled {
		if n++; st.set.signals[i].value(st, &alone) == expr.True {
			profile[n/64] |= 1 << (n % 64)
		}
	}
}

// rememberedProfile is the most words of a profile that is kept with its message.
const rememberedProfile = 2

// profileOf works out the profile of the message that has just been read, to be remembered with it.
func (st *State) profileOf(f *findings) {
	if len(st.set.profiled) == 0 || st.set.profileWords() > rememberedProfile || f.counts.empty() {
		return
	}
	last, followUps := st.last, st.followUps
	st.last, st.followUps, st.rated = f, 0, false
	f.profile, f.profiled = [rememberedProfile]uint64{}, true
	st.writeProfile(f.profile[:])
	st.last, st.followUps, st.rated = last, followUps, false
}

// KeptProfiles is how much memory in bytes the request's profiles take.
func (st *State) KeptProfiles() int64 { return 8 * int64(len(st.profiles.bits)) }

// Profiles are those of the user messages with words of their own that have been read to their end. From then on no more are kept. They are valid
// until Reset.
func (st *State) Profiles() Profiles {
	if !st.profiles.done {
		st.keepProfile()
		st.profiles.done = true
	}
	return Profiles{st.set, st.profiles.bits}
}

// Profiles are the profiles of a conversation's user messages, the oldest first.
type Profiles struct {
	set  *Set
	bits []uint64
}

// Len is how many there are.
func (p Profiles) Len() int {
	if len(p.bits) == 0 {
		return 0
	}
	return len(p.bits) / p.set.profileWords()
}

func (p Profiles) at(i int) []uint64 {
	n := p.set.profileWords()
	return p.bits[i*n : (i+1)*n]
}

// FollowUp reports whether a message is a follow-up.
func (p Profiles) FollowUp(i int) bool { return p.at(i)[0]&1 != 0 }

// Same reports whether two messages have the same profile.
func (p Profiles) Same(i, j int) bool { return slices.Equal(p.at(i), p.at(j)) }

// Values writes what a message says of itself into the values of all signals; otherwise is the value of what it does not say.
func (p Profiles) Values(i int, out []expr.Value, otherwise expr.Value) {
	profile := p.at(i)
	for n, signal := range p.set.profiled {
		n++
		if out[signal] = otherwise; profile[n/64]>>(n%64)&1 != 0 {
			out[signal] = expr.True
		}
	}
}

// Topics are those signals among some that say what a message is about.
func (s *Set) Topics(signals []int) (topics []int) {
	for _, i := range signals {
		if s.signals[i].topic {
			topics = append(topics, i)
		}
	}
	return topics
}

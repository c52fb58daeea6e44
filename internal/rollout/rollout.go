// Package rollout compares a candidate policy with the active one beside it: which conversations get which, what became of them, and
// whether the candidate is worse. It keeps nothing itself: counts and marks are bytes in data that all workers of a proxy share.
//
// The unit is the conversation, not the request: requests of one conversation are alike, and a caller with many of them would count many
// times. Each conversation is in one arm for good, and counts once for each kind of event.
//
// Arms are drawn by a keyed hash, independently of all that happens. So while the two policies are equally good, an event falls to the
// candidate with a probability that is known exactly: its share. Whether more fall to it is a question about a coin, and it is answered
// by a likelihood ratio that may be looked at after every conversation (a mixture of sequential probability ratio tests: Wald 1945,
// Robbins 1970). By Ville's inequality the chance that it ever reaches 1/alpha on equal policies is alpha at most, however often one looks.
package rollout

import (
	"encoding/binary"
	"math"
)

// Arm is which policy serves a conversation.
type Arm uint8

// The arms.
const (
	Active Arm = iota
	Candidate
	arms
)

// ArmNames are the arms as records and metrics have them.
var ArmNames = [...]string{"active", "candidate"}

func (a Arm) String() string { return ArmNames[a] }

// Kind is what may happen in a conversation.
type Kind uint8

// The kinds. All but Differs are compared between the arms.
const (
	Denied    Kind = iota // a request was denied by a policy
	Defaulted             // no route was for a request
	Failed                // an engine failed, or the way to it
	Slow                  // the first text came later than the bound says
	Dear                  // a request was dearer than the bound says
	Differs               // the two policies decided otherwise: both arms know it
	Kinds
)

// KindNames are the kinds as configurations, records and metrics have them.
var KindNames = [Kinds]string{"denied", "default", "failed", "slow", "dear", "differs"}

func (k Kind) String() string { return KindNames[k] }

// Events is a set of kinds.
type Events uint8

// With adds a kind.
func (e Events) With(k Kind) Events { return e | 1<<k }

// Has reports whether a kind is in the set.
func (e Events) Has(k Kind) bool { return e>>k&1 != 0 }

// ArmOf draws the arm of a conversation by the upper half of its keyed hash; share is the candidate's, in hundredths of a percent.
func ArmOf(hash uint64, share int64) Arm {
	if int64(hash>>32*10_000>>32) < share {
		return Candidate
	}
	return Active
}

// Counts are conversations, and those in which something happened, by arm.
type Counts struct {
	Conversations [arms]uint32
	Events        [arms][Kinds]uint32
}

// CountsSize is how many bytes Counts have in shared data.
const CountsSize = 4 * int(arms) * (1 + int(Kinds))

// ReadCounts reads what Append has written; counts of another size are none.
func ReadCounts(data []byte) (c Counts) {
	if len(data) != CountsSize {
		return c
	}
	next := func() uint32 {
		n := binary.LittleEndian.Uint32(data)
		data = data[4:]
		return n
	}
	for a := range arms {
		c.Conversations[a] = next()
		for k := range Kinds {
			c.Events[a][k] = next()
		}
	}
	return c
}

// Append writes the counts.
func (c *Counts) Append(b []byte) []byte {
	for a := range arms {
		b = binary.LittleEndian.AppendUint32(b, c.Conversations[a])
		for k := range Kinds {
			b = binary.LittleEndian.AppendUint32(b, c.Events[a][k])
		}
	}
	return b
}

// Add counts a conversation, if it is new, and what happened in it for the first time.
func (c *Counts) Add(a Arm, fresh bool, first Events) {
	if fresh {
		c.Conversations[a]++
	}
	for k := range Kinds {
		if first.Has(k) {
			c.Events[a][k]++
		}
	}
}

// State is what is known of a candidate.
type State uint8

// The states.
const (
	TooLittle State = iota // traffic: an arm has not enough conversations
	Undecided
	Better
	Worse
)

// StateNames are the states in words.
var StateNames = [...]string{"too little traffic", "undecided", "better", "worse"}

func (s State) String() string { return StateNames[s] }

// Bounds say when a candidate is worse.
type Bounds struct {
	// Conversations is how many each arm has at least before anything is said.
	Conversations int64
	// Ratio is how many times the active policy's odds of an event the candidate's may be, 1 or more; 0 where nobody looks. For Differs it is the share of
	// conversations that the two may decide otherwise.
	Ratio [Kinds]float64
	// Slow is in microseconds, Dear in picodollars.
	Slow, Dear int64
}

// DefaultConversations is how many conversations an arm has at least, unless the configuration says otherwise.
const DefaultConversations = 100

// Alpha is the chance that a candidate as good as the active policy is ever taken for worse, over all bounds together.
const Alpha = 0.01

// Verdict is the state of a candidate, with the kind of events that it goes by.
type Verdict struct {
	State State
	Kind  Kind
}

// Judge looks at the counts; share is the candidate's, in hundredths of a percent, and must have been the same for all of them.
func (b *Bounds) Judge(c *Counts, share int64) Verdict {
	looked := 0.
	for _, ratio := range b.Ratio {
		if ratio > 0 {
			looked++
		}
	}
	if int64(min(c.Conversations[Active], c.Conversations[Candidate])) < b.Conversations || share <= 0 || share >= 10_000 || looked == 0 {
		return Verdict{State: TooLittle}
	}
	enough := math.Log(looked / Alpha)
	verdict := Verdict{State: Undecided}
	for k, ratio := range b.Ratio {
		if ratio <= 0 {
			continue
		}
		var worse, better float64
		if Kind(k) == Differs {
			differ := c.Events[Active][k] + c.Events[Candidate][k]
			all := max(c.Conversations[Active]+c.Conversations[Candidate], differ) // those that were under way count later
			worse = evidence(float64(differ), float64(all-differ), min(ratio, 0.999))
		} else {
			active, candidate := float64(c.Events[Active][k]), float64(c.Events[Candidate][k])
			odds := float64(share) / float64(10_000-share)
			worse = evidence(candidate, active, chance(odds*ratio))
			better = evidence(active, candidate, chance(1/odds))
		}
		if worse >= enough {
			return Verdict{Worse, Kind(k)}
		}
		if better >= enough {
			verdict = Verdict{Better, Kind(k)}
		}
	}
	return verdict
}

// The alternatives of the test: how many times the odds of a hit are what they should be, and how much each weighs. Twice is what the test is made for.
var (
	times   = [...]float64{1.5, 2, 4}
	weights = [...]float64{0.2, 0.6, 0.2}
)

// evidence is the logarithm of the likelihood ratio that hits are more than a coin with the chance p would give.
func evidence(hits, misses, p float64) float64 {
	odds := p / (1 - p)
	var terms [len(times)]float64
	most := math.Inf(-1)
	for i, t := range times {
		q := chance(odds * t)
		terms[i] = math.Log(weights[i]) + hits*math.Log(q/p) + misses*math.Log((1-q)/(1-p))
		most = max(most, terms[i])
	}
	sum := 0.
	for _, term := range terms {
		sum += math.Exp(term - most)
	}
	return most + math.Log(sum)
}

func chance(odds float64) float64 { return odds / (1 + odds) }

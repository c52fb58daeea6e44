package rules

import (
	"math"
	"math/bits"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Model is one model of a policy.
type Model struct {
	// Key names the model in the policy and in records.
	Key string
	// Name is what the engine serves it as, and what requests upstream carry.
	Name string
	// Cluster is the proxy's cluster that serves it.
	Cluster string
	// Tier is the safety tier that it is approved for, 0 to 100; higher is approved for
	// riskier requests.
	Tier int
	// Context is the size of its context window in tokens; 0 if the policy does not say.
	Context int64
	// Input is what it accepts.
	Input Input
	// PriceIn and PriceOut are picodollars per token, that is micro-dollars per
	// million tokens; Priced is false if the policy names no price.
	PriceIn, PriceOut int64
	Priced            bool
	// Strength orders the models of a conversation: it moves to one of more strength at once. It is what the policy declares, else PriceOut.
	Strength int64
	// MaxOutput is how many tokens its answers have at most where the client sets no bound; 0 if the policy does not say.
	MaxOutput int64
	// IncludeUsage says that its engines may be asked for usage in a stream where the client has not asked for it.
	IncludeUsage bool
	// P95 is the declared 95th percentile of its latency in milliseconds; 0 if unknown.
	P95 int64
	// Drain is true for one that begins no conversations any more and is not listed.
	Drain bool

	index     int
	tokenizer signal.Family
	accepts   func(name string) bool // a name that is read after the decision for this model
	reasoning [shapes][levels]wish
	ranked    bool // the policy declares its strength
	reasons   bool // the policy says how to ask it for reasoning, in some shape
}

// Input is a set of kinds of input.
type Input uint8

// The kinds of input.
const (
	Text Input = 1 << iota
	Image
	Audio
	Video
)

// inputNames are the kinds as a policy writes them, in bit order.
var inputNames = []string{"text", "image", "audio", "video"}

// String lists the kinds, such as "text, image".
func (in Input) String() string {
	var names []string
	for i, name := range inputNames {
		if in&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// cost is what a request costs at most, in picodollars, from its tokens in and what it asks to be generated. It
// saturates instead of overflowing.
func (m *Model) cost(in int64, f *prompt.Facts) int64 { return m.Cost(in, m.mostOut(f)) }

// mostOut is how many tokens a request has generated at most.
func (m *Model) mostOut(f *prompt.Facts) int64 {
	if f == nil {
		f = &prompt.Facts{}
	}
	o := f.Output()
	out := max(o.Bound, o.AtLeast)
	if o.Open || o.Endless {
		out = max(out, m.MaxOutput)
	}
	return mulSat(mulSat(out, o.Choices), o.Prompts)
}

// outputFor is how many tokens each answer may have at most for an amount in picodollars, beside the tokens in; 0 where that bounds nothing.
func (m *Model) outputFor(pico, in int64, f *prompt.Facts) int64 {
	o := f.Output()
	price := mulSat(mulSat(m.PriceOut, o.Choices), o.Prompts)
	if rest := pico - mulSat(in, m.PriceIn); rest > 0 && price > 0 {
		return rest / price
	}
	return 0
}

// Cost is what so many tokens in and out cost, in picodollars; 0 without a price.
func (m *Model) Cost(in, out int64) int64 {
	return addSat(mulSat(in, m.PriceIn), mulSat(out, m.PriceOut))
}

// needs is the input that a body with these facts requires.
func needs(f *prompt.Facts) Input {
	in := Text
	if f == nil {
		return in
	}
	if f.Images > 0 {
		in |= Image
	}
	if f.Audio > 0 {
		in |= Audio
	}
	if f.Videos > 0 {
		in |= Video
	}
	return in
}

// addSat adds numbers that are at least 0.
func addSat(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// mulSat multiplies numbers that are at least 0.
func mulSat(a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(lo)
}

// modelSet is a set of models by index.
type modelSet uint64

// maxModels is how many models a policy may have: the width of a modelSet.
const maxModels = 64

func (s modelSet) has(m *Model) bool { return s>>m.index&1 != 0 }
func (s *modelSet) add(m *Model)     { *s |= 1 << m.index }

const everyModel = ^modelSet(0)

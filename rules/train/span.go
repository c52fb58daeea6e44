package main

import (
	"math"
	"math/rand/v2"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// spanModel scores a text by the contiguous spans of its words that speak most for an attack, one for
// each of weights.Spans: the sum of what its words and pairs weigh, less a bias for each word, over the
// square root of how many words such a span may have. The greatest counts.
type spanModel struct {
	weights []float32
	squares []float32
}

// The constants of learning were chosen with -tune.
const (
	spanBias     = 0.1 // a word
	attackRounds = 10
	attackRate   = 1.5
	attackDecay  = 1e-3
	attackStart  = 0.4 // a word's first weight for each time that it is e times as frequent in attacks
)

// spanThreshold is the score at which a text is as likely an attack as not, while learning.
const spanThreshold = signal.AttackEven

// passage is a text to learn spans from: for each word its feature and that of its pair with the
// word before, or -1 where they have no number.
type passage struct {
	features [][2]int32
	attack   bool
	weight   float32
}

// span is a place in a passage.
type span struct{ from, to int }

// best returns the best span and its score; the score of no span at all is 0. A pair counts where
// the span holds both of its words.
func (m *spanModel) best(p [][2]int32) (best span, score float32) {
	type start struct {
		sum float32 // of all before
		at  int
	}
	var starts []start // that may still be the best, the least sum first
	var first [len(weights.Spans)]int
	sum := float32(0)
	for i, f := range p {
		if f[1] >= 0 {
			sum += m.weights[f[1]]
		}
		for len(starts) > 0 && starts[len(starts)-1].sum >= sum {
			starts = starts[:len(starts)-1]
		}
		starts = append(starts, start{sum, i})
		sum -= spanBias
		if f[0] >= 0 {
			sum += m.weights[f[0]]
		}
		for k, n := range weights.Spans {
			first[k] = min(first[k], len(starts)-1)
			for starts[first[k]].at <= i-n {
				first[k]++
			}
			if s := float32(sum-starts[first[k]].sum) * spanScale[k]; s > score {
				best, score = span{starts[first[k]].at, i + 1}, s
			}
		}
	}
	return best, score
}

// spanScale is what the sums of spans are multiplied by.
var spanScale = func() (scale [len(weights.Spans)]float32) {
	for k, n := range weights.Spans {
		scale[k] = float32(1 / math.Sqrt(float64(n)))
	}
	return scale
}()

// learn moves the weights of each text's best span: up for attacks, down for the others, the more
// the further the score is on the wrong side; kept is the mean of what the weights were after the rounds of the second half.
// joined makes more harmless texts for each round.
func (m *spanModel) learn(texts []passage, joined func(r *rand.Rand) []passage, rounds int, rate, decay float32) {
	r := rand.New(rand.NewPCG(20261122, uint64(len(texts))))
	sums, times := make([]float32, len(m.weights)), 0
	for round := range rounds {
		step := rate * (1 - float32(round)/float32(rounds+1))
		all := append(texts[:len(texts):len(texts)], joined(r)...)
		for _, i := range r.Perm(len(all)) {
			m.learnOne(&all[i], step, decay)
		}
		if round >= rounds/2 {
			for i, w := range m.weights {
				sums[i] += w
			}
			times++
		}
	}
	for i, sum := range sums {
		m.weights[i] = sum / float32(times)
	}
}

func (m *spanModel) learnOne(p *passage, rate, decay float32) {
	best, score := m.best(p.features)
	want := float64(0)
	if p.attack {
		want = 1
	}
	likely := 1 / (1 + math.Exp(float64(spanThreshold-score)))
	gradient := float32(likely-want) * p.weight
	if gradient > -0.01 && gradient < 0.01 {
		return
	}
	words := p.features[best.from:best.to]
	if len(words) == 0 && p.attack {
		words = p.features // nothing speaks for it yet
	}
	for i := range words {
		for k, f := range words[i] {
			if f < 0 || k == 1 && i == 0 {
				continue
			}
			g := gradient + float32(decay*m.weights[f])
			m.squares[f] += float32(g * g)
			m.weights[f] -= float32(rate*g) / (float32(math.Sqrt(float64(m.squares[f]))) + 1e-6)
		}
	}
}

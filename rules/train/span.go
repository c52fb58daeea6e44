package main

import (
	"math"
	"math/rand/v2"

	"github.com/mom-router/mom-router/rules/internal/signal"
)

// spanModel scores a text by the contiguous span of its words that speaks most for an attack: the
// sum of what its words and pairs weigh, less a bias for each word.
type spanModel struct {
	weights []float32
	squares []float32
}

const (
	spanBias = 0.1 // a word, in logits

	// spanThreshold is the score at which a text is as likely an attack as not, while learning.
	spanThreshold = signal.AttackEven
)

// passage is a text to learn spans from: for each word its feature and that of its pair with the
// word before, or -1 where they have no number.
type passage struct {
	features [][2]int32
	attack   bool
	weight   float32
}

// best returns the best span and its score; the score of no span at all is 0. A pair counts where
// the span holds both of its words.
func (m *spanModel) best(p [][2]int32) (from, to int, score float32) {
	sum, start := float32(0), 0
	for i, f := range p {
		if f[1] >= 0 {
			sum += m.weights[f[1]]
		}
		if i == 0 || sum <= 0 {
			sum, start = 0, i
		}
		sum -= spanBias
		if f[0] >= 0 {
			sum += m.weights[f[0]]
		}
		if sum > score {
			from, to, score = start, i+1, sum
		}
	}
	return from, to, score
}

// learn moves the weights of each text's best span: up for attacks, down for the others, the more
// the further the score is on the wrong side. joined makes more harmless texts for each round.
func (m *spanModel) learn(texts []passage, joined func(r *rand.Rand) []passage, rounds int, rate, decay float32) {
	r := rand.New(rand.NewPCG(20261122, uint64(len(texts))))
	for round := range rounds {
		step := rate * (1 - float32(round)/float32(rounds+1))
		all := append(texts[:len(texts):len(texts)], joined(r)...)
		for _, i := range r.Perm(len(all)) {
			m.learnOne(&all[i], step, decay)
		}
	}
}

func (m *spanModel) learnOne(p *passage, rate, decay float32) {
	from, to, score := m.best(p.features)
	want := float64(0)
	if p.attack {
		want = 1
	}
	likely := 1 / (1 + math.Exp(float64(spanThreshold-score)))
	gradient := float32(likely-want) * p.weight
	if gradient > -0.01 && gradient < 0.01 {
		return
	}
	span := p.features[from:to]
	if len(span) == 0 && p.attack {
		span = p.features // nothing speaks for it yet
	}
	for i := range span {
		for k, f := range span[i] {
			if f < 0 || k == 1 && i == 0 {
				continue
			}
			g := gradient + float32(decay*m.weights[f])
			m.squares[f] += float32(g * g)
			m.weights[f] -= float32(rate*g) / (float32(math.Sqrt(float64(m.squares[f]))) + 1e-6)
		}
	}
}

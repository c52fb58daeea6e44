package main

import (
	"math"
	"math/rand/v2"
)

// doc is a text to learn from. Words count less the more there are (by the square root of their
// number), traits count in full.
type doc struct {
	words  []int32
	traits []int32
	label  int
	weight float32
}

// softmax is a linear model of some classes, learned by stochastic gradient descent on the
// likelihood, with a rate for each weight (Adagrad), decay and dropout of words.
type softmax struct {
	classes int
	weights []float32 // by feature, then class
	squares []float32 // sums of squared gradients
	sums    []float32 // of the weights as they were remembered, so many times
	times   int
}

// settings are the constants of learning.
type settings struct {
	rounds  int
	rate    float32
	decay   float32 // of words, each time that they are seen
	dropout float64 // the share of words left out
	smooth  float32 // the probability given to wrong classes
}

func newSoftmax(features, classes int) *softmax {
	n := features * classes
	return &softmax{classes: classes, weights: make([]float32, n), squares: make([]float32, n), sums: make([]float32, n)}
}

// learn goes through the docs in an order that is the same each time. It learns what stands behind words, too.
func (m *softmax) learn(docs []doc, s settings, b *behind) {
	r := rand.New(rand.NewPCG(20261122, uint64(len(docs))))
	p := make([]float32, m.classes)
	kept := make([]int32, 0, 4096)
	for round := range s.rounds {
		rate := s.rate * (1 - float32(round)/float32(s.rounds+1))
		for _, i := range r.Perm(len(docs)) {
			d := &docs[i]
			kept = keep(kept[:0], d.words, s.dropout, r)
			norm := inverseRoot(len(kept))
			m.score(kept, d.traits, p)
			b.score(kept, norm, p)
			toProbabilities(p)
			for c := range p {
				want := s.smooth / float32(m.classes)
				if c == d.label {
					want += 1 - s.smooth
				}
				p[c] = (p[c] - want) * d.weight
			}
			for _, f := range kept {
				m.step(f, norm, rate, s.decay, p)
			}
			for _, f := range d.traits {
				m.step(f, 1, rate, s.decay/4, p)
			}
			b.step(kept, norm, rate, s.decay, p)
		}
		if round >= s.rounds/2 {
			m.remember()
			b.vectors.remember()
			b.stems.remember()
		}
	}
	m.settle()
	b.vectors.settle()
	b.stems.settle()
}

// remember is called after each round of the second half; settle takes the mean of what the weights were then.
func (m *softmax) remember() {
	for i, w := range m.weights {
		m.sums[i] += w
	}
	m.times++
}

func (m *softmax) settle() {
	for i, w := range m.sums {
		m.weights[i] = w / float32(m.times)
	}
}

// inverseRoot is what the sum of n words is multiplied by.
func inverseRoot(n int) float32 { return float32(1 / math.Sqrt(float64(max(1, n)))) }

// score sets p to the classes' scores.
func (m *softmax) score(words, traits []int32, p []float32) {
	clear(p)
	norm := inverseRoot(len(words))
	for _, f := range words {
		for c, w := range m.weights[int(f)*m.classes : (int(f)+1)*m.classes] {
			p[c] += w
		}
	}
	for c := range p {
		p[c] *= norm
	}
	for _, f := range traits {
		for c, w := range m.weights[int(f)*m.classes : (int(f)+1)*m.classes] {
			p[c] += w
		}
	}
}

// step moves the weights of a feature of value x against the gradient. The conversions keep a
// compiler from fusing multiplication and addition, so that every machine learns the same.
func (m *softmax) step(f int32, x, rate, decay float32, gradient []float32) {
	from := int(f) * m.classes
	w, q := m.weights[from:from+m.classes], m.squares[from:from+m.classes]
	for c, g := range gradient {
		g = float32(g*x) + float32(decay*w[c])
		q[c] += float32(g * g)
		w[c] -= float32(rate*g) / (float32(math.Sqrt(float64(q[c]))) + 1e-6)
	}
}

// toProbabilities turns scores into probabilities.
func toProbabilities(p []float32) {
	top := p[0]
	for _, v := range p {
		top = max(top, v)
	}
	sum := float32(0)
	for c, v := range p {
		p[c] = float32(math.Exp(float64(v - top)))
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
}

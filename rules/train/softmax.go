package main

import (
	"math"
)

// doc is a text to learn from. Words count less the more there are (by the square root of their
// number), traits count in full.
type doc struct {
	words  []int32
	traits []int32
	label  int
	weight float32
	margin float32 // by which the label is to stand out, of domains
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
	smooth  float32 // the probability given to wrong labels, of intents
}

func newSoftmax(features, classes int) *softmax {
	n := features * classes
	return &softmax{classes: classes, weights: make([]float32, n), squares: make([]float32, n), sums: make([]float32, n)}
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

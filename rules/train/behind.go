package main

// behind is what several words share: the dimensions of their vectors, and their stems.
type behind struct {
	vector         [][]float32 // by feature; nil if it has none
	stem           []int32     // by feature; -1 if it has none
	vectors, stems *softmax    // weights by dimension, and by stem
	at             []float32   // the sum of the vectors of the text in hand
}

func newBehind(features, stems, classes int) *behind {
	b := &behind{
		vector: make([][]float32, features), stem: make([]int32, features),
		vectors: newSoftmax(dimensions, classes), stems: newSoftmax(stems, classes),
		at: make([]float32, dimensions),
	}
	for i := range b.stem {
		b.stem[i] = -1
	}
	return b
}

// score adds to p what words say by their stems and vectors.
func (b *behind) score(words []int32, norm float32, p []float32) {
	clear(b.at)
	n := len(p)
	for _, f := range words {
		for k, v := range b.vector[f] {
			b.at[k] += v
		}
		if s := int(b.stem[f]); s >= 0 {
			for c, w := range b.stems.weights[s*n : (s+1)*n] {
				p[c] += float32(w * norm)
			}
		}
	}
	for k, v := range b.at {
		v *= norm
		b.at[k] = v
		for c, w := range b.vectors.weights[k*n : (k+1)*n] {
			p[c] += float32(w * v)
		}
	}
}

// step moves the weights of the words that score has seen last.
func (b *behind) step(words []int32, norm, rate, decay float32, gradient []float32) {
	for _, f := range words {
		if s := b.stem[f]; s >= 0 {
			b.stems.step(s, norm, rate, decay, gradient)
		}
	}
	for k, v := range b.at {
		if v != 0 {
			b.vectors.step(int32(k), v, vectorRate*rate, vectorDecay, gradient)
		}
	}
}

// fold adds to each word's own weights what it says by its stem and its vector.
func (b *behind) fold(m *softmax) {
	n := m.classes
	for f := range b.vector {
		own := m.weights[f*n : (f+1)*n]
		if s := int(b.stem[f]); s >= 0 {
			for c, w := range b.stems.weights[s*n : (s+1)*n] {
				own[c] += w
			}
		}
		for k, v := range b.vector[f] {
			for c, w := range b.vectors.weights[k*n : (k+1)*n] {
				own[c] += float32(w * v)
			}
		}
	}
}

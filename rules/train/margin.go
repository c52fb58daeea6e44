package main

import (
	"math"
	"math/rand/v2"
)

// The constants of learning domains, chosen on rows that were learned from and left out for it.
const (
	marginCost   = 1 // of an error, against the square of all weights
	marginRounds = 15
	stemPart     = 1.5 // how much a word's stem counts, against the word itself
	vectorPart   = 0.5 // the same of its vector
	traitPart    = 0.2 // the same of a trait, against a word that stands alone
	rareLogs     = 6   // a word that stands in exp(6) times fewer texts than the most frequent one counts in full
	leastPart    = 0.02
	marginLogits = 3.4 // how many logits a margin of 1 is, at signal.DomainTemperature
)

// behind is what stands behind words while domains are learned: a word's score is the sum of its own weight, that of its stem and those of
// its vector's dimensions, and counts the more the rarer the word is. All are learned together, with one bound on all weights, so what many
// words share is said by what they share, and a word of its own has only what is left.
type behind struct {
	classes, traits int         // the first so many features are traits
	part            []float32   // by feature: how much it counts
	stem            []int32     // by feature: its stem's place behind all features; -1 if it has none
	vector          [][]float32 // by feature; nil if it has none

	weights []float32 // by feature, stem and dimension, then class
}

// example is a text to learn from: the features and stems in it with what they count there, and the sum of its words' vectors.
type example struct {
	at     []int32
	of     []float32
	vector []float32
	square float32 // of all of these
	label  int
	weight float32
	margin float32
}

func (b *behind) dimension(k int) int { return (len(b.weights)/b.classes - dimensions + k) * b.classes }

// example gathers what learn needs of a text. Words count less the more there are, as they do at run time.
func (b *behind) example(d *doc) example {
	norm := inverseRoot(len(d.words))
	e := example{label: d.label, weight: d.weight, margin: d.margin, vector: make([]float32, dimensions)}
	add := func(at int32, of float32) {
		e.at, e.of = append(e.at, at), append(e.of, of)
		e.square += float32(of * of)
	}
	stems := map[int32]float32{}
	for _, f := range d.words {
		p := float32(b.part[f] * norm)
		add(f, p)
		if s := b.stem[f]; s >= 0 {
			stems[s] += float32(stemPart * p)
		}
		for k, v := range b.vector[f] {
			e.vector[k] += float32(float32(vectorPart*p) * v)
		}
	}
	for _, f := range d.traits {
		add(f, traitPart)
	}
	for _, f := range d.words {
		if s := b.stem[f]; s >= 0 && stems[s] != 0 {
			add(s, stems[s])
			delete(stems, s)
		}
	}
	for _, v := range e.vector {
		e.square += float32(v * v)
	}
	return e
}

// learn finds for each class the weights by which its texts stand out from all others, by a margin where that can be had: a support vector
// machine with squared errors, solved in its dual one text after the other (Hsieh and others, 2008).
func (b *behind) learn(docs []doc) {
	examples := make([]example, len(docs))
	for i := range docs {
		examples[i] = b.example(&docs[i])
	}
	pull := make([]float32, len(examples)*b.classes) // how far a text pulls at a class's weights
	p := make([]float32, b.classes)
	r := rand.New(rand.NewPCG(20261122, uint64(len(docs))))
	for range marginRounds {
		for _, i := range r.Perm(len(examples)) {
			e := &examples[i]
			b.score(e, p)
			moved := false
			slack := 1 / (2 * marginCost * e.weight)
			for c, own := range pull[i*b.classes : (i+1)*b.classes] {
				side := float32(-1)
				if c == e.label {
					side = 1
				}
				short := e.margin - float32(side*p[c]) - float32(slack*own)
				next := max(0, own+short/(e.square+slack))
				pull[i*b.classes+c] = next
				p[c] = float32(side * (next - own))
				moved = moved || p[c] != 0
			}
			if moved {
				b.move(e, p)
			}
		}
	}
}

// score sets p to what the classes score for a text.
func (b *behind) score(e *example, p []float32) {
	clear(p)
	for i, f := range e.at {
		of := e.of[i]
		for c, w := range b.weights[int(f)*b.classes : (int(f)+1)*b.classes] {
			p[c] += float32(of * w)
		}
	}
	for k, v := range e.vector {
		at := b.dimension(k)
		for c, w := range b.weights[at : at+b.classes] {
			p[c] += float32(v * w)
		}
	}
}

// move adds to the weights of a text's parts.
func (b *behind) move(e *example, by []float32) {
	for i, f := range e.at {
		of, to := e.of[i], b.weights[int(f)*b.classes:(int(f)+1)*b.classes]
		for c, v := range by {
			to[c] += float32(of * v)
		}
	}
	for k, v := range e.vector {
		at := b.dimension(k)
		to := b.weights[at : at+b.classes]
		for c, by := range by {
			to[c] += float32(v * by)
		}
	}
}

// fold returns the model at run time: what each word says by itself, by its stem and by its vector, added up.
func (b *behind) fold() *softmax {
	m := newSoftmax(len(b.part), b.classes)
	for f, part := range b.part {
		to := m.weights[f*b.classes : (f+1)*b.classes]
		add := func(at int, of float32) {
			for c, w := range b.weights[at : at+b.classes] {
				to[c] += float32(float32(of*marginLogits) * w)
			}
		}
		if f < b.traits {
			part = traitPart
		}
		add(f*b.classes, part)
		if s := b.stem[f]; s >= 0 {
			add(int(s)*b.classes, float32(stemPart*part))
		}
		for k, v := range b.vector[f] {
			add(b.dimension(k), float32(float32(vectorPart*part)*v))
		}
	}
	return m
}

// rarity is how much a word of some rows counts, if the most frequent one has so many.
func rarity(rows, most int) float32 {
	return float32(max(leastPart, min(1, math.Log(float64(most)/float64(rows+5))/rareLogs)))
}

// newBehind prepares to learn features, of which the first are traits.
func newBehind(features []uint64, traits int, known map[uint64]*knownWord, rows map[uint64]int) *behind {
	b := &behind{classes: len(domains), traits: traits, part: make([]float32, len(features)), stem: make([]int32, len(features)), vector: make([][]float32, len(features))}
	most := 0
	for _, n := range rows {
		most = max(most, n)
	}
	stems := map[string]int32{}
	for i, f := range features {
		b.part[i], b.stem[i] = rarity(rows[f], most), -1
		if k := known[f]; k != nil && i >= traits {
			if _, ok := stems[k.stem]; !ok {
				stems[k.stem] = int32(len(features) + len(stems))
			}
			b.stem[i], b.vector[i] = stems[k.stem], k.vector
		}
	}
	b.weights = make([]float32, (len(features)+len(stems)+dimensions)*b.classes)
	return b
}

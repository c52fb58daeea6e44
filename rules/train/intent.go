package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mom-router/mom-router/rules/internal/signal"
)

// intentSettings were chosen with -tune and with the prompts of rules/internal/signal/testdata.
var intentSettings = settings{rounds: 16, rate: 0.2, decay: 2e-4, dropout: 0.4, smooth: 0.04}

const (
	intentRows    = 5000 // how many words and pairs are kept
	intentOrigins = 2    // in which a word or pair must occur: templates or rows, not their texts
	traitDropout  = 0.15 // the share of traits left out, for words must learn to do without cues
	mediumBound   = 1.0  // of complexity's score while learning
	hardBound     = 4.0
)

// intentModel is what was learned of intents and complexity.
type intentModel struct {
	model    *softmax // used for its weights; each class is a yes or no of its own
	features []uint64
	number   map[uint64]int32
	traits   int // the first so many features are traits
	x        *extractor
}

// learnIntents learns twice: once to see which words and pairs matter, then with these alone.
func learnIntents(list []task, w io.Writer) *intentModel {
	x := newExtractor()
	words, traits := make([][]uint64, len(list)), make([][]uint64, len(list))
	last, origins := map[uint64]int{}, map[uint64]int{}
	m := &intentModel{number: map[uint64]int32{}, x: x}
	for i := range list {
		t := &list[i]
		words[i], traits[i] = x.features(t.text), x.traits(t.text)
		if t.unseen {
			continue
		}
		m.add(traits[i]...)
		for _, f := range words[i] {
			if last[f] != t.origin {
				last[f] = t.origin
				origins[f]++
			}
		}
	}
	m.traits = len(m.features)
	for i := range list {
		for _, f := range words[i] {
			if origins[f] >= intentOrigins {
				m.add(f)
			}
		}
	}
	m.learn(list, words, traits)
	first := len(m.features)
	best := m.important(origins)
	m.features, m.number = m.features[:m.traits:m.traits], map[uint64]int32{}
	for i, f := range m.features {
		m.number[f] = int32(i)
	}
	m.add(best[:min(len(best), intentRows)]...)
	m.learn(list, words, traits)
	fmt.Fprintf(w, "intents: %d texts, %d features, %d kept, of which %d traits\n", len(list), first, len(m.features), m.traits)
	return m
}

func (m *intentModel) add(features ...uint64) {
	for _, f := range features {
		if _, ok := m.number[f]; !ok {
			m.number[f] = int32(len(m.features))
			m.features = append(m.features, f)
		}
	}
}

func (m *intentModel) numbers(features []uint64) []int32 {
	var list []int32
	for _, f := range features {
		if n, ok := m.number[f]; ok {
			list = append(list, n)
		}
	}
	return list
}

// learn goes through the tasks in an order that is the same each time.
func (m *intentModel) learn(list []task, words, traits [][]uint64) {
	s, columns := intentSettings, len(labels{})
	m.model = newSoftmax(len(m.features), columns)
	r := rand.New(rand.NewPCG(20261122, uint64(len(list))))
	p := make([]float32, columns)
	var seen []doc
	var wanted []labels
	for i := range list {
		if !list[i].unseen {
			seen = append(seen, doc{words: m.numbers(words[i]), traits: m.numbers(traits[i]), weight: list[i].weight})
			wanted = append(wanted, list[i].labels)
		}
	}
	var keptWords, keptTraits []int32
	for round := range s.rounds {
		rate := s.rate * (1 - float32(round)/float32(s.rounds+1))
		for _, i := range r.Perm(len(seen)) {
			keptWords = keep(keptWords[:0], seen[i].words, s.dropout, r)
			keptTraits = keep(keptTraits[:0], seen[i].traits, traitDropout, r)
			norm := inverseRoot(len(keptWords))
			m.model.score(keptWords, keptTraits, p)
			gradients(p, wanted[i], s.smooth, seen[i].weight)
			for _, f := range keptWords {
				m.model.step(f, norm, rate, s.decay, p)
			}
			for _, f := range keptTraits {
				m.model.step(f, 1, rate, s.decay/4, p)
			}
		}
		if round >= s.rounds/2 {
			m.model.remember()
		}
	}
	m.model.settle()
}

// keep appends all but a share of the features to to.
func keep(to, features []int32, dropout float64, r *rand.Rand) []int32 {
	for _, f := range features {
		if r.Float64() >= dropout {
			to = append(to, f)
		}
	}
	return to
}

// gradients turns scores into the gradients of the likelihood of the labels: of a yes or no for each
// intent, of two (more than easy? more than medium?) for complexity, and of nothing for an unknown one.
func gradients(p []float32, want labels, smooth, weight float32) {
	toward := func(score float32, yes bool) float32 {
		goal := smooth / 2
		if yes {
			goal = 1 - smooth/2
		}
		return (float32(1/(1+math.Exp(float64(-score)))) - goal) * weight
	}
	for c, w := range want {
		switch {
		case w == unknown:
			p[c] = 0
		case c == signal.ExtraComplexity:
			p[c] = toward(p[c]-mediumBound, w > 0) + toward(p[c]-hardBound, w > 1)
		default:
			p[c] = toward(p[c], w > 0)
		}
	}
}

// important returns the words and pairs whose weights move most texts furthest.
func (m *intentModel) important(origins map[uint64]int) []uint64 {
	n := len(labels{})
	gain := map[uint64]float64{}
	for i := m.traits; i < len(m.features); i++ {
		sum := 0.0
		for _, w := range m.model.weights[i*n : (i+1)*n] {
			sum += float64(w) * float64(w)
		}
		gain[m.features[i]] = math.Sqrt(sum * float64(origins[m.features[i]]))
	}
	best := slices.Clone(m.features[m.traits:])
	slices.SortStableFunc(best, func(a, b uint64) int { return cmp.Compare(gain[b], gain[a]) })
	return best
}

// words are the features that are no traits: they need a row in any case.
func (m *intentModel) words() []uint64 { return m.features[m.traits:] }

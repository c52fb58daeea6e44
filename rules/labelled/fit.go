package labelled

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/signal"
)

// The constants of learning were chosen on sports and music of OpenTriviaQA, of which docs/classes.md gives no figures.
const (
	rounds  = 40
	rate    = 0.3
	decay   = 2e-2 // of a word's weights, each time that it is seen
	dropout = 0.4  // the share of words left out
)

// wordsOfClass is how many words are kept for each class, taken together.
const wordsOfClass = 150

// model is what is learned: weights by candidate and class, and the biases of classes.
type model struct {
	classes       int
	weights, seen []float64 // and the sums of their squared gradients
	bias, biased  []float64
}

// learn learns twice from some samples: once to see which words matter, then with these alone.
func (l *learner) learn(of func(*sample) bool) (*Classes, error) {
	var samples []*sample
	rows := make([]int, len(l.candidates))
	for i := range l.samples {
		if s := &l.samples[i]; of(s) {
			samples = append(samples, s)
			for _, w := range s.words {
				if s.row != nil {
					rows[w]++
				}
			}
		}
	}
	use := make([]bool, len(l.candidates))
	for i, n := range rows {
		use[i] = n >= leastWordRows
	}
	m := l.fit(samples, use)
	order := []int{}
	matters := make([]float64, len(l.candidates))
	for i := range l.candidates {
		most := 0.0
		for _, c := range l.learned {
			most = max(most, math.Abs(m.weights[i*m.classes+c]))
		}
		if matters[i] = most * math.Sqrt(float64(rows[i])); use[i] && most >= 4*signal.OwnStep {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(matters[b], matters[a]) })
	use = make([]bool, len(l.candidates))
	for _, i := range order[:min(len(order), wordsOfClass*len(l.learned))] {
		use[i] = true
	}
	return l.classes(l.fit(samples, use), use)
}

// classes are what a model has learned of the words that were used.
func (l *learner) classes(m *model, use []bool) (*Classes, error) {
	t := &Classes{Weights: signal.WeightsHash}
	for _, c := range l.learned {
		class := Class{Name: l.names[c], Own: c >= l.builtin}
		if class.Own {
			class.Bias = int(math.Round(max(-signal.MaxOwnBias, min(signal.MaxOwnBias, m.bias[c]/signal.OwnStep))))
		}
		for i := range l.candidates {
			w := int(math.Round(m.weights[i*m.classes+c] / signal.OwnStep))
			if w = max(-signal.MaxOwnWeight, min(signal.MaxOwnWeight, w)); use[i] && w != 0 {
				class.Words = append(class.Words, Word{l.candidates[i].text, w})
			}
		}
		slices.SortStableFunc(class.Words, func(a, b Word) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Text, b.Text)) })
		if len(class.Words) > 0 {
			t.Classes = append(t.Classes, class)
		} else if class.Own {
			return nil, fmt.Errorf("nothing can be learned of the class %q: its rows share no words that others lack", class.Name)
		}
	}
	return t, nil
}

// fit learns by stochastic gradient descent on the likelihood, with a rate for each weight (Adagrad): the same each time.
func (l *learner) fit(samples []*sample, use []bool) *model {
	k := len(l.names)
	m := &model{k, make([]float64, len(use)*k), make([]float64, len(use)*k), make([]float64, k), make([]float64, k)}
	mean := make([]float64, len(m.weights))
	r := rand.New(rand.NewPCG(20261130, uint64(len(samples))))
	p := make([]float64, k)
	var kept []int
	for round := range rounds {
		speed := rate * (1 - float64(round)/(rounds+1))
		for _, i := range r.Perm(len(samples)) {
			s := samples[i]
			kept = kept[:0]
			for _, w := range s.words {
				if use[w] && r.Float64() >= dropout {
					kept = append(kept, w)
				}
			}
			norm := 1 / math.Sqrt(float64(max(1, len(kept))))
			l.score(m, s, kept, norm, p)
			probabilities(p)
			p[slices.Index(l.names, s.label)]--
			for _, c := range l.learned {
				g := float64(p[c] * s.weight)
				for _, w := range kept {
					step(&m.weights[w*k+c], &m.seen[w*k+c], float64(g*norm)+float64(decay*m.weights[w*k+c]), speed)
				}
				if c >= l.builtin {
					step(&m.bias[c], &m.biased[c], g, speed)
				}
			}
		}
		if round >= rounds/2 {
			for i, w := range m.weights {
				mean[i] += w
			}
		}
	}
	for i := range mean {
		m.weights[i] = mean[i] / (rounds - rounds/2)
	}
	return m
}

// step moves a weight against its gradient. The conversions keep a compiler from fusing multiplication and addition, so that every machine learns the same.
func step(weight, squares *float64, gradient, rate float64) {
	*squares += float64(gradient * gradient)
	*weight -= float64(rate*gradient) / (math.Sqrt(*squares) + 1e-6)
}

// score sets p to the classes' scores over the temperature: those of one's own are as high as the best built-in one, and more or less by their words.
func (l *learner) score(m *model, s *sample, words []int, norm float64, p []float64) {
	other := s.scores[l.builtin-1]
	for c := range p {
		if c < l.builtin {
			p[c] = s.scores[c]
		} else {
			p[c] = other + m.bias[c]
		}
	}
	for _, w := range words {
		for c := range p {
			p[c] += float64(m.weights[w*m.classes+c] * norm)
		}
	}
	for c := range p {
		p[c] /= signal.DomainTemperature
	}
}

func probabilities(p []float64) {
	top, sum := slices.Max(p), 0.0
	for c := range p {
		p[c] = math.Exp(p[c] - top)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
}

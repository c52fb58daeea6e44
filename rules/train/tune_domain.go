package main

import (
	"fmt"
	"io"
	"math"
)

// tuneTemperature prints by which temperature the probabilities of domains say best how often they are right, over the samples that
// were left out, of which each source counts alike: signal.DomainTemperature is the one for all.
func (d *domainModel) tuneTemperature(samples []sample, w io.Writer) {
	x := newExtractor()
	bySource := map[string][]*judged{}
	var sources []string
	for _, s := range samples {
		if !s.unseen {
			continue
		}
		j := &judged{scores: make([]float32, len(domains)), label: s.label}
		d.model.score(d.numbers(x.features(s.text)), d.numbers(x.traits(s.text)), j.scores)
		if bySource[s.source] == nil {
			sources = append(sources, s.source)
		}
		bySource[s.source] = append(bySource[s.source], j)
	}
	loss := func(source string, temperature float64) (sum float64) {
		for _, j := range bySource[source] {
			sum -= math.Log(max(j.probability(j.label, temperature), 1e-9))
		}
		return sum / float64(len(bySource[source]))
	}
	best := func(of ...string) (temperature float64) {
		least := math.Inf(1)
		for t := 0.3; t < 3; t += 0.02 {
			sum := 0.0
			for _, source := range of {
				sum += loss(source, t)
			}
			if sum < least {
				least, temperature = sum, t
			}
		}
		return temperature
	}
	fmt.Fprintf(w, "temperature of domains: %.2f for all sources together", best(sources...))
	for _, s := range sources {
		fmt.Fprintf(w, ", %s %.2f", s, best(s))
	}
	fmt.Fprintln(w)
}

// judged is what a text's classes score, and the right one.
type judged struct {
	scores []float32
	label  int
}

// probability is how likely a class is.
func (j *judged) probability(class int, temperature float64) float64 {
	top := j.scores[0]
	for _, s := range j.scores {
		top = max(top, s)
	}
	sum := 0.0
	for _, s := range j.scores {
		sum += math.Exp(float64(s-top) / temperature)
	}
	return math.Exp(float64(j.scores[class]-top)/temperature) / sum
}

package main

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// judged is what a text's classes score, and the right one.
type judged struct {
	scores []float32
	label  int
}

// judge scores the samples that were left out, by source; sources are in the order of their first samples.
func (d *domainModel) judge(samples []sample) (sources []string, bySource map[string][]judged) {
	x := newExtractor()
	bySource = map[string][]judged{}
	for _, s := range samples {
		if !s.unseen {
			continue
		}
		scores := make([]float32, len(domains))
		d.model.score(d.numbers(x.features(s.text)), d.numbers(x.traits(s.text)), scores)
		if bySource[s.source] == nil {
			sources = append(sources, s.source)
		}
		bySource[s.source] = append(bySource[s.source], judged{scores, s.label})
	}
	return sources, bySource
}

// tune prints how many of the samples that were left out are classed right, and what tuneTemperature does of them.
func (d *domainModel) tune(samples []sample, w io.Writer) {
	sources, bySource := d.judge(samples)
	for _, s := range sources {
		right, four := 0, 0
		for _, j := range bySource[s] {
			best := slices.Index(j.scores, slices.Max(j.scores))
			count(&right, best == j.label)
			count(&four, min(best, 3) == min(j.label, 3))
		}
		all := len(bySource[s])
		fmt.Fprintf(w, "%-24s %5d rows: 14 classes %s, the demo's four %s\n", s, all, percent(right, all), percent(four, all))
	}
	tuneTemperature(sources, bySource, w)
}

// tuneTemperature prints by which temperature the probabilities of domains say best how often they are right, over the samples that
// were left out, of which each source counts alike: signal.DomainTemperature is the one for all.
func tuneTemperature(sources []string, bySource map[string][]judged, w io.Writer) {
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

// probability is how likely a class is.
func (j *judged) probability(class int, temperature float64) float64 {
	top, sum := slices.Max(j.scores), 0.0
	for _, s := range j.scores {
		sum += math.Exp(float64(s-top) / temperature)
	}
	return math.Exp(float64(j.scores[class]-top)/temperature) / sum
}

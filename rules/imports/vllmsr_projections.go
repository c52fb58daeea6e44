package imports

import (
	"math"
	"strings"
)

// maxInputs is how many signals a score may be made of to be written as a condition: it has a case for each of their combinations.
const maxInputs = 8

// readProjections makes conditions of what is derived from other signals. A band of a score is a condition over the signals that the score is made of:
// each is there or not, and for some of these combinations the score lies in the band.
func (v *vllmSR) readProjections() {
	projections := v.routing.get("projections")
	for _, n := range projections.get("partitions").items() {
		v.remark(n.line(), "signal", "partition "+n.get("name").text(), Dropped, "of several signals all may be true; the first route whose condition is true decides")
	}
	scores := map[string]*node{}
	for _, n := range projections.get("scores").items() {
		scores[n.get("name").text()] = n
	}
	for _, n := range projections.get("mappings").items() {
		score := scores[n.get("source").text()]
		for _, output := range n.get("outputs").items() {
			full := "projection:" + output.get("name").text()
			v.unused[full] = output.line()
			v.conditions[full] = v.band(score, output, full)
		}
	}
}

// band is the condition that a score lies between the bounds of an output.
func (v *vllmSR) band(score, output *node, full string) *condition {
	inputs := score.get("inputs").items()
	if len(inputs) == 0 || len(inputs) > maxInputs {
		v.remark(output.line(), "signal", full, Dropped, "its score has %d inputs; 1 to %d can be written as a condition", len(inputs), maxInputs)
		return never
	}
	how := "the same condition over its inputs"
	conditions := make([]*condition, len(inputs))
	there, gone := make([]float64, len(inputs)), make([]float64, len(inputs))
	for i, input := range inputs {
		name := input.get("type").text() + ":" + input.get("name").text()
		c, known := v.conditions[name]
		if !known {
			v.remark(output.line(), "signal", full, Dropped, "its score has the input %s, which is not known", strings.TrimSuffix(name, ":"))
			return never
		}
		delete(v.unused, name)
		conditions[i] = c
		weight, _ := input.get("weight").number()
		there[i], gone[i] = weight, 0
		if match, ok := input.get("match").number(); ok {
			there[i] = weight * match
		}
		if miss, ok := input.get("miss").number(); ok {
			gone[i] = weight * miss
		}
		if input.get("value_source").text() == "confidence" || input.get("value_source").text() == "score" {
			how = "a condition over its inputs, each of which counts in full or not at all"
		}
	}
	c := v.within(output, conditions, there, gone, 0)
	if c.is(opFalse) {
		v.remark(output.line(), "signal", full, Defect, "no combination of its inputs leads to it, so it is never true")
	} else {
		v.remark(output.line(), "signal", full, Replaced, "by %s", how)
	}
	return c.with(same)
}

// within is the condition that a sum lies within bounds, given what the inputs so far have added.
func (v *vllmSR) within(output *node, inputs []*condition, there, gone []float64, sum float64) *condition {
	low, high := sum, sum
	for i := range inputs {
		low += math.Min(there[i], gone[i])
		high += math.Max(there[i], gone[i])
	}
	const near = 1e-9 // what adding in another order makes of a sum
	every, none := true, false
	for _, bound := range []struct {
		key   string
		holds func(sum, bound float64) bool
		up    bool // what is larger holds, too
	}{
		{"gt", func(s, b float64) bool { return s > b+near }, true}, {"gte", func(s, b float64) bool { return s >= b-near }, true},
		{"lt", func(s, b float64) bool { return s < b-near }, false}, {"lte", func(s, b float64) bool { return s <= b+near }, false},
	} {
		b, ok := output.get(bound.key).number()
		if !ok {
			continue
		}
		worst, best := low, high
		if !bound.up {
			worst, best = high, low
		}
		every = every && bound.holds(worst, b)
		none = none || !bound.holds(best, b)
	}
	switch {
	case every:
		return always
	case none:
		return never
	}
	with := v.within(output, inputs[1:], there[1:], gone[1:], sum+there[0])
	without := v.within(output, inputs[1:], there[1:], gone[1:], sum+gone[0])
	switch a, b := with.String(), without.String(); {
	case a == b:
		return with
	case there[0] > gone[0] && with.is(opTrue) || without.is(opFalse):
		return anyOf(all(inputs[0], with), without).with(same)
	}
	return anyOf(all(inputs[0], with), all(negated(inputs[0]), without)).with(same)
}

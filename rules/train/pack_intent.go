package main

import (
	"math"
	"slices"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// The bounds of intents, in logits, in the order of signal.ExtraIntents: below it is the abstain band,
// where a text has none of them. 5 % of the texts without an intent reach its bound in the
// cross-validation over templates that -tune prints. A whole kind of wording is unknown there, so texts
// at large do better. The cuts of complexity are about those that get the most of each degree right.
var intentBounds = [...]float32{-1.4, -0.2, -0.8, -1.9, -0.8}

const (
	mediumCut = 0.8
	hardCut   = mediumCut + signal.HardLead
)

// packIntents rounds the weights of intents and adds them to the entries, whose places index knows.
// Traits that have no entry get one in front, for there are few and each matters.
func packIntents(m *intentModel, list []weights.Entry, index map[uint64]int, params []int32) []weights.Entry {
	n := len(labels{})
	split := m.traits * n
	traitUnit, wordUnit := unit(m.model.weights[:split]), unit(m.model.weights[split:])
	var more []weights.Entry
	for i, f := range m.features {
		u := wordUnit
		if i < m.traits {
			u = traitUnit
		}
		var extra [weights.ExtraColumns]int8
		for c := range n {
			extra[c] = round(m.model.weights[i*n+c], u)
		}
		if at, ok := index[f]; ok {
			list[at].Extra = extra
		} else {
			more = append(more, weights.Entry{Feature: f, Extra: extra})
		}
	}
	params[signal.ParamIntentScale] = int32(math.Round(float64(wordUnit / traitUnit * 256)))
	for c, b := range intentBounds {
		params[signal.ParamIntent+c] = int32(b / traitUnit)
	}
	params[signal.ParamIntent+signal.ExtraComplexity] = int32(mediumCut / traitUnit)
	params[signal.ParamHard] = int32((hardCut - mediumCut) / traitUnit)
	return slices.Concat(more, list)
}

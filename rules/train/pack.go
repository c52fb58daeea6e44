package main

import (
	"math"
	"slices"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// The bounds of decisions, in logits, chosen on rows that are not held. The margin is small: it
// abstains only where two classes are as good as equal. It is larger where next to nothing is said.
// signal.AttackThreshold and AttackStrong are such that less than 0.5 and about 0.1 % of the harmless texts of a source reach them, in the mean over
// all sources, in the cross-validation that -tune prints: the lowest such tenths are 3.7 and 5.7. The first stays at AttackEven, since at 3.7 too much code and
// too many long texts are flagged.
const (
	domainMargin   = 0.2
	shortMargin    = 1.8
	creativeMargin = signal.CreativeMargin
)

// pack rounds what was learned to whole numbers and returns the table's bytes.
func pack(d *domainModel, a *attackModel, m *intentModel) (data []byte, left int, err error) {
	n := len(domains)
	split := d.traits * n
	traitUnit, wordUnit := unit(d.model.weights[:split]), unit(d.model.weights[split:])
	attackUnit := unit(a.weights)
	index := map[uint64]int{}
	var list []weights.Entry
	for i, f := range d.features {
		e := weights.Entry{Feature: f}
		u := wordUnit
		if i < d.traits {
			u = traitUnit
		}
		for c := range n {
			e.Weights[c] = round(d.model.weights[i*n+c], u)
		}
		index[f] = len(list)
		list = append(list, e)
	}
	for i, f := range a.features {
		list[index[f]].Weights[signal.ColumnAttack] = round(a.weights[i], attackUnit)
	}
	params := make([]int32, signal.Params)
	list = packIntents(m, list, index, params)
	params[signal.ParamWordScale] = int32(math.Round(float64(wordUnit / traitUnit * 256)))
	params[signal.ParamMargin] = int32(domainMargin / traitUnit)
	params[signal.ParamShortMargin] = int32(shortMargin / traitUnit)
	params[signal.ParamCreativeMargin] = int32(creativeMargin / traitUnit)
	params[signal.ParamAttackBias] = int32(math.Round(float64(spanBias / attackUnit)))
	params[signal.ParamAttackThreshold] = int32(signal.AttackThreshold / (attackUnit * spanScale[len(spanScale)-1])) // as weights.Sums say it
	return weights.Encode(list, params)
}

// unit is the step of 8-bit weights: all but one in 2,000 fit into 127 of it.
func unit(w []float32) float32 {
	sizes := make([]float32, 0, len(w))
	for _, v := range w {
		if v != 0 {
			sizes = append(sizes, max(v, -v))
		}
	}
	slices.Sort(sizes)
	return sizes[len(sizes)-1-len(sizes)/2000] / 127
}

func round(w, unit float32) int8 {
	return int8(max(-127, min(127, math.Round(float64(w/unit)))))
}

package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/mom-router/mom-router/rules/internal/signal"
)

// scored are the scores of texts by what they are: without and with each intent, and of each degree
// of complexity.
type scored struct {
	without, with [len(labels{})][]float32
	degrees       [3][]float32
}

// folds is the number of parts of the templates, each of which is left out once.
const folds = 4

// tuneIntents learns without a part of the templates and prints, for each intent, the bounds with 3 %
// and 5 % false among the texts of that part, and how many it finds; for complexity, the cuts that get
// most right of both degrees; and what the bounds in use make of the prompts of rules/internal/signal/testdata.
func tuneIntents(rows []row, root string, w io.Writer) error {
	list, err := tasks(rows, root)
	if err != nil {
		return err
	}
	own, err := ownTasks(root)
	if err != nil {
		return err
	}
	var parts, prompts scored
	for fold := range folds {
		for i := range list {
			list[i].unseen = list[i].source == "templates" && list[i].origin/7%folds == fold
		}
		m := learnIntents(list, io.Discard)
		for i := range list {
			if list[i].unseen {
				parts.add(m, &list[i])
			}
		}
		for i := range own {
			prompts.add(m, &own[i])
		}
	}
	for c, name := range signal.ExtraIntents {
		fmt.Fprintf(w, "%-13s %5d texts, %5d others", name, len(parts.with[c]), len(parts.without[c]))
		for _, share := range []int{3, 5} {
			bound := parts.bound(c, share)
			fmt.Fprintf(w, "; at %4.1f %d %% false, %s found", bound, share, percent(above(parts.with[c], bound), len(parts.with[c])))
		}
		fmt.Fprintf(w, "; own prompts %s found, %s false\n", percent(above(prompts.with[c], intentBounds[c]), len(prompts.with[c])),
			percent(above(prompts.without[c], intentBounds[c]), len(prompts.without[c])))
	}
	for d := range 2 {
		share, at := cut(parts.degrees[d], parts.degrees[d+1])
		fmt.Fprintf(w, "%s or %s: cut at %.1f, %.1f %% of each right\n", complexities[d], complexities[d+1], at, 100*share)
	}
	return nil
}

func (s *scored) add(m *intentModel, t *task) {
	p := make([]float32, len(labels{}))
	m.model.score(m.numbers(m.x.features(t.text)), m.numbers(m.x.traits(t.text)), p)
	for c, v := range t.labels {
		switch {
		case v == unknown:
		case c == signal.ExtraComplexity:
			s.degrees[v] = append(s.degrees[v], p[c])
		case v == 1:
			s.with[c] = append(s.with[c], p[c])
		default:
			s.without[c] = append(s.without[c], p[c])
		}
	}
}

// bound is the score that so many in a hundred of the texts without an intent reach.
func (s *scored) bound(c, share int) float32 {
	list := slices.Sorted(slices.Values(s.without[c]))
	return list[len(list)*(100-share)/100]
}

// cut is the score that tells low from high best, and the share of each that is right then.
func cut(low, high []float32) (share float64, at float32) {
	for c := float32(-2); c < 8; c += 0.1 {
		right := 1 - float64(above(low, c))/float64(len(low)) + float64(above(high, c))/float64(len(high))
		if right/2 > share {
			share, at = right/2, c
		}
	}
	return share, at
}

func above(scores []float32, bound float32) (n int) {
	for _, s := range scores {
		if s > bound {
			n++
		}
	}
	return n
}

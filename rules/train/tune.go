package main

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

const (
	// How many harmless texts in a thousand may reach the two thresholds.
	scoreAlarms  = 5
	strongAlarms = 1
)

// codeFiles is the family of files of repositories.
const codeFiles = "code files"

// family is the name of a source without that of a part of it.
func family(source string) string {
	if rest, ok := strings.CutPrefix(source, codeFiles); ok && rest != "" {
		return codeFiles
	}
	name, _, _ := strings.Cut(source, ":")
	name, _, _ = strings.Cut(name, " ")
	return name
}

// alarms is what texts of a family come to.
type alarms struct{ attacks, harmless []float32 }

// tuneAttacks prints recall and false alarms by source in a cross-validation. What carries over from source to source says evaluateSources.
func tuneAttacks(rows []row, w io.Writer) error {
	all := map[string]*alarms{}
	at := func(name string) *alarms {
		if all[name] == nil {
			all[name] = &alarms{}
		}
		return all[name]
	}
	score := func(m *attackModel, to *alarms, r *row) {
		switch {
		case r.attack():
			to.attacks = append(to.attacks, m.score(r.Text))
		case r.file != "learn/attack":
			to.harmless = append(to.harmless, m.score(r.Text))
		}
	}
	for fold := range folds {
		texts, err := attackTexts(rows, ".", func(r *row) bool { return r.fold() != fold })
		if err != nil {
			return err
		}
		m := learnAttacks(texts, io.Discard)
		harmless := map[string][]string{}
		for i := range rows {
			if r := &rows[i]; r.fold() == fold {
				score(m, at(family(r.Source)), r)
				if r.file == "benign" || r.file == "learn/benign" {
					name := "benign"
					if family(r.Source) == "code" {
						name = "code"
					}
					harmless["joined, "+name] = append(harmless["joined, "+name], r.Text)
					if r.file == "benign" {
						harmless["joined, benign.jsonl"] = append(harmless["joined, benign.jsonl"], r.Text)
					}
				}
			}
		}
		r := rand.New(rand.NewPCG(1, uint64(fold)))
		for _, name := range slices.Sorted(maps.Keys(harmless)) {
			to := at(name + " to 50 KB")
			for range 40 {
				to.harmless = append(to.harmless, m.score(join(harmless[name], 50<<10, r)))
			}
		}
	}
	likely, strong := bound(all, scoreAlarms), bound(all, strongAlarms)
	fmt.Fprintf(w, "thresholds %.2f and %.2f\n", likely, strong)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		fmt.Fprintf(w, "%-32s attacks %5d %8s %8s  harmless %5d %8s %8s\n", name, len(s.attacks), reach(s.attacks, likely), reach(s.attacks, strong),
			len(s.harmless), reach(s.harmless, likely), reach(s.harmless, strong))
	}
	return nil
}

// bound is the least threshold, in tenths, that at most so many harmless texts in a thousand reach: of all families alike.
func bound(all map[string]*alarms, most int) float32 {
	for t := float32(0); ; t += 0.1 {
		sum, n := 0.0, 0
		for name, s := range all {
			if len(s.harmless) > 0 && !strings.HasPrefix(name, "joined") {
				sum += reaching(s.harmless, t)
				n++
			}
		}
		if sum*1000 <= float64(most*n) {
			return t
		}
	}
}

func reaching(scores []float32, t float32) float64 {
	n := 0
	for _, s := range scores {
		count(&n, s >= t)
	}
	return float64(n) / float64(max(1, len(scores)))
}

func reach(scores []float32, t float32) string {
	if len(scores) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*reaching(scores, t))
}

// join joins texts to a length in bytes.
func join(texts []string, length int, r *rand.Rand) string {
	var b strings.Builder
	for b.Len() < length {
		b.WriteString(texts[r.IntN(len(texts))])
		b.WriteByte('\n')
	}
	return b.String()
}

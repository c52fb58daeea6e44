package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// tuneAttacks prints recall and false alarms at several thresholds by cross-validation.
func tuneAttacks(rows []row, w io.Writer) error {
	kinds := []string{"attacks", "benign", "security-sounding", "joined", "joined to 50 KB", "domain", "learn/benign", "learn/domain"}
	scores := map[string][]float32{}
	for fold := range 5 {
		texts, err := attackTexts(rows, ".", func(r *row) bool { return r.fold() != fold })
		if err != nil {
			return err
		}
		m := learnAttacks(texts, io.Discard)
		add := func(kind, text string) { scores[kind] = append(scores[kind], m.score(text)) }
		var harmless []string
		var lengths []int
		for i := range rows {
			r := &rows[i]
			if r.fold() != fold {
				continue
			}
			add(r.file, r.Text)
			if r.Kind == "security-sounding" {
				add(r.Kind, r.Text)
			}
			if r.file == "attacks" {
				lengths = append(lengths, len(r.Text))
			} else if r.file == "benign" || r.file == "learn/benign" {
				harmless = append(harmless, r.Text)
			}
		}
		r := rand.New(rand.NewPCG(1, uint64(fold)))
		for range 4 {
			for _, n := range lengths {
				add("joined", join(harmless, n, r))
			}
			add("joined to 50 KB", join(harmless, 50000, r))
		}
	}
	for t := float32(2.5); t < 4.55; t += 0.1 {
		fmt.Fprintf(w, "%.2f", t)
		for _, k := range kinds {
			n := 0
			for _, s := range scores[k] {
				if s >= t {
					n++
				}
			}
			fmt.Fprintf(w, "  %s %s", k, percent(n, len(scores[k])))
		}
		fmt.Fprintln(w)
	}
	return nil
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

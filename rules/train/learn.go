package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mom-router/mom-router/rules/weights"
)

// learn learns everything and writes the table, or, to tune, prints figures.
func learn(data string, tune bool) error {
	rows, err := load(data)
	if err != nil {
		return err
	}
	samples, err := domainSamples(rows, ".", tune)
	if err != nil {
		return err
	}
	texts, err := attackTexts(rows, ".", func(r *row) bool { return !r.held() && !(tune && r.tuning()) })
	if err != nil {
		return err
	}
	a := learnAttacks(texts, os.Stdout)
	d := learnDomains(samples, a.features, os.Stdout)
	if tune {
		d.tune(samples, os.Stdout)
		return tuneAttacks(rows, os.Stdout)
	}
	packed, left, err := pack(d, a)
	if err != nil {
		return err
	}
	t, err := weights.Open(string(packed))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.FromSlash(output), packed, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d rows, %d left out, %d bytes\n", output, t.Len(), left, len(packed))
	return nil
}

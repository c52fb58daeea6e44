package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/mom-router/mom-router/rules/internal/weights"
)

// learn learns everything and writes the table, or, to tune, prints figures.
func learn(data string, tune bool) error {
	list, err := readLicences(licenceList)
	if err != nil {
		return err
	}
	rows, err := load(data, list)
	if err != nil {
		return err
	}
	if rows, err = list.learnable(rows); err != nil {
		return err
	}
	if tune {
		return tuneAll(rows, ".", os.Stdout)
	}
	packed, left, err := learnAll(rows, ".", os.Stdout)
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
	sum := sha256.Sum256(packed)
	if err := os.WriteFile(filepath.FromSlash(outputHash), []byte(hex.EncodeToString(sum[:8])), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d rows, %d left out, %d bytes\n", output, t.Len(), left, len(packed))
	return nil
}

// learnAll learns from rows that may be learned from and returns the table's bytes.
func learnAll(rows []row, root string, w io.Writer) (packed []byte, left int, err error) {
	samples, err := domainSamples(rows, root, false)
	if err != nil {
		return nil, 0, err
	}
	texts, err := attackTexts(rows, root, func(*row) bool { return true })
	if err != nil {
		return nil, 0, err
	}
	list, err := tasks(rows, root)
	if err != nil {
		return nil, 0, err
	}
	known, err := vectors(root, w)
	if err != nil {
		return nil, 0, err
	}
	a, wants := learnAttacks(texts, w), learnIntents(list, w)
	return pack(learnDomains(samples, slices.Concat(wants.words(), a.features), known, w), a, wants)
}

// tuneAll learns without a tenth of the rows and prints what that makes of them.
func tuneAll(rows []row, root string, w io.Writer) error {
	samples, err := domainSamples(rows, root, true)
	if err != nil {
		return err
	}
	texts, err := attackTexts(rows, root, func(r *row) bool { return !r.tuning() })
	if err != nil {
		return err
	}
	if err := tuneIntents(rows, root, w); err != nil {
		return err
	}
	list, err := tasks(rows, root)
	if err != nil {
		return err
	}
	wants := learnIntents(list, w)
	known, err := vectors(root, w)
	if err != nil {
		return err
	}
	must := slices.Concat(wants.words(), learnAttacks(texts, w).features)
	learnDomains(samples, must, known, w).tune(samples, w)
	return tuneAttacks(rows, w)
}

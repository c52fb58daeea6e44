package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules"
)

// sums are hashes of a set's answers, by what they are about: small enough for the repository.
type sums map[string]string

// sampled answers a small part of a set, always the same one, and returns the hashes of the answers.
func sampled(table *rules.Table, s set) (sums, error) {
	parts := map[string]hash.Hash{}
	rows := 0
	err := answers(table, s, func(n int) bool { return n%s.step == 0 }, func(r row) {
		rows++
		for what, text := range r.parts() {
			if parts[what] == nil {
				parts[what] = sha256.New()
			}
			fmt.Fprintf(parts[what], "%d %s\n", len(text), text)
		}
	})
	all := sums{"rows": fmt.Sprint(rows)}
	for what, h := range parts {
		all[what] = hex.EncodeToString(h.Sum(nil)[:6])
	}
	return all, err
}

// parts are what a row says, by what it is about.
func (r *row) parts() map[string]string {
	var evidence []string
	for _, name := range slices.Sorted(maps.Keys(r.Evidence)) {
		evidence = append(evidence, fmt.Sprint(name, r.Evidence[name]))
	}
	return map[string]string{
		"texts":     r.Text,
		"decisions": r.Action + " " + r.Decision,
		"models":    r.Model,
		"reasoning": r.Reasoning,
		"signals":   strings.Join(slices.Sorted(slices.Values(r.Signals)), " "),
		"flags":     strings.Join(slices.Sorted(slices.Values(r.Flags)), " "),
		"terms":     r.terms(),
		"tokens":    fmt.Sprint(r.Tokens),
		"errors":    fmt.Sprint(r.Status, r.Code, r.Param, r.Offset),
		"edits":     r.edits(),
		"evidence":  strings.Join(evidence, " "),
		"pieces":    r.inPieces(),
	}
}

// against says what is different in other sums, sorted.
func (s sums) against(other sums) (different []string) {
	for _, what := range slices.Sorted(maps.Keys(s)) {
		if s[what] != other[what] {
			different = append(different, what)
		}
	}
	return different
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/mom-router/mom-router/rules/internal/signal"
)

// report prints one section after another.
type report struct {
	w    io.Writer
	e    *engine
	rows []row // of the public data, the held ones only
	root string
	data string // the folder of the public data
}

// evaluateTo prints the figures, and keeps them in a file if one is named: all of them or nothing.
func evaluateTo(data, file string) error {
	if file == "" {
		return evaluate(data, os.Stdout)
	}
	var kept bytes.Buffer
	if err := evaluate(data, io.MultiWriter(os.Stdout, &kept)); err != nil {
		return err
	}
	return os.WriteFile(file, kept.Bytes(), 0o644)
}

// evaluate prints the figures of docs/evaluation.md.
func evaluate(data string, w io.Writer) error {
	list, err := readLicences(licenceList)
	if err != nil {
		return err
	}
	rows, err := load(data, list)
	if err != nil {
		return err
	}
	e, err := newEngine()
	if err != nil {
		return err
	}
	r := &report{w: w, e: e, rows: judgedRows(rows, list), root: ".", data: data}
	r.line("# Evaluation of the signals\n")
	r.line("Weights %s, default policy %.12s. `make eval` prints this and keeps it here.", signal.WeightsHash, e.table.Hash())
	r.line("")
	r.line("Rows of ../shared/data: %d different ones, of which %d were held back by a hash of their text: nothing was",
		len(rows), len(r.rows))
	r.line("learned from those or tuned on them, and the figures are about them. The files named own/ were written by hand")
	r.line("before any learning (rules/train/testdata); neither were they learned from. Their totals were looked at while the")
	r.line("project was worked on, some ten times, and those of intents, complexity and follow-ups were acted on by writing more")
	r.line("phrases of a kind. The files named own/blind_ are younger: written on 2026-11-30 by someone who had seen none of that, and, but for")
	r.line("own/blind_lists.jsonl, not acted on. What they said first stands in rules/train/MODEL_CARD.md.")
	r.line("Of the held back rows of MMLU-Pro and of own/short_questions.jsonl the totals were looked at after each of five trainings, and the")
	r.line("last one's settings were chosen by them, so these two flatter by some tenths of a percent.")
	for _, section := range []func() error{r.domain, r.sureness, r.decisions, r.everyday, r.intent, r.complexity, r.trivial, r.followUps, r.conversations, r.wrapped, r.sides, r.stuffing, r.lists, r.jailbreak, r.peers, r.operators, r.evasion, r.obfuscation, r.personal, r.language, r.tokens, r.speed} {
		if err := section(); err != nil {
			return err
		}
	}
	return nil
}

func (r *report) line(format string, args ...any) { fmt.Fprintf(r.w, format+"\n", args...) }

// title begins a section.
func (r *report) title(s string) { r.line("\n## %s\n", s) }

// head begins a table.
func (r *report) head(columns ...string) {
	r.cells(columns...)
	rule := make([]string, len(columns))
	for i := range rule {
		rule[i] = "---"
		if i > 0 {
			rule[i] = "---:"
		}
	}
	r.cells(rule...)
}

func (r *report) cells(cells ...string) {
	fmt.Fprint(r.w, "|")
	for _, c := range cells {
		fmt.Fprintf(r.w, " %s |", c)
	}
	fmt.Fprintln(r.w)
}

// ownRow is a line of the hand-written sets.
type ownRow struct {
	Text, Domain, Intent, Complexity, Decision, Kind, Lang, Language string
	Not, Labels                                                      []string
	Half                                                             int
	Hostile                                                          bool
}

// own reads a hand-written set.
func (r *report) own(name string) ([]ownRow, error) {
	var list []ownRow
	err := lines(filepath.Join(r.root, "rules/train/testdata", name), func(line []byte) error {
		var o ownRow
		err := json.Unmarshal(line, &o)
		list = append(list, o)
		return err
	})
	return list, err
}

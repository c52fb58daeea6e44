package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// unknown marks a label that a text says nothing about: it is not learned from.
const unknown = -1

// labels say of each of signal.ExtraIntents whether a text has it (1) or not (0), and last how hard
// it is (0 to 2).
type labels [weights.ExtraColumns]int8

// task is a text with its labels.
type task struct {
	text   string
	labels labels
	weight float32
	origin int    // of the line or row that it was made from
	source string // "templates", or the name of a set of data
	unseen bool   // left out while tuning
	abroad bool   // in another language than English, of phrases/intent/abroad.txt
}

// tasks gathers what intents and complexity are learned from: the templates of this project, and rows
// of public data whose source leaves no doubt about some of the labels.
func tasks(rows []row, root string) ([]task, error) {
	f, err := readFillers(root)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(root, "rules/train/phrases/intent/*.txt"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no templates in rules/train/phrases/intent: %w", err)
	}
	dresses, err := readDresses(filepath.Join(root, "rules/train/phrases/intent/dress.txt"))
	if err != nil {
		return nil, err
	}
	var list []task
	for _, file := range files {
		name := filepath.Base(file)
		if name == "fillers.txt" || name == "dress.txt" {
			continue
		}
		if err := templates(file, func(t template, l labels) error {
			texts, err := t.texts(f)
			seed := int(t.seed >> 1)
			made := task{labels: l, weight: templateWeight / float32(max(len(texts), drawn/2)), source: "templates", abroad: name == "abroad.txt"}
			for i, s := range texts {
				made.text, made.origin = s, seed
				if made.abroad {
					made.origin = seed/14*14 + i%2 // a word of two of its texts has two origins, and tuneIntents leaves out both
				}
				list = append(list, made)
				if easy := l[signal.ExtraComplexity] == 0; easy || i%8 == 0 {
					made.text += " " + dresses[(seed+i)%len(dresses)]
					list = append(list, made)
				}
			}
			return err
		}); err != nil {
			return nil, err
		}
	}
	for i := range rows {
		if r := &rows[i]; r.file == "attacks" || r.hash>>40%3 == 0 {
			if l, ok := rowLabels(r); ok {
				list = append(list, task{r.Text, l, rowWeight, int(r.hash >> 1), r.Source, false, false})
			}
		}
	}
	return list, nil
}

const (
	templateWeight = 8    // of all texts of a template
	rowWeight      = 0.15 // of a row of public data
)

// readDresses reads what stands behind requests without changing what they are.
func readDresses(name string) (list []string, err error) {
	err = entries(name, func(line string) error {
		t := newTemplate(line)
		r := rand.New(rand.NewPCG(20261130, t.seed))
		for range drawn {
			s, err := choose(t.line, r)
			if err != nil {
				return fmt.Errorf("%q: %w", t.line, err)
			}
			list = append(list, strings.TrimSpace(s))
		}
		return nil
	})
	return list, err
}

// templates calls f with each template of a file. A line in brackets says what the templates below it
// are: intents that they have, with a question mark those that they might have, and how hard they
// are. They have no other intent; without a degree nothing is said about it.
func templates(file string, f func(t template, l labels) error) error {
	var l labels
	known := false
	return entries(file, func(s string) error {
		switch {
		case s[0] == '[':
			var err error
			l, err = readLabels(strings.Trim(s, "[]"))
			known = true
			return err
		case !known:
			return fmt.Errorf("%q stands before any line in brackets", s)
		default:
			return f(newTemplate(s), l)
		}
	})
}

func readLabels(s string) (labels, error) {
	l := labels{signal.ExtraComplexity: unknown}
	for _, word := range strings.Fields(s) {
		name, doubt := strings.CutSuffix(word, "?")
		i, degree := slices.Index(signal.ExtraIntents, name), slices.Index(complexities, name)
		switch {
		case word == "none":
		case degree >= 0 && !doubt:
			l[signal.ExtraComplexity] = int8(degree)
		case i < 0:
			return l, fmt.Errorf("no label %q", word)
		case doubt:
			l[i] = unknown
		default:
			l[i] = 1
		}
	}
	return l, nil
}

// rowLabels are the labels that a row's source says.
func rowLabels(r *row) (labels, bool) {
	say := func(s string) (labels, bool) {
		l, err := readLabels(s)
		return l, err == nil
	}
	if r.file == "attacks" { // which may come as a story or as a question, but ask for no thought
		return say("fast_qa? creative? coding?")
	}
	switch r.Source {
	case "GPTeacher-code", "PurpleLlama instruct":
		return say("coding deep_thinking? fast_qa?")
	case "CLINC150":
		return say("fast_qa? fact_check? easy")
	case "GSM8K":
		return say("deep_thinking?")
	case "MMLU", "MMLU-Pro":
		if r.Domain == "computer_science" {
			return say("fast_qa? deep_thinking? fact_check? coding?")
		}
		return say("fast_qa? deep_thinking? fact_check?")
	}
	return labels{}, false
}

// ownTasks are the prompts of rules/internal/signal/testdata, for tuning only.
func ownTasks(root string) ([]task, error) {
	var list []task
	for _, name := range []string{"prompts.jsonl", "prompts2.jsonl"} {
		err := lines(filepath.Join(root, "rules/internal/signal/testdata", name), func(line []byte) error {
			var r struct {
				Prompt  string
				Yes, No []string
			}
			err := json.Unmarshal(line, &r)
			t := task{text: r.Prompt, source: "own prompts", unseen: true}
			for i := range t.labels {
				t.labels[i] = unknown
			}
			for v, names := range [][]string{r.No, r.Yes} {
				for _, n := range names {
					if i := slices.Index(signal.ExtraIntents, n); i >= 0 {
						t.labels[i] = int8(v)
					}
				}
			}
			list = append(list, t)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

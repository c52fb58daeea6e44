package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/signal"
)

// domains are the classes in the order of the table's columns.
var domains = []string{"computer_science", "math", "physics", "chemistry", "biology", "engineering", "law",
	"economics", "business", "health", "psychology", "philosophy", "history", "other"}

// weightOf makes sources that are unlike everyday questions count less than they are many.
var weightOf = map[string]float32{"MMLU-Pro": 1, "MMLU": 0.7, "GSM8K": 0.1, "CLINC150": 0.25, "GPTeacher-code": 0.4,
	"PurpleLlama instruct": 0.2, "longfact-concepts": 0.5, "longfact-objects": 0.5, "GAOKAO-Bench": 0.15}

// notDomains are sources that domains are not learned from: utterances about everything, which CLINC150 has enough of.
var notDomains = []string{"HWU64"}

// domainOf are the domains of sources that are all about one thing, where the rows do not say so.
var domainOf = map[string]string{"PurpleLlama instruct": "computer_science"}

const (
	optionsWeight  = 0.5 // of a question together with the answers to choose from
	phraseWeight   = 0.3 // of a term or phrase
	phraseMargin   = 0.6 // of a term, phrase or template
	abroadMargin   = 0.7 // the same of other languages
	templateDomain = 0.1 // of a text of a template for coding
)

// about is the domain that a row or its source says, or "".
func (r *row) about() string { return cmp.Or(r.Domain, domainOf[r.Source]) }

// sample is a text with the class that it is about.
type sample struct {
	text   string
	label  int
	weight float32
	source string
	unseen bool // left out while tuning
}

// margin is by how much a text's class is to stand out. A term of the own lists says by one word what a question says by fifty: where it has to say
// as much, single words weigh too much in questions.
func (s *sample) margin() float32 {
	switch {
	case strings.HasPrefix(s.source, "abroad"):
		return abroadMargin
	case s.source == "phrase" || s.source == "templates":
		return phraseMargin
	}
	return 1
}

// domainSamples gathers what domains are learned from: the rows with a domain, with and without
// their answers, and the terms and phrases of this project, bare and in short questions.
func domainSamples(rows []row, root string, tune bool) ([]sample, error) {
	var list []sample
	for i := range rows {
		r := &rows[i]
		domain := r.about()
		if domain == "" || slices.Contains(notDomains, r.Source) {
			continue
		}
		label, w, unseen := slices.Index(domains, domain), weightOf[r.Source], tune && r.tuning()
		if label < 0 || w == 0 {
			return nil, fmt.Errorf("%s: domain %q of source %q: want one of the %d domains, and the source's weight in rules/train/corpus.go",
				r.place, domain, r.Source, len(domains))
		}
		list = append(list, sample{r.Text, label, w, r.Source, unseen})
		if len(r.Options) > 0 {
			all := r.Text + "\n" + strings.Join(r.Options, "\n")
			list = append(list, sample{all, label, w * optionsWeight, r.Source + " with answers", unseen})
		}
	}
	for label, name := range domains {
		add := func(points int, phrase string) {
			if points < 2 {
				return // it only helps, says its list
			}
			w := float32(phraseWeight)
			if points == 2 {
				w /= 2
			}
			list = append(list, sample{phrase, label, w, "phrase", false})
			if name != "other" && phrase[0] < 0x80 {
				list = append(list, sample{frame(len(list), phrase), label, w, "phrase", false})
			}
		}
		if name != "other" {
			if err := terms(filepath.Join(root, "rules/internal/signal/terms/domain", name+".txt"), add); err != nil {
				return nil, err
			}
		}
		err := phrases(filepath.Join(root, "rules/train/phrases", name+".txt"), func(p string) { add(3, p) })
		if err != nil {
			return nil, err
		}
	}
	coding, others, err := codingTasks(root)
	if err != nil {
		return nil, err
	}
	for _, text := range coding {
		list = append(list, sample{text, slices.Index(domains, "computer_science"), templateDomain, "templates", false})
	}
	for _, text := range others {
		list = append(list, sample{text, slices.Index(domains, "other"), templateDomain / 2, "abroad templates", false})
	}
	languages, err := readAbroad(root)
	if err != nil {
		return nil, err
	}
	for i := range languages {
		list = append(list, languages[i].samples()...)
	}
	if !tune {
		return list, nil
	}
	for _, name := range []string{"prompts.jsonl", "prompts2.jsonl"} {
		err := lines(filepath.Join(root, "rules/internal/signal/testdata", name), func(line []byte) error {
			var r struct{ Prompt, Domain string }
			err := json.Unmarshal(line, &r)
			list = append(list, sample{r.Prompt, slices.Index(domains, r.Domain), 0, "own prompts", true})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// codingTasks are the texts of the templates for coding, and in languages other than English, in which there is little else, those of all other
// templates: they are about no domain of the demo's, or else the language itself would speak for one.
func codingTasks(root string) (coding, others []string, err error) {
	list, err := tasks(nil, root)
	if err != nil {
		return nil, nil, err
	}
	for i := range list {
		switch t := &list[i]; {
		case t.labels[slices.Index(signal.ExtraIntents, "coding")] == 1:
			if ascii(t.text) || t.abroad {
				coding = append(coding, t.text)
			}
		case t.abroad:
			others = append(others, t.text)
		}
	}
	return coding, others, nil
}

// frame makes a phrase a short question.
func frame(n int, phrase string) string {
	return fmt.Sprintf([]string{"What is %s?", "explain %s", "how does %s work", "tell me about %s"}[n/2%4], phrase)
}

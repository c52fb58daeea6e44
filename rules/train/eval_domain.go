package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/prompt"
)

// labelled is a text and the class that it belongs to.
type labelled struct{ text, label string }

// four maps a domain to the four of the demo.
func four(domain string) string {
	if slices.Contains(domains[:3], domain) {
		return domain
	}
	return "other"
}

// domain prints how well texts are classed by what they are about.
func (r *report) domain() error {
	sets, names := map[string][]labelled{}, []string{}
	add := func(set, text, label string) {
		if sets[set] == nil {
			names = append(names, set)
		}
		sets[set] = append(sets[set], labelled{text, label})
	}
	for i := range r.rows {
		if o := &r.rows[i]; o.about() != "" {
			add(o.Source, o.Text, o.about())
			if len(o.Options) > 0 {
				add(o.Source+" with answers", o.Text+"\n"+strings.Join(o.Options, "\n"), o.about())
			}
		}
	}
	for _, name := range []string{"short_questions.jsonl", "short_questions_zh.jsonl"} {
		list, err := r.own(name)
		if err != nil {
			return err
		}
		for _, o := range list {
			add("own/"+name, o.Text, o.Domain)
		}
	}
	r.title("Domain")
	r.line("Best: the class with the highest score. Said: the signal that is true, which is domain.other where no class leads by")
	r.line("enough; so coverage is the share of rows of the 13 other classes about which something else was said, and accuracy")
	r.line("that of the rows about which a class was said. CodeAlpaca is there to measure only: nothing of it is learned.")
	r.line("")
	r.head("rows of", "rows", "best of 14", "best of the demo's 4", "said, of 14", "said, of 4", "coverage", "accuracy")
	for _, name := range names {
		var best, best4, right, right4, some, covered, said, saidRight int
		for _, l := range sets[name] {
			r.e.builtin.hear(prompt.RoleUser, l.text)
			top, got := r.e.builtin.st.Topic(), r.e.builtin.said("domain")
			count(&best, top == l.label)
			count(&best4, four(top) == four(l.label))
			count(&right, got == l.label)
			count(&right4, four(got) == four(l.label))
			count(&some, l.label != "other")
			count(&covered, l.label != "other" && got != "other")
			count(&said, got != "other")
			count(&saidRight, got != "other" && got == l.label)
		}
		n := len(sets[name])
		r.cells(name, strconv.Itoa(n), percent(best, n), percent(best4, n), percent(right, n), percent(right4, n),
			percent(covered, some), percent(saidRight, said))
	}
	r.confusion("MMLU-Pro", sets["MMLU-Pro"])
	r.confusion("own/short_questions.jsonl", sets["own/short_questions.jsonl"])
	return nil
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

// confusion prints what was said of each class's rows.
func (r *report) confusion(name string, list []labelled) {
	said := map[string]map[string]int{}
	for _, l := range list {
		r.e.builtin.hear(prompt.RoleUser, l.text)
		if said[l.label] == nil {
			said[l.label] = map[string]int{}
		}
		said[l.label][r.e.builtin.st.Topic()]++
	}
	r.line("\nConfusion of the best class, %s: a line for what is right, a column for the answer.\n", name)
	head := []string{""}
	for _, d := range domains {
		head = append(head, d[:min(5, len(d))])
	}
	r.head(append(head, "right")...)
	for _, d := range domains {
		cells, all := []string{d}, 0
		for _, c := range domains {
			cells = append(cells, strconv.Itoa(said[d][c]))
			all += said[d][c]
		}
		r.cells(append(cells, percent(said[d][d], all))...)
	}
}

// decisions prints how many paraphrases of the acceptance prompts get the decision of the prompt.
func (r *report) decisions() error {
	list, err := r.own("demo_paraphrases.jsonl")
	if err != nil {
		return err
	}
	var names []string
	right, all := map[string]int{}, map[string]int{}
	total := 0
	for _, o := range list {
		if all[o.Decision] == 0 {
			names = append(names, o.Decision)
		}
		all[o.Decision]++
		if r.e.decide(o.Text) == o.Decision {
			right[o.Decision]++
			total++
		}
	}
	r.title("Decisions of the default policy")
	r.line("Paraphrases of the eight acceptance prompts (own/demo_paraphrases.jsonl) that get the prompt's own decision.\n")
	r.head("decision", "rows", "right")
	for _, n := range names {
		r.cells(n, strconv.Itoa(all[n]), percent(right[n], all[n]))
	}
	r.cells("all", strconv.Itoa(len(list)), percent(total, len(list)))
	return nil
}

package main

import (
	"slices"
	"strconv"

	"github.com/mom-router/mom-router/rules/prompt"
)

// intent prints how often each intent is found where it should be and where it should not.
func (r *report) intent() error {
	r.title("Intent")
	for i, file := range []string{"intents.jsonl", "blind_intents.jsonl"} {
		if i > 0 {
			r.line("")
		}
		r.line("own/%s. False: of the rows that exclude the intent, by name or because they have none at all.\n", file)
		if err := r.intentsOf(file); err != nil {
			return err
		}
	}
	return nil
}

func (r *report) intentsOf(file string) error {
	list, err := r.own(file)
	if err != nil {
		return err
	}
	r.head("intent", "rows", "found", "excluding rows", "false")
	for _, name := range intents {
		var rows, found, others, false_ int
		for _, o := range list {
			excludes := o.Intent == "none" || slices.Contains(o.Not, name)
			if o.Intent != name && !excludes {
				continue
			}
			r.e.builtin.hear(prompt.RoleUser, o.Text)
			is := r.e.builtin.is("intent." + name)
			if excludes {
				others++
				count(&false_, is)
			} else {
				rows++
				count(&found, is)
			}
		}
		r.cells(name, strconv.Itoa(rows), percent(found, rows), strconv.Itoa(others), percent(false_, others))
	}
	return nil
}

// complexity prints what was said of each degree's rows.
func (r *report) complexity() error {
	r.title("Complexity")
	for i, file := range []string{"complexity.jsonl", "blind_complexity.jsonl"} {
		if i > 0 {
			r.line("")
		}
		if err := r.complexityOf(file); err != nil {
			return err
		}
	}
	return nil
}

func (r *report) complexityOf(file string) error {
	list, err := r.own(file)
	if err != nil {
		return err
	}
	said, right := map[string]map[string]int{}, 0
	for _, o := range list {
		r.e.builtin.hear(prompt.RoleUser, o.Text)
		if said[o.Complexity] == nil {
			said[o.Complexity] = map[string]int{}
		}
		got := r.e.builtin.said("complexity")
		said[o.Complexity][got]++
		count(&right, got == o.Complexity)
	}
	r.line("own/%s: %s of %d rows right. A line for what is right, a column for the answer.\n",
		file, percent(right, len(list)), len(list))
	r.head(append([]string{""}, complexities...)...)
	for _, c := range complexities {
		cells := []string{c}
		for _, d := range complexities {
			cells = append(cells, strconv.Itoa(said[c][d]))
		}
		r.cells(cells...)
	}
	return nil
}

// language prints how often the language is right, by length.
func (r *report) language() error {
	r.title("Language")
	r.line("own/languages_short.jsonl: the twelve languages and text that is in none of them (und).\n")
	list, err := r.own("languages_short.jsonl")
	if err != nil {
		return err
	}
	r.head("language", "some 15 characters", "right", "40 and more", "right")
	var all, right [2]int
	for _, l := range append(slices.Clone(languages), "und") {
		var n, ok [2]int
		for _, o := range list {
			if o.Language != l {
				continue
			}
			long := 0
			if len([]rune(o.Text)) >= 40 {
				long = 1
			}
			r.e.builtin.hear(prompt.RoleUser, o.Text)
			n[long]++
			got := r.e.builtin.said("language")
			count(&ok[long], got == l || l == "und" && got == "") // another language than the twelve
		}
		r.cells(l, strconv.Itoa(n[0]), percent(ok[0], n[0]), strconv.Itoa(n[1]), percent(ok[1], n[1]))
		for i := range all {
			all[i] += n[i]
			right[i] += ok[i]
		}
	}
	r.cells("all", strconv.Itoa(all[0]), percent(right[0], all[0]), strconv.Itoa(all[1]), percent(right[1], all[1]))
	return nil
}

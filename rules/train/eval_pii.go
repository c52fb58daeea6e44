package main

import (
	"slices"
	"strconv"

	"github.com/mom-router/mom-router/rules/internal/pii"
	"github.com/mom-router/mom-router/rules/prompt"
)

// personal prints precision and recall of personal data.
func (r *report) personal() error {
	var names []string
	for _, n := range pii.Names {
		names = append(names, "pii."+n)
	}
	set, err := setOf(names...)
	if err != nil {
		return err
	}
	list, err := r.own("pii.jsonl")
	if err != nil {
		return err
	}
	j := newJudge(set)
	r.title("Personal data")
	r.line("own/pii.jsonl, %d rows, of which some only look like personal data. Recall: of the rows with the kind; precision:", len(list))
	r.line("of the rows in which it was found.\n")
	r.head("kind", "rows", "recall", "found", "precision")
	var rows, found, right int
	for _, kind := range pii.Names {
		var with, said, both int
		for _, o := range list {
			j.hear(prompt.RoleUser, o.Text)
			has, is := slices.Contains(o.Labels, kind), j.is("pii."+kind)
			count(&with, has)
			count(&said, is)
			count(&both, has && is)
		}
		r.cells(kind, strconv.Itoa(with), percent(both, with), strconv.Itoa(said), percent(both, said))
		rows, found, right = rows+with, found+said, right+both
	}
	r.cells("all", strconv.Itoa(rows), percent(right, rows), strconv.Itoa(found), percent(right, found))
	r.line("\nFalse alarms in harmless text:\n")
	r.falseAlarms(j, names)
	return nil
}

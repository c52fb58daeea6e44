package main

import (
	"fmt"
	"math"
	"strconv"

	"github.com/mom-router/mom-router/rules/prompt"
)

// bin is of the rows of which the best domain was so sure.
type bin struct{ rows, right, sure int }

// sureness prints how often the best domain is right where it is so sure.
func (r *report) sureness() error {
	bins := map[string]*[10]bin{}
	var names []string
	add := func(set, text, label string) {
		r.e.builtin.hear(prompt.RoleUser, text)
		best, _, percent, ok := r.e.builtin.st.Sureness()
		if !ok {
			return
		}
		if bins[set] == nil {
			bins[set] = new([10]bin)
			names = append(names, set)
		}
		b := &bins[set][min(percent/10, 9)]
		b.rows++
		b.sure += percent
		count(&b.right, best == label)
	}
	for i := range r.rows {
		if o := &r.rows[i]; o.about() != "" {
			add("all sources", o.Text, o.about())
			if o.Source == "MMLU-Pro" {
				add("MMLU-Pro", o.Text, o.about())
			}
		}
	}
	for _, name := range []string{"short_questions.jsonl", "short_questions_zh.jsonl"} {
		list, err := r.own(name)
		if err != nil {
			return err
		}
		for _, o := range list {
			add("own/short_questions*", o.Text, o.Domain)
		}
	}
	r.title("How sure domains are")
	r.line("The percent of at_least, of explanations and of records: for rows of which the best domain was so sure, how often it was right. The last line")
	r.line("is by how many points both differ in the mean over all rows. The temperature that makes logits percent was chosen on rows that are not here.")
	r.line("")
	head := []string{"sure"}
	for _, name := range names {
		head = append(head, name, "mean", "right")
	}
	r.head(head...)
	apart, rows := map[string]float64{}, map[string]int{}
	for i := range 10 {
		cells := []string{fmt.Sprintf("%d to %d %%", 10*i, 10*i+10)}
		for _, name := range names {
			b := bins[name][i]
			rows[name] += b.rows
			if b.rows == 0 {
				cells = append(cells, "0", "", "")
				continue
			}
			mean := float64(b.sure) / float64(b.rows)
			right := 100 * float64(b.right) / float64(b.rows)
			apart[name] += float64(b.rows) * math.Abs(mean-right)
			cells = append(cells, strconv.Itoa(b.rows), fmt.Sprintf("%.0f %%", mean), fmt.Sprintf("%.0f %%", right))
		}
		r.cells(cells...)
	}
	cells := []string{"apart"}
	for _, name := range names {
		cells = append(cells, strconv.Itoa(rows[name]), fmt.Sprintf("%.1f", apart[name]/float64(max(rows[name], 1))), "")
	}
	r.cells(cells...)
	return nil
}

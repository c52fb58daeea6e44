package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/reason"
)

// thousands writes a number with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// money writes dollars, with a sign where it is a difference.
func money(d float64) string {
	switch {
	case d == 0:
		return "$0"
	case d > -0.01 && d < 0.01:
		return strings.Replace(fmt.Sprintf("$%.6f", d), "$-", "-$", 1)
	case d > -1 && d < 1:
		return strings.Replace(fmt.Sprintf("$%.4f", d), "$-", "-$", 1)
	}
	return strings.Replace(fmt.Sprintf("$%.2f", d), "$-", "-$", 1)
}

func difference(d float64) string {
	if d > 0 {
		return "+" + money(d)
	}
	return money(d)
}

func share(n, of int64) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf(" (%.1f %%)", 100*float64(n)/float64(of))
}

// verdicts counts changes by verdict: "2 equal, 1 weaker".
func verdicts(list []reason.Change) string {
	counts := map[reason.Verdict]int{}
	for _, c := range list {
		counts[c.Verdict]++
	}
	var parts []string
	for _, v := range []reason.Verdict{reason.Weaker, reason.Incomparable, reason.Stricter, reason.Equal} {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// answer is the verdict on all guards together.
func (r *diffReport) answer() string {
	if r.GuardsHold {
		return "all that the old guards hold is proved to be held by the new ones"
	}
	return "not all that the old guards hold is proved to be held by the new ones"
}

// Counts are the first lines of a report on traffic. (The page calls it, too.)
func (t *trafficReport) Counts() (list []string) {
	add := func(n int64, what string) {
		if n > 0 {
			list = append(list, thousands(n)+share(n, t.Requests)+" "+what)
		}
	}
	list = append(list, thousands(t.Requests)+" requests")
	add(t.Same, "are decided alike")
	add(t.Decision, "are decided by another rule")
	add(t.Model, "get another model")
	add(t.Reasoning, "get the same model at another level of reasoning")
	add(t.HigherTier, "get a model of a higher safety tier")
	add(t.LowerTier, "get a model of a lower safety tier")
	add(t.Denied, "are denied now")
	add(t.Admitted, "are not denied any more")
	add(t.Invalid, "are refused by both, since their bodies are wrong")
	if t.Records > 0 {
		list = append(list, thousands(t.Records)+" of them are records, of which "+thousands(t.Unjudged)+" could not be judged")
	}
	for _, u := range t.Unknown {
		list = append(list, thousands(u.Requests)+" not judged: "+u.Why+" ("+places(u.Examples, 1)+")")
	}
	if t.WrongLines > 0 {
		list = append(list, thousands(t.WrongLines)+" more lines are no requests")
	}
	if t.CostBefore != 0 || t.CostAfter != 0 {
		list = append(list, "cost at most "+money(t.CostAfter)+" instead of "+money(t.CostBefore)+" ("+difference(t.CostAfter-t.CostBefore)+")")
	}
	add(t.CostUnknown, "are records that do not tell what the other model would cost")
	return list
}

func places(list []place, most int) string {
	var parts []string
	for i, p := range list {
		if i == most {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, p.File+":"+strconv.Itoa(p.Line))
	}
	return strings.Join(parts, " ")
}

// name writes which policy is meant.
func (p policyName) String() string {
	return fmt.Sprintf("%s (version %q, hash %s)", p.File, p.Version, p.Hash[:16])
}

// text writes the report for people at a terminal.
func (r *diffReport) text(w io.Writer) {
	fmt.Fprintf(w, "old: %s\nnew: %s\n", r.Old, r.New)
	if r.Old.Hash == r.New.Hash {
		fmt.Fprintln(w, "the two are the same policy, but for comments and tests")
	}
	if t := r.Traffic; t != nil {
		fmt.Fprintf(w, "\ntraffic:\n")
		for _, line := range t.Counts() {
			fmt.Fprintln(w, "  "+line)
		}
	}
	fmt.Fprintf(w, "\nguards: %s: %s\n", verdicts(r.Guards), r.answer())
	for _, list := range [][]reason.Change{r.Guards, r.Other} {
		for _, c := range list {
			fmt.Fprintf(w, "  %-12s  %s", c.Verdict, c.What)
			if c.Why != "" {
				fmt.Fprintf(w, ": %s", c.Why)
			}
			fmt.Fprintln(w)
			if c.Example != "" {
				fmt.Fprintf(w, "                for example: %s\n", c.Example)
			}
		}
	}
	fmt.Fprintf(w, "\nroutes: %s\n", movesCount(len(r.Moves)))
	for _, m := range r.Moves {
		fmt.Fprintf(w, "  %s -> %s: %s\n                for example: %s\n", m.From, m.To, m.Gets, m.Example)
	}
	if len(r.Notes) > 0 {
		fmt.Fprintf(w, "\nalso:\n")
		for _, note := range r.Notes {
			fmt.Fprintln(w, "  "+note)
		}
	}
	for _, what := range r.TooHard {
		fmt.Fprintf(w, "  it was not found out %s: that takes too many steps\n", what)
	}
	t := r.Traffic
	if t == nil {
		return
	}
	if len(t.Guards) > 0 {
		fmt.Fprintf(w, "\nrequests that guards treat otherwise:\n")
		for _, g := range t.Guards {
			fmt.Fprintf(w, "  %9s  %s  %s\n", thousands(g.Requests), g.What, places(g.Examples, 3))
		}
	}
	if len(t.Moves) > 0 {
		fmt.Fprintf(w, "\nrequests that move:\n")
		for _, m := range t.Moves {
			fmt.Fprintf(w, "  %9s  %s -> %s  %s  %s\n", thousands(m.Requests), m.From, m.To, difference(m.Cost), places(m.Examples, 3))
		}
	}
	if len(t.Levels) > 0 {
		fmt.Fprintf(w, "\nlevels of reasoning that change:\n")
		for _, l := range t.Levels {
			fmt.Fprintf(w, "  %9s  %s -> %s  %s\n", thousands(l.Requests), l.From, l.To, places(l.Examples, 3))
		}
	}
}

func movesCount(n int) string {
	if n == 0 {
		return "every request that asks for routing meets the same rule and models"
	}
	return plural(n, "move")
}

// cell makes a text fit into a cell of a table in Markdown.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;", "`", "'").Replace(s)
}

// markdown writes the report for a comment on a pull request.
func (r *diffReport) markdown(w io.Writer) {
	mark := "✅"
	if !r.GuardsHold {
		mark = "❌"
	}
	fmt.Fprintf(w, "## Policy: %s → %s\n\n%s **Guards**: %s; %s.\n\n", cell(r.Old.Version), cell(r.New.Version), mark, verdicts(r.Guards), r.answer())
	if t := r.Traffic; t != nil {
		for _, line := range t.Counts() {
			fmt.Fprintf(w, "- %s\n", line)
		}
		fmt.Fprintln(w)
	}
	var changed []reason.Change
	for _, c := range slices.Concat(r.Guards, r.Other) {
		if c.Verdict != reason.Equal || c.Why != "" {
			changed = append(changed, c)
		}
	}
	if len(changed) > 0 {
		fmt.Fprint(w, "| what | verdict | why | smallest example |\n|---|---|---|---|\n")
		for _, c := range changed {
			fmt.Fprintf(w, "| %s | %s | %s | %s |\n", cell(c.What), c.Verdict, cell(c.Why), cell(c.Example))
		}
		fmt.Fprintln(w)
	}
	if len(r.Moves) > 0 {
		fmt.Fprint(w, "| from | to | models | for example |\n|---|---|---|---|\n")
		for _, m := range r.Moves {
			fmt.Fprintf(w, "| %s | %s | %s | %s |\n", cell(m.From), cell(m.To), cell(m.Gets), cell(m.Example))
		}
		fmt.Fprintln(w)
	} else {
		fmt.Fprintf(w, "Routes: %s.\n\n", movesCount(0))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "- %s\n", cell(note))
	}
	if len(r.Notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, what := range r.TooHard {
		fmt.Fprintf(w, "It was not found out %s: that takes too many steps.\n\n", cell(what))
	}
	t := r.Traffic
	if t == nil {
		return
	}
	if len(t.Guards) > 0 {
		fmt.Fprint(w, "| requests | guards | where |\n|--:|---|---|\n")
		for _, g := range t.Guards {
			fmt.Fprintf(w, "| %s | %s | %s |\n", thousands(g.Requests), cell(g.What), cell(places(g.Examples, 3)))
		}
		fmt.Fprintln(w)
	}
	if len(t.Moves) > 0 {
		fmt.Fprint(w, "| requests | from | to | cost | where |\n|--:|---|---|--:|---|\n")
		for _, m := range t.Moves {
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", thousands(m.Requests), cell(m.From), cell(m.To), difference(m.Cost), cell(places(m.Examples, 3)))
		}
		fmt.Fprintln(w)
	}
	if len(t.Levels) > 0 {
		fmt.Fprint(w, "| requests | reasoning from | to |\n|--:|---|---|\n")
		for _, l := range t.Levels {
			fmt.Fprintf(w, "| %s | %s | %s |\n", thousands(l.Requests), cell(l.From), cell(l.To))
		}
		fmt.Fprintln(w)
	}
}

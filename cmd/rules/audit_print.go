package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/mom-router/mom-router/rules/trail"
)

// mostShown bounds the rows of a table; --json has them all.
const mostShown = 20

// printReport prints a report for people.
func printReport(w io.Writer, r *trail.Report) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s from %s to %s\n", plural(int(r.Records), "request"), r.First, r.Last)
	times := r.Router()
	fmt.Fprintf(t, "the router's own time in ms: %g half of them, %g of 95 %%, %g of 99 %%\n", times.P50, times.P95, times.P99)
	if r.Aborted > 0 {
		fmt.Fprintf(t, "%s left before the end\n", plural(int(r.Aborted), "client"))
	}
	for _, table := range reportTables(r) {
		if len(table.counts) == 0 {
			continue
		}
		fmt.Fprintf(t, "\n%s\trequests\tshare\n", table.head)
		for i, name := range trail.Most(table.counts) {
			if i == mostShown {
				fmt.Fprintf(t, "and %d more\n", len(table.counts)-i)
				break
			}
			n := table.counts[name]
			fmt.Fprintf(t, "%s\t%d\t%.1f %%\n", name, n, 100*float64(n)/float64(r.Records))
		}
	}
	if len(r.Models) > 0 {
		fmt.Fprint(t, "\nmodel\trequests\ttokens in\tout\treasoning\tcached\tdollars\tat most\tfirst token p50/p95 ms\tduration p50/p95 ms\n")
		for _, name := range slices.Sorted(maps.Keys(r.Models)) {
			m := r.Models[name]
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%.6f\t%.6f\t%g/%g\t%g/%g\n", name, m.Requests, m.In, m.Out, m.Reasoning, m.Cached, m.CostActual, m.CostMost,
				m.FirstToken.P50, m.FirstToken.P95, m.Duration.P50, m.Duration.P95)
		}
	}
	fmt.Fprintf(t, "\ntenant\t%s\n", sumHead)
	for i, tenant := range sorted(r.Tenants, func(s *trail.Sum) int64 { return s.Requests }) {
		if i == mostShown {
			fmt.Fprintf(t, "and %d more\n", len(r.Tenants)-i)
			break
		}
		printSum(t, tenant.Name, tenant.Of)
	}
	fmt.Fprintf(t, "\nhour\t%s\n", sumHead)
	hours := slices.Sorted(maps.Keys(r.Hours))
	for i, name := range hours {
		if len(hours)-i > 2*mostShown {
			if i == 0 {
				fmt.Fprintf(t, "%d before\n", len(hours)-2*mostShown)
			}
			continue
		}
		printSum(t, name, r.Hours[name])
	}
	t.Flush()
}

const sumHead = "requests\tdenied\tflags\tdemoted\tfailed\ttokens in\tout\tdollars\tfirst token p50/p95 ms\tduration p50/p95 ms"

// printSum prints the row of an hour or of a tenant.
func printSum(w io.Writer, name string, s *trail.Sum) {
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.6f\t%g/%g\t%g/%g\n", name, s.Requests, s.Denied, s.Total(s.Flags), s.Total(s.Demotions), s.Total(s.Failures),
		s.In, s.Out, s.CostActual, s.FirstToken.P50, s.FirstToken.P95, s.Duration.P50, s.Duration.P95)
}

// reportTable is the counts by the names of one kind.
type reportTable struct {
	head   string
	counts map[string]int64
}

// reportTables are those of a report.
func reportTables(r *trail.Report) []reportTable {
	return []reportTable{
		{"action", r.Actions}, {"decision", r.Decisions}, {"denied with code", r.Denials}, {"flag", r.Flags}, {"guard", r.Guards},
		{"tier", r.Tiers}, {"signal", r.Signals}, {"demoted", r.Demotions}, {"status", r.Statuses}, {"failed", r.Failures},
		{"usage unknown", r.Unknown}, {"policy", r.Policies},
	}
}

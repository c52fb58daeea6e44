package labelled

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// percent is a share in words.
func percent(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

// Share is which share of the rows is right, in percent.
func (r *Report) Share() float64 { return 100 * float64(r.Right) / float64(max(r.Rows, 1)) }

// Print writes a report for people.
func (r *Report) Print(w io.Writer) {
	fmt.Fprintf(w, "%d rows, all that they say is so of %d of them: %s\n", r.Rows, r.Right, percent(r.Right, r.Rows))
	for i := range r.Types {
		r.Types[i].print(w)
	}
	if len(r.Signals) > 0 {
		fmt.Fprintf(w, "\n%-28s %6s %8s %8s %10s %6s %12s\n", "signal", "rows", "found", "others", "precision", "false", "false alarms")
		for _, s := range r.Signals {
			fmt.Fprintf(w, "%-28s %6d %8s %8d %10s %6d %12s\n", s.Signal, s.Rows, percent(s.Found, s.Rows), s.Others, percent(s.Found, s.Found+s.False), s.False, percent(s.False, s.Others))
		}
	}
	if r.Calibration != nil {
		r.Calibration.print(w)
	}
	n := &r.New
	fmt.Fprintf(w, "\nwords that are new to the learned weights and to all phrases: %d of %d, %s; rows with no other words: %d\n", n.New, n.Words, percent(n.New, n.Words), n.Silent)
	for i, word := range n.Most {
		if i%6 == 0 {
			fmt.Fprint(w, "  ")
		}
		fmt.Fprintf(w, "%s %d", word.Word, word.Rows)
		switch {
		case i == len(n.Most)-1 || i%6 == 5:
			fmt.Fprintln(w)
		default:
			fmt.Fprint(w, ", ")
		}
	}
}

func (t *TypeReport) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s: %s of %d rows right\n%-18s %6s %8s %10s  %s\n", t.Type, percent(t.Right, t.Rows), t.Rows, "", "rows", "found", "precision", "else taken for")
	for _, c := range t.Classes {
		if c.Rows == 0 {
			continue // what others were taken for stands with those
		}
		var as []string
		for _, got := range sortedKeys(c.As) {
			if got != c.Class {
				as = append(as, fmt.Sprintf("%s %d", got, c.As[got]))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-18s %6d %8s %10s  %s", c.Class, c.Rows, percent(c.Found, c.Rows), percent(c.Found, c.Said), strings.Join(as, ", ")), " "))
	}
}

func (c *Calibration) print(w io.Writer) {
	fmt.Fprintf(w, "\nhow sure the best domain is, and how often it is right: %.1f points apart in the mean\n%-12s %6s %8s %8s\n", c.Error, "sure", "rows", "mean", "right")
	for _, s := range c.Steps {
		fmt.Fprintf(w, "%-12s %6d %6.0f %% %6.0f %%\n", fmt.Sprintf("%d to %d %%", s.From, s.From+10), s.Rows, s.Sure, s.Right)
	}
}

// Share is which share of the rows was right that were left out, in percent.
func (l *Learned) Share() float64 { return 100 * float64(l.Domain.Right) / float64(max(l.Rows, 1)) }

// Print writes what was learned is worth, for people.
func (l *Learned) Print(w io.Writer) {
	words := 0
	for _, c := range l.Classes.Classes {
		words += len(c.Words)
	}
	fmt.Fprintf(w, "learned %d words from %d rows. Each fifth of them, judged by what was learned of the others:\n", words, l.Rows)
	l.Domain.print(w)
	fmt.Fprintf(w, "\nof these rows the built-in classes alone say what is right of %s\n", percent(l.Before, l.Rows))
	fmt.Fprintf(w, "of %d other texts, everyday requests and questions about the built-in classes, %d are taken for a class of your own: %s\n", l.Others, l.False, percent(l.False, l.Others))
	if l.Calibration != nil {
		l.Calibration.print(w)
	}
	if len(l.Doubts) > 0 {
		fmt.Fprintf(w, "\nlook at these lines again:\n")
		for _, d := range l.Doubts {
			fmt.Fprintf(w, "  %s\n", d)
		}
	}
}

package figures

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Table writes the whole report for people.
func (r *Report) Table(out io.Writer) error {
	fmt.Fprintf(out, "mom-router %s, frozen engine %s, Envoy %s, one worker, %s\n", r.Commit, r.Frozen, r.Envoy, r.Settings)
	fmt.Fprintf(out, "%s, %d cores, load %.1f before and %.1f after\n", r.Machine.CPU, r.Machine.Cores, r.Machine.LoadBefore, r.Machine.LoadAfter)
	var contenders []string
	for _, c := range r.Contenders {
		contenders = append(contenders, c.Name)
	}
	r.section(out, "CPU a request in microseconds, added over no filter: median (least..most); of no filter itself in all", func(t io.Writer) {
		fmt.Fprint(t, "body")
		for _, c := range contenders {
			fmt.Fprint(t, "\t", c)
		}
		fmt.Fprintln(t, "\t")
		for _, b := range r.Bodies {
			fmt.Fprint(t, b.Name)
			for _, name := range contenders {
				c, ok := r.cost(name, b.Name)
				s := c.Added
				if name == None {
					s = c.Total
				}
				if ok {
					fmt.Fprintf(t, "\t%s (%s..%s)", number(s.Median), number(s.Min), number(s.Max))
				} else {
					fmt.Fprint(t, "\t–")
				}
			}
			fmt.Fprintln(t, "\t")
		}
	})
	if slices.Contains(contenders, Floor) {
		r.section(out, "the same as times the floor", func(t io.Writer) {
			fmt.Fprint(t, "body")
			for _, c := range contenders {
				if c != None && c != Floor {
					fmt.Fprint(t, "\t", c)
				}
			}
			fmt.Fprintln(t, "\t")
			for _, b := range r.Bodies {
				floor, ok := r.cost(Floor, b.Name)
				if !ok || floor.Added.Median <= 0 {
					continue
				}
				fmt.Fprint(t, b.Name)
				for _, name := range contenders {
					if name == None || name == Floor {
						continue
					}
					if c, ok := r.cost(name, b.Name); ok {
						fmt.Fprintf(t, "\t%s", number(c.Added.Median/floor.Added.Median))
					} else {
						fmt.Fprint(t, "\t–")
					}
				}
				fmt.Fprintln(t, "\t")
			}
		})
	}
	if len(r.Latency) > 0 {
		r.section(out, "latency at half of the contender's own most, in microseconds", func(t io.Writer) {
			fmt.Fprintln(t, "contender\tbody\trequests a second\tin all\tp50\tp99\t")
			for _, l := range r.Latency {
				fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t\n", l.Contender, l.Body, number(l.PerSecond), l.Requests, number(l.P50), number(l.P99))
			}
		})
	}
	if len(r.Bystanders) > 0 {
		r.section(out, "what a small request takes while the worker has large ones, in microseconds", func(t io.Writer) {
			fmt.Fprintln(t, "contender\tbeside\tp50\tp99\tlongest\t")
			for _, b := range r.Bystanders {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", b.Contender, b.Beside, number(b.P50), number(b.P99), number(b.Max))
			}
		})
	}
	if len(r.Start)+len(r.Memory) > 0 {
		r.section(out, "start and memory, of all processes", func(t io.Writer) {
			fmt.Fprintln(t, "contender\tready after, s\tat rest, MB\tunder load, MB\t")
			for _, c := range contenders {
				fmt.Fprint(t, c)
				fmt.Fprint(t, "\t", r.started(c))
				fmt.Fprintln(t, "\t"+r.resident(c)+"\t")
			}
		})
	}
	r.section(out, "figures", func(t io.Writer) {
		for _, f := range r.Figures {
			fmt.Fprintln(out, f.Line())
		}
	})
	return nil
}

func (r *Report) started(contender string) string {
	for _, s := range r.Start {
		if s.Contender == contender {
			return fmt.Sprintf("%.2f (%.2f..%.2f)", s.Seconds.Median, s.Seconds.Min, s.Seconds.Max)
		}
	}
	return "–"
}

func (r *Report) resident(contender string) string {
	for _, m := range r.Memory {
		if m.Contender == contender {
			return fmt.Sprintf("%.0f\t%.0f", m.Rest, m.Load)
		}
	}
	return "–\t–"
}

// section writes a title and a table with aligned columns.
func (r *Report) section(out io.Writer, title string, rows func(io.Writer)) {
	fmt.Fprintf(out, "\n%s:\n", title)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows(t)
	t.Flush()
}

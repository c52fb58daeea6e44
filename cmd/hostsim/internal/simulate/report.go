package simulate

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// Report is a scenario under a policy, with and without each of its objectives.
type Report struct {
	Policy  string    `json:"policy"`
	Seed    int64     `json:"seed"`
	Results []*Result `json:"results"`
}

// points is how many parts of the time the plots have.
const points = 120

// Run simulates a scenario under a policy. A trace, which may be nil, are files of records in place of requests that are made up.
func Run(s *Scenario, policy *tree.Node, trace []string, stdin io.Reader) (*Report, error) {
	type variant struct {
		name    string
		without []string
	}
	variants := []variant{{"as it is", nil}}
	var all []string
	if has := policy.Get("objectives"); has != nil {
		for _, key := range []string{"budget", "first_token", "cost_ceiling"} {
			if has.Get(key) != nil {
				all = append(all, key)
				without := []string{key}
				if key == "cost_ceiling" {
					without = append(without, "cost_exempt")
				}
				variants = append(variants, variant{"without " + key, without})
			}
		}
	}
	if len(all) > 1 {
		variants = append(variants, variant{"without all of them", append(all, "cost_exempt")})
	}
	var recorded []arrival
	report := &Report{Seed: s.Seed, Results: make([]*Result, len(variants))}
	work := make([]func(), len(variants))
	for i, v := range variants {
		table, err := rules.Compile(without(policy, v.without))
		if err != nil {
			return nil, err
		}
		if i == 0 {
			report.Policy = table.Version()
		}
		var from arrivals
		var lasts float64
		if trace != nil {
			if i == 0 {
				if recorded, err = readTrace(s, table, trace, stdin); err != nil {
					return nil, err
				}
			}
			from, lasts = &play{list: recorded}, float64(recorded[len(recorded)-1].at)
		} else {
			if from, err = newLoad(s, table); err != nil {
				return nil, err
			}
			lasts = float64(s.Requests) / s.Rate * 1e6
		}
		work[i] = func() { report.Results[i] = simulate(v.name, s, table, from, int64(lasts/points)) }
	}
	var wait sync.WaitGroup
	for _, w := range work {
		wait.Add(1)
		go func() {
			defer wait.Done()
			w()
		}()
	}
	wait.Wait()
	return report, nil
}

// without is a policy without some of its objectives, and without its tests, which may be about them.
func without(policy *tree.Node, keys []string) *tree.Node {
	out := cut(policy, "tests")
	for i, k := range out.Keys {
		if k.Text == "objectives" && len(keys) > 0 {
			out.Items = slices.Clone(out.Items)
			out.Items[i] = cut(out.Items[i], keys...)
		}
	}
	return out
}

// cut is a map without some keys.
func cut(n *tree.Node, keys ...string) *tree.Node {
	out := *n
	out.Keys, out.Items = nil, nil
	for i, k := range n.Keys {
		if !slices.Contains(keys, k.Text) {
			out.Keys, out.Items = append(out.Keys, k), append(out.Items, n.Items[i])
		}
	}
	return &out
}

// Write prints a report as a table.
func (r *Report) Write(w io.Writer) {
	rows := [][]string{{"", "routed", "refused", "denied", "failed", "left", "dollars", "p50 ms", "p95 ms", "demoted", "moves", "budget"}}
	for _, x := range r.Results {
		demoted := int64(0)
		for _, n := range x.Demotions {
			demoted += n
		}
		budget := "-"
		if x.Budget > 0 {
			budget = fmt.Sprintf("%.2f %%", 100*x.Budget)
		}
		rows = append(rows, []string{x.Name, fmt.Sprint(x.Routed), fmt.Sprint(x.Refused), fmt.Sprint(x.Denied), fmt.Sprint(x.Failed), fmt.Sprint(x.Left), fmt.Sprintf("%.2f", x.Dollars),
			fmt.Sprintf("%.0f", x.P50), fmt.Sprintf("%.0f", x.P95), fmt.Sprint(demoted), fmt.Sprint(x.Moves), budget})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if i == 0 {
				fmt.Fprintf(&line, "%-*s", widths[i], cell)
			} else {
				fmt.Fprintf(&line, "  %*s", widths[i], cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
	fmt.Fprintln(w)
	for _, x := range r.Results {
		fmt.Fprintf(w, "%s: %s", x.Name, tally(x.Models))
		if len(x.Demotions) > 0 {
			fmt.Fprintf(w, "; demoted for %s", tally(x.Demotions))
		}
		fmt.Fprintln(w)
	}
}

// tally lists counts, the largest first.
func tally(counts map[string]int64) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	var list []string
	for _, k := range keys {
		list = append(list, fmt.Sprintf("%s %d", k, counts[k]))
	}
	return strings.Join(list, ", ")
}

//go:embed report.html
var pageSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{"tally": tally, "percent": func(f float64) string { return fmt.Sprintf("%.2f %%", 100*f) }}).Parse(pageSource))

// colors of the lines of a plot, which also differ by their dashes.
var (
	colors = []string{"#1f6fb2", "#c2571a", "#2c8c4a", "#8a4fb0", "#777777"}
	dashes = []string{"", "8 4", "2 3", "10 3 2 3", "1 5"}
)

// plot is one picture: a line for each result.
type plot struct {
	Title, Unit string
	Top         string // what stands at its upper edge
	End         string // of the time
	Lines       []line
}

type line struct{ Name, Color, Dash, Points string }

const (
	plotWidth  = 860
	plotHeight = 200
)

// newPlot draws a number of each point.
func (r *Report) newPlot(title, unit string, of func(*Point) float64) plot {
	p := plot{Title: title, Unit: unit}
	top, last := 0.0, 0.0
	for _, x := range r.Results {
		for i := range x.Series {
			top, last = max(top, of(&x.Series[i])), max(last, x.Series[i].At)
		}
	}
	if top == 0 {
		top = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(top)))
	top = math.Ceil(top/step) * step
	p.Top, p.End = fmt.Sprintf("%g", top), fmt.Sprintf("%.0f", last)
	for i, x := range r.Results {
		var b strings.Builder
		for j := range x.Series {
			fmt.Fprintf(&b, "%.1f,%.1f ", x.Series[j].At/max(last, 1)*plotWidth, plotHeight-of(&x.Series[j])/top*plotHeight)
		}
		p.Lines = append(p.Lines, line{x.Name, colors[i%len(colors)], dashes[i%len(dashes)], b.String()})
	}
	return p
}

// Page writes a report as one page that needs nothing else: no script, no network.
func (r *Report) Page(w io.Writer) error {
	return page.Execute(w, struct {
		*Report
		Plots []plot
	}{r, []plot{
		r.newPlot("95th percentile of the time to the first token", "ms", func(p *Point) float64 { return p.P95 }),
		r.newPlot("Spent since the start", "dollars", func(p *Point) float64 { return p.Dollars }),
		r.newPlot("Refused by the budget", "requests", func(p *Point) float64 { return float64(p.Refused) }),
	}})
}

package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/trail"
)

//go:embed audit_page.html
var auditPageSource string

var auditPageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"thousands": thousands,
	"percent":   func(n, of int64) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(of, 1))) },
	"dollars":   func(v float64) string { return fmt.Sprintf("%.6f", v) },
	"times":     quantiles,
}).Parse(auditPageSource))

// quantiles writes times for people.
func quantiles(t trail.Times) string {
	if t.N == 0 {
		return "–"
	}
	return fmt.Sprintf("%g / %g", t.P50, t.P95)
}

// writeAuditPage writes a report as one page that needs nothing else: no script, no network.
func writeAuditPage(file string, r *trail.Report, counts trail.Counts) error {
	columns := r.Columns(mostColumns)
	return fillPage(file, auditPageTemplate, struct {
		*trail.Report
		Counts     trail.Counts
		Charts     []*chart
		Breakdowns []breakdown
		ByModel    []named[*trail.ModelSum]
		ByTenant   []named[*trail.Sum]
		ByHour     []trail.Column
		HoursTold  int
		Own        trail.Times
	}{r, counts, newCharts(columns), newBreakdowns(r), sorted(r.Models, func(m *trail.ModelSum) int64 { return m.Requests }),
		sorted(r.Tenants, func(s *trail.Sum) int64 { return s.Requests }), columns, len(r.Hours), r.Router()})
}

// named is a sum with its name.
type named[T any] struct {
	Name string
	Of   T
}

// sorted are sums, those of the most requests first.
func sorted[T any](m map[string]T, requests func(T) int64) (list []named[T]) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, named[T]{name, m[name]})
	}
	slices.SortStableFunc(list, func(a, b named[T]) int { return cmp.Compare(requests(b.Of), requests(a.Of)) })
	return list
}

// breakdown is the counts by the names of one kind.
type breakdown struct {
	Head string
	Rows []breakdownRow
	More int
}

type breakdownRow struct {
	Name     string
	Requests int64
	Width    float64 // of the largest, in a hundred
}

func newBreakdowns(r *trail.Report) (list []breakdown) {
	for _, table := range reportTables(r) {
		if len(table.counts) == 0 {
			continue
		}
		b := breakdown{Head: table.head}
		names := trail.Most(table.counts)
		for _, name := range names[:min(len(names), mostShown)] {
			b.Rows = append(b.Rows, breakdownRow{name, table.counts[name], 100 * float64(table.counts[name]) / float64(table.counts[names[0]])})
		}
		b.More = len(names) - len(b.Rows)
		list = append(list, b)
	}
	return list
}

// chart is a picture over time: bars that stand on each other, or lines.
type chart struct {
	ID, Title, Unit string
	Top             string // what the height is
	From, To        string
	Series          []chartSeries
	Bars            []chartBar
}

type chartSeries struct {
	Name, Color string
	Line        string // of SVG, where it is one
}

type chartBar struct {
	X, Y, Width, Height float64
	Color, Title        string
}

// The sizes of a chart, in pixels; how many columns and names it has at most.
const (
	chartWidth  = 900.0
	chartHeight = 160.0
	mostColumns = 240
	mostSeries  = 8
)

// values is what a chart shows of a column, by name.
type values func(c *trail.Column) map[string]float64

func counted(of func(c *trail.Column) map[string]int64) values {
	return func(c *trail.Column) map[string]float64 {
		all := map[string]float64{}
		for name, n := range of(c) {
			all[name] = float64(n)
		}
		return all
	}
}

func newCharts(columns []trail.Column) (charts []*chart) {
	for _, c := range []struct {
		id, title, unit string
		lines           bool
		of              values
	}{
		{"requests", "Requests", "requests", false, counted(func(c *trail.Column) map[string]int64 {
			return map[string]int64{"routed": c.Routed, "denied": c.Denied, "passed": c.Passed}
		})},
		{"models", "Models", "requests", false, counted(func(c *trail.Column) map[string]int64 { return c.Models })},
		{"routes", "Rules that decided", "requests", false, counted(func(c *trail.Column) map[string]int64 { return c.Decisions })},
		{"refusals", "Refusals by code", "requests", false, counted(func(c *trail.Column) map[string]int64 { return c.Denials })},
		{"flags", "Flags", "requests", false, counted(func(c *trail.Column) map[string]int64 { return c.Flags })},
		{"tiers", "Safety tiers that guards asked for", "requests", false, counted(func(c *trail.Column) map[string]int64 { return c.Tiers })},
		{"demotions", "Demotions", "requests", false, counted(func(c *trail.Column) map[string]int64 { return c.Demotions })},
		{"failures", "Failures of engines", "requests", false, counted(func(c *trail.Column) map[string]int64 { return c.Failures })},
		{"cost", "Cost by what engines counted", "dollars", false, func(c *trail.Column) map[string]float64 { return map[string]float64{"cost": c.CostActual} }},
		{"tokens", "Tokens that engines counted", "tokens", false, counted(func(c *trail.Column) map[string]int64 { return map[string]int64{"in": c.In, "out": c.Out} })},
		{"latency", "Latency", "ms", true, func(c *trail.Column) map[string]float64 {
			all := map[string]float64{}
			if c.Duration.N > 0 {
				all["duration, half"], all["duration, 95 %"] = c.Duration.P50, c.Duration.P95
			}
			if c.FirstToken.N > 0 {
				all["first text, half"], all["first text, 95 %"] = c.FirstToken.P50, c.FirstToken.P95
			}
			return all
		}},
	} {
		if drawn := draw(c.id, c.title, c.unit, c.lines, columns, c.of); drawn != nil {
			charts = append(charts, drawn)
		}
	}
	return charts
}

// draw draws a chart; nil where there is nothing to be seen.
func draw(id, title, unit string, lines bool, columns []trail.Column, of values) *chart {
	all := make([]map[string]float64, len(columns))
	total := map[string]float64{}
	top := 0.0
	for i := range columns {
		all[i] = of(&columns[i])
		sum := 0.0
		for name, v := range all[i] {
			total[name] += v
			if sum += v; lines {
				top = max(top, v)
			}
		}
		if !lines {
			top = max(top, sum)
		}
	}
	if top == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(total))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(total[b], total[a]) })
	names = slices.DeleteFunc(names, func(name string) bool { return total[name] == 0 })
	if len(names) > mostSeries {
		for i := range all {
			for _, name := range names[mostSeries-1:] {
				if v := all[i][name]; v != 0 {
					delete(all[i], name)
					all[i][trail.Others] += v
				}
			}
		}
		names = append(slices.DeleteFunc(names[:mostSeries-1:mostSeries-1], func(name string) bool { return name == trail.Others }), trail.Others)
	}
	c := &chart{ID: id, Title: title, Unit: unit, Top: short(top), From: columns[0].From, To: columns[len(columns)-1].To}
	width := chartWidth / float64(len(columns))
	base := make([]float64, len(columns))
	for k, name := range names {
		color := flowColors[k%len(flowColors)]
		s := chartSeries{Name: name, Color: color}
		var line strings.Builder
		for i := range columns {
			v, ok := all[i][name]
			h := v / top * chartHeight
			if lines {
				if ok {
					fmt.Fprintf(&line, "%.1f,%.1f ", (float64(i)+0.5)*width, chartHeight-h)
				}
				continue
			}
			if v == 0 {
				continue
			}
			base[i] += h
			when := columns[i].From
			if columns[i].To != when {
				when += " to " + columns[i].To
			}
			c.Bars = append(c.Bars, chartBar{float64(i) * width, chartHeight - base[i], max(width-min(width/5, 2), 0.5), h, color, fmt.Sprintf("%s, %s: %s %s", when, name, short(v), unit)})
		}
		s.Line = line.String()
		c.Series = append(c.Series, s)
	}
	return c
}

// short writes a number for people.
func short(v float64) string {
	if v == float64(int64(v)) {
		return thousands(int64(v))
	}
	return fmt.Sprintf("%.4g", v)
}

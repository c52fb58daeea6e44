package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"

	"github.com/mom-router/mom-router/rules/reason"
)

//go:embed diff_page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"thousands":  thousands,
	"difference": difference,
	"verdicts":   verdicts,
	"places":     func(list []place) string { return places(list, 5) },
	"add":        func(a, b float64) float64 { return a + b },
}).Parse(pageSource))

// writePage writes the report as one page that needs nothing else: no script, no network.
func writePage(file string, r *diffReport) error {
	return fillPage(file, pageTemplate, struct {
		*diffReport
		Flow    *flow
		Changes []reason.Change
	}{r, newFlow(r.Traffic), append(r.Guards[:len(r.Guards):len(r.Guards)], r.Other...)})
}

// fillPage writes a page: nothing, if it cannot be filled.
func fillPage(file string, page *template.Template, data any) error {
	var b bytes.Buffer
	if err := page.Execute(&b, data); err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	return writeFile(file, b.Bytes())
}

// flow is the picture of where requests go: what decides about them before on the left, and after on the right.
type flow struct {
	Height      float64
	Left, Right []flowEnd
	Ribbons     []flowRibbon
	Others      int64 // requests of moves that are too rare to be drawn
}

// flowEnd is a bar on one side.
type flowEnd struct {
	Name      string
	Requests  int64
	Y, Height float64
	Color     string
}

// flowRibbon is the requests that go from one bar to another one.
type flowRibbon struct {
	From, To string
	Requests int64
	Path     string // of SVG
	Color    string
}

// The sizes of the picture, in pixels, and how many moves it shows.
const (
	flowWidth   = 900
	flowBar     = 14
	flowMargin  = 260 // on each side, for names
	flowBody    = 480 // the height of all requests
	flowLeast   = 3   // the least height of a ribbon
	flowGap     = 8
	flowRibbons = 40
)

var flowColors = []string{"#3b6fb6", "#b6673b", "#3b9e6f", "#8a56a8", "#b63b5e", "#6f7f3b", "#3b9eb6", "#96705a", "#5a5f96", "#7a7a7a"}

// newFlow draws the moves, the most frequent ones; nil without any.
func newFlow(t *trafficReport) *flow {
	if t == nil || len(t.Moves) == 0 {
		return nil
	}
	f := &flow{}
	moves := t.Moves
	if len(moves) > flowRibbons {
		for _, m := range moves[flowRibbons:] {
			f.Others += m.Requests
		}
		moves = moves[:flowRibbons]
	}
	var total int64
	for _, m := range moves {
		total += m.Requests
	}
	height := func(n int64) float64 { return max(flowLeast, flowBody*float64(n)/float64(total)) }
	left, right := map[string]*flowEnd{}, map[string]*flowEnd{}
	var leftNames, rightNames []string
	end := func(ends map[string]*flowEnd, names *[]string, name string, n int64) {
		e := ends[name]
		if e == nil {
			e = &flowEnd{Name: name, Color: flowColors[len(ends)%len(flowColors)]}
			ends[name], *names = e, append(*names, name)
		}
		e.Requests += n
		e.Height += height(n)
	}
	for _, m := range moves {
		end(left, &leftNames, m.From, m.Requests)
		end(right, &rightNames, m.To, m.Requests)
	}
	place := func(ends map[string]*flowEnd, names []string) (list []flowEnd) {
		y := 10.0
		for _, name := range names {
			e := ends[name]
			e.Y = y
			y += max(e.Height, 14) + flowGap // room for the name
			list = append(list, *e)
		}
		f.Height = max(f.Height, y+10)
		return list
	}
	f.Left, f.Right = place(left, leftNames), place(right, rightNames)
	from, to := map[string]float64{}, map[string]float64{}
	for _, m := range moves {
		a, b, h := left[m.From], right[m.To], height(m.Requests)
		y1, y2 := a.Y+from[m.From], b.Y+to[m.To]
		from[m.From] += h
		to[m.To] += h
		const x1, x2 = flowMargin + flowBar, flowWidth - flowMargin - flowBar
		const middle = (x1 + x2) / 2
		f.Ribbons = append(f.Ribbons, flowRibbon{m.From, m.To, m.Requests, fmt.Sprintf("M%d %.1fC%d %.1f %d %.1f %d %.1fL%d %.1fC%d %.1f %d %.1f %d %.1fZ",
			x1, y1, middle, y1, middle, y2, x2, y2, x2, y2+h, middle, y2+h, middle, y1+h, x1, y1+h), a.Color})
	}
	return f
}

package figures

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

// Lines is a picture of what changed with time: panels below one another, with the time as their common axis.
type Lines struct {
	Title   string
	Machine string  // the line below it
	Seconds float64 // of the whole axis
	Panels  []Panel
	Marks   []Mark
}

// Panel is one scale of values, from 0 to the largest of them.
type Panel struct {
	Title string // with its unit
	Lines []Curve
}

// Curve is what one thing was at some times.
type Curve struct {
	Name   string
	Colour string // as SVG writes it
	Points [][2]float64
}

// Mark is something that happened at a time.
type Mark struct {
	At     float64
	Name   string // those of one name are of one colour
	Colour string
}

// Sizes of a panel in pixels.
const (
	panelLeft = 70
	panelWide = width - panelLeft - 20
	panelHigh = 120
)

// SVG draws it: the same lines give the same bytes.
func (l *Lines) SVG() []byte {
	height := 84 + len(l.Panels)*(panelHigh+44)
	d := newDrawing(l.Title, l.Machine, height)
	seen, at := map[string]bool{}, 12
	for _, m := range l.Marks {
		if !seen[m.Name] {
			seen[m.Name] = true
			fmt.Fprintf(d, `<path d="M%d 52v10" stroke="%s"/>`+"\n", at, m.Colour)
			d.text(at+6, 61, "11", "normal", "#4a5568", m.Name)
			at += 24 + 7*len(m.Name)
		}
	}
	x := func(seconds float64) float64 { return panelLeft + seconds/max(l.Seconds, 1e-9)*panelWide }
	y := 70
	for _, p := range l.Panels {
		d.text(12, y+12, "13", "bold", "#1a202c", p.Title)
		at := panelLeft + 260
		for _, c := range p.Lines {
			fmt.Fprintf(d, `<rect x="%d" y="%d" width="10" height="10" fill="%s"/>`+"\n", at, y+3, c.Colour)
			d.text(at+14, y+12, "11", "normal", "#4a5568", c.Name)
			at += 34 + 7*len(c.Name)
		}
		y += 20
		top := 0.0
		for _, c := range p.Lines {
			for _, v := range c.Points {
				top = max(top, v[1])
			}
		}
		top = ceiling(top)
		bottom := float64(y + panelHigh)
		fmt.Fprintf(d, `<path d="M%d %dV%dH%d" fill="none" stroke="#cbd5e0"/>`+"\n", panelLeft, y, y+panelHigh, panelLeft+panelWide)
		for _, v := range []float64{0, top / 2, top} {
			fmt.Fprintf(d, `<text x="%d" y="%.1f" text-anchor="end" font-size="11" fill="#718096">%s</text>`+"\n", panelLeft-6, bottom-v/top*panelHigh+4, number(v))
		}
		for _, m := range l.Marks {
			fmt.Fprintf(d, `<path d="M%.1f %dv%d" stroke="%s" stroke-opacity="0.35"/>`+"\n", x(m.At), y, panelHigh, m.Colour)
		}
		for _, c := range p.Lines {
			var points []string
			for _, v := range c.Points {
				points = append(points, fmt.Sprintf("%.1f,%.1f", x(v[0]), bottom-v[1]/top*panelHigh))
			}
			fmt.Fprintf(d, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", strings.Join(points, " "), c.Colour)
		}
		y += panelHigh + 24
	}
	fmt.Fprintf(d, `<text x="%d" y="%d" font-size="11" fill="#718096">0 s</text>`+"\n", panelLeft, y-8)
	fmt.Fprintf(d, `<text x="%d" y="%d" text-anchor="end" font-size="11" fill="#718096">%s s</text>`+"\n", panelLeft+panelWide, y-8, number(l.Seconds))
	return d.end()
}

// ceiling is the next number of one digit, so that half of it reads well.
func ceiling(v float64) float64 {
	if v <= 0 {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	return math.Ceil(v/unit) * unit
}

// drawing is an SVG that is being written.
type drawing struct{ bytes.Buffer }

// newDrawing begins one with a title.
func newDrawing(title, machine string, height int) *drawing {
	d := &drawing{}
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(d, "<title>%s</title>\n", escaped(title))
	fmt.Fprintf(d, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	d.text(12, 22, "15", "bold", "#1a202c", title)
	d.text(12, 40, "11", "normal", "#718096", machine)
	return d
}

func (d *drawing) text(x, y int, size, weight, colour, text string) {
	fmt.Fprintf(d, `<text x="%d" y="%d" font-size="%s" font-weight="%s" fill="%s">%s</text>`+"\n", x, y, size, weight, colour, escaped(text))
}

func (d *drawing) end() []byte {
	d.WriteString("</svg>\n")
	return d.Bytes()
}

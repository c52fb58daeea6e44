package figures

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// File is the committed report, in the repository; the drawings stand beside it.
const File = "docs/bench/figures.json"

// Draw writes the drawings of the committed report beside it, and its table into the README.
func Draw(root string) error {
	r, err := Read(filepath.Join(root, File))
	if err != nil {
		return err
	}
	for _, d := range r.Drawings() {
		if err := write(filepath.Join(root, filepath.Dir(File), d.Name), d.SVG); err != nil {
			return err
		}
	}
	name := filepath.Join(root, "README.md")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if text, err = r.Readme(text); err != nil {
		return err
	}
	return write(name, text)
}

// Drawing is one picture.
type Drawing struct {
	Name string // of the file
	SVG  []byte
}

// Drawings draws the report: the same report gives the same bytes.
func (r *Report) Drawings() []Drawing {
	return []Drawing{
		{"cost.svg", r.chart("CPU a request added over no filter, microseconds", r.costGroups([]string{"prose", Agents}, everyone)).svg()},
		{"bytes.svg", r.chart("CPU a byte in Envoy, nanoseconds", r.byteGroups([]string{Flag, Frozen, Current})).svg()},
		{"wait.svg", r.chart("what a small request takes at worst (p99) while the worker has large ones, milliseconds", r.waitGroups()).svg()},
	}
}

var everyone = []string{Floor, Flag, Pair, Plain, Frozen, Current, Lua}

// chart is a picture of horizontal bars, in groups with a title each and a scale of its own.
type chart struct {
	title   string
	machine string
	groups  []group
}

type group struct {
	title string
	bars  []bar
}

type bar struct {
	name            string
	value, min, max float64
}

func (r *Report) chart(title string, groups []group) chart {
	machine := fmt.Sprintf("mom-router %s, Envoy %s, one worker, %s, %s", r.Commit, r.Envoy, r.Machine.CPU, r.Taken)
	return chart{title, machine, groups}
}

func (r *Report) costGroups(kinds, contenders []string) []group {
	var all []group
	for _, b := range r.Bodies {
		for _, kind := range kinds {
			if b.Kind != kind {
				continue
			}
			g := group{title: b.Name}
			for _, name := range contenders {
				if c, ok := r.cost(name, b.Name); ok {
					g.bars = append(g.bars, bar{name, c.Added.Median, c.Added.Min, c.Added.Max})
				}
			}
			all = append(all, g)
		}
	}
	return all
}

func (r *Report) byteGroups(contenders []string) []group {
	var all []group
	for _, kind := range r.kinds() {
		if kind == Sessions {
			continue
		}
		g := group{title: kind}
		for _, name := range contenders {
			if v, ok := r.perByte(name, kind); ok {
				g.bars = append(g.bars, bar{name, v, v, v})
			}
		}
		if len(g.bars) > 0 {
			all = append(all, g)
		}
	}
	return all
}

func (r *Report) waitGroups() []group {
	var all []group
	for _, b := range r.Bystanders {
		if len(all) == 0 || all[len(all)-1].title != "beside "+b.Beside {
			all = append(all, group{title: "beside " + b.Beside})
		}
		g := &all[len(all)-1]
		g.bars = append(g.bars, bar{b.Contender, b.P99 / 1000, b.P99 / 1000, b.P99 / 1000})
	}
	return all
}

// Sizes of a chart in pixels.
const (
	width   = 760
	left    = 170 // of the bars
	reach   = 480 // of the longest bar
	rowHigh = 18
	gap     = 14
)

// colours are told apart in the dark and in the light, and by most of those who see fewer.
var colours = map[string]string{
	None: "#8a8a8a", Floor: "#8a8a8a", Flag: "#2b6cb0", Pair: "#63a4dd", Plain: "#4fb3a5", Frozen: "#b7791f", Current: "#dd9b3a", Lua: "#b83280",
}

func (c chart) svg() []byte {
	height := 58
	for _, g := range c.groups {
		height += gap + rowHigh*(len(g.bars)+1)
	}
	d := newDrawing(c.title, c.machine, height)
	y := 48
	for _, g := range c.groups {
		y += gap
		d.text(12, y+12, "13", "bold", "#1a202c", g.title)
		y += rowHigh
		longest := 0.0
		for _, v := range g.bars {
			longest = max(longest, v.value, v.max)
		}
		scale := func(v float64) float64 {
			if longest <= 0 {
				return 0
			}
			return max(v, 0) / longest * reach
		}
		for _, v := range g.bars {
			fmt.Fprintf(d, `<text x="%d" y="%d" text-anchor="end" fill="#2d3748">%s</text>`+"\n", left-8, y+13, escaped(v.name))
			fmt.Fprintf(d, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", left, y+3, scale(v.value), rowHigh-6, colour(v.name))
			if v.max > v.min {
				fmt.Fprintf(d, `<path d="M%.1f %dH%.1f" stroke="#1a202c"/>`+"\n", left+scale(v.min), y+rowHigh/2, left+scale(v.max))
			}
			fmt.Fprintf(d, `<text x="%.1f" y="%d" fill="#2d3748">%s</text>`+"\n", left+scale(max(v.value, v.max))+6, y+13, escaped(number(v.value)))
			y += rowHigh
		}
	}
	return d.end()
}

func colour(name string) string {
	if c, ok := colours[name]; ok {
		return c
	}
	return "#4a5568"
}

func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

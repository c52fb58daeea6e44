package figures

import (
	"fmt"
	"math"
	"strings"
)

// Names of contenders that figures are about.
const (
	None     = "none"
	Floor    = "floor"
	Flag     = "flag"
	Pair     = "pair"
	Plain    = "flag-plain"
	Forgets  = "flag-forgets"
	Quiet    = "flag-quiet"
	Kept     = "flag-objectives"
	Few      = "flag-50"
	Many     = "flag-5000"
	Frozen   = "ext_proc-frozen"
	Current  = "ext_proc"
	Lua      = "lua"
	Agents   = "agents"   // the body whose sizes are those of real calls
	Streams  = "streams"  // short prompts whose answers are streams of 1,000 events
	Sessions = "sessions" // conversations over all workers
	Large    = "prose 200 KB"
	Small    = "prose 0.3 KB"
)

// Figure is one number with a name, and the goal for it where there is one: at most so much.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Goal  float64 `json:"goal,omitempty"` // at most; 0 is none
}

// Met says whether a figure with a goal reaches it.
func (f Figure) Met() bool { return f.Goal == 0 || f.Value <= f.Goal }

// Line is the figure for people.
func (f Figure) Line() string {
	s := fmt.Sprintf("%-46s %10s %-9s", f.Name, number(f.Value), f.Unit)
	if f.Goal != 0 {
		s += " goal: at most " + number(f.Goal)
		if !f.Met() {
			s += ", missed"
		}
	}
	return strings.TrimRight(s, " ")
}

// number prints about three digits.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1000:
		return grouped(int64(math.Round(v)))
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Name works out the named figures from what was measured. Those that need something that was not measured are left out.
func (r *Report) Name() {
	r.Figures = nil
	add := func(name string, value float64, ok bool, unit string, goal float64) {
		if ok && !math.IsNaN(value) && !math.IsInf(value, 0) {
			r.Figures = append(r.Figures, Figure{Name: name, Value: Rounded(value), Unit: unit, Goal: goal})
		}
	}
	ratio := func(a, b, body string, goal float64) {
		x, ok := r.cost(a, body)
		y, ok2 := r.cost(b, body)
		add(a+" / "+b+" at "+body, x.Added.Median/y.Added.Median, ok && ok2, "times", goal)
	}
	ratio(Flag, Floor, Small, 2.5)
	ratio(Flag, Frozen, Small, 0.5)
	pair, ok := r.cost(Pair, Small)
	flag, ok2 := r.cost(Flag, Small)
	add("pair minus flag at "+Small, pair.Added.Median-flag.Added.Median, ok && ok2, "us", 40)

	quiet, ok3 := r.cost(Quiet, Small)
	kept, ok4 := r.cost(Kept, Small)
	add("record, response side and metrics, at "+Small, flag.Added.Median-quiet.Added.Median, ok2 && ok3, "us", 4)
	add("objectives, at "+Small, kept.Added.Median-flag.Added.Median, ok2 && ok4, "us", 3)

	for _, c := range []string{Flag, Pair} {
		x, ok := r.cost(c, Streams)
		y, ok2 := r.cost(Floor, Streams)
		add(c+" / "+Floor+", all of Envoy, at "+Streams, x.Total.Median/y.Total.Median, ok && ok2, "times", 1.5)
	}

	goals := map[string]float64{"prose": 12, Agents: 16, "chinese": 16, "languages": 16, "code": 20, "tables": 20, "logs": 20, "base64": 1}
	kinds := r.kinds()
	var worst, prose float64
	for _, kind := range kinds {
		if kind == Sessions || kind == Streams {
			continue // other stands, with more workers; and what is not about the body
		}
		for _, c := range []string{Flag, Floor, Plain, Frozen, Current, Lua} {
			v, ok := r.perByte(c, kind)
			goal := 0.0
			if c == Flag {
				goal = goals[kind]
				if kind == "prose" {
					prose = v
				}
				if strings.HasPrefix(kind, "worst") {
					worst = max(worst, v)
				}
			}
			if ok && (c == Flag || c == Frozen || c == Current || kind == "prose") {
				add(c+": a byte of "+kind, v, ok, "ns", goal)
			}
		}
	}
	add("flag: the worst byte / a byte of prose", worst/prose, worst > 0 && prose > 0, "times", 8)
	for _, b := range r.Bodies {
		goal := 0.0
		if b.Bytes <= 36<<10 {
			goal = 1
		}
		ratio(Flag, Current, b.Name, goal)
	}
	for _, b := range r.Bodies {
		if b.Name != Small {
			ratio(Flag, Frozen, b.Name, 1)
		}
	}
	ratio(Many, Few, "prose 32 KB", 1.15)

	for _, b := range r.Bystanders {
		if b.Contender == Flag {
			add("flag: the longest wait beside "+b.Beside, b.Max/1000, true, "ms", 20)
		}
	}
	start := map[string]float64{}
	for _, s := range r.Start {
		start[s.Contender] = s.Seconds.Median
	}
	add("ready: flag / floor", start[Flag]/start[Floor], start[Floor] > 0 && start[Flag] > 0, "times", 2)
	for _, m := range r.Modules {
		goal := 0.0
		if m.Name == WithoutTable {
			goal = 4
		}
		add("size: "+m.Name, float64(m.Bytes)/1e6, true, "MB", goal)
	}
	for _, e := range r.Extras {
		add(e.What, e.Value, true, e.Unit, extraGoals[e.What])
	}
}

// Names of figures that are measured by themselves and have a goal.
const (
	WithoutTable  = "mom-router without its learned table"
	ConfigureMany = "V8: configure a VM with 5,000 phrases"
	CallbackProse = "V8: the longest callback, 1 MB of prose"
	CallbackWorst = "V8: the longest callback, 1 MB of the worst mix"
)

var extraGoals = map[string]float64{ConfigureMany: 150, CallbackProse: 20, CallbackWorst: 20}

// kinds lists the kinds of bodies in their order.
func (r *Report) kinds() []string {
	var all []string
	for _, b := range r.Bodies {
		if len(all) == 0 || all[len(all)-1] != b.Kind {
			all = append(all, b.Kind)
		}
	}
	return all
}

// perByte is the slope between the smallest and the largest body of a kind, from 4 KB on, in nanoseconds a byte. A kind of
// one size is compared with the smallest body of prose.
func (r *Report) perByte(contender, kind string) (float64, bool) {
	var small, large Body
	for _, b := range r.Bodies {
		if b.Kind != kind || b.Bytes < 3<<10 {
			continue
		}
		if _, ok := r.cost(contender, b.Name); !ok {
			continue
		}
		if small.Name == "" {
			small = b
		}
		large = b
	}
	if large.Name == "" {
		return 0, false
	}
	if small.Name == large.Name {
		var ok bool
		if small, ok = r.body(Small); !ok {
			return 0, false
		}
	}
	a, ok := r.cost(contender, small.Name)
	b, ok2 := r.cost(contender, large.Name)
	return (b.Added.Median - a.Added.Median) * 1000 / float64(large.Bytes-small.Bytes), ok && ok2 && large.Bytes > small.Bytes
}

package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/figures"
	"github.com/mom-router/mom-router/e2e/internal/progress"
)

// measure runs all contenders and fills the report.
func (g *ground) measure(r *figures.Report, chosen []contender, sets []set, p *progress.Line) error {
	if !g.o.costOnly {
		if err := g.apart(r, p); err != nil {
			return err
		}
	}
	var stands []*stand
	defer func() {
		for _, s := range stands {
			s.stop()
		}
	}()
	ready := map[string][]float64{}
	for _, c := range chosen {
		p.Say("starting " + c.name)
		s, err := g.start(c, 1)
		if err != nil {
			return err
		}
		stands = append(stands, s)
		ready[c.name] = append(ready[c.name], s.ready.Seconds())
	}
	if err := g.warm(stands, p); err != nil {
		return err
	}
	for _, s := range sets {
		if err := g.cost(r, stands, s, p); err != nil {
			return err
		}
	}
	if !g.o.costOnly {
		if err := g.latency(r, stands, p); err != nil {
			return err
		}
		if err := g.bystanders(r, stands, p); err != nil {
			return err
		}
	}
	for _, s := range stands {
		r.Memory = append(r.Memory, figures.Memory{Contender: s.name, Rest: s.rest, Load: s.load})
		s.stop()
	}
	stands = nil
	if !g.o.costOnly {
		if err := g.startAgain(ready, chosen, p); err != nil {
			return err
		}
		if err := g.conversations(r, chosen, p); err != nil {
			return err
		}
	}
	for _, c := range chosen {
		r.Start = append(r.Start, figures.Start{Contender: c.name, Seconds: figures.SpreadOf(ready[c.name])})
	}
	return nil
}

// warm has every contender do some of everything until it gets no faster: V8 compiles what is hot a second time, and the
// garbage collectors find their pace.
func (g *ground) warm(stands []*stand, p *progress.Line) error {
	p.Say("warming up")
	var mix []bodies.Message
	for _, s := range []set{{kind: "prose", size: 300, count: 256}, {kind: "prose", size: 4 << 10, count: 64}, {kind: "prose", size: 32 << 10, count: 16}} {
		mix = append(mix, s.make(g, -1)...)
	}
	mix = append(mix, set{kind: figures.Agents, count: 1}.make(g, -1)[:min(24, g.calls)]...)
	const most, settled = 8, 0.95
	for _, s := range stands {
		last := math.Inf(1)
		for range most {
			t, err := s.loop(mix, len(mix), 0)
			if err != nil {
				return err
			}
			if now := t.micros(); now > settled*last {
				break
			} else {
				last = now
			}
		}
	}
	return nil
}

// forgetful are the contenders that cannot learn from a body that they have seen: they may get it twice in a turn.
var forgetful = []string{figures.None, figures.Floor, figures.Lua}

// cost has the contenders take turns with the bodies of a set. A first turn, which does not count, shows how many requests
// fill a turn; there are as many different bodies as the quickest engine has time for.
func (g *ground) cost(r *figures.Report, stands []*stand, bodySet set, p *progress.Line) error {
	var able []*stand
	for _, s := range stands {
		if slices.Contains(bodySet.only, s.name) {
			able = append(able, s)
		}
	}
	name := bodySet.name()
	p.Say(name)
	tally := newTally()
	counts := map[string]int{}
	var bytes, made int
	for t := -1; t < g.o.turns; t++ {
		messages := bodySet.make(g, t+1)
		for _, m := range messages {
			bytes, made = bytes+len(m.Body), made+1
		}
		// Whoever is first after the others' turns has the caches of others: everybody is it in turn.
		results := map[string]turn{}
		for i := range able {
			s := able[(i+t+1)%len(able)]
			n := len(messages)
			if bodySet.size > 0 {
				n = max(n/4, 4)
			}
			if t >= 0 {
				n = counts[s.name]
				if !slices.Contains(forgetful, s.name) {
					n = min(n, len(messages))
				}
			}
			p.Step((t+1)*len(able)+i+1, (g.o.turns+1)*len(able))
			took, err := s.loop(messages, n, 0)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			results[s.name] = took
		}
		if t >= 0 {
			tally.add(results)
			continue
		}
		most := 0
		for name, took := range results {
			counts[name] = fitting(g.o.turn, took, len(messages), bodySet.size == 0)
			if !slices.Contains(forgetful, name) {
				most = max(most, counts[name])
			}
		}
		bodySet = bodySet.of(g, most)
	}
	r.Bodies = append(r.Bodies, figures.Body{Name: name, Kind: bodySet.kind, Bytes: bytes / made, Count: made / (g.o.turns + 1), About: bodySet.about()})
	tally.report(r, able, name)
	return nil
}

// tally keeps what turns have come to, by contender.
type tally struct{ total, added, speed map[string][]float64 }

func newTally() *tally {
	return &tally{map[string][]float64{}, map[string][]float64{}, map[string][]float64{}}
}

// add takes the results of one turn of all contenders.
func (t *tally) add(results map[string]turn) {
	none := results[figures.None].micros()
	for name, took := range results {
		t.total[name] = append(t.total[name], took.micros())
		t.added[name] = append(t.added[name], took.micros()-none)
		t.speed[name] = append(t.speed[name], float64(took.requests)/took.took.Seconds())
	}
}

func (t *tally) report(r *figures.Report, stands []*stand, body string) {
	for _, s := range stands {
		r.Cost = append(r.Cost, figures.Cost{
			Contender: s.name, Body: body, PerSecond: figures.SpreadOf(t.speed[s.name]).Median,
			Total: figures.SpreadOf(t.total[s.name]), Added: figures.SpreadOf(t.added[s.name]),
		})
	}
}

// fitting is how many requests fill a turn, by what some have taken. Where bodies have sizes of their own, all of them are
// sent equally often.
func fitting(long time.Duration, took turn, bodies int, whole bool) int {
	n := int(float64(took.requests) * long.Seconds() / took.took.Seconds())
	if whole {
		return max((n+bodies/2)/bodies, 1) * bodies
	}
	return max(n, connections)
}

// startAgain times further starts of the plugins, in turns.
func (g *ground) startAgain(ready map[string][]float64, chosen []contender, p *progress.Line) error {
	for range g.o.starts - 1 {
		for _, c := range chosen {
			if c.name != figures.Floor && c.name != figures.Flag && c.name != figures.Pair {
				continue
			}
			p.Say("starting " + c.name + " again")
			s, err := g.start(c, 1)
			if err != nil {
				return err
			}
			ready[c.name] = append(ready[c.name], s.ready.Seconds())
			s.stop()
		}
	}
	return nil
}

package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/figures"
)

// measure runs all contenders and fills the report.
func (g *ground) measure(r *figures.Report, chosen []contender, sets []set, p *progress) error {
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
		p.say("starting " + c.name)
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
func (g *ground) warm(stands []*stand, p *progress) error {
	p.say("warming up")
	var mix []bodies.Message
	for _, s := range []set{{kind: "prose", size: 300, count: 256}, {kind: "prose", size: 4 << 10, count: 64}, {kind: "prose", size: 32 << 10, count: 16}, {kind: figures.Agents, count: 16}} {
		mix = append(mix, s.make(g, -1)...)
	}
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

// cost has the contenders take turns with the bodies of a set.
func (g *ground) cost(r *figures.Report, stands []*stand, bodySet set, p *progress) error {
	var able []*stand
	for _, s := range stands {
		if slices.Contains(bodySet.only, s.name) {
			able = append(able, s)
		}
	}
	name := bodySet.name()
	p.say(name)
	total := map[string][]float64{}
	added := map[string][]float64{}
	speed := map[string][]float64{}
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
			n := counts[s.name]
			if t < 0 {
				n = max(len(messages)/4, 4)
			}
			p.step((t+1)*len(able)+i+1, (g.o.turns+1)*len(able))
			took, err := s.loop(messages, n, 0)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			results[s.name] = took
			if t < 0 {
				counts[s.name] = fitting(g.o.turn, took, len(messages), bodySet.size == 0)
			}
		}
		if t < 0 {
			continue
		}
		none := results[figures.None].micros()
		for name, took := range results {
			total[name] = append(total[name], took.micros())
			added[name] = append(added[name], took.micros()-none)
			speed[name] = append(speed[name], float64(took.requests)/took.took.Seconds())
		}
	}
	r.Bodies = append(r.Bodies, figures.Body{Name: name, Kind: bodySet.kind, Bytes: bytes / made, Count: bodySet.count, About: bodySet.about()})
	for _, s := range able {
		r.Cost = append(r.Cost, figures.Cost{
			Contender: s.name, Body: name,
			Total: figures.SpreadOf(total[s.name]), Added: figures.SpreadOf(added[s.name]), PerSecond: figures.SpreadOf(speed[s.name]).Median,
		})
	}
	return nil
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
func (g *ground) startAgain(ready map[string][]float64, chosen []contender, p *progress) error {
	for range g.o.starts - 1 {
		for _, c := range chosen {
			if c.name != figures.Floor && c.name != figures.Flag && c.name != figures.Pair {
				continue
			}
			p.say("starting " + c.name + " again")
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

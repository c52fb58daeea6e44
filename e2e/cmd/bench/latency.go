package main

import (
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/figures"
	"github.com/mom-router/mom-router/e2e/internal/progress"
)

// watched are the contenders whose latency is looked at.
var watched = []string{figures.None, figures.Floor, figures.Flag, figures.Pair, figures.Frozen, figures.Current, figures.Lua}

func isWatched(s *stand) bool { return slices.Contains(watched, s.name) }

// latency sends requests at half of the rate that each contender has reached in its turns.
func (g *ground) latency(r *figures.Report, stands []*stand, p *progress.Line) error {
	const rounds = 2
	for _, bodySet := range []set{{kind: "prose", size: 4 << 10, count: 256}, {kind: figures.Agents, count: 1}} {
		p.Say("latency at half load, " + bodySet.name())
		took := map[string][]time.Duration{}
		rate := map[string]float64{}
		messages := bodySet.make(g, 100)
		for _, s := range stands {
			if isWatched(s) {
				t, err := s.loop(messages, len(messages), 0)
				if err != nil {
					return err
				}
				rate[s.name] = float64(t.requests) / t.took.Seconds() / 2
			}
		}
		long := g.o.watch / rounds
		for round := range rounds {
			for _, s := range stands {
				if !isWatched(s) {
					continue
				}
				messages := bodySet.of(g, int(rate[s.name]*long.Seconds())).make(g, 101+round)
				d, err := s.paced(messages, rate[s.name], connections, long, uint64(round))
				if err != nil {
					return err
				}
				took[s.name] = append(took[s.name], d...)
			}
		}
		for _, s := range stands {
			if d := took[s.name]; len(d) > 0 {
				slices.Sort(d)
				r.Latency = append(r.Latency, figures.Latency{
					Contender: s.name, Body: bodySet.name(), PerSecond: figures.Rounded(rate[s.name]), Requests: len(d),
					P50: figures.Rounded(quantile(d, 0.5)), P99: figures.Rounded(quantile(d, 0.99)),
				})
			}
		}
	}
	return nil
}

const (
	smallPerSecond   = 50  // small requests that come while the worker has large ones
	smallConnections = 200 // so many that none waits for another
)

// bystanders sends small requests at a slow pace while one connection sends large ones as fast as they are answered.
func (g *ground) bystanders(r *figures.Report, stands []*stand, p *progress.Line) error {
	small := set{kind: "prose", size: 300, count: 512}.make(g, 200)
	for _, large := range []set{{kind: "prose", size: 200 << 10, count: 64}, {kind: "worst-mix", size: 200 << 10, count: 16}} {
		p.Say("small requests beside " + large.name())
		messages := large.make(g, 201)
		for _, s := range stands {
			if !isWatched(s) {
				continue
			}
			d, err := s.beside(messages, small, g.o.watch)
			if err != nil {
				return err
			}
			slices.Sort(d)
			r.Bystanders = append(r.Bystanders, figures.Bystander{
				Contender: s.name, Beside: large.name(), Requests: len(d),
				P50: figures.Rounded(quantile(d, 0.5)), P99: figures.Rounded(quantile(d, 0.99)), Max: figures.Rounded(quantile(d, 1)),
			})
		}
	}
	return nil
}

func (s *stand) beside(large, small []bodies.Message, long time.Duration) ([]time.Duration, error) {
	var over atomic.Bool
	ended := make(chan error, 1)
	go func() {
		c := client.NewHTTP1(s.address)
		defer c.Close()
		for i := 0; !over.Load(); i++ {
			if err := s.send(c, &large[i%len(large)]); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	d, err := s.paced(small, smallPerSecond, smallConnections, long, 7)
	over.Store(true)
	if other := <-ended; err == nil {
		err = other
	}
	return d, err
}

const (
	talks     = 200 // conversations
	reconnect = 16  // requests of a connection
)

// conversations sends interleaved conversations to Envoys with a worker for each core, over connections that are made anew
// again and again, so that each conversation meets every worker.
func (g *ground) conversations(r *figures.Report, chosen []contender, p *progress.Line) error {
	calls := 2 * g.o.turns
	p.Say("conversations")
	var stands []*stand
	defer func() {
		for _, s := range stands {
			s.stop()
		}
	}()
	for _, c := range chosen {
		if !slices.Contains(engines, c.name) && c.name != figures.Forgets {
			continue
		}
		s, err := g.start(c, runtime.NumCPU())
		if err != nil {
			return err
		}
		stands = append(stands, s)
	}
	all := g.data.Conversations(talks, calls, 1)
	all = slices.DeleteFunc(all, g.refused)
	part := len(all) / g.o.turns
	tally := newTally()
	bytes := 0
	for t := range g.o.turns {
		messages := all[t*part : (t+1)*part]
		results := map[string]turn{}
		for i, s := range stands {
			p.Step(t*len(stands)+i+1, g.o.turns*len(stands))
			took, err := s.loop(messages, len(messages), reconnect)
			if err != nil {
				return err
			}
			results[s.name] = took
		}
		tally.add(results)
		for _, m := range messages {
			bytes += len(m.Body)
		}
	}
	r.Bodies = append(r.Bodies, figures.Body{
		Name: figures.Sessions, Kind: figures.Sessions, Bytes: bytes / max(part*g.o.turns, 1), Count: part,
		About: "200 conversations of agents and people, interleaved over all workers, with reconnects",
	})
	tally.report(r, stands, figures.Sessions)
	for _, s := range stands {
		if s.name == figures.Flag {
			extras, err := s.remembered()
			if err != nil {
				return err
			}
			r.Extras = append(r.Extras, extras...)
		}
	}
	return nil
}

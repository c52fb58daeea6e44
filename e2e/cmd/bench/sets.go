package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/figures"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
)

// set is a kind and size of bodies.
type set struct {
	kind  string
	size  int      // bytes; 0 for those that have sizes of their own
	count int      // how many to begin with: see cost; of those that have sizes of their own, how often all of them come
	quick bool     // part of a quick run
	only  []string // contenders
}

var (
	everybody = []string{figures.None, figures.Floor, figures.Flag, figures.Pair, figures.Plain, figures.Frozen, figures.Current, figures.Lua}
	engines   = []string{figures.None, figures.Floor, figures.Flag, figures.Frozen, figures.Current}
	phrased   = slices.Concat(everybody, []string{figures.Few, figures.Many})
	parts     = []string{figures.Quiet, figures.Kept}
	repeating = slices.Concat(everybody, []string{figures.Forgets})
)

const agentsMost = 200 << 10 // bytes of the longest call

var sets = []set{
	{"prose", 300, 1024, true, slices.Concat(everybody, parts)},
	{"prose", 4 << 10, 256, true, everybody},
	{"prose", 32 << 10, 64, true, phrased},
	{"prose", 200 << 10, 16, true, everybody},
	{figures.Agents, 0, 1, true, repeating},
	{figures.Streams, 300, 32, true, slices.Concat([]string{figures.None, figures.Floor, figures.Flag, figures.Pair}, parts)},
	{"code", 4 << 10, 128, false, engines},
	{"code", 200 << 10, 16, false, engines},
	{"tables", 4 << 10, 128, false, engines},
	{"tables", 200 << 10, 12, false, engines},
	{"logs", 4 << 10, 128, false, engines},
	{"logs", 200 << 10, 16, false, engines},
	{"chinese", 4 << 10, 128, false, engines},
	{"chinese", 200 << 10, 16, false, engines},
	{"languages", 4 << 10, 128, false, engines},
	{"languages", 200 << 10, 16, false, engines},
	{"base64", 4 << 10, 256, false, engines},
	{"base64", 200 << 10, 32, false, engines},
	{"worst-mix", 4 << 10, 64, false, engines},
	{"worst-mix", 32 << 10, 16, true, engines},
	{"worst-parts", 4 << 10, 64, false, engines},
	{"worst-parts", 32 << 10, 16, false, engines},
	{"worst-letters", 4 << 10, 64, false, engines},
	{"worst-letters", 32 << 10, 16, false, engines},
	{"worst-spelled", 4 << 10, 64, false, engines},
	{"worst-spelled", 32 << 10, 16, false, engines},
	{"worst-numbers", 4 << 10, 64, false, engines},
	{"worst-numbers", 32 << 10, 16, false, engines},
}

func (s set) name() string {
	switch {
	case s.size == 0 || s.kind == figures.Streams:
		return s.kind
	case s.size < 1<<10:
		return fmt.Sprintf("%s %.1f KB", s.kind, float64(s.size)/1000)
	}
	return fmt.Sprintf("%s %d KB", s.kind, s.size>>10)
}

func (s set) about() string {
	if s.kind == figures.Streams {
		return "prose of 300 bytes that is answered with a stream of 1,000 events"
	}
	if k, ok := bodies.KindOf(s.kind); ok {
		return k.About
	}
	return "calls of coding agents as their clients send them, with words of their own"
}

// make makes the bodies of a turn. No two turns have a body in common.
func (s set) make(g *ground, turn int) []bodies.Message {
	seed := uint64(turn + 1)
	if s.kind == figures.Streams {
		all := set{kind: "prose", size: s.size, count: s.count}.make(g, turn)
		for i := range all {
			all[i].Header = append(slices.Clip(all[i].Header), [2]string{backend.EventsHeader, "1000"})
		}
		return all
	}
	if k, ok := bodies.KindOf(s.kind); ok {
		return k.Make(g.data, s.size, s.count, seed)
	}
	return g.data.Agents(agentsMost, s.count, seed, g.refused)
}

// roomy is the most bytes that the bodies of a turn may have.
const roomy = 24 << 20

// of is the set with at least n bodies, if there is room: g says how large those with sizes of their own are.
func (s set) of(g *ground, n int) set {
	if s.size > 0 {
		s.count = max(s.count, min(n, roomy/s.size))
	} else if n > g.calls {
		s.count = max(s.count, min((n+g.calls-1)/g.calls, roomy/g.callBytes))
	}
	return s
}

// chooseSets picks the bodies that the options ask for.
func chooseSets(o *options) ([]set, error) {
	var chosen []set
	for _, s := range sets {
		named := slices.ContainsFunc(o.bodies, func(b string) bool { return b != "" && strings.HasPrefix(s.name(), b) })
		if named || len(o.bodies) == 0 && (s.quick || !o.quick) {
			chosen = append(chosen, s)
		}
	}
	for _, b := range o.bodies {
		if !slices.ContainsFunc(chosen, func(s set) bool { return b != "" && strings.HasPrefix(s.name(), b) }) {
			return nil, fmt.Errorf("no bodies begin with %q: they are %q", b, setNames())
		}
	}
	return chosen, nil
}

func setNames() []string {
	var all []string
	for _, s := range sets {
		all = append(all, s.name())
	}
	return all
}

// refusals tells which bodies the default policy would refuse: what is refused costs no way to an engine and back, so
// nobody gets it.
func refusals() (func(bodies.Message) bool, error) {
	table, err := rules.Default()
	if err != nil {
		return nil, err
	}
	session := table.NewSession(prompt.Chat)
	shapes := map[string]prompt.Shape{
		"/v1/chat/completions": prompt.Chat, "/v1/responses": prompt.Responses, "/v1/messages": prompt.Messages,
	}
	return func(m bodies.Message) bool {
		path, _, _ := strings.Cut(m.Path, "?")
		shape, ok := shapes[path]
		if !ok {
			return true
		}
		session.Reset(shape, 0)
		session.Feed(m.Body)
		return session.Close().Action == rules.ActionDeny
	}, nil
}

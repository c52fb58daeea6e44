package main

import (
	"cmp"
	"slices"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
)

// trafficReport is how two policies decide about the same requests.
type trafficReport struct {
	Requests   int64 `json:"requests"`
	Same       int64 `json:"same"`        // decided by the same rule, with the same model and level
	Decision   int64 `json:"decision"`    // by another rule
	Model      int64 `json:"model"`       // with another model
	Reasoning  int64 `json:"reasoning"`   // with the same model at another level
	Denied     int64 `json:"denied"`      // now, and not before
	Admitted   int64 `json:"admitted"`    // now, and denied before
	Invalid    int64 `json:"invalid"`     // bodies that both refuse
	HigherTier int64 `json:"higher_tier"` // get a model of a higher safety tier
	LowerTier  int64 `json:"lower_tier"`
	// Records of requests, in which there is no text: how many there are, and how many of them could not be judged. Of those the other counts say nothing, but for
	// what guards do where that is known.
	Records  int64        `json:"records"`
	Unjudged int64        `json:"unjudged"`
	Unknown  []unknownWhy `json:"unknown,omitempty"`
	// Records that do not tell what another model would cost: they are in no cost.
	CostUnknown int64 `json:"cost_unknown"`
	// What the requests cost at most, in dollars, as far as both policies name prices.
	CostBefore float64 `json:"cost_before"`
	CostAfter  float64 `json:"cost_after"`

	Moves  []trafficMove  `json:"moves"`
	Levels []levelChange  `json:"levels"`
	Guards []guardTraffic `json:"guards"`

	WrongLines int64       `json:"wrong_lines"`
	Wrong      []wrongLine `json:"wrong,omitempty"`
}

// trafficMove is requests that go from one rule and model to others.
type trafficMove struct {
	From     string  `json:"from"` // "decision: model"
	To       string  `json:"to"`
	Requests int64   `json:"requests"`
	Cost     float64 `json:"cost"` // the difference, in dollars
	Examples []place `json:"examples"`
}

// unknownWhy is records that could not be judged, for one reason.
type unknownWhy struct {
	Why      string  `json:"why"`
	Requests int64   `json:"requests"`
	Examples []place `json:"examples"`
}

// levelChange is requests whose level of reasoning changes.
type levelChange struct {
	From     string  `json:"from"`
	To       string  `json:"to"`
	Requests int64   `json:"requests"`
	Examples []place `json:"examples"`
}

// guardTraffic is requests for which guards do something else.
type guardTraffic struct {
	What     string  `json:"what"` // "loses flag x", "is not denied any more: code"
	Weaker   bool    `json:"weaker"`
	Requests int64   `json:"requests"`
	Examples []place `json:"examples"`
}

// place is where a request stands.
type place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// maxExamples is how many places are kept of what happens to many requests: the first ones.
const maxPlaces = 20

// group counts requests to which the same happens.
type group struct {
	count  int64
	cost   int64 // picodollars
	places []place
	order  []int64 // where each place stands among all requests
}

func (g *group) add(n int64, at place, order, cost int64) {
	g.count += n
	g.cost += cost
	if at == (place{}) {
		return
	}
	i, _ := slices.BinarySearch(g.order, order)
	if i >= maxPlaces {
		return
	}
	g.order, g.places = slices.Insert(g.order, i, order), slices.Insert(g.places, i, at)
	if len(g.order) > maxPlaces {
		g.order, g.places = g.order[:maxPlaces], g.places[:maxPlaces]
	}
}

type fromTo struct{ from, to string }

// guardKey is something that guards do otherwise.
type guardKey struct {
	what   string
	weaker bool
}

// trafficTally is what one worker has counted. It is bounded by the sizes of the policies, whatever the traffic.
type trafficTally struct {
	tables   [2]*rules.Table
	sessions [2]*rules.Session
	counts   trafficReport
	cost     [2]float64
	moves    map[fromTo]*group
	levels   map[fromTo]*group
	guards   map[guardKey]*group
	records  *recordJudge
	unknown  map[string]*group
}

func newTally(before, after *rules.Table, records *recordJudge) *trafficTally {
	return &trafficTally{
		records: records, unknown: map[string]*group{},
		tables:   [2]*rules.Table{before, after},
		sessions: [2]*rules.Session{before.NewSession(prompt.Chat), after.NewSession(prompt.Chat)},
		moves:    map[fromTo]*group{}, levels: map[fromTo]*group{}, guards: map[guardKey]*group{},
	}
}

// decide runs one policy over a request.
func (t *trafficTally) decide(i int, s *sample) *rules.Decision {
	session := t.sessions[i]
	if s.path == "" {
		session.Reset(s.shape, 0)
	} else {
		shape, served := t.tables[i].Call(s.path)
		if !served {
			return &rules.Decision{Action: rules.ActionDeny, Status: 404, Code: "path_not_served"}
		}
		session.Reset(shape, 0)
		session.Serve(s.path)
	}
	if s.headers != nil {
		session.Header = func(name string) (string, bool) {
			v, ok := s.headers[name]
			return v, ok
		}
	}
	session.Feed(s.body)
	return session.Close()
}

// dollars are what a number of picodollars is.
const dollars = 1e12

func (t *trafficTally) add(s sample) {
	c := &t.counts
	c.Requests++
	at, order := place{s.file, s.line}, s.order
	var a, b *rules.Decision
	if s.record == nil {
		a, b = t.decide(0, &s), t.decide(1, &s)
	} else {
		c.Records++
		j := t.records.judge(s.record)
		a, b = j.decisions[0], j.decisions[1]
		if j.why != "" {
			c.Unjudged++
			count(t.unknown, j.why, at, order, 0)
			if j.guards {
				t.guarded(a, b, at, order, false)
			}
			return
		}
	}
	denied := func(d *rules.Decision) bool { return d.Action == rules.ActionDeny }
	if denied(a) && denied(b) && a.Name == "" && b.Name == "" && a.Code == b.Code {
		c.Invalid++
		c.Same++
		return
	}
	var cost [2]int64
	if s.record != nil && !denied(a) && !denied(b) && (a.Cost < 0 || b.Cost < 0) {
		c.CostUnknown++
		a.Cost, b.Cost = 0, 0
	}
	for i, d := range []*rules.Decision{a, b} {
		if !denied(d) {
			cost[i] = d.Cost
		}
		t.cost[i] += float64(cost[i]) / dollars
	}
	from, to := goes(a), goes(b)
	if from != to {
		count(t.moves, fromTo{from, to}, at, order, cost[1]-cost[0])
	}
	switch {
	case denied(b) && !denied(a):
		c.Denied++
	case denied(a) && !denied(b):
		c.Admitted++
	case !denied(a) && a.Model.Key != b.Model.Key:
		c.Model++
		switch {
		case b.Model.Tier > a.Model.Tier:
			c.HigherTier++
		case b.Model.Tier < a.Model.Tier:
			c.LowerTier++
		}
	case !denied(a) && a.Reasoning != b.Reasoning:
		c.Reasoning++
	}
	if !denied(a) && !denied(b) && a.Reasoning != b.Reasoning {
		count(t.levels, fromTo{level(a), level(b)}, at, order, 0)
	}
	if a.Name != b.Name {
		c.Decision++
	}
	if from == to && a.Reasoning == b.Reasoning {
		c.Same++
	}
	t.guarded(a, b, at, order, true)
}

func level(d *rules.Decision) string { return cmp.Or(d.Reasoning, "unset") }

// goes says which rule decides, and what it gives.
func goes(d *rules.Decision) string {
	if d.Action == rules.ActionDeny {
		return cmp.Or(d.Name, "body") + ": denied, " + d.Code
	}
	return d.Name + ": " + d.Model.Key
}

// guarded counts what guards do otherwise: flags, denials, restrictions. Where it is not known what else becomes of the request, only guards' denials count.
func (t *trafficTally) guarded(a, b *rules.Decision, at place, order int64, known bool) {
	note := func(what string, weaker bool) { count(t.guards, guardKey{what, weaker}, at, order, 0) }
	for _, flag := range a.Flags {
		if !slices.Contains(b.Flags, flag) {
			note("loses flag "+flag, true)
		}
	}
	for _, flag := range b.Flags {
		if !slices.Contains(a.Flags, flag) {
			note("gets flag "+flag, false)
		}
	}
	deniedA, deniedB := a.Action == rules.ActionDeny, b.Action == rules.ActionDeny
	if !known {
		deniedA, deniedB = deniedA && slices.Contains(t.tables[0].DenyCodes(), a.Code), deniedB && slices.Contains(t.tables[1].DenyCodes(), b.Code)
	}
	switch {
	case deniedA && !deniedB && !known:
		note("is not denied by a guard any more: "+a.Code, true)
	case deniedA && !deniedB:
		note("is not denied any more: "+a.Code, true)
	case deniedB && !deniedA:
		note("is denied: "+b.Code, false)
	case deniedA && a.Code != b.Code:
		note("is denied with "+b.Code+" instead of "+a.Code, false)
	}
	if a.Tier > b.Tier {
		note("needs a lower tier", true)
	}
	if a.Tier < b.Tier {
		note("needs a higher tier", false)
	}
	if a.Guard != b.Guard {
		switch {
		case b.Guard == "":
			note("is not restricted any more by guard "+a.Guard, true)
		case a.Guard == "":
			note("is restricted by guard "+b.Guard, false)
		default:
			note("is restricted by guard "+b.Guard+" instead of "+a.Guard, false)
		}
	}
}

// count adds a request to a group.
func count[K comparable](groups map[K]*group, key K, at place, order, cost int64) {
	g := groups[key]
	if g == nil {
		g = &group{}
		groups[key] = g
	}
	g.add(1, at, order, cost)
}

// merge adds what another worker has counted.
func (t *trafficTally) merge(o *trafficTally) {
	a, b := &t.counts, &o.counts
	a.Requests += b.Requests
	a.Same += b.Same
	a.Decision += b.Decision
	a.Model += b.Model
	a.Reasoning += b.Reasoning
	a.Denied += b.Denied
	a.Admitted += b.Admitted
	a.Invalid += b.Invalid
	a.HigherTier += b.HigherTier
	a.LowerTier += b.LowerTier
	a.Records += b.Records
	a.Unjudged += b.Unjudged
	a.CostUnknown += b.CostUnknown
	t.cost[0] += o.cost[0]
	t.cost[1] += o.cost[1]
	mergeGroups(t.moves, o.moves)
	mergeGroups(t.levels, o.levels)
	mergeGroups(t.guards, o.guards)
	mergeGroups(t.unknown, o.unknown)
}

func mergeGroups[K comparable](to, from map[K]*group) {
	for key, g := range from {
		have := to[key]
		if have == nil {
			to[key] = g
			continue
		}
		have.count += g.count
		have.cost += g.cost
		for i, at := range g.places {
			have.add(0, at, g.order[i], 0)
		}
	}
}

// report writes the counts, the most frequent first.
func (t *trafficTally) report(r *trafficReport) {
	wrong, lines := r.Wrong, r.WrongLines
	*r = t.counts
	r.Wrong, r.WrongLines = wrong, lines
	r.CostBefore, r.CostAfter = t.cost[0], t.cost[1]
	r.Moves, r.Levels, r.Guards = []trafficMove{}, []levelChange{}, []guardTraffic{}
	for key, g := range t.moves {
		r.Moves = append(r.Moves, trafficMove{key.from, key.to, g.count, float64(g.cost) / dollars, g.places})
	}
	for key, g := range t.levels {
		r.Levels = append(r.Levels, levelChange{key.from, key.to, g.count, g.places})
	}
	for key, g := range t.guards {
		r.Guards = append(r.Guards, guardTraffic{key.what, key.weaker, g.count, g.places})
	}
	for why, g := range t.unknown {
		r.Unknown = append(r.Unknown, unknownWhy{why, g.count, g.places})
	}
	slices.SortFunc(r.Unknown, func(a, b unknownWhy) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Why, b.Why))
	})
	slices.SortFunc(r.Moves, func(a, b trafficMove) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	slices.SortFunc(r.Levels, func(a, b levelChange) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	slices.SortFunc(r.Guards, func(a, b guardTraffic) int {
		if a.Weaker != b.Weaker {
			if a.Weaker {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.What, b.What))
	})
}

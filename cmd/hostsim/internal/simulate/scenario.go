// Package simulate sends requests that were recorded, or are made up, to engines that are made up, on a clock that is made up as well, and tells what the objectives of a
// policy make of them. It decides with the engine of the router and keeps objectives with its code: only host and engines are simulated.
package simulate

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// Scenario is what is simulated.
type Scenario struct {
	Seed     int64
	Workers  int   // of the proxy
	Requests int64 // that come; of a trace, at most so many
	Rate     float64
	Patience float64 // seconds after which clients leave if nothing has come; 0 is never
	Speed    float64 // of a trace: 2 is twice as fast as it was recorded
	Mix      []Kind
	Tenants  []Tenant
	Engines  map[string]*Engine // by cluster
	Other    *Engine            // for clusters that are not named
}

// Kind is one kind of request.
type Kind struct {
	Prompt string
	Model  string  // that the client asks for; "" leaves it to the router
	Share  float64 // among the kinds
	// Tokens and Answer are means: of the prompt, 0 for what the text has, and of the answer.
	Tokens, Answer float64
	MaxTokens      int64   // that the client sets; 0 if it sets none
	Later          float64 // what part of the requests goes on with a conversation
	Whole          bool    // the answer is no stream
}

// Tenant is whose requests are.
type Tenant struct {
	Key   string
	Share float64
}

// Engine is how a cluster answers.
type Engine struct {
	First    [2]float64 // seconds to the first token: median and 95th percentile, of a short prompt
	Prompt   float64    // seconds for each thousand tokens of the prompt beyond that
	Token    float64    // seconds for each token of the answer
	Capacity int        // answers at a time; 0 is no bound
	Failures float64    // the part that fails at once
	Changes  []Change
}

// Change is a time in which an engine is another one.
type Change struct {
	From, To float64 // seconds
	Slower   float64 // so many times
	Failures float64 // the part that fails, if it is more
}

// anEngine is one of which a scenario says nothing.
func anEngine() *Engine { return &Engine{First: [2]float64{0.2, 0.5}, Token: 0.01} }

// reader reads a scenario.
type reader struct{ tree.Fields }

// Read reads a scenario in YAML or JSON. The error lists every mistake with its place.
func Read(name string, data []byte) (*Scenario, error) {
	root, err := source.Load(name, data)
	if err != nil {
		return nil, err
	}
	r := reader{tree.Fields{Problems: &tree.Problems{}}}
	s := &Scenario{Seed: 1, Workers: 8, Requests: 100_000, Rate: 100, Speed: 1, Mix: []Kind{{Prompt: "Who are you?", Share: 1, Answer: 200}},
		Engines: map[string]*Engine{}, Other: anEngine()}
	r.scenario(s, root)
	if err := r.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

func (r reader) scenario(s *Scenario, root *tree.Node) {
	if !r.Map(root, "seed", "workers", "requests", "rate", "speed", "patience", "mix", "tenants", "engines", "other") {
		return
	}
	r.integer(root, "seed", 0, 1<<40, &s.Seed)
	workers := int64(s.Workers)
	r.integer(root, "workers", 1, 256, &workers)
	s.Workers = int(workers)
	r.integer(root, "requests", 1, 100_000_000, &s.Requests)
	r.positive(root, "rate", 1e6, &s.Rate)
	r.positive(root, "speed", 1e6, &s.Speed)
	r.number(root, "patience", 86400, &s.Patience)
	if n := root.Get("mix"); n != nil {
		s.Mix = nil
		for _, item := range r.SomeItems(n) {
			s.Mix = append(s.Mix, r.kind(item))
		}
	}
	if n := root.Get("tenants"); n != nil {
		if n.Kind != tree.Map {
			r.WrongKind(n, "a map of keys with their shares")
		}
		for i, key := range n.Keys {
			share, _ := r.Number(n.Items[i], 0, 1e9)
			s.Tenants = append(s.Tenants, Tenant{key.Text, share})
		}
	}
	if n := root.Get("engines"); n != nil {
		if n.Kind != tree.Map {
			r.WrongKind(n, "a map of clusters")
		}
		for i, key := range n.Keys {
			s.Engines[key.Text] = r.engine(n.Items[i])
		}
	}
	if n := root.Get("other"); n != nil {
		s.Other = r.engine(n)
	}
}

func (r reader) kind(n *tree.Node) Kind {
	k := Kind{Share: 1, Answer: 200}
	if !r.Map(n, "prompt", "model", "share", "tokens", "answer", "max_tokens", "later", "stream") {
		return k
	}
	if v := r.Required(n, "prompt", "write what a user may say"); v != nil {
		k.Prompt, _ = r.Word(v)
	}
	if v := n.Get("model"); v != nil {
		k.Model, _ = r.Word(v)
	}
	r.number(n, "share", 1e9, &k.Share)
	r.number(n, "tokens", 1e7, &k.Tokens)
	r.positive(n, "answer", 1e7, &k.Answer)
	r.number(n, "later", 1, &k.Later)
	r.integer(n, "max_tokens", 1, 1<<40, &k.MaxTokens)
	if v := n.Get("stream"); v != nil {
		stream, ok := r.Bool(v)
		k.Whole = ok && !stream
	}
	return k
}

func (r reader) engine(n *tree.Node) *Engine {
	e := anEngine()
	if !r.Map(n, "first_token", "prompt", "token", "capacity", "failures", "changes") {
		return e
	}
	if v := n.Get("first_token"); v != nil && r.Map(v, "p50", "p95") {
		for i, key := range []string{"p50", "p95"} {
			if p := r.Required(v, key, "in milliseconds"); p != nil {
				ms, _ := r.Number(p, 0.001, 3600_000)
				e.First[i] = ms / 1000
			}
		}
		if e.First[1] < e.First[0] {
			r.Add(v, "p95 is less than p50", "swap them")
		}
	}
	ms := func(key string, to *float64) {
		v := *to * 1000
		r.number(n, key, 3600_000, &v)
		*to = v / 1000
	}
	ms("prompt", &e.Prompt)
	ms("token", &e.Token)
	capacity := int64(0)
	r.integer(n, "capacity", 1, 1<<30, &capacity)
	e.Capacity = int(capacity)
	r.number(n, "failures", 1, &e.Failures)
	if v := n.Get("changes"); v != nil {
		for _, item := range r.SomeItems(v) {
			e.Changes = append(e.Changes, r.change(item))
		}
	}
	return e
}

func (r reader) change(n *tree.Node) Change {
	c := Change{Slower: 1}
	if !r.Map(n, "from", "to", "slower", "failures") {
		return c
	}
	for _, key := range []string{"from", "to"} {
		r.Required(n, key, "in seconds from the start")
	}
	r.number(n, "from", 1e9, &c.From)
	r.number(n, "to", 1e9, &c.To)
	r.positive(n, "slower", 1e6, &c.Slower)
	r.number(n, "failures", 1, &c.Failures)
	if c.To <= c.From && n.Get("to") != nil {
		r.Add(n.Get("to"), "the change ends before it begins", "name a later second")
	}
	return c
}

func (r reader) number(n *tree.Node, key string, most float64, to *float64) {
	if v := n.Get(key); v != nil {
		*to, _ = r.Number(v, 0, most)
	}
}

// positive is number for what may not be 0.
func (r reader) positive(n *tree.Node, key string, most float64, to *float64) {
	r.number(n, key, most, to)
	if v := n.Get(key); v != nil && *to == 0 && v.Kind == tree.Number && !strings.HasPrefix(v.Text, "-") {
		r.Add(v, key+" is "+strconv.Quote(v.Text), "write more than 0")
	}
}

func (r reader) integer(n *tree.Node, key string, least, most int64, to *int64) {
	if v := n.Get(key); v != nil {
		*to, _ = r.Integer(v, least, most)
	}
}

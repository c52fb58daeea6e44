package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// verdict is what must come of a request.
type verdict struct {
	status         int
	code           string // of the router's error, unless the status is 200
	cluster, model string // the engine and the name by which it is asked
	size           int64  // of the body that the engine gets
	sum            uint32 // its IEEE CRC-32
}

func (v verdict) String() string {
	if v.status != 200 {
		return fmt.Sprint(v.status, " ", v.code)
	}
	return fmt.Sprintf("200 by %s as %s with %d bytes", v.cluster, v.model, v.size)
}

// policy is one that a listener may have, with the engine that says natively what must come of a request under it.
type policy struct {
	name     string
	text     string // JSON, or `"default"`
	sessions sync.Pool
}

func newPolicy(name, text string, table *rules.Table) *policy {
	return &policy{name: name, text: text, sessions: sync.Pool{New: func() any { return table.NewSession(prompt.Chat) }}}
}

// configuration is the plugin's with this policy. Held requests may wait long: a busy machine is no mistake.
func (p *policy) configuration(mode string, more string) string {
	return `{"policy":` + p.text + `,"hold":"` + mode + `","hold_timeout":"2m"` + more + `}`
}

// ask says what must come of a body that is sent to a model path, whole.
func (p *policy) ask(path string, window int64, body []byte) verdict {
	s := p.session(path, window)
	defer p.sessions.Put(s)
	s.Feed(body)
	var upstream []byte
	at := int64(0)
	take := func() {
		edits, _ := s.Take()
		for _, e := range edits {
			upstream = append(append(upstream, body[at:e.Start]...), e.New...)
			at = e.End
		}
	}
	take()
	d := s.Close()
	take()
	if d.Action == rules.ActionDeny {
		return verdict{status: d.Status, code: d.Code}
	}
	upstream = append(upstream, body[at:]...)
	return verdict{status: 200, cluster: d.Model.Cluster, model: d.Model.Name, size: int64(len(upstream)), sum: crc32.ChecksumIEEE(upstream)}
}

// begun says what must come of the beginning of a body whose rest never comes: ok is false while more is waited for.
func (p *policy) begun(path string, window int64, body []byte) (v verdict, ok bool) {
	s := p.session(path, window)
	defer p.sessions.Put(s)
	if d := s.Feed(body); d != nil && d.Action == rules.ActionDeny {
		return verdict{status: d.Status, code: d.Code}, true
	}
	return verdict{}, false
}

func (p *policy) session(path string, window int64) *rules.Session {
	_, shape := paths.Classify(paths.WithoutQuery(path))
	s := p.sessions.Get().(*rules.Session)
	s.Reset(shape, window)
	return s
}

// policies are the two that take turns: the default one, and one whose routes have each other's models.
func policies(defaults []byte) (*policy, *policy, error) {
	table, err := rules.Default()
	if err != nil {
		return nil, nil, err
	}
	var other map[string]any
	if err := json.Unmarshal(defaults, &other); err != nil {
		return nil, nil, fmt.Errorf("the default policy: %w", err)
	}
	other["version"] = "other"
	other["default"] = map[string]any{"model": "glm-4.7", "reasoning": "none"}
	delete(other, "tests") // which want the default policy's answers
	if err := rotate(other["routes"]); err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(other)
	if err != nil {
		return nil, nil, err
	}
	root, err := tree.ParseJSON(text)
	if err != nil {
		return nil, nil, err
	}
	altered, err := rules.Compile(root)
	if err != nil {
		return nil, nil, fmt.Errorf("the policy that takes turns with the default one: %w", err)
	}
	first, next := newPolicy("default", `"default"`, table), newPolicy("other", string(text), altered)
	if first.ask(chatPath, 0, []byte(probe)).cluster == next.ask(chatPath, 0, []byte(probe)).cluster {
		return nil, nil, errors.New("the probe goes to the same cluster by both policies: choose another text for it")
	}
	return first, next, nil
}

// rotate gives each route what another one uses: neighbours use much the same.
func rotate(routes any) error {
	list, _ := routes.([]any)
	if len(list) < 2 {
		return errors.New("the default policy has too few routes for another policy to be made of them")
	}
	var uses []any
	for _, r := range list {
		uses = append(uses, r.(map[string]any)["use"])
	}
	for i, r := range list {
		r.(map[string]any)["use"] = uses[(i+len(list)/2)%len(list)]
	}
	return nil
}

// ledger remembers which states something was in, so that a request can be judged by all that were while it was under way.
type ledger[S any] struct {
	mu     sync.Mutex
	states []S
}

// set says that a state begins.
func (l *ledger[S]) set(s S) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states = append(l.states, s)
}

// now is the number of the state that is.
func (l *ledger[S]) now() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.states) - 1
}

// since lists the states from one on.
func (l *ledger[S]) since(number int) []S {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.states[number:len(l.states):len(l.states)]
}

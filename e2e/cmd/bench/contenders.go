package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/e2e/internal/figures"
	"github.com/mom-router/mom-router/internal/needs"
)

// contender is one of those that are compared. All of them run the shipped example of a mode, with something else in the
// place of its filter.
type contender struct {
	name, about string
	mode        string // the example: flag or pair
	alter       func(*setting) error
	service     func(*built) string // the program that it asks, if it asks one
	unfiltered  bool                // the client says where to go
}

// setting is what a contender may alter before Envoy starts.
type setting struct {
	example  *envoy.Example
	listener *envoy.Listener
	built    *built
	data     *bodies.Data
	service  string // the address of the contender's service
	defaults []byte // the default policy in JSON
}

const filter = "mom-router" // of the flag example

var contenders = []contender{
	{name: figures.None, about: "no filter", mode: "flag", unfiltered: true, alter: func(s *setting) error {
		s.listener.Drop(filter)
		s.listener.Unset("early_header_mutation_extensions")
		return nil
	}},
	{name: figures.Floor, about: "a plugin in Go with the same host calls and no logic", mode: "flag", alter: func(s *setting) error {
		s.example.Module(s.built.floor)
		return nil
	}},
	{name: figures.Flag, about: "mom-router in flag mode, default policy", mode: "flag"},
	{name: figures.Pair, about: "mom-router in pair mode, default policy", mode: "pair"},
	{name: figures.Plain, about: "flag mode, the default policy without signals", mode: "flag", alter: func(s *setting) error {
		return s.policy(withoutSignals)
	}},
	{name: figures.Forgets, about: "flag mode, default policy, without a memory of pieces", mode: "flag", alter: func(s *setting) error {
		s.listener.Configure(filter, `{"hold":"flag","policy":"default","pieces":{"memory":0}}`)
		return nil
	}},
	{name: figures.Quiet, about: "flag mode, without record, response side and metrics", mode: "flag", alter: func(s *setting) error {
		module, err := needs.Quiet()
		if err != nil {
			return err
		}
		s.example.Module(module)
		return s.listener.Forbid(filter, "proxy_on_response_headers", "proxy_on_response_body", "proxy_on_response_trailers")
	}},
	{name: figures.Kept, about: "flag mode, default policy with a budget and a bound on the first token", mode: "flag", alter: func(s *setting) error {
		return s.policy(withObjectives)
	}},
	{name: figures.Few, about: "flag mode, a policy of 50 phrases and nothing else", mode: "flag", alter: func(s *setting) error {
		return s.policy(phrases(s.data.Phrases(50, 1)))
	}},
	{name: figures.Many, about: "flag mode, a policy of 5,000 phrases and nothing else", mode: "flag", alter: func(s *setting) error {
		return s.policy(phrases(s.data.Phrases(5000, 1)))
	}},
	{name: figures.Frozen, about: "an ext_proc service in Go with the engine of " + frozenCommit[:7] + ", both processes", mode: "flag",
		service: func(b *built) string { return b.frozen }, alter: extProc},
	{name: figures.Current, about: "the same with the current engine", mode: "flag",
		service: func(b *built) string { return b.current }, alter: extProc},
	{name: figures.Lua, about: "a Lua filter that looks for the default policy's phrases", mode: "flag", alter: func(s *setting) error {
		script, err := luaScript(s.defaults)
		if err != nil {
			return err
		}
		s.listener.Replace(filter, map[string]any{
			"name": "envoy.filters.http.lua",
			"typed_config": map[string]any{
				"@type":               "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
				"default_source_code": map[string]any{"inline_string": script},
			},
		})
		return nil
	}},
}

func contenderNames() []string {
	var all []string
	for _, c := range contenders {
		all = append(all, c.name)
	}
	return all
}

// policy configures the filter with the default policy after a change.
func (s *setting) policy(change func(map[string]any)) error {
	text, err := policyJSON(s.defaults, change)
	if err != nil {
		return err
	}
	s.listener.Configure(filter, `{"hold":"flag","policy":`+text+`}`)
	return nil
}

func policyJSON(defaults []byte, change func(map[string]any)) (string, error) {
	var p map[string]any
	if err := json.Unmarshal(defaults, &p); err != nil {
		return "", fmt.Errorf("the default policy: %w", err)
	}
	change(p)
	text, err := json.Marshal(p)
	return string(text), err
}

func withoutSignals(p map[string]any) {
	for _, name := range []string{"signals", "guards", "routes", "tests"} {
		delete(p, name)
	}
}

// withObjectives adds objectives that are kept, and that nothing here reaches: what is measured is their keeping.
func withObjectives(p map[string]any) {
	for _, model := range p["models"].(map[string]any) {
		model.(map[string]any)["max_output"] = 4096
	}
	p["objectives"] = map[string]any{"budget": map[string]any{"window": "1h", "soft": 500_000, "hard": 1_000_000}, "first_token": map[string]any{"p95": 60_000}}
	delete(p, "tests")
}

// phrases leaves nothing of the policy but its models and a guard that looks for these.
func phrases(all []string) func(map[string]any) {
	return func(p map[string]any) {
		withoutSignals(p)
		p["signals"] = map[string]any{"keyword": map[string]any{"listed": map[string]any{"in": "any", "words": all}}}
		p["guards"] = []any{map[string]any{"name": "listed", "when": "keyword.listed", "flag": "listed"}}
	}
}

// serviceCluster is the name of the cluster of a contender's service.
const serviceCluster = "ext_proc"

// extProc puts Envoy's ext_proc filter in the plugin's place: headers and the buffered body of the request, nothing of the
// response.
func extProc(s *setting) error {
	cluster, err := endpoint(serviceCluster, s.service)
	if err != nil {
		return err
	}
	s.example.AddCluster(cluster)
	s.listener.Replace(filter, map[string]any{
		"name": "envoy.filters.http.ext_proc",
		"typed_config": map[string]any{
			"@type":           "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
			"grpc_service":    map[string]any{"envoy_grpc": map[string]any{"cluster_name": serviceCluster}},
			"message_timeout": "10s",
			"processing_mode": map[string]any{
				"request_header_mode": "SEND", "request_body_mode": "BUFFERED", "request_trailer_mode": "SKIP",
				"response_header_mode": "SKIP", "response_body_mode": "NONE", "response_trailer_mode": "SKIP",
			},
			"mutation_rules": map[string]any{"allow_all_routing": true},
		},
	})
	return nil
}

// choose picks contenders by name, in their order. No filter is always among them: all others are measured over it.
func choose(only, without []string) ([]contender, error) {
	for _, name := range slices.Concat(only, without) {
		if !slices.Contains(contenderNames(), name) {
			return nil, fmt.Errorf("no contender %q: they are %q", name, contenderNames())
		}
	}
	if slices.Contains(without, figures.None) {
		return nil, fmt.Errorf("the contender %q cannot be left out: what the others add is reckoned from it", figures.None)
	}
	var chosen []contender
	for _, c := range contenders {
		if (len(only) == 0 || c.name == figures.None || slices.Contains(only, c.name)) && !slices.Contains(without, c.name) {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

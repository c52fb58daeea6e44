package redteam_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/internal/recordschema"
	"github.com/mom-router/mom-router/internal/routertest"
	"github.com/mom-router/mom-router/redteam"
)

// router is one VM with the module in it.
type router struct {
	*hostsim.Worker
	answer [][2]string // headers that the backend adds
}

// load reads the module.
func load(t *testing.T) *hostsim.Module {
	t.Helper()
	path, err := needs.Module()
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	host, err := routertest.Host(hostsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	module, err := host.Load(code)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

func start(t *testing.T, module *hostsim.Module, mode, policy string) *router {
	t.Helper()
	r := &router{}
	filters := []hostsim.Filter{{Name: "flag", Configuration: []byte(`{"policy":` + policy + `,"hold":"flag"}`), AllowOnHeadersStop: true}}
	if mode == "pair" {
		filters = []hostsim.Filter{{Name: "lead", Configuration: []byte(`{"policy":` + policy + `}`)}, {Name: "gate"}}
	}
	worker, err := module.Worker(hostsim.Config{VMID: t.Name() + mode + policy[:9], Filters: filters, Route: hostsim.RouteByHeader("x-mom-cluster"), Backend: func(string) hostsim.Response {
		h := []hostsim.Field{{Name: ":status", Value: "200"}}
		for _, f := range r.answer {
			h = append(h, hostsim.Field{Name: strings.ToLower(f[0]), Value: f[1]})
		}
		return hostsim.Response{Headers: h, Body: []byte("{}")}
	}})
	if err != nil {
		t.Fatal(err)
	}
	r.Worker = worker
	t.Cleanup(func() { worker.Close() })
	return r
}

// try sends a request.
func (r *router) try(t *testing.T, q redteam.Request) *redteam.Outcome {
	t.Helper()
	twin := ""
	if q.Twin != nil {
		twin = r.try(t, *q.Twin).Cluster
	}
	r.answer = q.Answer
	a := r.Do(hostsim.Request{Method: method(q), Path: path(q), Headers: fields(q.Headers), Body: q.Body, Chunks: q.Chunks, Trailers: fields(q.Trailers), HTTP2: q.HTTP2})
	if a.Trap != nil {
		t.Fatalf("the module trapped: %v", a.Trap)
	}
	o := &redteam.Outcome{Twin: twin, Status: a.Status, Record: a.State["wasm.mom.audit"]}
	if err := recordschema.Check(o.Record); err != nil && len(o.Record) > 0 {
		t.Error(err)
	}
	if a.Held != "" || a.Status == 0 {
		return o
	}
	if a.Upstream != nil {
		o.Cluster, o.Up, o.UpBody = a.Cluster, pairs(a.Upstream.Head), a.Upstream.Body
	}
	o.Down, o.DownBody = pairs(a.Response.Head), a.Response.Body
	var e struct{ Error struct{ Code string } }
	if json.Unmarshal(o.DownBody, &e) == nil {
		o.Code = e.Error.Code
	}
	return o
}

func method(q redteam.Request) string {
	if q.Method == "" {
		return "POST"
	}
	return q.Method
}

func path(q redteam.Request) string {
	if q.Path == "" {
		return "/v1/chat/completions"
	}
	return q.Path
}

func fields(headers [][2]string) (list []hostsim.Field) {
	for _, h := range headers {
		list = append(list, hostsim.Field{Name: h[0], Value: h[1]})
	}
	return list
}

func pairs(h *hostsim.Headers) (list [][2]string) {
	for _, f := range h.Fields() {
		list = append(list, [2]string{strings.ToLower(f.Name), f.Value})
	}
	return list
}

// byDefaultPolicy names the built-in policy in a configuration.
const byDefaultPolicy = `"default"`

// score is how a class has fared.
type score struct {
	class             redteam.Class
	cases, sent, held int
}

// full says that the whole suite is to run, and its table to be printed: make redteam.
var full = os.Getenv("MOM_REDTEAM") == "1"

// TestAttacksDoNotWork runs the whole suite through the module, in both modes: what is slow in both only if asked for. An attack
// counts as held off if it is in both. In make test the modes take turns, and of what is slow a third is sent.
func TestAttacksDoNotWork(t *testing.T) {
	whole := full || *update || needs.Rest()
	module := load(t)
	byDefault := []*router{start(t, module, "flag", byDefaultPolicy), start(t, module, "pair", byDefaultPolicy)}
	strictly := []*router{start(t, module, "flag", redteam.Strict), start(t, module, "pair", redteam.Strict)}
	var scores []score
	for _, class := range redteam.Classes() {
		s := score{class: class}
		t.Run(class.Name, func(t *testing.T) {
			routers := byDefault
			if class.Strict {
				routers = strictly
			}
			if class.Slow && !full {
				routers = routers[:1]
			}
			failed := 0
			for i, a := range class.Attacks {
				s.cases++
				turn := routers
				if !whole {
					if class.Slow && i%3 != 0 {
						continue
					}
					turn = routers[i%len(routers):][:1]
				}
				s.sent++
				var problem error
				for _, r := range turn {
					problem = errors.Join(problem, a.Check(r.try(t, a.Request)))
				}
				if problem == nil {
					s.held++
					continue
				}
				failed++
				if class.Weak == 0 {
					t.Errorf("%s: %.600v", a.Name, problem)
				} else {
					t.Logf("%s: %.200v", a.Name, problem)
				}
			}
			if float64(failed) > class.Weak*float64(s.cases) {
				t.Errorf("%d of %d attacks work, at most %.0f %% may", failed, s.cases, 100*class.Weak)
			}
		})
		scores = append(scores, s)
	}
	checkSummary(t, scores)
	if file := os.Getenv("MOM_REDTEAM_TABLE"); file != "" {
		if err := os.WriteFile(file, []byte(tableOf(scores)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// tableOf is what `make redteam` prints.
func tableOf(scores []score) string {
	var b strings.Builder
	cases, held := 0, 0
	fmt.Fprintf(&b, "%-62s %5s %5s  %s\n", "class", "cases", "held", "what an attacker gains if not")
	for _, s := range scores {
		cases, held = cases+s.cases, held+s.held
		fmt.Fprintf(&b, "%-62s %5d %5d  %s\n", s.class.Name, s.cases, s.held, s.class.Gain)
		if s.held < s.cases {
			fmt.Fprintf(&b, "%-62s %11s  known to be weak: %s\n", "", "", s.class.Why)
		}
	}
	fmt.Fprintf(&b, "%d classes, %d attacks, %d held off\n", len(scores), cases, held)
	return b.String()
}

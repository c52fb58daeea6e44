//go:build !wasip1

package main_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

// measured are the metrics of a host that are not zero, by name.
func measured(p *hostsim.Host) map[string]string {
	all := map[string]string{}
	for _, m := range p.Metrics() {
		switch {
		case m.Kind == "histogram" && m.Count > 0:
			all[m.Name] = fmt.Sprintf("%d in %d", m.Value, m.Count)
		case m.Kind != "histogram" && m.Value > 0:
			all[m.Name] = fmt.Sprint(m.Value)
		}
	}
	return all
}

const countedPolicy = `"policy":{"version":"1","auto":["auto"],"models":{
	"small":{"name":"engine/small","cluster":"small","price":{"input":0.5,"output":2}},
	"v3.2":{"name":"engine/v3","cluster":"v3","context":100}},
	"signals":{"keyword":{"poem":{"in":"any","words":["poem"]},"secret":{"in":"any","words":["classified material"]}}},
	"guards":[{"name":"secrets","when":"keyword.secret","deny":{"status":403,"code":"secret"}}],
	"routes":[{"name":"poems","when":"keyword.poem","use":["v3.2","small"]}],"default":"small"}`

func TestMetricsCountWhatBecameOfRequests(t *testing.T) {
	p := onDemand(t)
	r := p.Start(t, countedPolicy)
	r.Backend = answering("application/json", `{"model":"m","usage":{"prompt_tokens":10,"completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":1}}}`)
	ask := func(model, text string) {
		r.Do(post("/v1/chat/completions", `{"model":"`+model+`","messages":[{"role":"user","content":"`+text+`"}]}`))
	}
	before := measured(p.Host)
	for name := range before {
		if !strings.HasPrefix(name, "mom_router_") {
			t.Errorf("metric %q", name)
		}
	}
	ask("auto", "Hi")
	ask("auto", "A poem, please")
	ask("auto", "A poem, please"+strings.Repeat(" about the sea", 200)) // more than v3.2 takes
	ask("engine/v3", "Hi")
	ask("auto", "A poem with classified material")
	ask("cormorant", "Hi")
	r.Backend = answering("text/plain", "Hi")
	ask("auto", "Hi")
	r.Backend = func(string) hostsim.Response { return hostsim.Response{Failure: hostsim.Down} }
	ask("auto", "Hi")
	got := measured(p.Host)
	for name, want := range map[string]string{
		"mom_router_requests_total.decision.default.model.small.action.route":       "3",
		"mom_router_requests_total.decision.poems.model.v3.2.action.route":          "1",
		"mom_router_requests_total.decision.poems.model.small.action.route":         "1",
		"mom_router_requests_total.decision.named.model.v3.2.action.route":          "1",
		"mom_router_requests_total.decision.secrets.action.deny.code.secret":        "1",
		"mom_router_requests_total.decision.named.action.deny.code.model_not_found": "1",
		"mom_router_denials_total.code.secret":                                      "1",
		"mom_router_denials_total.code.model_not_found":                             "1",
		"mom_router_guard_hits_total.guard.secrets":                                 "1",
		"mom_router_signals_total.signal.keyword.poem":                              "3",
		"mom_router_signals_total.signal.keyword.secret":                            "1",
		"mom_router_demotions_total.reason.context":                                 "1",
		"mom_router_tokens_total.model.v3.2.kind.in":                                "20",
		"mom_router_tokens_total.model.v3.2.kind.out":                               "8",
		"mom_router_tokens_total.model.v3.2.kind.reasoning":                         "2",
		"mom_router_tokens_total.model.small.kind.in":                               "20",
		"mom_router_cost_microdollars_total.model.small.kind.actual":                "26", // 10 x 0.5 + 4 x 2, twice
		"mom_router_usage_unknown_total.reason.other_type":                          "1",
		"mom_router_usage_unknown_total.reason.missing":                             "1",
		"mom_router_upstream_errors_total.model.small.reason.unavailable":           "1",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %s", name, got[name], want)
		}
	}
	for name := range got {
		if strings.Contains(name, "cormorant") {
			t.Errorf("a client's word has become metric %s", name)
		}
	}
	if t.Failed() {
		for _, name := range slices.Sorted(maps.Keys(got)) {
			t.Log(name, got[name])
		}
	}
}

// Whatever clients and engines say, there are no more metrics than the policy and the router have words for.
func TestNobodyOutsideMakesMetrics(t *testing.T) {
	p := onDemand(t)
	r := p.Start(t, countedPolicy)
	send := func(round int) {
		for i := range 20 {
			r.Backend = answering([]string{"application/json", "text/event-stream", "x/y"}[i%3], fmt.Sprintf(`{"model":"m%d","choices":[{"finish_reason":"f%d"}],"status":"s%d"}`, round, round, i))
			word := fmt.Sprintf("w%d-%d", round, i)
			q := post("/v1/chat/completions", `{"model":"auto","metadata":{"`+word+`":"`+word+`"},"messages":[{"role":"user","content":"`+word+`"}]}`)
			q.Headers = append(q.Headers, hostsim.Field{Name: "x-request-id", Value: word})
			switch i % 5 {
			case 1:
				q = post("/v1/chat/completions", `{"model":"`+word+`","messages":[]}`)
			case 2:
				q.Path = "/v1/" + word
			case 3:
				q = post("/v1/chat/completions", `{"`+word)
			}
			r.Do(q)
		}
	}
	send(0)
	first := len(p.Host.Metrics())
	send(1)
	if got := len(p.Host.Metrics()); got != first {
		t.Errorf("there were %d metrics, and other words made them %d", first, got)
	}
}

func TestTimeToTheFirstTokenIsAHistogram(t *testing.T) {
	p := onDemand(t)
	r := p.Start(t, usagePolicy)
	r.Backend = func(string) hostsim.Response {
		r.Clock.Sleep(30 * time.Millisecond)
		return answering("text/event-stream", chatText+chatStop+chatUsage+chatDone)("")
	}
	r.Do(post("/v1/chat/completions", askedBody))
	if got := measured(p.Host)["mom_router_time_to_first_token_milliseconds.model.asked"]; got != "30 in 1" {
		t.Errorf("it is %q", got)
	}
}

// activeRequests is the sum of the gauges of requests under way.
func activeRequests(h *hostsim.Host) (sum int64, gauges int) {
	for _, m := range h.Metrics() {
		if strings.HasPrefix(m.Name, "mom_router_requests_active") {
			sum, gauges = sum+int64(m.Value), gauges+1
		}
	}
	return sum, gauges
}

func TestARequestOfADeadVMIsNotUnderWayForEver(t *testing.T) {
	p := onDemand(t)
	first, second := p.Start(t, defaultPolicy), p.Start(t, defaultPolicy)
	for range 3 { // held, in the VM that dies
		s := first.Open(hostsim.StreamOptions{})
		s.Headers(hostsim.Request{Method: "POST", Path: "/v1/chat/completions", Headers: post("", "").Headers, Body: []byte(askedBody)}.Head(), false)
	}
	held := second.Open(hostsim.StreamOptions{})
	held.Headers(hostsim.Request{Method: "POST", Path: "/v1/chat/completions", Headers: post("", "").Headers, Body: []byte(askedBody)}.Head(), false)
	if sum, gauges := activeRequests(p.Host); sum != 4 || gauges != 2 {
		t.Fatalf("%d are under way in %d gauges", sum, gauges)
	}
	if a := first.Do(post("/v1/chat/completions?crash=lock@headers", askedBody)); a.Trap == nil {
		t.Fatal("the VM lives")
	}
	for range 20 { // a body that comes on is no reason to end it
		second.Clock.Sleep(8 * time.Second)
		second.Tick()
		held.Data([]byte(" "), false)
	}
	if sum, _ := activeRequests(p.Host); sum != 1 {
		t.Errorf("%d are under way, and one VM of two is dead", sum)
	}
	held.Reset()
	if sum, _ := activeRequests(p.Host); sum != 0 {
		t.Errorf("%d are under way, and all are done", sum)
	}
	// The slot is free again, and counts from nothing.
	third := p.Start(t, defaultPolicy)
	third.Do(post("/v1/chat/completions", askedBody))
	if sum, gauges := activeRequests(p.Host); sum != 0 || gauges != 2 {
		t.Errorf("%d are under way in %d gauges", sum, gauges)
	}
}

// Who was taken for dead and is not counts on in another slot.
func TestAVMThatWasOnlyLateCountsOn(t *testing.T) {
	p := onDemand(t)
	late, other := p.Start(t, defaultPolicy), p.Start(t, defaultPolicy)
	held := late.Open(hostsim.StreamOptions{})
	held.Headers(hostsim.Request{Method: "POST", Path: "/v1/chat/completions", Headers: post("", "").Headers, Body: []byte(askedBody)}.Head(), false)
	other.Clock.Sleep(100 * time.Second)
	other.Tick()
	if sum, _ := activeRequests(p.Host); sum != 0 {
		t.Errorf("%d are under way in a VM that seems dead", sum)
	}
	late.Clock.Sleep(8 * time.Second)
	late.Tick()
	if sum, _ := activeRequests(p.Host); sum != 1 {
		t.Errorf("%d are under way in the VM that was late", sum)
	}
	held.Reset()
	if sum, _ := activeRequests(p.Host); sum != 0 {
		t.Errorf("%d are under way, and all are done", sum)
	}
}

//go:build !wasip1

package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/routertest"
)

// boundPolicy has two models, a cheap one and one whose tokens cost a cent each.
func boundPolicy(objectives string) string {
	return `"trusted":["x-tenant"],"policy":{"version":"1","auto":["auto"],"models":{
	"dear":{"cluster":"dear","tier":1,"max_output":100,"price":{"input":0,"output":10000}},
	"cheap":{"cluster":"cheap","max_output":100,"price":{"input":0,"output":1000}}},
	"signals":{"keyword":{"risky":{"in":"any","words":["dynamite"]}}},
	"guards":[{"name":"risky","when":"keyword.risky","tier":1}],
	"default":["dear","cheap"],"objectives":` + objectives + `}`
}

// asTenant is a request of a tenant's that may take so many tokens.
func asTenant(path, tenant, text string, tokens int) hostsim.Request {
	q := post(path, fmt.Sprintf(`{"model":"auto","stream":true,"max_tokens":%d,"messages":[{"role":"user","content":"%s"}]}`, tokens, text))
	if tenant != "" {
		q.Headers = append(q.Headers, hostsim.Field{Name: "x-tenant", Value: tenant})
	}
	return q
}

// used is an answer that has taken so many tokens.
func used(tokens int) func(string) hostsim.Response {
	return answering("text/event-stream", chatText+strings.Replace(chatUsage, `"completion_tokens":4`, fmt.Sprintf(`"completion_tokens":%d`, tokens), 1)+chatDone)
}

// newWindow lets the clock run on to a moment after the beginning of the next hour: no test may run over its end.
func newWindow(r *router) {
	now := r.Clock.Now()
	r.Clock.Sleep(now.Truncate(time.Hour).Add(time.Hour + time.Second).Sub(now))
	r.Tick()
}

// written has workers write what they owe, and tell of it: with the next tick.
func written(workers ...*router) {
	for _, r := range workers {
		r.Clock.Sleep(5 * time.Second)
		r.Tick()
	}
}

// budgetOfAll is what has been spent from the budget that all requests share, and what is reserved, in microdollars; "" is nothing.
func budgetOfAll(p *routertest.Plugin) (spent, reserved string) {
	all := measured(p.Host)
	return all["mom_router_budget_microdollars.key.all.kind.spent"], all["mom_router_budget_microdollars.key.all.kind.reserved"]
}

func TestABudgetIsKept(t *testing.T) {
	modes(t, boundPolicy(`{"budget":{"window":"1h","key":"x-tenant","soft":1,"hard":2,"keys":{"acme":{}},"others":1}}`), func(t *testing.T, r *router) {
		newWindow(r)
		r.Backend = used(40)
		ask := func(tenant, text string, tokens int) string {
			a := r.Send(t, asTenant("/v1/chat/completions", tenant, text, tokens))
			var record struct{ Demoted *struct{ From, Why string } }
			if err := json.Unmarshal(a.State["wasm.mom.audit"], &record); err != nil {
				t.Fatal(err)
			}
			why := ""
			if record.Demoted != nil {
				why = " for " + record.Demoted.Why
			}
			if a.Status == 429 {
				wait := a.Response.Head.Value("retry-after")
				if a.Code != "budget_exhausted" || wait != "3599" || a.Upstream != nil {
					t.Errorf("code %q, retry after %q, the engine got %v", a.Code, wait, a.Upstream)
				}
			}
			return fmt.Sprint(a.Status, " ", a.Record.Model, why)
		}
		for i, step := range []struct {
			tenant, text string
			tokens       int
			want         string
		}{
			{"acme", "Hi", 100, "200 dear"}, // may cost 1 dollar, and costs 0.40
			{"acme", "Hi", 60, "200 dear"},
			{"acme", "Hi", 60, "200 cheap for budget"}, // 0.20 are left before the soft bound
			{"acme", "dynamite", 60, "200 dear"},       // the guard leaves no cheaper one
			{"acme", "dynamite", 100, "429 "},          // 1.24 spent
			{"acme", "Hi", 100, "200 cheap for budget"},
			{"", "Hi", 100, "200 dear"}, // others have their own
			{"beta", "Hi", 100, "200 dear"},
			{"gamma", "Hi", 100, "200 cheap for budget"}, // in one with those without a name
		} {
			if got := ask(step.tenant, step.text, step.tokens); got != step.want {
				t.Errorf("step %d: %q, want %q", i, got, step.want)
			}
		}
		a := r.Send(t, asTenant("/v1/messages", "acme", "dynamite", 100))
		if a.Status != 429 || !strings.Contains(string(a.Response.Body), `"type":"rate_limit_error"`) {
			t.Errorf("in Anthropic's shape: %d %s", a.Status, a.Response.Body)
		}
		r.Clock.Sleep(time.Hour)
		r.Tick()
		if got := ask("acme", "Hi", 100); got != "200 dear" {
			t.Errorf("in the next window: %s", got)
		}
	})
}

func TestAnAnswerIsShortenedToWhatTheBudgetLeaves(t *testing.T) {
	policy := strings.Replace(boundPolicy(`{"budget":{"window":"1h","hard":1,"shorten":20}}`), `"default":["dear","cheap"]`, `"default":"dear"`, 1)
	modes(t, policy, func(t *testing.T, r *router) {
		newWindow(r)
		before := metricOf(t, "mom_router_answers_shortened_total")
		for i, step := range []struct {
			asks, uses int
			want       string
		}{
			{60, 60, "200, 0 in the record, 60 asked of the engine"},
			{60, 25, "200, 40 in the record, 40 asked of the engine"}, // 40 cents are left
			{60, 15, "429, 0 in the record, 0 asked of the engine"},   // 15
			{10, 10, "200, 0 in the record, 10 asked of the engine"},
		} {
			r.Backend = used(step.uses)
			a := r.Send(t, asTenant("/v1/chat/completions", "", "Hi", step.asks))
			var record, body struct {
				MaxTokens int `json:"max_tokens"`
			}
			if err := json.Unmarshal(a.State["wasm.mom.audit"], &record); err != nil {
				t.Fatal(err)
			}
			if a.Upstream != nil {
				if err := json.Unmarshal(a.Upstream.Body, &body); err != nil {
					t.Fatal(err)
				}
			}
			if got := fmt.Sprintf("%d, %d in the record, %d asked of the engine", a.Status, record.MaxTokens, body.MaxTokens); got != step.want {
				t.Errorf("step %d: %s, want %s", i, got, step.want)
			}
		}
		if n := metricOf(t, "mom_router_answers_shortened_total") - before; n != 1 {
			t.Errorf("%d were counted as shortened", n)
		}
	})
}

// Of an answer that is one object nobody knows how much has come before its end, where usage stands.
func TestWhoeverLeavesBeforeTheEndOfAnObjectHasHadAllOfIt(t *testing.T) {
	p := onDemand(t)
	r := p.Start(t, boundPolicy(`{"budget":{"window":"1h","hard":1000}}`))
	newWindow(r)
	for _, c := range []struct{ contentType, part, want string }{
		{"application/json", `{"model":"m","choices":[{"message":{"content":"Yes`, "1000000"},
		{"text/event-stream", chatText, "1010000"},
	} {
		u := begin(r, true)
		u.Data([]byte(`{"model":"auto","messages":[{"role":"user","content":"Hi"}]}`), true)
		u.RespondHeaders(hostsim.NewHeaders(hostsim.Field{Name: ":status", Value: "200"}, hostsim.Field{Name: "content-type", Value: c.contentType}), false)
		u.RespondData([]byte(c.part), false)
		u.Reset()
		written(r)
		if got, _ := budgetOfAll(p); got != c.want {
			t.Errorf("%s: %s spent, want %s", c.contentType, got, c.want)
		}
	}
}

const (
	countsTokens    = "a request that only counts tokens"
	startsWithUsage = "broken off, and usage stands at the beginning"
)

// usageFirst is how a stream of messages begins.
const usageFirst = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n"

// breakingOff is an engine that answers so and then breaks off.
func breakingOff(backend func(string) hostsim.Response) func(string) hostsim.Response {
	return func(cluster string) hostsim.Response {
		r := backend(cluster)
		r.Failure = hostsim.BreakingOff
		return r
	}
}

func TestWhatAnAnswerHasReallyTakenIsCharged(t *testing.T) {
	p := onDemand(t)
	r := p.Start(t, boundPolicy(`{"budget":{"window":"1h","hard":1000}}`))
	newWindow(r)
	var want int64
	for _, step := range []struct {
		name    string
		backend func(string) hostsim.Response
		cents   int64
	}{
		{"usage", used(40), 40},
		{countsTokens, answering("application/json", `{"input_tokens":7}`), 0},
		{"more than it might", used(400), 400},
		{"no usage: what it might", answering("text/event-stream", chatText+chatDone), 100},
		{"an error", func(string) hostsim.Response {
			return hostsim.Response{Headers: []hostsim.Field{{Name: ":status", Value: "500"}}}
		}, 0},
		{"nobody there", func(string) hostsim.Response { return hostsim.Response{Failure: hostsim.Down} }, 0},
		{"broken off after two tokens", breakingOff(answering("text/event-stream", chatText+chatText)), 2},
		{startsWithUsage, breakingOff(answering("text/event-stream", usageFirst+
			strings.Repeat("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Yes\"}}\n\n", 5))), 5},
		{"broken off, and nobody can read what came: what it might", breakingOff(func(string) hostsim.Response {
			r := answering("text/event-stream", chatText+chatText)("")
			r.Headers = append(r.Headers, hostsim.Field{Name: "content-encoding", Value: "gzip"})
			return r
		}), 100},
		{"broken off, and of another type", breakingOff(answering("application/x-ndjson", "{}")), 100},
	} {
		r.Backend = step.backend
		q := asTenant("/v1/chat/completions", "", "Hi", 100)
		switch step.name {
		case countsTokens:
			q.Path = "/v1/messages/count_tokens"
		case startsWithUsage:
			q.Path = "/v1/messages"
		}
		if a := r.Do(q); a.Cluster != "dear" {
			t.Errorf("%s: went to %q", step.name, a.Cluster)
		}
		want += step.cents * 10_000
		written(r)
		if spent, reserved := budgetOfAll(p); spent != fmt.Sprint(want) || reserved != "" {
			t.Errorf("%s: %s spent and %s reserved, want %d", step.name, spent, reserved, want)
		}
	}
}

func TestABudgetIsOneOverAllWorkers(t *testing.T) {
	p := onDemand(t)
	const workers, requests = 8, 150
	hard := 2.0
	configuration := boundPolicy(fmt.Sprintf(`{"budget":{"window":"1h","hard":%v}}`, hard))
	var all [workers]*router
	for i := range all {
		all[i] = p.Start(t, configuration)
		newWindow(all[i])
		all[i].Backend = used(1 + i%3)
	}
	var wait sync.WaitGroup
	var spent, refused [workers]int
	for i, r := range all {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for range requests {
				switch a := r.Do(asTenant("/v1/chat/completions", "", "Hi", 3)); a.Status {
				case 200:
					spent[i] += (1 + i%3) * map[string]int{"dear": 10, "cheap": 1}[a.Cluster]
				case 429:
					refused[i]++
				default:
					t.Errorf("status %d: %v", a.Status, a.Trap)
				}
			}
		}()
	}
	wait.Wait()
	sum, no := 0, 0
	for i := range all {
		sum, no = sum+spent[i], no+refused[i]
	}
	written(all[:]...)
	written(all[0]) // which has seen what all others wrote
	if got, reserved := budgetOfAll(p); got != fmt.Sprint(sum*1000) || reserved != "" {
		t.Errorf("%s spent, %s reserved; want %d", got, reserved, sum*1000)
	}
	if most := int(hard * 1000); sum > most || sum < most-30 || no == 0 {
		t.Errorf("%d tenths of a cent were spent of %d, and %d requests refused", sum, most, no)
	}
}

// While a request is under way, what it may come to cost is not there for others.
func TestWhatARequestMayComeToCostIsReserved(t *testing.T) {
	cheap := strings.Replace(boundPolicy(`{"budget":{"window":"1h","hard":1.5}}`), `"default":["dear","cheap"]`, `"default":["cheap","dear"]`, 1)
	candidate := strings.TrimPrefix(strings.Replace(boundPolicy(`{}`), `"objectives":{}`, `"version":"2"`, 1), `"trusted":["x-tenant"],"policy":`)
	candidate = strings.Replace(candidate, `"version":"1",`, "", 1)
	for name, c := range map[string]struct{ more, cluster string }{
		"the stand-ins of its list":   {`,"fallback":{"lists":{"both":["cheap","dear"]}}`, "both"},
		"the candidate that it is to": {`,"keys":{"secret":"0123456789abcdef"},"candidate":{"policy":` + candidate + `,"mode":"canary","share":100}`, "dear"},
	} {
		t.Run(name, func(t *testing.T) {
			p := onDemand(t)
			first, second := p.Start(t, cheap+c.more), p.Start(t, cheap)
			newWindow(first)
			newWindow(second)
			second.Backend = used(1)
			ask := func(tokens int) hostsim.Request {
				q := asTenant("/v1/chat/completions", "", "Hi", tokens)
				q.Body = []byte(strings.Replace(string(q.Body), `"auto"`, `"dear"`, 1))
				return q
			}
			var during [2]int
			first.Backend = func(string) hostsim.Response {
				during = [2]int{second.Do(ask(60)).Status, second.Do(ask(40)).Status} // of 50 cents that are left
				return used(1)("")
			}
			if a := first.Do(asTenant("/v1/chat/completions", "", "Hi", 100)); a.Status != 200 || a.Cluster != c.cluster {
				t.Errorf("%d from %s", a.Status, a.Cluster)
			}
			if during != [2]int{429, 200} {
				t.Errorf("meanwhile others were answered %v", during)
			}
			written(first, second)
			// What does not fit is not used: of the cheap one, 100 tokens cost 10 cents.
			first.Backend, second.Backend = used(1), used(60)
			if a := second.Do(ask(100)); a.Status != 200 {
				t.Errorf("afterwards %d", a.Status)
			}
			written(first, second)
			if a := first.Do(asTenant("/v1/chat/completions", "", "Hi", 100)); a.Status != 200 || a.Cluster != "cheap" {
				t.Errorf("with 90 cents left: %d from %s", a.Status, a.Cluster)
			}
		})
	}
}

func TestWhatStandsBehindTheWindowCountsForTheBudget(t *testing.T) {
	modes(t, boundPolicy(`{"budget":{"window":"1h","hard":2}}`)+`,"hold_bytes":4096`, func(t *testing.T, r *router) {
		newWindow(r)
		r.Backend = used(1)
		for _, c := range []struct{ tokens, status int }{{150, 200}, {300, 429}, {190, 200}} { // the policy reckons with 100 where nothing is said
			q := post("/v1/chat/completions", fmt.Sprintf(`{"model":"auto","stream":true,"messages":[{"role":"user","content":"%s"}],"max_tokens":%d}`, strings.Repeat("word ", 4000), c.tokens))
			q.Chunks = []int{5000}
			a := r.Send(t, q)
			if a.Status != c.status || c.status == 429 && (a.Code != "budget_exhausted" || a.Response.Head.Value("retry-after") != "3599") {
				t.Errorf("%d tokens: status %d, code %q", c.tokens, a.Status, a.Code)
			}
		}
	})
}

func TestAnAnswerThatCannotBeReadIsChargedAtWhatItMayCost(t *testing.T) {
	for name, asks := range map[string]string{"an answer that goes on": "", "one of which something was to be taken out": `"include_usage":true,`} {
		t.Run(name, func(t *testing.T) {
			p := onDemand(t)
			r := p.Start(t, strings.Replace(boundPolicy(`{"budget":{"window":"1h","hard":1000}}`), `"dear":{`, `"dear":{`+asks, 1))
			newWindow(r)
			r.Backend = used(4)
			q := asTenant("/v1/chat/completions", "", "Hi", 60)
			q.Path += "?crash=index@answer"
			if a := r.Do(q); a.Trap != nil || !strings.Contains(r.Logs.String(), "panic in an answer") {
				t.Fatalf("trap %v: %s", a.Trap, r.Logs.String())
			}
			written(r)
			if spent, reserved := budgetOfAll(p); spent != "600000" || reserved != "" {
				t.Errorf("%s spent, %s reserved, want 600000", spent, reserved)
			}
		})
	}
}

func TestWhatWasSpentIsKnownWhereAnotherPolicyComesToStandBeside(t *testing.T) {
	p := onDemand(t)
	configuration := boundPolicy(`{"budget":{"window":"1h","hard":1}}`)
	alone, beside := p.Start(t, configuration), p.Start(t, configuration+`,"policies":{"legal":{"version":"2","models":{"m":{"cluster":"m"}},"default":"m"}},"choose":[{"path":"/legal","policy":"legal"}]`)
	newWindow(alone)
	newWindow(beside)
	alone.Backend = used(90)
	alone.Do(asTenant("/v1/chat/completions", "", "dynamite", 90))
	if a := beside.Do(asTenant("/v1/chat/completions", "", "dynamite", 20)); a.Status != 429 {
		t.Errorf("status %d: the budget is forgotten", a.Status)
	}
}

func TestAModelWhoseEnginesSayThatTheyAreBusyIsPassedOver(t *testing.T) {
	p := onDemand(t)
	r := p.Start(t, boundPolicy(`{"first_token":{"p95":60000,"samples":20,"load":{"header":"endpoint-load-metrics","metric":"named_metrics.waiting","above":10}}}`))
	waiting := "3"
	r.Backend = func(cluster string) hostsim.Response {
		a := used(4)(cluster)
		a.Headers = append(a.Headers, hostsim.Field{Name: "endpoint-load-metrics", Value: "TEXT cpu_utilization=0.1, named_metrics.waiting=" + waiting})
		r.Clock.Sleep(300 * time.Millisecond)
		return a
	}
	tally := func(n int) map[string]int {
		got := map[string]int{}
		for range n {
			got[r.Do(asTenant("/v1/chat/completions", "", "Hi", 5)).Cluster]++
		}
		return got
	}
	if got := tally(30); got["dear"] != 30 {
		t.Fatalf("while it has little to do: %v", got)
	}
	waiting = "40"
	if got := tally(30); got["cheap"] < 20 {
		t.Errorf("while it is busy: %v", got)
	}
	waiting = "much"
	tally(1)
	written(r)
	if got := measured(p.Host); got["mom_router_objective_faults_total.reason.load_unread"] != "1" {
		t.Errorf("what cannot be read is not counted: %v", got["mom_router_objective_faults_total.reason.load_unread"])
	}
}

func TestASlowModelIsPassedOverUntilItIsFastAgain(t *testing.T) {
	p := onDemand(t)
	r := p.Start(t, boundPolicy(`{"first_token":{"p95":1000,"samples":20}}`))
	slow := false
	r.Backend = func(cluster string) hostsim.Response {
		if wait := 200 * time.Millisecond; cluster == "dear" && slow {
			r.Clock.Sleep(2 * time.Second)
		} else {
			r.Clock.Sleep(wait)
		}
		return used(4)(cluster)
	}
	tally := func(n int, body string) map[string]int {
		got := map[string]int{}
		for range n {
			a := r.Do(post("/v1/chat/completions", body))
			got[a.Cluster]++
		}
		return got
	}
	fresh := `{"model":"auto","stream":true,"messages":[{"role":"user","content":"Hi"}]}`
	later := `{"model":"auto","stream":true,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},{"role":"user","content":"Hi"}]}`
	if got := tally(50, fresh); got["dear"] != 50 {
		t.Fatalf("while it is fast: %v", got)
	}
	slow = true
	if got := tally(40, fresh); got["dear"] > 10 || got["cheap"] < 30 {
		t.Errorf("while it is slow: %v", got)
	}
	if got := tally(5, later); got["dear"] != 5 {
		t.Errorf("conversations that it has began to move: %v", got)
	}
	if got := tally(20, strings.Replace(fresh, "Hi", "dynamite", 1)); got["dear"] != 20 {
		t.Errorf("where a guard leaves no other: %v", got)
	}
	slow = false
	tally(25, later) // which tells that it is fast again
	if got := tally(20, fresh); got["dear"] != 20 {
		t.Errorf("when it is fast again: %v", got)
	}
	written(r)
	if got := measured(p.Host); got["mom_router_first_token_moves_total.model.dear.size.short"] != "2" || got["mom_router_demotions_total.reason.latency"] == "" {
		t.Errorf("%v", got)
	}
}

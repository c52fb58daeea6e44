//go:build !wasip1

package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

const chargedPolicy = `"policy":{"version":"1","auto":["auto"],"models":{
	"small":{"name":"engine/small","cluster":"small","max_output":100,"price":{"input":0.5,"output":2}}},
	"signals":{"keyword":{"secret":{"in":"any","words":["classified material"]}}},
	"guards":[{"name":"secrets","when":"keyword.secret","deny":{"status":403,"code":"secret"}}],
	"default":"small"},"pass":["/v1/open"],"charges":`

func TestRequestsAreChargedWithWhatTheyHaveUsed(t *testing.T) {
	usage := func(in, out int) func(string) hostsim.Response {
		return answering("application/json", fmt.Sprintf(`{"model":"m","usage":{"prompt_tokens":%d,"completion_tokens":%d}}`, in, out))
	}
	modes(t, chargedPolicy+"true", func(t *testing.T, r *router) {
		for _, c := range []struct {
			name, path, body             string
			backend                      func(string) hostsim.Response
			cost, costRest, tokens, rest string
		}{
			// The estimate is a few tokens in and 100 out: at least 200 microdollars.
			{"less than estimated", "/v1/chat/completions", "Hi", usage(10, 4), "13", "0", "14", "0"},
			{"a part of a microdollar is a whole one", "/v1/chat/completions", "Hi", usage(1, 0), "1", "0", "1", "0"},
			{"no usage is the estimate", "/v1/chat/completions", "Hi", answering("application/json", `{"model":"m"}`), "estimate", "0", "estimate", "0"},
			{"usage that was told at the beginning", "/v1/messages", "Hi", breakingOff(answering("text/event-stream", usageFirst)), "estimate", "0", "estimate", "0"},
			{"an engine that fails", "/v1/chat/completions", "Hi", func(string) hostsim.Response { return hostsim.Response{Failure: hostsim.Down} }, "0", "0", "0", "0"},
			{"a request that is denied", "/v1/chat/completions", "classified material", usage(10, 4), "0", "0", "0", "0"},
			{"a request that only counts tokens", "/v1/messages/count_tokens", "Hi", answering("application/json", `{"input_tokens":7}`), "0", "0", "0", "0"},
			{"a request that passes", "/v1/open", "Hi", usage(10, 4), "0", "0", "0", "0"},
			{"more than anyone may be charged with at once", "/v1/chat/completions", "Hi", usage(1_500_000_000, 1_500_000_000), "1000000000", "*", "1000000000", "*"},
		} {
			r.Backend = c.backend
			a := r.Do(post(c.path, `{"model":"auto","messages":[{"role":"user","content":"`+c.body+`"}]}`))
			for name, want := range map[string]string{"cost": c.cost, "cost_rest": c.costRest, "tokens": c.tokens, "tokens_rest": c.rest} {
				got := string(a.State["wasm.mom."+name])
				switch want {
				case "estimate":
					if len(got) != 3 || got < "100" || got > "210" {
						t.Errorf("%s: %s is %q, want about 100 tokens or 200 microdollars", c.name, name, got)
					}
				case "*":
					if len(got) != 9 || !strings.HasPrefix(got, "999999") {
						t.Errorf("%s: %s is %q, want all but the estimate", c.name, name, got)
					}
				default:
					if got != want {
						t.Errorf("%s: %s is %q, want %q", c.name, name, got, want)
					}
				}
			}
		}
	})
}

func TestWhatStandsBehindTheWindowIsCharged(t *testing.T) {
	modes(t, chargedPolicy+`true,"hold_bytes":4096`, func(t *testing.T, r *router) {
		r.Backend = answering("application/json", `{"model":"m"}`)
		q := post("/v1/chat/completions", `{"model":"auto","messages":[{"role":"user","content":"`+strings.Repeat("word ", 8000)+`"}]}`)
		q.Chunks = []int{5000}
		a := r.Do(q)
		of := func(name string) (n int) {
			fmt.Sscan(string(a.State["wasm.mom."+name]), &n)
			return n
		}
		if tokens, rest := of("tokens"), of("tokens_rest"); tokens < 7000 || rest < 5000 || rest > tokens-500 {
			t.Errorf("%d tokens, %d of them not estimated", tokens, rest)
		}
		if cost, rest := of("cost"), of("cost_rest"); cost < 3500 || rest < 2500 || rest > cost-250 {
			t.Errorf("%d microdollars, %d of them not estimated", cost, rest)
		}
	})
}

func TestNothingIsChargedUnlessTheConfigurationSaysSo(t *testing.T) {
	modes(t, chargedPolicy+"false", func(t *testing.T, r *router) {
		a := r.Do(post("/v1/chat/completions", `{"model":"auto","messages":[{"role":"user","content":"Hi"}]}`))
		for name := range a.State {
			if strings.HasPrefix(name, "wasm.mom.cost") || strings.HasPrefix(name, "wasm.mom.tokens") {
				t.Errorf("filter state %s", name)
			}
		}
	})
}

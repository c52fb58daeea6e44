//go:build !wasip1

package main_test

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

const fallingPolicy = `"policy":{"version":"1","auto":["auto"],"models":{"a":{"cluster":"a"},"b":{"cluster":"b"},"c":{"cluster":"c"}},
	"signals":{"keyword":{"secret":{"in":"any","words":["classified material"]},"odd":{"in":"any","words":["oddity"]}}},
	"guards":[{"name":"secrets","when":"keyword.secret","only":["a","c"]},{"name":"odd","when":"keyword.odd","only":["a"]}],
	"default":["a","b","c"]},"fallback":{"silence":"20s","lists":{"mom-abc":["a","b","c"],"mom-ac":["a","c"]}}`

// What an upstream filter does is shown in the real Envoy, as hostsim has none: see TestFallback in e2e.
func TestARequestGoesToTheListThatItMayUse(t *testing.T) {
	modes(t, fallingPolicy, func(t *testing.T, r *router) {
		for _, c := range []struct{ name, body, cluster, silence string }{
			{"all of it", `"model":"auto",«Hi»`, "mom-abc", ""},
			{"a stream is not waited for", `"model":"auto","stream":true,«Hi»`, "mom-abc", "20000"},
			{"what a guard leaves", `"model":"auto",«classified material»`, "mom-ac", ""},
			{"none where a guard leaves one", `"model":"auto","stream":true,«oddity»`, "a", ""},
			{"none where the client names a model", `"model":"a",«Hi»`, "a", ""},
		} {
			body := strings.NewReplacer("«", `"messages":[{"role":"user","content":"`, "»", `"}]`).Replace("{" + c.body + "}")
			a := r.Do(post("/v1/chat/completions", body))
			if got := a.Upstream.Head.Value("x-mom-cluster"); got != c.cluster {
				t.Errorf("%s: sent to %q, want %q", c.name, got, c.cluster)
			}
			if got := a.Upstream.Head.Value("x-envoy-upstream-rq-per-try-timeout-ms"); got != c.silence {
				t.Errorf("%s: a try may take %q ms, want %q", c.name, got, c.silence)
			}
		}
	})
}

// In the listener's own chain no host has been chosen, and nobody may take the instance there for a router.
func TestTheRoleUpstreamServesNobodyInTheListenersChain(t *testing.T) {
	r := onDemand(t).StartFilters(t, hostsim.Filter{Name: "upstream", Configuration: []byte(`{"role":"upstream"}`), AllowOnHeadersStop: true})
	a := r.Do(post("/v1/chat/completions", `{"model":"auto","messages":[{"role":"user","content":"Hi"}]}`))
	if a.Upstream != nil || a.Response == nil || !strings.Contains(string(a.Response.Body), "role: upstream needs the one with the policy") {
		t.Errorf("answered with %+v", a.Response)
	}
}

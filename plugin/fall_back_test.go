//go:build !wasip1

package main_test

import (
	"encoding/base64"
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

// The header is what Envoy 1.40 makes the order of the tries of: see TestEachRequestFallsBackInItsOwnOrder in e2e.
func TestARequestCarriesAnOrderOfItsOwn(t *testing.T) {
	policy := strings.Replace(fallingPolicy, `"lists":{"mom-abc":["a","b","c"],"mom-ac":["a","c"]}`, `"order":"request","tries":2`, 1)
	modes(t, policy, func(t *testing.T, r *router) {
		for _, c := range []struct{ name, body, order, retries string }{
			{"as many as are to be tried", `"model":"auto",«Hi»`, "a b", "1"},
			{"what a guard leaves", `"model":"auto",«classified material»`, "a c", "1"},
			{"the chosen one alone", `"model":"auto",«oddity»`, "a", ""},
			{"the one that the client names alone", `"model":"b",«Hi»`, "b", ""},
		} {
			body := strings.NewReplacer("«", `"messages":[{"role":"user","content":"`, "»", `"}]`).Replace("{" + c.body + "}")
			a := r.Do(post("/v1/chat/completions", body))
			want := strings.Fields(c.order)
			if got := a.Upstream.Head.Value("x-mom-cluster"); got != want[0] {
				t.Errorf("%s: sent to %q, want %q", c.name, got, want[0])
			}
			if got := a.Upstream.Head.Value("x-mom-fallback"); got != groupsOf(want) {
				t.Errorf("%s: order %q, want %q", c.name, got, groupsOf(want))
			}
			if got := a.Upstream.Head.Value("x-envoy-max-retries"); got != c.retries {
				t.Errorf("%s: %q further tries, want %q", c.name, got, c.retries)
			}
		}
	})
}

// groupsOf is a google.protobuf.Value, a list of structs {name: CLUSTER}, in base64.
func groupsOf(clusters []string) string {
	bytes := func(number int, value string) string {
		return string(rune(number<<3|2)) + string(rune(len(value))) + value
	}
	list := ""
	for _, c := range clusters {
		list += bytes(1, bytes(5, bytes(1, bytes(1, "name")+bytes(2, bytes(3, c)))))
	}
	return base64.StdEncoding.EncodeToString([]byte(bytes(6, list)))
}

// In the listener's own chain no host has been chosen, and nobody may take the instance there for a router.
func TestTheRoleUpstreamServesNobodyInTheListenersChain(t *testing.T) {
	r := onDemand(t).StartFilters(t, hostsim.Filter{Name: "upstream", Configuration: []byte(`{"role":"upstream"}`), AllowOnHeadersStop: true})
	a := r.Do(post("/v1/chat/completions", `{"model":"auto","messages":[{"role":"user","content":"Hi"}]}`))
	if a.Upstream != nil || a.Response == nil || !strings.Contains(string(a.Response.Body), "role: upstream needs the one with the policy") {
		t.Errorf("answered with %+v", a.Response)
	}
}

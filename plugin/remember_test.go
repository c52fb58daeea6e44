//go:build !wasip1

package main_test

import (
	"strconv"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

const conversationSoFar = `{"role":"user","content":"Prove that there are infinitely many primes, please."},{"role":"assistant","content":"Take the product of all of them, and add one."},`

func TestWhatIsSentAgainIsRememberedByTheVM(t *testing.T) {
	p := onDemand(t)
	counted := func(p *hostsim.Host, name string) int {
		n, _ := strconv.Atoi(measured(p)["mom_router_pieces_"+name+"_total"])
		return n
	}
	ask := func(r *router, last, tenant string) {
		t.Helper()
		q := post("/v1/chat/completions", `{"model":"auto","messages":[`+conversationSoFar+`{"role":"user","content":"`+last+`"}]}`)
		if tenant != "" {
			q.Headers = append(q.Headers, hostsim.Field{Name: "x-tenant", Value: tenant})
		}
		if got := r.Do(q); got.Status != 200 {
			t.Fatalf("answer %d", got.Status)
		}
	}
	hits := func(do func()) int {
		before := counted(p.Host, "hit")
		do()
		return counted(p.Host, "hit") - before
	}
	for _, c := range []struct {
		name, config  string
		first, second string // the tenants
		hits          int
	}{
		{"by default", `"policy":"default"`, "", "", 2},
		{"not at all", `"policy":"default","pieces":{"memory":0}`, "", "", 0},
		{"of the same tenant", `"policy":"default","trusted":["x-tenant"],"tenant":"x-tenant"`, "a", "a", 2},
		{"not of another tenant", `"policy":"default","trusted":["x-tenant"],"tenant":"x-tenant"`, "a", "b", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := p.Start(t, c.config)
			if n := hits(func() { ask(r, "Is that right?", c.first) }); n != 0 {
				t.Errorf("%d pieces were known at first", n)
			}
			if n := hits(func() { ask(r, "Say it again, please.", c.second) }); n != c.hits {
				t.Errorf("%d pieces were known, want %d", n, c.hits)
			}
		})
	}
	if saved := counted(p.Host, "bytes_saved"); saved < 2*100 {
		t.Errorf("%d bytes were not read again", saved)
	}
	t.Run("by another policy", func(t *testing.T) {
		r := p.Start(t, countedPolicy)
		if n := hits(func() { ask(r, "Is that right?", "") }); n != 0 {
			t.Errorf("%d pieces were known to a new policy", n)
		}
	})
}

//go:build !wasip1

package main_test

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/internal/routertest"
)

// onDemand is the module that does things on demand (plugin/crash_on.go).
func onDemand(t *testing.T) *routertest.Plugin {
	t.Helper()
	return onDemandIn(t, hostsim.Options{})
}

func onDemandIn(t *testing.T, host hostsim.Options) *routertest.Plugin {
	t.Helper()
	path, err := needs.Crashing()
	if err != nil {
		t.Fatal(err)
	}
	p, err := routertest.Load(path, host)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The module that fails on demand behaves here as it does in Envoy (e2e/crash_test.go).
func TestAPanicEndsOneRequestAndACrashTheVM(t *testing.T) {
	crashing := onDemand(t)
	const body = `{"model":"auto","messages":[{"role":"user","content":"Who is the cormorant?"}]}`
	for mode, r := range map[string]*router{"flag": crashing.Start(t, defaultPolicy), "pair": crashing.StartPair(t, defaultPolicy)} {
		send := func(how, place string) hostsim.Result {
			q := post("/v1/chat/completions?crash="+how+"@"+strings.ReplaceAll(place, " ", "_"), body)
			if place == "turn" {
				q.Body = []byte(long(3 * turn))
			}
			if place == "trailers" {
				q.Trailers = []hostsim.Field{{Name: "x-checksum", Value: "1"}}
			}
			return r.Do(q)
		}
		good := func(t *testing.T) {
			t.Helper()
			if a := r.Send(t, post("/v1/chat/completions", body)); a.Status != 200 {
				t.Errorf("afterwards: %s", a.Outcome())
			}
		}
		for place, status := range map[string]int{
			"headers": 503, "body": 503, "trailers": 503, "response": 503, "done": 200, "queue": 503, "gate headers": 503, "gate body": 503, "turn": 503,
		} {
			if mode == "flag" && (place == "queue" || strings.HasPrefix(place, "gate")) {
				continue
			}
			for _, how := range []string{"index", "nil", "text"} {
				t.Run(mode+", "+how+" in "+place, func(t *testing.T) {
					r.Logs.Reset()
					a := send(how, place)
					if a.Trap != nil || a.Held != "" || a.Status != status {
						t.Fatalf("status %d, want %d; trap %v, held %q", a.Status, status, a.Trap, a.Held)
					}
					if log := r.Logs.String(); !strings.Contains(log, "panic in") || strings.Contains(log, canary) {
						t.Errorf("the log does not say that there was a panic, or repeats the prompt: %s", log)
					}
					good(t)
				})
			}
		}
		t.Run(mode+", a fatal error", func(t *testing.T) {
			if a := send("lock", "body"); a.Status != 503 || a.Trap == nil {
				t.Errorf("status %d, trap %v", a.Status, a.Trap)
			}
			if a := r.Do(post("/v1/chat/completions", body)); a.Status != 503 || a.Upstream != nil {
				t.Errorf("afterwards status %d", a.Status)
			}
		})
	}
}

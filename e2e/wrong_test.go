package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
)

// wrongConfiguration is a mistake that is easily made with the shipped example, on a listener of its own.
type wrongConfiguration struct {
	listener string
	name     string
	make     func(*envoy.Listener)
	cure     string // words of the answer, or of Envoy's log
	logged   bool   // the cure is in the log only: the router has answered before the plugin could
}

// wrong lists the mistakes of a mode. Most get a virtual machine of their own: in that of the good listener, the plugin
// would see that somebody has done it right.
func wrong(mode string) []wrongConfiguration {
	if mode == "flag" {
		return []wrongConfiguration{{
			"flag-missing", "the flag is missing", func(l *envoy.Listener) {
				l.VM("mom-router", "flag-missing")
				l.Configure("mom-router", `{"policy":"default","hold":"flag","hold_timeout":"1s"}`)
				delete(l.Filter("mom-router")["config"].(map[string]any), "allow_on_headers_stop_iteration")
			}, "allow_on_headers_stop_iteration", false,
		}}
	}
	const lead, gate = "mom-router-lead", "mom-router-gate"
	return []wrongConfiguration{
		{"lead-only", "the lead has no gate", func(l *envoy.Listener) {
			l.VM(lead, "lead-only")
			l.Drop(gate)
		}, "gate of the pair is missing", false},
		{"lead-beside", "the lead has no gate, but another listener's has", func(l *envoy.Listener) {
			l.Drop(gate)
		}, "gate of the pair is missing", true},
		{"gate-only", "the gate has no lead", func(l *envoy.Listener) {
			l.Drop(lead)
		}, "no lead before it", false},
		{"reversed", "the gate comes first", func(l *envoy.Listener) {
			l.Swap(lead, gate)
		}, "no lead before it", false},
		{"apart", "lead and gate are in two virtual machines", func(l *envoy.Listener) {
			l.VM(lead, "apart")
		}, "gate of the pair is missing", false},
	}
}

func wrongConfigurations(t *testing.T, s *stand) {
	for _, w := range wrong(s.mode) {
		t.Run(w.name, func(t *testing.T) {
			for _, protocol := range protocols {
				for _, framing := range []client.Framing{client.Length, client.Chunked} {
					m := post(chat("auto", prompts[0].text))
					m.Framing = framing
					r := s.denied(t, s.client(t, w.listener, protocol), m, 503)
					where := string(r.Body)
					if w.logged {
						where = s.envoy.Log()
					} else {
						checkError(t, r, "router_unavailable", "Who are you")
					}
					if !strings.Contains(where, w.cure) {
						t.Errorf("no word of %q in: %s", w.cure, tail(where, 5))
					}
				}
			}
		})
	}
}

// A policy with an error must never come into force, and whoever wrote it must be told why.
func TestEnvoyRefusesAWrongPolicy(t *testing.T) {
	for i, installation := range installations(t) {
		for j, c := range []struct {
			mode, name, policy string
			reason             []string
		}{
			{"flag", "unknown keys", `{"policy":{"version":"1","modles":{},"default":{}},"hold":"flag"}`, []string{"modles", "models"}},
			{"pair", "an unknown mode", `{"policy":"default","hold":"maybe"}`, []string{"maybe", "known: pair, flag"}},
		} {
			t.Run("Envoy "+installation.Name+", "+c.mode+" mode, "+c.name, func(t *testing.T) {
				needs.Part(t, i%2 != j) // each start takes V8 ten seconds
				t.Parallel()
				ports := map[string]int{}
				for _, cluster := range clusters() {
					ports[cluster] = 9 // nobody is to be asked
				}
				x := example(t, c.mode, ports)
				filter := map[string]string{"flag": "mom-router", "pair": "mom-router-lead"}[c.mode]
				x.Listener(asShipped).Configure(filter, c.policy)
				began := time.Now()
				p, err := x.Start(context.Background(), envoy.Options{Binary: installation.Path, Dir: t.TempDir()})
				if err == nil {
					p.Stop()
					t.Fatal("Envoy serves with a policy that has an error")
				}
				if errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Envoy has not given up after %v", time.Since(began))
				}
				for _, word := range c.reason {
					if !strings.Contains(err.Error(), word) {
						t.Errorf("no %q in the reason: %v", word, err)
					}
				}
			})
		}
	}
}

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/render"
)

// rendering is a description for two models and the files around it.
type rendering struct{ dir, hold, module string }

// write renders the description with a policy that sends everything to one model, and puts the filter where Envoy takes it from.
func (r rendering) write(t *testing.T, version string, to engine) *render.Output {
	t.Helper()
	policy := fmt.Sprintf("version: %q\nauto: [auto]\nmodels:\n", version)
	for _, e := range []engine{early, later} {
		policy += fmt.Sprintf("  %s: {name: %s, cluster: %s, tier: 1, context: 131072, input: [text]}\n", e.key, e.name, e.cluster)
	}
	policy += "default: {model: " + to.key + "}\n"
	description := fmt.Sprintf("policy: policy.yaml\nhold: %s\nlive: %s\nmodule: %s\nengines:\n  early: early.example.com:8000\n  later: later.example.com:8000\n",
		r.hold, filepath.Join(r.dir, "filter.yaml"), r.module)
	out, err := render.Render(render.Options{Form: render.Envoy, Description: []byte(description), File: "engines.yaml", Output: "envoy.yaml",
		Read: func(string) ([]byte, error) { return []byte(policy), nil }})
	if err != nil {
		t.Fatal(err)
	}
	r.move(t, out.Filter)
	return out
}

func (r rendering) move(t *testing.T, filter []byte) {
	t.Helper()
	next := filepath.Join(r.dir, "filter.next")
	if err := os.WriteFile(next, filter, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(r.dir, "filter.yaml")); err != nil {
		t.Fatal(err)
	}
}

// What rules render writes for two models runs, and another policy comes into force on connections that are open, without a request lost.
func TestARenderedConfigurationRunsAndChangesLive(t *testing.T) {
	module, err := needs.Module()
	if err != nil {
		t.Fatal(err)
	}
	for _, installation := range installations(t) {
		for _, hold := range []string{"flag", "pair"} {
			t.Run("Envoy "+installation.Name+", "+hold, func(t *testing.T) {
				if hold == "pair" || !newest(installation.Name) { // each start takes Envoy some ten seconds of both cores
					needs.Part(t, true)
				}
				backends, err := backend.Start(early.cluster, later.cluster)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(backends.Stop)
				r := rendering{t.TempDir(), hold, module}
				out := r.write(t, "1", early)
				file := filepath.Join(r.dir, "envoy.yaml")
				if err := os.WriteFile(file, out.Text, 0o644); err != nil {
					t.Fatal(err)
				}
				x, err := envoy.LoadExample(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := x.OnLoopback(backends.Ports()); err != nil {
					t.Fatal(err)
				}
				p, err := x.Start(context.Background(), envoy.Options{Binary: installation.Path, Dir: t.TempDir(), Workers: 2})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(p.Stop)
				address, err := p.Listener("llm")
				if err != nil {
					t.Fatal(err)
				}
				c := client.NewHTTP1(address) // keeps its connection
				defer c.Close()
				var sent atomic.Int64
				ask := func() string {
					ctx, cancel := context.WithTimeout(context.Background(), patience)
					defer cancel()
					got, err := c.Do(ctx, post(chat("auto", "Who are you?")))
					if err != nil || got.Status != 200 {
						t.Fatalf("request %d: %v %+v\n%s", sent.Load(), err, got, p.Log())
					}
					sent.Add(1)
					return got.Header.Get(backend.ClusterHeader)
				}
				eventually(t, "the first policy is in force", func() bool { return ask() == early.cluster })
				r.write(t, "2", later)
				eventually(t, "the second one is in force on the same connection", func() bool { return ask() == later.cluster })

				bad := strings.Replace(string(r.write(t, "3", early).Filter), `"default":{"model":"early"}`, `"default":{"model":"nobody"}`, 1)
				if !strings.Contains(bad, "nobody") {
					t.Fatalf("the policy is not spoilt in\n%s", bad)
				}
				eventually(t, "the third one is in force", func() bool { return ask() == early.cluster })
				r.move(t, []byte(strings.Replace(bad, "version_info:", "version_info: spoilt #", 1)))
				eventually(t, "a bad one is refused, with a reason", func() bool { return ask() == early.cluster && strings.Contains(p.Log(), `unknown model "nobody"`) })
				if ask() != early.cluster {
					t.Error("the bad policy has put the good one away")
				}
			})
		}
	}
}

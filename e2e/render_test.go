package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/render"
)

// policyTo sends everything to one of two models.
func policyTo(version string, to engine) string {
	policy := fmt.Sprintf("version: %q\nauto: [auto]\nmodels:\n", version)
	for _, e := range []engine{early, later} {
		policy += fmt.Sprintf("  %s: {name: %s, cluster: %s, tier: 1, context: 131072, input: [text]}\n", e.key, e.name, e.cluster)
	}
	return policy + "default: {model: " + to.key + "}\n"
}

// rendering is a folder with the files of a proxy that rules render describes.
type rendering struct{ dir string }

// write renders a description for two models, with more in it, and puts the filter where Envoy takes it from. The policies are by file name.
func (r rendering) write(t *testing.T, more string, policies map[string]string) *render.Output {
	t.Helper()
	description := fmt.Sprintf("policy: policy.yaml\nlive: %s\nmodule: %s\nengines:\n  early: early.example.com:8000\n  later: later.example.com:8000\n%s",
		filepath.Join(r.dir, "filter.yaml"), module(t), more)
	out, err := render.Render(render.Options{Form: render.Envoy, Description: []byte(description), File: "engines.yaml", Output: "envoy.yaml",
		Read: func(name string) ([]byte, error) { return []byte(policies[name]), nil }})
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

// start is a stand whose Envoy runs what was rendered.
func (r rendering) start(t *testing.T, installation envoy.Installation, mode string, out *render.Output) *stand {
	t.Helper()
	file := filepath.Join(r.dir, "envoy.yaml")
	if err := os.WriteFile(file, out.Text, 0o644); err != nil {
		t.Fatal(err)
	}
	x, err := envoy.LoadExample(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newStand(t, installation, mode)
	if err := x.OnLoopback(s.backends.Ports()); err != nil {
		t.Fatal(err)
	}
	s.run(t, x, envoy.Options{Binary: installation.Path, Workers: 2})
	return s
}

// What rules render writes for two models runs, and another policy comes into force on connections that are open, without a request lost.
func TestARenderedConfigurationRunsAndChangesLive(t *testing.T) {
	for _, installation := range installations(t) {
		for _, hold := range []string{"flag", "pair"} {
			t.Run("Envoy "+installation.Name+", "+hold, func(t *testing.T) {
				needs.Part(t, hold == "pair" || !newest(installation.Name)) // each start takes Envoy some ten seconds of both cores
				r := rendering{t.TempDir()}
				write := func(version string, to engine) *render.Output {
					return r.write(t, "hold: "+hold+"\n", map[string]string{"policy.yaml": policyTo(version, to)})
				}
				s := r.start(t, installation, hold, write("1", early))
				c := s.newClient(t, asShipped, "HTTP/1") // keeps its connection
				defer c.Close()
				ask := func() string {
					got, id := s.call(t, c, post(chat("auto", "Who are you?")))
					if got.Status != 200 {
						t.Fatalf("%s: status %d: %s", id, got.Status, got.Body)
					}
					return got.Header.Get(backend.ClusterHeader)
				}
				eventually(t, "the first policy is in force", func() bool { return ask() == early.cluster })
				write("2", later)
				eventually(t, "the second one is in force on the same connection", func() bool { return ask() == later.cluster })

				bad := strings.Replace(string(write("3", early).Filter), `"default":{"model":"early"}`, `"default":{"model":"nobody"}`, 1)
				if !strings.Contains(bad, "nobody") {
					t.Fatalf("the policy is not spoilt in\n%s", bad)
				}
				eventually(t, "the third one is in force", func() bool { return ask() == early.cluster })
				r.move(t, []byte(strings.Replace(bad, "version_info:", "version_info: spoilt #", 1)))
				eventually(t, "a bad one is refused, with a reason", func() bool {
					return ask() == early.cluster && strings.Contains(s.envoy.Log(), `unknown model "nobody"`)
				})
				if ask() != early.cluster {
					t.Error("the bad policy has put the good one away")
				}
			})
		}
	}
}

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/render"
)

// rollOut is a proxy with an active policy that sends all to the model early, and candidates that send all to later.
type rollOut struct {
	t        *testing.T
	dir      string
	module   string
	process  *envoy.Process
	backends *backend.Set
	address  string
	talks    atomic.Int64
	lost     atomic.Int64
}

// rolledPolicy sends all to one model; a strict one denies what has a harmless word in it.
func rolledPolicy(version string, to engine, strict bool) string {
	policy := fmt.Sprintf("version: %q\nauto: [auto]\nmodels:\n", version)
	for _, e := range []engine{early, later} {
		policy += fmt.Sprintf("  %s: {name: %s, cluster: %s, tier: 1, context: 131072, input: [text]}\n", e.key, e.name, e.cluster)
	}
	if strict {
		policy += "signals: {keyword: {word: {in: any, words: [harmless]}}}\nguards: [{name: harsh, when: keyword.word, deny: {}}]\n"
	}
	return policy + "default: {model: " + to.key + "}\n"
}

// set renders the configuration with a candidate, or without one, and puts the filter where Envoy takes it from.
func (r *rollOut) set(candidate, mode string) *render.Output {
	r.t.Helper()
	description := fmt.Sprintf("policy: policy.yaml\nkeys: %s\nlive: %s\nmodule: %s\nengines:\n  early: early.example.com:8000\n  later: later.example.com:8000\n",
		secretVariable, filepath.Join(r.dir, "filter.yaml"), r.module)
	if candidate != "" {
		description += "plugin: {candidate: {policy: next.yaml, " + mode + ", bounds: {denied: true, failed: true, conversations: 20}}}\n"
	}
	out, err := render.Render(render.Options{Form: render.Envoy, Description: []byte(description), File: "engines.yaml", Output: "envoy.yaml",
		Read: func(name string) ([]byte, error) {
			if name == "next.yaml" {
				return []byte(candidate), nil
			}
			return []byte(rolledPolicy("active", early, false)), nil
		}})
	if err != nil {
		r.t.Fatal(err)
	}
	rendering{dir: r.dir}.move(r.t, out.Filter)
	return out
}

// talk begins a conversation and goes on with it, and returns who has served it. All of it has to be whole.
func (r *rollOut) talk(c client.Client) (served string) {
	n := r.talks.Add(1)
	words := fmt.Sprintf("Question %d.", n)
	if n%2 == 0 {
		words += " It is harmless."
	}
	var first string
	for turn := range 2 {
		body := fmt.Sprintf(`{"model":"auto","messages":[{"role":"user","content":%q}`, words)
		if turn > 0 {
			body += `,{"role":"assistant","content":"Yes."},{"role":"user","content":"And then?"}`
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		got, err := c.Do(ctx, post([]byte(body+`]}`)))
		cancel()
		switch {
		case err != nil:
			r.lost.Add(1)
			r.t.Errorf("conversation %d: %v", n, err)
			return ""
		case got.Status == 403:
			served = "denied"
		case got.Status != 200:
			r.lost.Add(1)
			r.t.Errorf("conversation %d: %d %s", n, got.Status, got.Body)
			return ""
		default:
			served = got.Header.Get(backend.ClusterHeader)
		}
		if turn == 0 {
			first = served
		}
	}
	if first != served {
		return first + " then " + served
	}
	return served
}

// crowd has some conversations at a time, over connections that are kept, and counts who has served them.
func (r *rollOut) crowd(conversations int) map[string]int {
	served := map[string]int{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	const clients = 4
	for range clients {
		wait.Add(1)
		go func() {
			defer wait.Done()
			c := client.NewHTTP1(r.address)
			defer c.Close()
			for range conversations / clients {
				s := r.talk(c)
				mu.Lock()
				served[s]++
				mu.Unlock()
			}
		}()
	}
	wait.Wait()
	return served
}

// settled waits until all connections are served as one says.
func (r *rollOut) settled(what string, is func(served map[string]int) bool) {
	r.t.Helper()
	eventually(r.t, what, func() bool { return is(r.crowd(16)) })
}

// stat is a metric of the module.
func (r *rollOut) stat(name string) int64 {
	stats, err := r.process.Stats("mom_router_candidate_")
	if err != nil {
		r.t.Fatal(err)
	}
	return stats["wasmcustom.mom_router_candidate_"+name]
}

// A candidate goes from shadow to canary, is taken back when it is worse, and its mended successor is promoted: each step one value of a configuration that
// is rendered anew, under load, without a lost request.
func TestARollOutFromShadowToPromotion(t *testing.T) {
	module, err := needs.Module()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Setenv(secretVariable, secretValue); err != nil { // the same for all stands
		t.Fatal(err)
	}
	for _, installation := range installations(t) {
		t.Run("Envoy "+installation.Name, func(t *testing.T) {
			if !newest(installation.Name) {
				needs.Part(t, true)
			}
			r := &rollOut{t: t, dir: t.TempDir(), module: module}
			if r.backends, err = backend.Start(early.cluster, later.cluster); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(r.backends.Stop)
			out := r.set("", "")
			file := filepath.Join(r.dir, "envoy.yaml")
			if err := os.WriteFile(file, out.Text, 0o644); err != nil {
				t.Fatal(err)
			}
			x, err := envoy.LoadExample(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.OnLoopback(r.backends.Ports()); err != nil {
				t.Fatal(err)
			}
			if r.process, err = x.Start(context.Background(), envoy.Options{Binary: installation.Path, Dir: t.TempDir(), Workers: 2}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(r.process.Stop)
			if r.address, err = r.process.Listener("llm"); err != nil {
				t.Fatal(err)
			}
			onlyEarly := func(s map[string]int) bool { return len(s) == 1 && s[early.cluster] > 0 }
			r.settled("the active policy serves", onlyEarly)

			harsh := rolledPolicy("harsh", later, true)
			r.set(harsh, "mode: shadow")
			eventually(t, "the shadow reads along", func() bool {
				if s := r.crowd(16); !onlyEarly(s) {
					t.Fatalf("a shadow serves: %v", s)
				}
				return r.stat("disagreements_total.decision.default.would.harsh") > 0 && r.stat("disagreements_total.decision.default.would.default") > 0
			})

			r.set(harsh, "mode: canary, share: 50")
			eventually(t, "the canary is taken back", func() bool {
				for s := range r.crowd(40) {
					if s != early.cluster && s != later.cluster && s != "denied" && !strings.HasSuffix(s, "then "+early.cluster) && !strings.Contains(s, early.cluster+" then") {
						t.Errorf("a conversation was %s", s)
					}
				}
				return r.stat("rollbacks_total") > 0
			})
			r.settled("no worker serves it any more", onlyEarly)
			if n := r.stat("rollbacks_total"); n != 1 {
				t.Errorf("%d roll-backs", n)
			}
			if !strings.Contains(r.process.Log(), "is worse than the active policy and serves nobody any more: denied") {
				t.Errorf("the log does not say why:\n%s", r.process.Log())
			}
			r.set(harsh, "mode: canary, share: 80")
			if s := r.crowd(40); !onlyEarly(s) {
				t.Errorf("what was taken back serves again: %v", s)
			}

			mended := rolledPolicy("mended", later, false)
			r.set(mended, "mode: canary, share: 50")
			r.settled("the mended one serves its share", func(s map[string]int) bool { return s[early.cluster] > 0 && s[later.cluster] > 0 })
			if s := r.crowd(160); s[later.cluster] < 40 || s[early.cluster] < 40 || s[early.cluster]+s[later.cluster] != 160 {
				t.Errorf("with a share of a half: %v", s)
			}
			if n := r.stat("rollbacks_total"); n != 1 {
				t.Errorf("one that is as good was taken back: %d", n)
			}

			r.set(mended, "mode: promoted")
			r.settled("it is promoted", func(s map[string]int) bool { return len(s) == 1 && s[later.cluster] > 0 })
			r.set(mended, "mode: off")
			r.settled("and taken back by hand", onlyEarly)
			if n := r.lost.Load(); n > 0 {
				t.Errorf("%d requests were lost of %d conversations", n, r.talks.Load())
			}
			arms := map[string]int{}
			for _, line := range r.process.AccessLog() {
				var entry struct {
					Mom []struct {
						Policy struct{ Arm string }
						Would  *struct{ Decision string }
					}
				}
				if json.Unmarshal([]byte(line), &entry) == nil && len(entry.Mom) == 1 && entry.Mom[0].Would != nil {
					arms[entry.Mom[0].Policy.Arm]++
				}
			}
			if arms["active"] < 50 || arms["candidate"] < 50 {
				t.Errorf("records by arm: %v", arms)
			}
			t.Logf("%d conversations, records with another policy's decision by arm: %v", r.talks.Load(), arms)
		})
	}
}

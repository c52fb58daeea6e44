package e2e

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/render"
)

// The next model is the one that the request's own guards, tier and objectives allow next, with no list in the proxy.
func TestEachRequestFallsBackInItsOwnOrder(t *testing.T) {
	const policy = `version: "1"
auto: [auto]
models:
  a: {name: org/a, cluster: mi355x-gpt-oss-20b, tier: 2, context: 131072, input: [text], max_output: 4, price: {input: 0, output: 0}}
  b: {name: org/b, cluster: mi355x-gpt-oss-120b, tier: 2, context: 131072, input: [text], max_output: 4, price: {input: 1000, output: 0}}
  c: {name: org/c, cluster: mi355x-qwen3-235b, tier: 2, context: 131072, input: [text], max_output: 4, price: {input: 0, output: 0}}
  d: {name: org/d, cluster: mi355x-glm-4-7, tier: 1, context: 131072, input: [text], max_output: 4, price: {input: 0, output: 0}}
  e: {name: org/e, cluster: mi355x-kimi-k2-thinking, tier: 1, context: 131072, input: [text], max_output: 4, price: {input: 0, output: 0}}
signals:
  keyword:
    dead: {words: ["dead end"]}
    secret: {in: any, words: ["classified material"]}
    risky: {in: any, words: ["risky business"]}
    hard: {words: ["prove it"]}
guards:
  - {name: secret, when: keyword.secret, only: [a, c]}
  - {name: risky, when: keyword.risky, tier: 2}
routes:
  - {name: dead, when: keyword.dead, use: [e, d]}
  - {name: hard, when: keyword.hard, use: [c, b]}
default: [a, b, c, d]
objectives: {cost_ceiling: 1}
`
	const a, b, c, d = "a", "b", "c", "d"
	keys := map[string]string{"mi355x-gpt-oss-20b": a, "mi355x-gpt-oss-120b": b, "mi355x-qwen3-235b": c, "mi355x-glm-4-7": d, "mi355x-kimi-k2-thinking": "e"}
	for _, installation := range installations(t) {
		if !newest(installation.Name) {
			continue // lists are what it gets: see TestFallback
		}
		for _, hold := range []string{"flag", "pair"} {
			t.Run("Envoy "+installation.Name+" "+hold, func(t *testing.T) {
				needs.Part(t, hold == "flag")
				dir := rendering{t.TempDir()} // the filter comes by ECDS, and the chain of a try must still share its VM
				description := "policy: policy.yaml\nlive: " + filepath.Join(dir.dir, "filter.yaml") + "\nhold: " + hold + "\nmodule: " + module(t) + "\nfallback: {order: request, tries: 4, after_429: any}\nengines:\n"
				for cluster := range keys {
					description += "  " + cluster + ": " + cluster + ".example.com:8000\n"
				}
				out, err := render.Render(render.Options{Form: render.Envoy, Description: []byte(description), File: "engines.yaml", Output: "envoy.yaml",
					Read: func(string) ([]byte, error) { return []byte(policy), nil }})
				if err != nil {
					t.Fatal(err)
				}
				dir.move(t, out.Filter)
				file := filepath.Join(dir.dir, "envoy.yaml")
				if err := os.WriteFile(file, out.Text, 0o644); err != nil {
					t.Fatal(err)
				}
				x, err := envoy.LoadExample(file)
				if err != nil {
					t.Fatal(err)
				}
				s := newStand(t, installation, hold)
				ports := map[string]int{}
				for cluster, port := range s.backends.Ports() {
					ports[cluster] = port
				}
				ports["mi355x-kimi-k2-thinking"] = 1 // where nobody listens
				if err := x.OnLoopback(ports); err != nil {
					t.Fatal(err)
				}
				s.run(t, x, envoy.Options{Binary: installation.Path, Workers: 2})
				var mu sync.Mutex
				tried := map[string][]string{} // by the case's header
				var down []string              // that fail now
				for cluster, key := range keys {
					s.backends.Fail(cluster, func(w http.ResponseWriter, r *http.Request) bool {
						mu.Lock()
						defer mu.Unlock()
						id := r.Header.Get(backend.CaseHeader)
						if id == "" {
							return false // a health check
						}
						tried[id] = append(tried[id], key)
						if r.Header.Get("x-mom-fallback") != "" {
							t.Error("an engine got the order")
						}
						if slices.Contains(down, key) {
							w.WriteHeader(http.StatusServiceUnavailable)
							return true
						}
						return false
					})
				}
				long := strings.Repeat("a word ", 3000)
				for _, r := range []struct {
					name, model, text, down, want string
					status                        int
				}{
					{"all are well", "auto", "Hi", "", a, 200},
					{"the next one answers", "auto", "Hi", a, "a b", 200},
					{"and the one behind that", "auto", "Hi", "a b", "a b c", 200},
					{"all of them", "auto", "Hi", "a b c d", "a b c d", 503},
					{"a guard leaves two", "auto", "classified material", "a b", "a c", 200},
					{"and no third one", "auto", "classified material", "a c", "a c", 503},
					{"a tier leaves three", "auto", "risky business", "a b c", "a b c", 503},
					{"a route has its own candidates first", "auto", "prove it", "c b", "c b a", 200},
					{"a model that is too dear for a long text is not among them", "auto", long, "a c", "a c d", 200},
					{"nobody listens where the chosen one should be", "auto", "a dead end", "", "d", 200},
					{"both a route and a guard", "auto", "prove it, with classified material", "c", "c a", 200},
					{"the model that is named, and no other", "org/b", "Hi", b, "b b b b", 503},
				} {
					mu.Lock()
					down = strings.Fields(r.down)
					mu.Unlock()
					m, id := s.mark(post(chat(r.model, r.text)))
					ctx, cancel := context.WithTimeout(context.Background(), patience)
					got, err := s.client(t, asShipped, "HTTP/1").Do(ctx, m)
					cancel()
					if err != nil {
						t.Fatalf("%s: %v", r.name, err)
					}
					mu.Lock()
					order := strings.Join(tried[id], " ")
					mu.Unlock()
					if got.Status != r.status || order != r.want {
						t.Errorf("%s: status %d, tried %s, want %d and %s: %s", r.name, got.Status, order, r.status, r.want, got.Body)
					}
					for _, whole := range s.backends.Take(id) {
						if want := "org/" + keys[whole.Cluster]; !strings.Contains(string(whole.Body), `"`+want+`"`) {
							t.Errorf("%s: %s was asked for another model: %.200s", r.name, want, whole.Body)
						}
					}
				}
			})
		}
	}
}

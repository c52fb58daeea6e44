package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/crowd"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
)

// The budget is one over both workers, and so is the verdict about a slow engine.
func TestObjectivesAreKeptOverTheWorkersOfEnvoy(t *testing.T) {
	for _, installation := range installations(t) {
		for _, mode := range []string{"flag", "pair"} {
			t.Run("Envoy "+installation.Name+", "+mode+" mode", func(t *testing.T) {
				if !newest(installation.Name) {
					t.Skip("hostsim shows the rest")
				}
				needs.Part(t, mode == "pair")
				s := newStand(t, installation, mode)
				x := example(t, mode, s.backends.Ports())
				models := fmt.Sprintf(`"models":{"dear":{"cluster":%q,"max_output":4,"price":{"input":0,"output":1000}},"cheap":{"cluster":%q,"max_output":4,"price":{"input":0,"output":100}}},"default":["dear","cheap"]`, glm.cluster, gptOSS20B.cluster)
				const spending, pacing = "spending", "pacing"
				clone(t, x, spending).Configure(s.filters[0], fmt.Sprintf(`{"hold":%q,"hold_timeout":"1s","policy":{"version":"1",%s,"objectives":{"budget":{"window":"31d","hard":0.5}}}}`, mode, strings.Replace(models, `,"cheap"]`, "]", 1)))
				clone(t, x, pacing).Configure(s.filters[0], fmt.Sprintf(`{"hold":%q,"hold_timeout":"1s","policy":{"version":"2",%s,"objectives":{"first_token":{"p95":1000,"samples":5}}}}`, mode, models))
				body := []byte(`{"model":"auto","stream":true,"messages":[{"role":"user","content":"Hi"}]}`)
				s.run(t, x, envoy.Options{Binary: installation.Path, Workers: 2, Drain: 120})

				t.Run("a budget is spent to its end and not beyond", func(t *testing.T) {
					// Each request may cost 0.004 dollars, and costs that.
					const clients, each, fit = 10, 25, 125
					var all crowd.Crowd
					var mu sync.Mutex
					statuses := map[int]int{}
					for range clients {
						c := s.newClient(t, spending, "HTTP/1")
						t.Cleanup(func() { c.Close() })
						all.Go(func() {
							for range each {
								m, id := s.mark(post(body))
								s.backends.Play(id, func(w http.ResponseWriter, _ *http.Request) {
									w.Header().Set("content-type", "text/event-stream")
									io.WriteString(w, textEvent+stopEvent+usageEvent+doneEvent)
								})
								ctx, cancel := context.WithTimeout(context.Background(), patience)
								r, err := c.Do(ctx, m)
								cancel()
								if err != nil {
									t.Error(err)
									return
								}
								mu.Lock()
								statuses[r.Status]++
								mu.Unlock()
								if after := r.Header.Get("retry-after"); (r.Status == 429) != (after != "") {
									t.Errorf("status %d, retry-after %q", r.Status, after)
								}
							}
						})
					}
					all.Wait()
					if statuses[200] != fit || statuses[429] != clients*each-fit {
						t.Errorf("%v, want %d that are answered", statuses, fit)
					}
					eventually(t, "all is settled", func() bool {
						return s.stat(t, "wasmcustom.mom_router_budget_microdollars.key.all.kind.spent") == 500_000 && s.stat(t, "wasmcustom.mom_router_budget_microdollars.key.all.kind.reserved") == 0
					})
				})
				t.Run("a slow engine gets no new conversations", func(t *testing.T) {
					var cs []client.Client
					for range 4 { // of both workers
						c := s.newClient(t, pacing, "HTTP/1")
						t.Cleanup(func() { c.Close() })
						cs = append(cs, c)
					}
					ask := func(i int, delay string) string {
						m := post(body)
						m.Header = append(m.Header, [2]string{backend.DelayHeader, delay})
						r, _ := s.call(t, cs[i%len(cs)], m)
						return r.Header.Get(backend.ClusterHeader)
					}
					for i := range 6 {
						if got := ask(i, "1500ms"); got != glm.cluster && i < 5 {
							t.Errorf("request %d went to %s", i, got)
						}
					}
					eventually(t, "both workers pass it over", func() bool {
						for i := range cs {
							if ask(i, "1ms") != gptOSS20B.cluster {
								return false
							}
						}
						return true
					})
					eventually(t, "that shows", func() bool {
						return s.stat(t, "wasmcustom.mom_router_first_token_passed_over.model.dear.size.short") == 1
					})
				})
			})
		}
	}
}

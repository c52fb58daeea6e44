package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/crowd"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
)

// TestCapabilitiesAreMinimal takes away, one at a time, the capabilities that the examples give the module, each time in a
// virtual machine of its own. Whichever is missing must show, and must never open a way around the inspection. That they
// are enough is shown by all other tests, which run the examples as they are.
func TestCapabilitiesAreMinimal(t *testing.T) {
	if os.Getenv("MOM_REDTEAM") != "1" {
		needs.Part(t, true)
	}
	installation := installations(t)[0]
	modes := []string{"pair"} // needs all that flag needs, and more
	if os.Getenv("MOM_REDTEAM") == "1" {
		modes = append(modes, "flag")
	}
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := &stand{mode: mode, version: installation.Name, filters: []string{"mom-router"}, clients: map[string]client.Client{}}
			if mode == "pair" {
				s.filters = []string{"mom-router-lead", "mom-router-gate"}
			}
			names := startRestricted(t, s, installation)
			var started []string // Envoy refuses the configuration of the others
			for _, name := range append(names, "all") {
				if _, err := s.envoy.Listener(name); err == nil {
					started = append(started, name)
				}
			}
			stops := stopping(s, t, started)
			logged(t, s, len(started))
			all := observe(t, s, "all")
			all["a client that stops"] = stops["all"]
			for _, name := range names {
				t.Run(name, func(t *testing.T) {
					if !slices.Contains(started, name) {
						return
					}
					got := observe(t, s, name)
					got["a client that stops"] = stops[name]
					var lost []string
					for what := range all {
						if got[what] != all[what] {
							lost = append(lost, fmt.Sprintf("%s: %q instead of %q", what, got[what], all[what]))
						}
					}
					why, ok := invisible[name]
					if !ok {
						why, ok = invisible[mode+": "+name]
					}
					if ok {
						t.Log("needed though nothing shows here: " + why)
					} else if len(lost) == 0 {
						t.Errorf("nothing is lost without it: take it out of examples/envoy/%s.yaml", mode)
					}
					slices.Sort(lost)
					t.Log(strings.Join(lost, "\n"))
				})
			}
			nothingRefusedArrived(t, s)
		})
	}
}

// invisible are the capabilities whose loss no request shows.
var invisible = map[string]string{
	"random_get":                  "it seeds the hashes by which duplicate members are found, and the name of the VM in the records",
	"fd_fdstat_get":               "the Go runtime asks for it at start; Envoy logs an error for each call that a module may not make",
	"fd_fdstat_set_flags":         "the same: it is refused either way, and so without a word",
	"environ_get":                 "only keys in the environment need it, and this configuration has none",
	"fd_write":                    "the Go runtime says there why it has ended a VM",
	"proxy_call_foreign_function": "Envoy chooses the route anew by itself after an edit of the held headers, but does not promise it",
	"proxy_on_response_trailers":  "an answer over HTTP/2 may end with them; this engine's does not",
	"proxy_on_delete":             "the SDK forgets a stream there; without it, memory leaks",
	"proxy_on_done":               "a gate that is taken away is no longer counted there",
	"proxy_get_shared_data":       "requests under way are counted by VM there, so that those of a VM that has died are taken out again",
	"proxy_set_shared_data":       "the same",
	"proxy_record_metric":         "histograms of times lack what it would have recorded",
	"proxy_dequeue_shared_queue":  "messages would pile up in the host",
	"flag: proxy_continue_stream": "long bodies are read at once, and others wait meanwhile",
}

// startRestricted starts an Envoy with a listener "all" and one for each capability, by whose name it is called, without it.
func startRestricted(t *testing.T, s *stand, installation envoy.Installation) []string {
	t.Helper()
	var err error
	if s.backends, err = backend.Start(clusters()...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.backends.Stop)
	x := example(t, s.mode, s.backends.Ports())
	allowed, _ := x.Listener(asShipped).Filter(s.filters[0])["config"].(map[string]any)["capability_restriction_config"].(map[string]any)["allowed_capabilities"].(map[string]any)
	if len(allowed) == 0 {
		t.Fatalf("examples/envoy/%s.yaml does not restrict the module", s.mode)
	}
	names := slices.Sorted(maps.Keys(allowed))
	file := filepath.Join(t.TempDir(), "listeners.json")
	var listeners []map[string]any
	for _, name := range append([]string{"all"}, names...) {
		l := clone(t, x, name)
		l.Set(true, "http_protocol_options", "enable_trailers")
		l.Configure(s.filters[0], fmt.Sprintf(`{"policy":"default","hold":%q,"hold_timeout":"1s"}`, s.mode))
		rest := maps.Clone(allowed)
		delete(rest, name)
		for _, filter := range s.filters {
			l.VM(filter, name)
			l.Filter(filter)["config"].(map[string]any)["name"] = name
			l.Filter(filter)["config"].(map[string]any)["capability_restriction_config"] = map[string]any{"allowed_capabilities": rest}
		}
		x.Detach(l)
		listeners = append(listeners, l.Resource())
	}
	x.ListenersFrom(file)
	if err := envoy.Publish(file, "1", listeners...); err != nil {
		t.Fatal(err)
	}
	s.run(t, x, envoy.Options{Binary: installation.Path})
	return names
}

// observe tries whatever the module does and says what came of it.
func observe(t *testing.T, s *stand, listener string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	c := s.newClient(t, listener, "HTTP/1")
	defer c.Close()
	records := len(s.envoy.AccessLog())
	counted, active := s.stat(t, routedCounter), s.stat(t, activeGauge)
	// try sends a message, which may remain without an answer.
	try := func(what string, m client.Message) []backend.Request {
		m, id := s.mark(m)
		if strings.HasPrefix(what, "a response") {
			s.backends.Play(id, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("x-mom-cluster", "forged") })
		}
		ctx, cancel := context.WithTimeout(context.Background(), answering(listener))
		defer cancel()
		if r, err := c.Do(ctx, m); err != nil {
			seen[what] = "no answer"
			c.Close()
		} else {
			seen[what] = fmt.Sprint(r.Status, " ", r.Header["X-Mom-Cluster"], string(r.Body))
		}
		return s.backends.Got(id)
	}
	forged := [][2]string{{"x-mom-cluster", glm.cluster}, {"x-mom-flags", "none"}}
	math := post(chat("auto", prompts[5].text))
	math.Header = append(math.Header, forged...)
	for _, got := range try("a route", math) {
		seen["a route"] += fmt.Sprint(" ", got.Cluster, " ", got.Header["X-Mom-Cluster"], got.Header["X-Mom-Model"], got.Header["X-Mom-Flags"], string(got.Body))
		if got.Cluster != qwen3.cluster {
			t.Errorf("a request that was not routed has reached %s", got.Cluster)
		}
	}
	logged(t, s, records+1)
	seen["its record"] = essence(t, s.envoy.AccessLog()[records])
	try("a response", post(chat("auto", prompts[5].text)))
	if got := try("bad JSON", post([]byte(`{"model":`))); len(got) > 0 && got[0].Err == nil {
		t.Errorf("a body that is no JSON has reached %s", got[0].Cluster)
	}
	if got := try("a wrong method", client.Message{Method: "GET", Path: "/v1/messages", Framing: client.None, Header: forged}); len(got) > 0 {
		t.Errorf("a request without a body has reached %s", got[0].Cluster)
	}
	cut := post([]byte(`{"model":"auto","messages":[{"role":"user","content":"Hi`))
	cut.Framing, cut.Trailer = client.Chunked, [][2]string{{"x-checksum", "1"}}
	if got := try("trailers", cut); len(got) > 0 && got[0].Err == nil {
		t.Errorf("a body that does not end has reached %s", got[0].Cluster)
	}
	logged(t, s, records+5)
	seen["routed"] = fmt.Sprint(s.stat(t, routedCounter) - counted)
	seen["active"] = fmt.Sprint(s.stat(t, activeGauge) - active)
	seen["its log"] = fmt.Sprint(strings.Contains(s.envoy.Log(), "wasm log "+listener+":"))
	return seen
}

// answering is how long an answer is waited for. Where all is allowed, one comes; elsewhere there may be none at all, and one
// that comes later than this counts as lost, too.
func answering(listener string) time.Duration {
	if listener == "all" {
		return patience
	}
	return 4 * time.Second
}

// logged waits until so many requests have been logged.
func logged(t *testing.T, s *stand, n int) {
	t.Helper()
	eventually(t, "the request is logged", func() bool { return len(s.envoy.AccessLog()) >= n })
}

// stopping has a client stop in the middle of a request on each listener, all at the same time, and says what became of it.
func stopping(s *stand, t *testing.T, listeners []string) map[string]string {
	var mu sync.Mutex
	var clients crowd.Crowd
	answers := map[string]string{}
	for _, name := range listeners {
		c := s.newClient(t, name, "HTTP/1")
		clients.Go(func() {
			defer c.Close()
			m := post(chat("auto", "Hi"))
			m.Break, m.Stall = 20, true
			ctx, cancel := context.WithTimeout(context.Background(), answering(name))
			defer cancel()
			answer := "no answer"
			if r, err := c.Do(ctx, m); err == nil {
				answer = fmt.Sprint(r.Status, string(r.Body))
			}
			mu.Lock()
			defer mu.Unlock()
			answers[name] = answer
		})
	}
	clients.Wait()
	return answers
}

// essence is what a record says that does not change from request to request.
func essence(t *testing.T, line string) string {
	t.Helper()
	var l struct{ Mom []json.RawMessage }
	if err := json.Unmarshal([]byte(line), &l); err != nil || len(l.Mom) == 0 {
		return "none"
	}
	var r record
	if err := json.Unmarshal(l.Mom[0], &r); err != nil {
		t.Fatal(err)
	}
	year, _, _ := strings.Cut(r.Time, "-")
	return fmt.Sprint(r.Action, r.Status, r.Decision, r.Bytes, " ", year, " ", len(r.VM) > 8, r.Seq > 0, " ", r.Finish, r.Upstream)
}

// routedCounter counts what prompts[5] is routed by.
const routedCounter = "wasmcustom.mom_router_requests_total.decision"

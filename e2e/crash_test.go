package e2e

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/crowd"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
)

const (
	faultsCounter = "wasmcustom.mom_router_faults_total"
	demand        = "?crash=" // see plugin/crash_on.go
)

// TestFaultsInTheModuleEndClosed runs the shipped examples with a module that fails on demand: it is built with the tag
// "crash", which the product is not.
func TestFaultsInTheModuleEndClosed(t *testing.T) {
	path, err := needs.Crashing()
	broken := needs.Must(t, path, err)
	for _, installation := range installations(t) {
		for _, mode := range []string{"flag", "pair"} {
			late := !newest(installation.Name)
			if mode == "flag" && late {
				continue // three of the four are enough: what is tested is the module, not the versions
			}
			t.Run("Envoy "+installation.Name+", "+mode+" mode", func(t *testing.T) {
				if os.Getenv("MOM_REDTEAM") != "1" {
					needs.Part(t, late || mode == "flag")
				}
				t.Parallel()
				s := startCrashing(t, installation, mode, broken)
				t.Run("a panic ends one request and not the VM", func(t *testing.T) { panics(t, s) })
				t.Run("more held than memory allows ends the latest", func(t *testing.T) { overload(t, s) })
				t.Run("after a crash service returns by itself", func(t *testing.T) { crashes(t, s) })
				t.Run("no refused request has reached a backend after all", func(t *testing.T) { nothingRefusedArrived(t, s) })
				if s.envoy.Exited() {
					t.Errorf("Envoy has died:\n%s", s.envoy.Log())
				}
			})
		}
	}
}

func startCrashing(t *testing.T, installation envoy.Installation, mode, module string) *stand {
	t.Helper()
	s := &stand{mode: mode, version: installation.Name, clients: map[string]client.Client{}}
	var err error
	if s.backends, err = backend.Start(clusters()...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.backends.Stop)
	x := example(t, mode, s.backends.Ports())
	x.Module(module)
	hasty := clone(t, x, impatient)
	hasty.Configure(map[string]string{"flag": "mom-router", "pair": "mom-router-lead"}[mode], `{"policy":"default","hold":"`+mode+`","hold_timeout":"1s"}`)
	clone(t, x, withTrailers).Set(true, "http_protocol_options", "enable_trailers")
	clone(t, x, crowded).Configure(map[string]string{"flag": "mom-router", "pair": "mom-router-lead"}[mode], `{"policy":"default","hold":"`+mode+`","memory":1048576,"hold_timeout":"5m"}`)
	// One worker, so that whatever a test does meets the VM that has just failed.
	s.run(t, x, envoy.Options{Binary: installation.Path, Workers: 1})
	return s
}

// crowded is a listener whose plugin may keep 1 MiB for all held requests.
const crowded = "crowded"

// overload holds more requests than the memory allows: some are refused, the others are served, and so are those that
// come when they have gone.
func overload(t *testing.T, s *stand) {
	for range 2 {
		const many = 40
		last := make(chan struct{})
		held := make(chan struct{}, many)
		statuses := make(chan int, many)
		var clients crowd.Crowd
		for range many {
			m := post([]byte(`{"model":"auto","user":"` + strings.Repeat("u", 32<<10) + `","messages":[{"role":"user","content":"Who are you?"}]}`))
			m.Chunk = 32 << 10
			arrived := sync.OnceFunc(func() { held <- struct{}{} })
			m.Wait = func() { arrived(); <-last }
			c := s.newClient(t, crowded, "HTTP/1")
			clients.Go(func() {
				defer c.Close()
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				r, err := c.Do(ctx, m)
				arrived() // it may have been refused before all but the last piece was written
				switch {
				case err != nil: // refused, and the connection closed before all was written
					statuses <- 503
				case r.Status == 503 && !strings.Contains(string(r.Body), `"router_overloaded"`):
					t.Errorf("refused with: %s", r.Body)
					fallthrough
				default:
					statuses <- r.Status
				}
			})
		}
		for range many {
			<-held
		}
		eventually(t, "some are refused", func() bool { return s.stat(t, "wasmcustom.mom_router_requests_overloaded_total") > 0 })
		close(last)
		clients.Wait()
		count := map[int]int{}
		for range many {
			count[<-statuses]++
		}
		if count[200] == 0 || count[503] == 0 || count[200]+count[503] != many {
			t.Errorf("answered: %v", count)
		}
		s.idle(t)
	}
}

// failing is a request whose handling fails somehow at some place.
func failing(how, place, text string) client.Message {
	m := post(chat("auto", text))
	m.Path += demand + how + "@" + strings.ReplaceAll(place, " ", "_")
	m.Header = append(m.Header, [2]string{"x-mom-cluster", glm.cluster})
	if place == "trailers" {
		m.Framing, m.Trailer = client.Chunked, [][2]string{{"x-checksum", "1"}}
	}
	if place == "tick" {
		m.Break, m.Stall = 40, true // a client that stops is answered at a tick
	}
	return m
}

// bystander sends a request that is held until the function that it returns is called, which wants this status.
func bystander(t *testing.T, s *stand) (release func(status int)) {
	t.Helper()
	m := post(chat("auto", prompts[5].text))
	m.Chunk = 40
	held, last, answered := make(chan struct{}), make(chan struct{}), make(chan int, 1)
	m.Wait = func() { close(held); <-last }
	c := s.newClient(t, asShipped, "HTTP/1")
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		r, err := c.Do(ctx, m)
		if err != nil {
			t.Errorf("the request that was held meanwhile: %v", err)
			answered <- 0
			return
		}
		answered <- r.Status
	}()
	select {
	case <-held:
	case status := <-answered: // it was answered, or failed, before it could be held: release says so
		answered <- status
	}
	return func(status int) {
		t.Helper()
		close(last)
		if got := <-answered; got != status {
			t.Errorf("the request that was held meanwhile was answered %d, want %d", got, status)
		}
		c.Close()
	}
}

func panics(t *testing.T, s *stand) {
	for _, c := range []struct {
		place   string
		pair    bool // only the pair has this place
		reaches bool // a backend has got the request before
		status  int
	}{
		{"headers", false, false, 503},
		{"body", false, false, 503},
		{"trailers", false, true, 503}, // the document was complete, and so the request on its way
		{"tick", false, false, 503},
		{"response", false, true, 503},
		{"done", false, true, 200},
		{"queue", true, false, 503},
		{"gate headers", true, false, 503},
		{"gate body", true, false, 503},
	} {
		if c.pair && s.mode != "pair" {
			continue
		}
		kinds := []string{"index", "nil", "text"}
		if c.place == "tick" {
			kinds = kinds[:1] // it takes a second
		}
		for _, how := range kinds {
			t.Run(how+" in "+c.place, func(t *testing.T) {
				release := bystander(t, s)
				for _, protocol := range protocols {
					faults, logged := s.stat(t, faultsCounter), len(s.envoy.Log())
					m := failing(how, c.place, "Who is the cormorant?")
					listener := withTrailers
					if c.place == "tick" {
						listener = impatient // or it would take long
					}
					r, id := s.call(t, s.client(t, listener, protocol), m)
					if r.Status != c.status {
						t.Errorf("status %d over %s, want %d: %s", r.Status, protocol, c.status, r.Body)
						break
					}
					if c.status != 200 {
						checkError(t, r, "router_unavailable", canary)
					}
					if !c.reaches {
						s.never(id)
					}
					eventually(t, "the fault is counted", func() bool { return s.stat(t, faultsCounter) > faults })
					eventually(t, "the log says that there was a panic", func() bool {
						return strings.Contains(s.envoy.Log()[logged:], "mom-router: panic in")
					})
					if log := s.envoy.Log()[logged:]; strings.Contains(log, canary) {
						t.Errorf("the log repeats the prompt: %s", log)
					}
				}
				release(200)
				good := post(chat("auto", prompts[5].text))
				prompts[5].want.check(t, good, s.routed(t, s.client(t, asShipped, "HTTP/1"), good))
			})
		}
	}
	s.idle(t)
}

func crashes(t *testing.T, s *stand) {
	for _, how := range []string{"lock", "memory", "stack"} {
		t.Run(how, func(t *testing.T) {
			release := bystander(t, s)
			r, id := s.call(t, s.newClient(t, asShipped, "HTTP/1"), failing(how, "body", "Who is the cormorant?"))
			s.never(id)
			if r.Status != 503 {
				t.Errorf("the request that ended the VM was answered %d: %s", r.Status, r.Body)
			}
			release(503)
			// Envoy loads the module anew at once or after a back-off. Until then all is closed, also for those that bring
			// a route of their own, and afterwards they are routed like all others.
			eventually(t, "service returns", func() bool {
				m := post(chat("auto", prompts[5].text))
				m.Header = append(m.Header, [2]string{"x-mom-cluster", glm.cluster}, [2]string{"x-mom-model", glm.name})
				for _, protocol := range protocols {
					c := s.newClient(t, asShipped, protocol)
					defer c.Close()
					r, id := s.call(t, c, m)
					switch got := s.backends.Got(id); {
					case r.Status == 200 && len(got) == 1:
						prompts[5].want.check(t, m, got[0])
					case r.Status != 503 || len(got) > 0:
						t.Errorf("after the crash a request is answered %d and reaches %d backends", r.Status, len(got))
					default:
						return false
					}
				}
				return true
			})
			for _, p := range prompts {
				m := post(chat("auto", p.text))
				p.want.check(t, m, s.routed(t, s.client(t, asShipped, "HTTP/1"), m))
			}
		})
	}
}

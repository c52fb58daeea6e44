// Package e2e runs the shipped examples in the real Envoy, in both of its supported versions and both modes, and looks at
// what clients, engines and logs get to see.
//
// The environment can say: MOM_E2E=0 skips it all; ENVOY=/path/to/envoy uses that binary instead of the pinned ones;
// MOM_ROUTER_WASM=/path/to/module tests that module instead of the one that is built from the tree; MOM_E2E_REQUESTS=N has the load test
// send N requests instead of 1,000, or of 20,000 in `make test-rest`.
package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
)

// patience bounds everything that a test waits for: far above what it takes on a busy machine, far below a hang.
const patience = 90 * time.Second

// slowly is what a body may take beyond patience, for each MB of it: far above as well.
const slowly = 2 * time.Second

// The listeners of a stand: the example's own, and copies of it with one knob turned.
const (
	asShipped    = "llm"
	withTrailers = "trailers"   // HTTP/1 trailers are kept, which Envoy drops by default
	passing      = "pass"       // the plugin lets one path pass uninspected
	unstripped   = "bare"       // the same, and Envoy does not remove client-sent routing headers: the plugin must
	briefly      = "brief"      // a stream may idle for a second only, until it is routed
	impatient    = "hasty"      // the plugin holds a request without progress for a second only
	narrow       = "narrow"     // trailers are kept, the hold window is narrowWindow, and the response shows the model
	strictly     = "strict"     // the policy is redteam.Strict
	cramped      = "cramped"    // the buffers are those of Istio's edge profile, and the hold window is half of them
	keyed        = "keyed"      // records are chained with a key that stands in Envoy's environment
	replicated   = "replicated" // requests get keys from a secret that stands in Envoy's environment
	asking       = "asking"     // the policy has engines asked for usage, where clients do not ask
	inflating    = "inflate"    // decompressors and a buffer stand before the plugin, as in compressed.yaml, and trailers are kept
	byLDS        = "by-lds"     // the whole listener comes from a file that is replaced while Envoy runs
	byECDS       = "by-ecds"    // the Wasm filters come from such files
)

// stand is one Envoy in one mode with its six backends, shared by all scenarios.
type stand struct {
	mode     string
	version  string   // of Envoy, or "ENVOY"
	filters  []string // names of the Wasm filters, the lead first
	live     *live
	envoy    *envoy.Process
	backends *backend.Set

	cases    atomic.Int64
	keyedVMs map[string]bool // whose records are chained with a key
	mu       sync.Mutex
	refused  []string // ids of cases of which no backend may ever have got a whole request
	clients  map[string]client.Client
}

// scenarios run one after the other on each stand, in this order: the last ones look back at all that was logged.
var scenarios = []struct {
	name string
	run  func(*testing.T, *stand)
	in   parts
}{
	{"the eight demo requests reach the published models", demoRequests, quickly},
	{"a body arrives however it is framed and cut", bodyShapes, quickly},
	{"what comes after the route is chosen arrives whole", latecomers, quickly},
	{"100 MB are read to the end in bounded memory", hundredMegabytes, atLength},
	{"a body of 50 MB passes the default buffer limit", largeBodies, atLength},
	{"a concrete model is used if the guards allow it", namedModels, quickly},
	{"what cannot be read is refused and reaches no backend", badRequests, quickly},
	{"compressed bodies are read, and bombs are not", compressedBodies, quickly},
	{"what is no model call is answered and reaches no backend", otherPaths, quickly},
	{"routing headers of a client change nothing and reach nobody", forgedHeaders, quickly},
	{"what turns up after the hold window still ends the request", lateFindings, quickly},
	{"members and mistakes behind the hold window mean the same however they arrive", lateMembers, quickly},
	{"the outcome depends on the bytes alone, not on the cuts", anyCuts, quickly},
	{"others are served while a long body is read", meanwhile, quickly | atLength},
	{"responses come through as they are sent", responses, quickly},
	{"answers are read, and nothing is added to them", answers, quickly},
	{"clients that leave while held leave nothing behind", leavingClients, quickly},
	{"waiting ends where it should and only there", timeouts, quickly},
	{"slow clients are cut only when nothing moves", slowClients, quickly},
	{"a new policy comes into force under load, and a bad one does not", liveUpdates, quickly},
	{"a wrong configuration answers 503 and names the cure", wrongConfigurations, quickly},
	{"attacks do not work", attacks, quickly},
	{"records tell what the requests were", records, quickly},
	{"denials are counted by code", denials, quickly},
	{"metrics are as the document says", metricsAreDescribed, quickly},
	{"keys of the environment are used and show nowhere", keys, quickly},
	{"conversations keep their replicas, within bounds", conversations, quickly},
	{"requests of all sizes go right", load, quickly | atLength},
	{"no refused request has reached a backend after all", nothingRefusedArrived, quickly | atLength},
	{"the chain of records has no gap", recordChain, quickly | atLength},
}

// parts are the runs that a scenario is in.
type parts int

const (
	quickly  parts = 1 << iota // make test
	atLength                   // make test-rest
)

func (p parts) now() bool {
	return p&quickly != 0 && needs.Quick() || p&atLength != 0 && needs.Rest()
}

func TestEnvoy(t *testing.T) {
	for _, installation := range installations(t) {
		for _, mode := range []string{"flag", "pair"} {
			t.Run("Envoy "+installation.Name+", "+mode+" mode", func(t *testing.T) {
				t.Parallel()
				// The older Envoy is for the longer run, with everything in it: four stands side by side are a third of what make test costs.
				late := !newest(installation.Name)
				if late {
					needs.Part(t, true)
				}
				s := start(t, installation, mode)
				for _, scenario := range scenarios {
					if !late && !scenario.in.now() {
						continue
					}
					t.Run(scenario.name, func(t *testing.T) { scenario.run(t, s) })
				}
				if s.envoy.Exited() {
					t.Errorf("Envoy has died:\n%s", s.envoy.Log())
				}
			})
		}
	}
}

// newest reports whether a version of Envoy, or the binary that the environment names, is what make test shows most things with.
func newest(version string) bool { return version == envoy.Versions[0] || version == "ENVOY" }

func installations(t *testing.T) []envoy.Installation {
	t.Helper()
	return envoy.Need(t)
}

// module is the path of the Wasm module under test.
func module(t *testing.T) string {
	t.Helper()
	path, err := needs.Module()
	return needs.Must(t, path, err)
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := envoy.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// example loads the shipped configuration of a mode, moved to loopback.
func example(t *testing.T, mode string, ports map[string]int) *envoy.Example {
	t.Helper()
	x, err := envoy.Shipped(mode, ports, module(t))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// clone adds a listener like the shipped one, to turn a knob of.
func clone(t *testing.T, x *envoy.Example, name string) *envoy.Listener {
	t.Helper()
	l, err := x.CloneListener(asShipped, name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// newStand is a stand whose backends run and whose Envoy does not yet.
func newStand(t *testing.T, installation envoy.Installation, mode string) *stand {
	t.Helper()
	s := &stand{mode: mode, version: installation.Name, filters: []string{"mom-router"}, clients: map[string]client.Client{}}
	if mode == "pair" {
		s.filters = []string{"mom-router-lead", "mom-router-gate"}
	}
	var err error
	if s.backends, err = backend.Start(clusters()...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.backends.Stop)
	return s
}

// run starts the stand's Envoy. The end of its log is told if the test fails.
func (s *stand) run(t *testing.T, x *envoy.Example, o envoy.Options) {
	t.Helper()
	o.Dir = t.TempDir()
	var err error
	if s.envoy, err = x.Start(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.envoy.Stop)
	if log := s.envoy.Log(); strings.Contains(log, "Attempted call to restricted") && !strings.Contains(t.Name(), "Capabilities") {
		t.Errorf("the examples do not allow what the module calls at start:\n%s", tail(log, 30))
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of Envoy's log:\n%s", tail(s.envoy.Log(), 30))
			if crash := crashReport(s.envoy.Log()); crash != "" {
				t.Logf("the module's runtime said:\n%s", crash)
			}
		}
	})
}

// crashReport is what Go's runtime wrote as it first gave up in the module, at most 8 KB of it: Envoy makes a line of its
// log of each piece that is printed.
func crashReport(log string) string {
	const before = "wasm log mom-router mom-router: "
	var said strings.Builder
	for line := range strings.Lines(log) {
		_, piece, found := strings.Cut(line, before)
		begins := strings.Contains(piece, "fatal error: ") || strings.Contains(piece, "panic: ") || strings.Contains(piece, "runtime: ")
		if said.Len() == 0 && !begins || said.Len() > 8<<10 {
			continue
		}
		if found {
			if piece = strings.TrimSuffix(piece, "\n"); piece == "" {
				piece = "\n"
			}
			said.WriteString(piece)
		}
	}
	return said.String()
}

func start(t *testing.T, installation envoy.Installation, mode string) *stand {
	t.Helper()
	s := newStand(t, installation, mode)
	x := example(t, mode, s.backends.Ports())
	s.spread(t, x)
	clone(t, x, withTrailers).Set(true, "http_protocol_options", "enable_trailers")
	pass := fmt.Sprintf(`{"policy":"default","hold":%q,"pass":["/v1/open"]}`, mode)
	clone(t, x, passing).Configure(s.filters[0], pass)
	bare := clone(t, x, unstripped)
	bare.Unset("early_header_mutation_extensions")
	bare.Configure(s.filters[0], pass)
	clone(t, x, briefly).Set("1s", "stream_idle_timeout")
	clone(t, x, impatient).Configure(s.filters[0], fmt.Sprintf(`{"policy":"default","hold":%q,"hold_timeout":"1s"}`, mode))
	thin := clone(t, x, narrow)
	thin.Set(true, "http_protocol_options", "enable_trailers")
	thin.Configure(s.filters[0], narrowConfiguration(mode))
	clone(t, x, strictly).Configure(s.filters[0], strictConfiguration(mode))
	clone(t, x, asking).Configure(s.filters[0], askingConfiguration(mode))
	tight := clone(t, x, cramped)
	tight.LimitBuffers(32 << 10)
	tight.Configure(s.filters[0], fmt.Sprintf(`{"policy":"default","hold":%q,"hold_bytes":%d}`, mode, 16<<10))
	s.withKey(t, clone(t, x, keyed))
	s.withSecret(t, clone(t, x, replicated))
	s.inflate(t, x)
	s.live = goLive(t, x, s)
	for _, w := range wrong(mode) {
		w.make(clone(t, x, w.listener))
	}
	s.run(t, x, envoy.Options{Binary: installation.Path, Workers: 2, Drain: 120})
	return s
}

// protocols are what a client may speak.
var protocols = []string{"HTTP/1", "HTTP/2"}

// client is the stand's own client of a listener and protocol.
func (s *stand) client(t *testing.T, listener, protocol string) client.Client {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	key := listener + " " + protocol
	if c, ok := s.clients[key]; ok {
		return c
	}
	c := s.newClient(t, listener, protocol)
	s.clients[key] = c
	t.Cleanup(func() {
		c.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.clients, key)
	})
	return c
}

// newClient is a client of a listener and protocol with connections of its own.
func (s *stand) newClient(t *testing.T, listener, protocol string) client.Client {
	t.Helper()
	address, err := s.envoy.Listener(listener)
	if err != nil {
		t.Fatal(err)
	}
	if protocol == "HTTP/2" {
		return client.NewHTTP2(address)
	}
	return client.NewHTTP1(address)
}

// mark gives a message an id of its own, by which the backends record it.
func (s *stand) mark(m client.Message) (client.Message, string) {
	id := fmt.Sprint("case-", s.cases.Add(1))
	m.Header = append(m.Header[:len(m.Header):len(m.Header)], [2]string{backend.CaseHeader, id})
	return m, id
}

// call sends a message that must be answered.
func (s *stand) call(t *testing.T, c client.Client, m client.Message) (r *client.Response, id string) {
	t.Helper()
	m, id = s.mark(m)
	return s.send(t, c, m), id
}

// send is call for a message that has its id already.
func (s *stand) send(t *testing.T, c client.Client, m client.Message) *client.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience+time.Duration(len(m.Body)>>20)*slowly)
	defer cancel()
	r, err := c.Do(ctx, m)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	return r
}

// routed sends a message that must reach exactly one backend, and returns what that got.
func (s *stand) routed(t *testing.T, c client.Client, m client.Message) backend.Request {
	t.Helper()
	r, id := s.call(t, c, m)
	if r.Status != 200 {
		t.Fatalf("status %d, want 200; body: %s", r.Status, r.Body)
	}
	got := s.backends.Got(id) // recorded before it was answered
	if len(got) != 1 {
		t.Fatalf("%d requests reached the backends, want 1", len(got))
	}
	return got[0]
}

// denied sends a message that must be answered with a status and reach no backend, not even later.
func (s *stand) denied(t *testing.T, c client.Client, m client.Message, status int) *client.Response {
	t.Helper()
	r, id := s.call(t, c, m)
	if r.Status != status {
		t.Errorf("status %d, want %d; body: %s", r.Status, status, r.Body)
	}
	if got := s.backends.Got(id); len(got) > 0 {
		t.Errorf("reached %s", got[0].Cluster)
	}
	s.never(id)
	return r
}

// never has the last scenario check that no backend got the whole of a case.
func (s *stand) never(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, id)
}

func nothingRefusedArrived(t *testing.T, s *stand) {
	for _, id := range s.refused {
		for _, got := range s.backends.Got(id) {
			if got.Err == nil {
				t.Errorf("%s reached %s: %s %s", id, got.Cluster, got.Method, got.Path)
			}
		}
	}
}

// eventually polls for what nobody announces. It may be called in any goroutine.
func eventually(t *testing.T, what string, ok func() bool) bool {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("waited in vain for: %s", what)
			return false
		}
	}
	return true
}

func tail(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

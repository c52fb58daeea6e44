package differential

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/hostsim"
)

// patience bounds what a test waits for: far above what it takes.
const patience = 30 * time.Second

// scene is a chain of filters with the requests that go through it, one after the other.
type scene struct {
	name     string
	filters  []filter
	modules  map[string][]byte
	limit    int
	keep     bool
	call     answer // to the HTTP calls of plugins, which carry "x-case: ask"
	requests []request
}

// request is what a client sends, and what the backend answers.
type request struct {
	method, path string // "" is GET or POST, and /
	http2        bool
	header       [][2]string
	body         string
	cuts         []int
	chunked      bool
	trailer      [][2]string
	answer       answer
}

// answer is the backend's.
type answer struct {
	status  int // 0: 200
	header  [][2]string
	body    string
	trailer [][2]string
}

// seen is what became of a request.
type seen struct {
	status   int
	header   []string
	body     string
	trailer  []string
	upstream string // all that the backend got
	log      []string
}

func (s seen) String() string {
	return fmt.Sprintf("status %d %q\nheaders %s\ntrailers %s\nupstream %s\nlog\n  %s\n", s.status, s.body,
		strings.Join(s.header, " | "), strings.Join(s.trailer, " | "), s.upstream, strings.Join(s.log, "\n  "))
}

// listenerName is fit for a listener and a vm_id.
func (s *scene) id() string {
	return regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(s.name), "-")
}

// clusters are where requests can go.
var clusters = []string{"a", "b"}

// stage is a running Envoy with the listeners of scenes.
type stage struct {
	process  *envoy.Process
	backends *backend.Set
	read     map[string]int // lines of log that were read, by vm_id
	records  map[string]string
	logged   int // lines of the access log that are in records
}

// raise starts one Envoy for all scenes.
func raise(t *testing.T, installation envoy.Installation, scenes []*scene) *stage {
	t.Helper()
	st := &stage{read: map[string]int{}, records: map[string]string{}}
	var err error
	if st.backends, err = backend.Start(clusters...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.backends.Stop)
	dir := t.TempDir()
	files := map[string]string{}
	var listeners []listener
	for _, s := range scenes {
		l := listener{name: s.id(), limit: s.limit, keep: s.keep}
		for _, f := range s.filters {
			f.vm = s.id()
			key := s.id() + "." + f.module
			if _, have := files[key]; !have {
				files[key] = filepath.Join(dir, key+".wasm")
				if err := os.WriteFile(files[key], s.modules[f.module], 0o644); err != nil {
					t.Fatal(err)
				}
			}
			f.module = key
			l.filters = append(l.filters, f)
		}
		listeners = append(listeners, l)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	st.process, err = envoy.Start(ctx, envoy.Options{
		Binary: installation.Path, Config: bootstrap(listeners, files, st.backends.Ports()), Dir: dir, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.process.Stop)
	return st
}

// wasmLine is a line that a plugin logged: level, the names of the plugin and its VM, the message.
var wasmLine = regexp.MustCompile(`^\[[^\]]*\]\[\d+\]\[(\w+)\]\[wasm\] \[[^\]]*\] wasm log(?: (\S+))? (\S+): (.*)$`)

// log lists what the plugins of a VM have logged, as hostsim writes it.
func (st *stage) log(vm string) []string {
	var out []string
	for _, line := range strings.Split(st.process.Log(), "\n") {
		if m := wasmLine.FindStringSubmatch(line); m != nil && m[3] == vm {
			out = append(out, entry(m[1], m[4]))
		}
	}
	return out
}

// entry is a line of log. Envoy names the plugin in the lines of streams only, so programs name themselves.
// record finds the record of a case in the access log.
func (st *stage) record(id string) (string, bool) {
	for all := st.process.AccessLog(); st.logged < len(all); st.logged++ {
		if case_, record, ok := strings.Cut(all[st.logged], " "); ok {
			st.records[case_] = record
		}
	}
	r, ok := st.records[id]
	return r, ok
}

func entry(level, message string) string {
	if level != "info" {
		level = strings.TrimSuffix(level, "ing") // Envoy calls it warning, hostsim warn
		return level + ": " + message
	}
	return message
}

// fresh waits until a VM has logged n lines that were not read yet, and gives all there are.
func (st *stage) fresh(vm string, n int) []string {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		all := st.log(vm)
		if len(all)-st.read[vm] >= n || time.Now().After(deadline) {
			out := all[st.read[vm]:]
			st.read[vm] = len(all)
			return out
		}
	}
}

var caseNumber int

// ask sends a request through Envoy. lines is how many the log will have.
func (st *stage) ask(t *testing.T, s *scene, r request, lines int) seen {
	t.Helper()
	id := fmt.Sprint("case-", caseNumber)
	address, err := st.process.Listener(s.id())
	if err != nil {
		t.Fatal(err)
	}
	var c client.Client = client.NewHTTP1(address)
	if r.http2 {
		c = client.NewHTTP2(address)
	}
	defer c.Close()
	m := r.message()
	m.Header = append(m.Header[:len(m.Header):len(m.Header)], [2]string{backend.CaseHeader, id})
	st.backends.Play(id, r.answer.play)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out seen
	if got, err := c.Do(ctx, m); err == nil {
		out.status, out.body = got.Status, string(got.Body)
		out.header, out.trailer = plainHeader(got.Header), plainHeader(got.Trailer)
	}
	out.log = st.fresh(s.id(), lines)
	got := st.backends.Got(id)
	out.upstream = "nothing"
	if len(got) > 0 {
		g := got[0]
		h := g.Header.Clone()
		if g.ContentLength > 0 {
			h.Set("content-length", fmt.Sprint(g.ContentLength))
		}
		out.upstream = fmt.Sprintf("%s: %s %s %s %q trailers %s", g.Cluster, g.Method, g.Path, strings.Join(plainHeader(h), " | "), g.Body, strings.Join(plainHeader(g.Trailer), " | "))
		if g.Err != nil {
			out.upstream = "nothing" // cut short: no engine acts on it
		}
	}
	return out
}

func (r request) message() client.Message {
	m := client.Message{Method: r.method, Path: r.path, Header: r.header, Body: []byte(r.body), Cuts: r.cuts, Trailer: r.trailer}
	m.Header = append(m.Header[:len(m.Header):len(m.Header)], [2]string{"user-agent", "differential"})
	if m.Method == "" {
		m.Method = "GET"
		if r.body != "" {
			m.Method = "POST"
		}
	}
	if m.Path == "" {
		m.Path = "/"
	}
	switch {
	case r.body == "" && !r.chunked:
		m.Framing = client.None
	case r.chunked || len(r.trailer) > 0:
		m.Framing = client.Chunked
	}
	return m
}

func (a answer) play(w http.ResponseWriter, _ *http.Request) {
	for _, h := range a.header {
		w.Header().Add(h[0], h[1])
	}
	for _, h := range a.trailer {
		w.Header().Add("Trailer", h[0])
	}
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	w.Write([]byte(a.body))
	for _, h := range a.trailer {
		w.Header().Set(h[0], h[1])
	}
}

// noise are headers that Envoy, the client or net/http add on their own and that hostsim's documentation says it does not.
var noise = map[string]bool{
	"date": true, "server": true, "x-envoy-upstream-service-time": true, "x-request-id": true, "x-case": true,
	"x-forwarded-proto": true, "x-envoy-expected-rq-timeout-ms": true, "host": true, "connection": true, "trailer": true,
	"transfer-encoding": true, "accept-encoding": true, "te": true,
}

func plainHeader(h http.Header) []string {
	var out []string
	for name, values := range h {
		name = strings.ToLower(name)
		if !noise[name] && !(name == "content-length" && h.Get(name) == "0") {
			for _, v := range values {
				out = append(out, name+": "+v)
			}
		}
	}
	sort.Strings(out)
	return out
}

// simulation is hostsim with a scene's filters.
type simulation struct {
	worker *hostsim.Worker
	log    []string
	record string // of the last request
	play   answer
}

func simulate(t *testing.T, profile hostsim.Envoy, s *scene) *simulation {
	t.Helper()
	host, err := hostsim.New(hostsim.Options{Envoy: profile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	return simulateOn(t, host, s)
}

func simulateOn(t *testing.T, host *hostsim.Host, s *scene) *simulation {
	t.Helper()
	sim := &simulation{}
	config := hostsim.Config{
		VMID: s.id(), VMConfiguration: []byte(s.filters[0].vmConfig), BufferLimit: s.limit,
		Backend:  func(string) hostsim.Response { return sim.play.response() },
		LogLevel: hostsim.LevelInfo,
		Log: func(level hostsim.Level, plugin, message string) {
			if plugin != "" && level >= hostsim.LevelInfo {
				sim.log = append(sim.log, entry(level.String(), message))
			}
		},
		Call:  callB(s.call),
		Route: route, DropHTTP1Trailers: !s.keep, NodeID: "e2e", NodeCluster: "e2e",
	}
	module, err := host.Load(s.modules[s.filters[0].module])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.filters {
		config.Filters = append(config.Filters, hostsim.Filter{Name: f.name, Configuration: []byte(f.config),
			AllowOnHeadersStop: f.allow, FailOpen: f.failure == "FAIL_OPEN"})
	}
	if sim.worker, err = module.Worker(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.worker.Close() })
	return sim
}

// route is what the routes of bootstrap mean.
func route(h *hostsim.Headers) hostsim.Route {
	path, cluster := h.Value(":path"), h.Value("x-mom-cluster")
	_, present := h.Get("x-mom-cluster")
	switch {
	case strings.HasPrefix(path, "/by-match") && cluster == "b":
		return hostsim.Route{Cluster: "b"}
	case strings.HasPrefix(path, "/gone"):
		cluster = h.Value("x-gone")
		present = true
	}
	switch {
	case !present:
		return hostsim.Route{Status: 404, Details: "route_not_found"}
	case cluster == "":
		return hostsim.Route{Status: 503, Details: "cluster_not_found"}
	case !slices.Contains(clusters, cluster):
		return hostsim.Route{Cluster: cluster, Status: 503, Details: "cluster_not_found"}
	}
	return hostsim.Route{Cluster: cluster}
}

func (a answer) response() hostsim.Response {
	status := a.status
	if status == 0 {
		status = 200
	}
	r := hostsim.Response{Body: []byte(a.body), Headers: []hostsim.Field{{Name: ":status", Value: fmt.Sprint(status)}}}
	for _, h := range a.header {
		r.Headers = append(r.Headers, hostsim.Field{Name: strings.ToLower(h[0]), Value: h[1]})
	}
	// What net/http adds.
	r.Headers = append(r.Headers, hostsim.Field{Name: "date", Value: "Sun, 22 Nov 2026 18:00:00 GMT"})
	if len(a.trailer) > 0 {
		for _, h := range a.trailer {
			r.Headers = append(r.Headers, hostsim.Field{Name: "trailer", Value: h[0]})
		}
		r.Headers = append(r.Headers, hostsim.Field{Name: "transfer-encoding", Value: "chunked"})
	}
	for _, h := range a.trailer {
		r.Trailers = append(r.Trailers, hostsim.Field{Name: strings.ToLower(h[0]), Value: h[1]})
	}
	return r
}

// ask sends a request through hostsim.
func (sim *simulation) ask(r request) seen {
	sim.log, sim.play = nil, r.answer
	m := r.message()
	q := hostsim.Request{Method: m.Method, Path: m.Path, Body: m.Body, Chunks: m.Cuts, HTTP2: r.http2,
		Headers: []hostsim.Field{{Name: "host", Value: "llm.test"}}}
	for _, h := range append(m.Header[:len(m.Header):len(m.Header)], [2]string{backend.CaseHeader, fmt.Sprint("case-", caseNumber)}) {
		q.Headers = append(q.Headers, hostsim.Field{Name: strings.ToLower(h[0]), Value: h[1]})
	}
	q.Unsized = m.Framing == client.Chunked
	if q.Unsized && !r.http2 {
		q.Headers = append(q.Headers, hostsim.Field{Name: "transfer-encoding", Value: "chunked"})
	}
	if r.http2 {
		for _, h := range m.Trailer { // net/http announces them
			q.Headers = append(q.Headers, hostsim.Field{Name: "trailer", Value: h[0]})
		}
	}
	for _, h := range m.Trailer {
		q.Trailers = append(q.Trailers, hostsim.Field{Name: strings.ToLower(h[0]), Value: h[1]})
	}
	res := sim.worker.Do(q)
	out := seen{status: res.Status, upstream: "nothing"}
	if res.Response != nil {
		out.body = string(res.Response.Body)
		out.header, out.trailer = simHeader(res.Response.Head), simHeader(res.Response.Tail)
	}
	if u := res.Upstream; u != nil {
		out.upstream = fmt.Sprintf("%s: %s %s %s %q trailers %s", res.Cluster, u.Head.Value(":method"), u.Head.Value(":path"),
			strings.Join(simHeader(u.Head), " | "), u.Body, strings.Join(simHeader(u.Tail), " | "))
	}
	out.log, sim.record = sim.log, string(res.State["wasm.mom.audit"])
	return out
}

func simHeader(h *hostsim.Headers) []string {
	var out []string
	for _, f := range h.Fields() {
		if !noise[f.Name] && !strings.HasPrefix(f.Name, ":") && !(f.Name == "content-length" && f.Value == "0") {
			out = append(out, f.Name+": "+f.Value)
		}
	}
	sort.Strings(out)
	return out
}

// profiles says which of hostsim's profiles an Envoy is compared with.
func profile(version string) hostsim.Envoy {
	if strings.HasPrefix(version, "1.36") {
		return hostsim.Envoy136
	}
	return hostsim.Envoy140
}

// play runs scenes in every Envoy and in hostsim, and compares.
func play(t *testing.T, scenes []*scene) { playOn(t, scenes, "") }

// playOn is play for the Envoys whose version begins so; one that the environment names counts as the newest.
func playOn(t *testing.T, scenes []*scene, version string) {
	if os.Getenv("MOM_E2E") == "0" {
		t.Skip("MOM_E2E=0: the tests with the real Envoy are skipped")
	}
	all, err := envoy.Installations()
	if err != nil {
		t.Fatal(err)
	}
	for _, installation := range all {
		if version != "" && !strings.HasPrefix(profile(installation.Name).String(), version) {
			continue
		}
		t.Run("Envoy "+installation.Name, func(t *testing.T) {
			st := raise(t, installation, scenes)
			for _, s := range scenes {
				t.Run(s.name, func(t *testing.T) { s.play(t, st, profile(installation.Name)) })
			}
		})
	}
}

func (s *scene) play(t *testing.T, st *stage, p hostsim.Envoy) {
	st.backends.Play("ask", s.call.play)
	sim := simulate(t, p, s)
	// Envoy configures a plugin several times: on a trial VM, on the main thread's, on the worker's. The last counts.
	begun := st.fresh(s.id(), len(sim.log))
	if n := len(begun) - len(sim.log); n > 0 {
		begun = begun[n:]
	}
	compare(t, "start", seen{log: begun}, seen{log: sim.log})
	for i, r := range s.requests {
		caseNumber++
		want := sim.ask(r)
		compare(t, fmt.Sprint("request ", i), st.ask(t, s, r, len(want.log)), want)
	}
	if late := st.fresh(s.id(), 0); len(late) > 0 {
		t.Errorf("Envoy logged more: %q", late)
	}
}

// compare reports what differs, line by line.
func compare(t *testing.T, what string, real, sim seen) {
	t.Helper()
	x, y := excused(real.String()), excused(sim.String())
	if x == y {
		return
	}
	a, b := strings.Split(x, "\n"), strings.Split(y, "\n")
	var out strings.Builder
	for i := 0; i < max(len(a), len(b)); i++ {
		x, y = "", ""
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			fmt.Fprintf(&out, "Envoy:   %s\nhostsim: %s\n", x, y)
		}
	}
	t.Errorf("%s differs (%d and %d lines)\n%s", what, len(a), len(b), out.String())
}

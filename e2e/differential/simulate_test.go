package differential

import (
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/routertest"
)

// simulation is hostsim with a scene's filters.
type simulation struct {
	stage  *stage
	worker *hostsim.Worker
	log    []string
	record string // of the last request
	play   answer
	broken hostsim.Failure
}

func simulate(t *testing.T, st *stage, profile hostsim.Envoy, s *scene) *simulation {
	t.Helper()
	host, err := routertest.Host(hostsim.Options{Envoy: profile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	return simulateOn(t, st, host, s)
}

func simulateOn(t *testing.T, st *stage, host *hostsim.Host, s *scene) *simulation {
	t.Helper()
	sim := &simulation{stage: st}
	clusters := map[string]*url.URL{}
	for name, port := range st.ports {
		clusters[name] = &url.URL{Scheme: "http", Host: fmt.Sprint("127.0.0.1:", port)}
	}
	config := hostsim.Config{
		BufferLimit: s.limit,
		Backend:     func(string) hostsim.Response { return sim.play.response(sim.broken) },
		LogLevel:    hostsim.LevelInfo,
		Log: func(level hostsim.Level, plugin, message string) {
			if plugin != "" && level >= hostsim.LevelInfo {
				sim.log = append(sim.log, entry(level.String(), message))
			}
		},
		Call:  host.HTTPCalls(clusters),
		Route: route, DropHTTP1Trailers: !s.keep, NodeID: "e2e", NodeCluster: "e2e",
	}
	modules := map[string]*hostsim.Module{}
	for name, code := range s.modules {
		module, err := host.Load(code)
		if err != nil {
			t.Fatal(err)
		}
		modules[name] = module
	}
	for _, f := range s.filters {
		var env [][2]string
		if f.env != "" {
			env = [][2]string{{f.env, "set"}}
		}
		config.Filters = append(config.Filters, hostsim.Filter{Name: f.name, Configuration: []byte(f.config),
			AllowOnHeadersStop: f.allow, FailOpen: f.failure == "FAIL_OPEN", FailReload: f.failure == "FAIL_RELOAD",
			VM: &hostsim.VM{Module: modules[f.module], ID: s.vmID(f), Configuration: []byte(f.vmConfig), Env: env, Capabilities: f.caps}})
	}
	var err error
	if sim.worker, err = modules[s.filters[0].module].Worker(config); err != nil {
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
	case !slices.Contains(clusters, cluster) && broken[cluster] == hostsim.NoFailure:
		return hostsim.Route{Cluster: cluster, Status: 503, Details: "cluster_not_found"}
	}
	return hostsim.Route{Cluster: cluster}
}

func (a answer) response(how hostsim.Failure) hostsim.Response {
	if how == hostsim.BreakingOff {
		return hostsim.Response{Failure: how, Body: []byte("half"),
			Headers: []hostsim.Field{{Name: ":status", Value: "200"}, {Name: "content-type", Value: "text/plain"}, {Name: "content-length", Value: "100"}}}
	}
	status := a.status
	if status == 0 {
		status = 200
	}
	r := hostsim.Response{Failure: how, Body: []byte(a.body), Headers: []hostsim.Field{{Name: ":status", Value: fmt.Sprint(status)}}}
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
	sim.log, sim.play, sim.broken = nil, r.answer, r.broken
	m := r.message()
	q := hostsim.Request{Method: m.Method, Path: m.Path, Body: m.Body, Chunks: m.Cuts, HTTP2: r.http2,
		Headers: []hostsim.Field{{Name: "host", Value: "llm.test"}}}
	for _, h := range append(m.Header[:len(m.Header):len(m.Header)], [2]string{backend.CaseHeader, sim.stage.id()}) {
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
	if u := res.Upstream; u != nil && r.broken == hostsim.NoFailure {
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

// Package routertest runs the module in hostsim for tests of the plugin and of what docs/http-api.md says about it, and reads what
// it answers and records.
package routertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/internal/recordschema"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Plugin is a module in a host of its own.
type Plugin struct {
	Host   *hostsim.Host
	module *hostsim.Module
}

// Host is a host that keeps what it compiles for the next run.
func Host(o hostsim.Options) (host *hostsim.Host, err error) {
	if o.CacheDir, err = needs.Compiled(); err != nil {
		return nil, err
	}
	return hostsim.New(o)
}

// Load loads the module in a file into a host of its own.
func Load(path string, o hostsim.Options) (*Plugin, error) {
	code, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	host, err := Host(o)
	if err != nil {
		return nil, err
	}
	module, err := host.Load(code)
	return &Plugin{host, module}, err
}

// Product is the module as it is shipped, loaded once for all tests of a package.
func Product(t testing.TB) *Plugin {
	t.Helper()
	p, err := product()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var product = sync.OnceValues(func() (*Plugin, error) {
	path, err := needs.Module()
	if err != nil {
		return nil, err
	}
	return Load(path, hostsim.Options{})
})

// Unrouted is the cluster of requests that reach a backend without the router's headers.
const Unrouted = "unrouted"

// Router is one VM with the module in it.
type Router struct {
	*hostsim.Worker
	Clock *hostsim.FakeClock // a busy machine must not let timeouts pass
	Logs  strings.Builder
	// Backend is what engines answer, if it is set.
	Backend func(cluster string) hostsim.Response
}

// Start runs the product in flag mode with the members of a configuration, such as `"policy":"default"`.
func Start(t testing.TB, configuration string) *Router {
	t.Helper()
	return Product(t).Start(t, configuration)
}

// StartPair runs the product in pair mode.
func StartPair(t testing.TB, configuration string) *Router {
	t.Helper()
	return Product(t).StartPair(t, configuration)
}

// Start runs the module in flag mode.
func (p *Plugin) Start(t testing.TB, configuration string) *Router {
	t.Helper()
	return p.StartFilters(t, hostsim.Filter{Name: "mom-router", Configuration: []byte(`{"hold":"flag",` + configuration + `}`), AllowOnHeadersStop: true})
}

// StartPair runs the module in pair mode.
func (p *Plugin) StartPair(t testing.TB, configuration string) *Router {
	t.Helper()
	return p.StartFilters(t, hostsim.Filter{Name: "lead", Configuration: []byte(`{` + configuration + `}`)}, hostsim.Filter{Name: "gate"})
}

// Nowhere is a cluster that the proxy does not have.
const Nowhere = "nowhere"

// StartFilters runs the module in filters of any kind.
func (p *Plugin) StartFilters(t testing.TB, filters ...hostsim.Filter) *Router {
	t.Helper()
	r := &Router{Clock: hostsim.NewFakeClock(time.Now())}
	worker, err := p.module.Worker(hostsim.Config{
		VMID:    t.Name(),
		Env:     [][2]string{{SecretName, Secret}},
		Filters: filters,
		Clock:   r.Clock,
		Route: func(h *hostsim.Headers) hostsim.Route {
			switch cluster := h.Value("x-mom-cluster"); cluster {
			case "":
			case Nowhere:
				return hostsim.Route{Cluster: cluster, Status: 404, Details: "route_not_found"}
			default:
				return hostsim.Route{Cluster: cluster, Again: true} // as in the examples
			}
			return hostsim.Route{Cluster: Unrouted}
		},
		Backend: func(cluster string) hostsim.Response {
			if r.Backend != nil {
				return r.Backend(cluster)
			}
			return hostsim.Response{
				Headers: []hostsim.Field{{Name: ":status", Value: "200"}, {Name: "content-type", Value: "application/json"}},
				Body:    []byte(`{"backend":` + strconv.Quote(cluster) + "}\n"),
			}
		},
		Log: func(level hostsim.Level, _, message string) { fmt.Fprintf(&r.Logs, "%s: %s\n", level, message) },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Worker = worker
	t.Cleanup(func() { worker.Close() })
	return r
}

// Secret is what the environment of all VMs has under SecretName.
const SecretName, Secret = "MOM_TEST_SECRET", "correct-horse-battery"

// DefaultPolicy is the configuration that people begin with.
const DefaultPolicy = `"policy":"default"`

// Answer is what became of a request.
type Answer struct {
	hostsim.Result
	Code    string // of an error that the router answered
	Message string
	Record  Record
	Text    string // all that the router said: answer, record
}

// Record is the part of a record that tests look at.
type Record struct {
	Asked, Action, Decision, Model, Name, Cluster, Reasoning string
	ReasoningAsked                                           string `json:"reasoning_asked"`
	Status                                                   int
	Signals, Flags                                           []string
}

// Send runs a request to its end.
func (r *Router) Send(t *testing.T, q hostsim.Request) Answer {
	t.Helper()
	a := Answer{Result: r.Do(q)}
	r.Check(t, q, &a)
	return a
}

// Check reads an answer, and fails the test if it breaks one of the promises that hold for all.
func (r *Router) Check(t *testing.T, q hostsim.Request, a *Answer) {
	t.Helper()
	if a.Trap != nil {
		t.Fatalf("the module trapped: %v\n%s", a.Trap, r.Logs.String())
	}
	if a.Held != "" || a.Status == 0 {
		t.Fatalf("no answer: %s %s", a.Held, a.Details)
	}
	raw := a.State["wasm.mom.audit"]
	if err := json.Unmarshal(raw, &a.Record); err != nil || len(raw) > 4096 {
		t.Fatalf("the record is no JSON of at most 4096 bytes (%v): %q", err, raw)
	}
	if err := recordschema.Check(raw); err != nil {
		t.Errorf("%v: %s", err, raw)
	}
	a.Text = string(raw)
	if a.Origin != hostsim.FromPlugin {
		return
	}
	a.Text += string(a.Response.Body)
	if got := a.Response.Head.Value("content-type"); a.Status != 204 && got != "application/json" {
		t.Errorf("the router's answer has content-type %q", got)
	}
	if a.Upstream != nil {
		t.Errorf("the router answered %d and a backend got %q", a.Status, a.Upstream.Body)
	}
	if a.Status < 300 {
		return
	}
	var e struct {
		Type  string
		Error struct{ Type, Code, Message, Param *string }
	}
	if err := Strict(a.Response.Body, &e); err != nil {
		t.Fatalf("the error is not in the API's shape: %v: %s", err, a.Response.Body)
	}
	if e.Error.Type == nil || e.Error.Code == nil || e.Error.Message == nil || *e.Error.Message == "" {
		t.Fatalf("the error lacks a member: %s", a.Response.Body)
	}
	version := slices.ContainsFunc(q.Headers, func(h hostsim.Field) bool { return h.Name == "anthropic-version" })
	if anthropic := paths.ErrorShape(paths.WithoutQuery(q.Path), version) == prompt.Messages; anthropic != (e.Type == "error") {
		t.Errorf("%s: the error is in the other API's shape: %s", q.Path, a.Response.Body)
	}
	a.Code, a.Message = *e.Error.Code, *e.Error.Message
}

// Strict decodes JSON into a type that must know all its members.
func Strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// Outcome is the status with the code of the router's own error.
func (a Answer) Outcome() string { return strings.TrimSpace(fmt.Sprint(a.Status, " ", a.Code)) }

// Members are the top-level members of what the backend got, as compact JSON.
func (a Answer) Members(t *testing.T) map[string]string {
	t.Helper()
	if a.Upstream == nil {
		t.Fatalf("no backend got anything: %d %s: %s", a.Status, a.Code, a.Message)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(a.Upstream.Body, &raw); err != nil {
		t.Fatalf("the backend got no JSON object: %v: %s", err, a.Upstream.Body)
	}
	m := map[string]string{}
	for name, value := range raw {
		m[name] = Compact(t, value)
	}
	return m
}

// Compact is JSON without white space.
func Compact(t *testing.T, value []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, value); err != nil {
		t.Fatalf("%v: %s", err, value)
	}
	return b.String()
}

// Post is a model call.
func Post(path, body string) hostsim.Request {
	return hostsim.Request{Method: "POST", Path: path, Body: []byte(body), Headers: []hostsim.Field{{Name: "content-type", Value: "application/json"}}}
}

// ManyMembers is an object of n members.
func ManyMembers(n int) string {
	b := []byte{'{'}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"', 'm')
		b = strconv.AppendInt(b, int64(i), 36)
		b = append(b, `":0`...)
	}
	return string(append(b, '}'))
}

// NoneForged checks that of the routing headers a backend gets the router's own, or none where it did not route.
func NoneForged(t *testing.T, a Answer) {
	t.Helper()
	if a.Upstream == nil {
		return
	}
	want := map[string]string{}
	if a.Record.Action == "route" {
		want = map[string]string{"x-mom-cluster": a.Record.Cluster, "x-mom-model": a.Record.Name}
	}
	got := map[string]string{}
	for _, h := range a.Upstream.Head.Fields() {
		if strings.HasPrefix(strings.ReplaceAll(h.Name, "_", "-"), "x-mom-") {
			got[h.Name], _ = a.Upstream.Head.All(h.Name)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the backend got the routing headers %v, want %v", got, want)
	}
}

// Shape is a shape of body as docs/http-api.md calls it, with its path and the conversation in it.
type Shape struct {
	Name, Path string
	Words      func(prompt string) string // the members, without a comma behind them
}

// Shapes are those that the router reads.
var Shapes = []Shape{
	{"chat completions", "/v1/chat/completions", func(p string) string { return `"messages":[{"role":"user","content":` + quote.JSON(p) + `}]` }},
	{"responses", "/v1/responses", func(p string) string { return `"input":` + quote.JSON(p) }},
	{"messages", "/v1/messages", func(p string) string {
		return `"max_tokens":9,"messages":[{"role":"user","content":` + quote.JSON(p) + `}]`
	}},
	{"completions", "/v1/completions", func(p string) string { return `"prompt":` + quote.JSON(p) }},
}

// Bodies are objects with members before the conversation and behind it.
func Bodies(own, words string) []string {
	if own == "" {
		return []string{"{" + words + "}"}
	}
	return []string{"{" + own + "," + words + "}", "{" + words + "," + own + "}"}
}

// Package examples tests what users read: the tables of the README, and what becomes of requests of every shape. The
// module itself answers, in a simulated Envoy.
package examples

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/needs"
)

// module is the plugin, loaded once for all tests, and host what it runs in.
var (
	host   *hostsim.Host
	module *hostsim.Module
)

func TestMain(m *testing.M) {
	path, err := needs.Module()
	if err == nil {
		err = load(path)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// load reads a module into a host of its own.
func load(path string) error {
	code, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	dir, err := needs.Compiled()
	if err != nil {
		return err
	}
	if host, err = hostsim.New(hostsim.Options{CacheDir: dir}); err != nil {
		return err
	}
	module, err = host.Load(code)
	return err
}

// unrouted is the cluster of requests that reach a backend without the router's headers.
const unrouted = "unrouted"

// router is one VM with the module in it.
type router struct {
	*hostsim.Worker
	clock *hostsim.LeapClock
	logs  strings.Builder
}

// start runs the module in flag mode with the members of a configuration, such as `"policy":"default"`.
func start(t testing.TB, configuration string) *router {
	t.Helper()
	return startFilters(t, hostsim.Filter{Name: "mom-router", Configuration: []byte(`{"hold":"flag",` + configuration + `}`), AllowOnHeadersStop: true})
}

// startPair runs the module in pair mode.
func startPair(t testing.TB, configuration string) *router {
	t.Helper()
	return startFilters(t, hostsim.Filter{Name: "lead", Configuration: []byte(`{` + configuration + `}`)}, hostsim.Filter{Name: "gate"})
}

func startFilters(t testing.TB, filters ...hostsim.Filter) *router {
	t.Helper()
	r := &router{clock: &hostsim.LeapClock{}}
	worker, err := module.Worker(hostsim.Config{
		VMID:    t.Name(),
		Filters: filters,
		Clock:   r.clock,
		Route: func(h *hostsim.Headers) hostsim.Route {
			if cluster := h.Value("x-mom-cluster"); cluster != "" {
				return hostsim.Route{Cluster: cluster}
			}
			return hostsim.Route{Cluster: unrouted}
		},
		Log: func(level hostsim.Level, _, message string) { fmt.Fprintf(&r.logs, "%s: %s\n", level, message) },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Worker = worker
	t.Cleanup(func() { worker.Close() })
	return r
}

// defaultPolicy is the configuration that people begin with.
const defaultPolicy = `"policy":"default"`

// answer is what became of a request.
type answer struct {
	hostsim.Result
	code    string // of an error that the router answered
	message string
	record  record
	text    string // all that the router said: answer, record
}

// record is the part of a record that tests look at.
type record struct {
	Asked, Action, Decision, Model, Name, Cluster, Reasoning string
	Status                                                   int
	Signals, Flags                                           []string
}

// send runs a request to its end.
func (r *router) send(t *testing.T, q hostsim.Request) answer {
	t.Helper()
	a := answer{Result: r.Do(q)}
	r.check(t, q, &a)
	return a
}

// check reads an answer, and fails the test if it breaks one of the promises that hold for all.
func (r *router) check(t *testing.T, q hostsim.Request, a *answer) {
	t.Helper()
	if a.Trap != nil {
		t.Fatalf("the module trapped: %v\n%s", a.Trap, r.logs.String())
	}
	if a.Held != "" || a.Status == 0 {
		t.Fatalf("no answer: %s %s", a.Held, a.Details)
	}
	raw := a.State["wasm.mom.audit"]
	if err := json.Unmarshal(raw, &a.record); err != nil || len(raw) > 4096 {
		t.Fatalf("the record is no JSON of at most 4096 bytes (%v): %q", err, raw)
	}
	a.text = string(raw)
	if a.Origin != hostsim.FromPlugin {
		return
	}
	a.text += string(a.Response.Body)
	if got := a.Response.Head.Value("content-type"); got != "application/json" {
		t.Errorf("the router's answer has content-type %q", got)
	}
	if a.Upstream != nil {
		t.Errorf("the router answered %d and a backend got %q", a.Status, a.Upstream.Body)
	}
	if a.Status == 200 {
		return
	}
	var e struct {
		Type  string
		Error struct{ Type, Code, Message, Param *string }
	}
	if err := strict(a.Response.Body, &e); err != nil {
		t.Fatalf("the error is not in the API's shape: %v: %s", err, a.Response.Body)
	}
	if e.Error.Type == nil || e.Error.Code == nil || e.Error.Message == nil || *e.Error.Message == "" {
		t.Fatalf("the error lacks a member: %s", a.Response.Body)
	}
	path, _, _ := strings.Cut(q.Path, "?")
	if anthropic := path == "/v1/messages"; anthropic != (e.Type == "error") {
		t.Errorf("%s: the error is in the other API's shape: %s", q.Path, a.Response.Body)
	}
	a.code, a.message = *e.Error.Code, *e.Error.Message
}

// strict decodes JSON into a type that must know all its members.
func strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// outcome is the status with the code of the router's own error.
func (a answer) outcome() string { return strings.TrimSpace(fmt.Sprint(a.Status, " ", a.code)) }

// members are the top-level members of what the backend got, as compact JSON.
func (a answer) members(t *testing.T) map[string]string {
	t.Helper()
	if a.Upstream == nil {
		t.Fatalf("no backend got anything: %d %s: %s", a.Status, a.code, a.message)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(a.Upstream.Body, &raw); err != nil {
		t.Fatalf("the backend got no JSON object: %v: %s", err, a.Upstream.Body)
	}
	m := map[string]string{}
	for name, value := range raw {
		m[name] = compact(t, value)
	}
	return m
}

func compact(t *testing.T, value []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, value); err != nil {
		t.Fatalf("%v: %s", err, value)
	}
	return b.String()
}

// post is a model call.
func post(path, body string) hostsim.Request {
	return hostsim.Request{Method: "POST", Path: path, Body: []byte(body), Headers: []hostsim.Field{{Name: "content-type", Value: "application/json"}}}
}

// quote is a string as JSON.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(b)
}

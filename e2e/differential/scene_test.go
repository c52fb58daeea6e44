package differential

import (
	"fmt"
	"net/http"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/hostsim"
)

// patience bounds what a test waits for: far above what it takes.
const patience = 90 * time.Second

// scene is a chain of filters with the requests that go through it, one after the other.
type scene struct {
	name     string
	filters  []filter
	modules  map[string][]byte
	limit    int
	keep     bool
	vm       string // vm_id, if it is shared with other scenes that have the same module
	call     answer // to the HTTP calls of plugins, which carry "x-case: ask"
	silent   bool   // what the module logs is not compared
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
	after        time.Duration   // time that passes before it
	broken       hostsim.Failure // of the backend that it goes to
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
	calls    string // what plugins have asked cluster b
	log      []string
}

func (s seen) String() string {
	return fmt.Sprintf("status %d %q\nheaders %s\ntrailers %s\nupstream %s%s\nlog\n  %s\n", s.status, s.body,
		strings.Join(s.header, " | "), strings.Join(s.trailer, " | "), s.upstream, s.calls, strings.Join(s.log, "\n  "))
}

// listenerName is fit for a listener and a vm_id.
func (s *scene) id() string {
	return regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(s.name), "-")
}

// vmID is the vm_id of a scene's filter.
func (s *scene) vmID(f filter) string {
	id := s.id()
	if s.vm != "" {
		id = s.vm
	}
	if f.vm != "" {
		id += "." + f.vm
	}
	return id
}

// clusters are where requests can go.
var clusters = []string{"a", "b"}

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
	t.Parallel() // much of the time is spent waiting
	all := envoy.Need(t)
	for _, installation := range all {
		if version != "" && !strings.HasPrefix(profile(installation.Name).String(), version) {
			continue
		}
		t.Run("Envoy "+installation.Name, func(t *testing.T) {
			t.Parallel()
			st := raise(t, installation, scenes)
			for _, s := range scenes {
				t.Run(s.name, func(t *testing.T) { s.play(t, st, profile(installation.Name)) })
			}
		})
	}
}

func (s *scene) play(t *testing.T, st *stage, p hostsim.Envoy) {
	st.backends.Play("ask", s.call.play)
	sim := simulate(t, st, p, s)
	// Envoy configures a plugin several times: on a trial VM, on the main thread's, on the worker's. The last counts.
	if !s.silent {
		begun := st.fresh(s.id(), len(sim.log))
		if n := len(begun) - len(sim.log); n > 0 {
			begun = begun[n:]
		}
		compare(t, "start", seen{log: begun}, seen{log: sim.log})
	}
	for i, r := range s.requests {
		time.Sleep(r.after) // for both: hostsim's clock runs like the real one
		agree(t, fmt.Sprint("request ", i), func() (real, simulated seen) {
			st.number++
			asked := len(st.backends.Got("ask"))
			want := sim.ask(r)
			want.calls, asked = st.asked(asked)
			if s.silent {
				want.log = nil
			}
			got := st.ask(t, s, r, len(want.log))
			got.calls, _ = st.asked(asked)
			if s.silent {
				got.log = nil
			}
			return got, want
		})
	}
	if late := st.fresh(s.id(), 0); len(late) > 0 && !s.silent {
		t.Errorf("Envoy logged more: %q", late)
	}
}

// agree compares what both make of a request. What differs is asked again, of both: a difference that does not come
// again was one of time, such as whether Envoy's connection to the backend stood already.
func agree(t *testing.T, what string, ask func() (real, simulated seen)) {
	t.Helper()
	for range 2 {
		real, sim := ask()
		if excused(real.String()) == excused(sim.String()) {
			return
		}
		t.Logf("%s is asked again\nEnvoy:   %s\nhostsim: %s", what, clipped(real.String()), clipped(sim.String()))
	}
	real, sim := ask()
	compare(t, what, real, sim)
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

package hostsim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/hostsim/wat"
)

// adder is a module that adds a header of its own name to requests, with how many it has seen, and traps on bodies.
func adder(t *testing.T, host *hostsim.Host, name string) *hostsim.Module {
	t.Helper()
	m, err := host.Load(wat.MustAssemble(fmt.Sprintf(`(module
		(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
		(memory (export "memory") 1) (data (i32.const 16) %q) (global $n (mut i32) (i32.const 48))
		(func (export "proxy_abi_version_0_2_1"))
		(func (export "malloc") (param i32) (result i32) (i32.const 1024))
		(func (export "proxy_on_request_body") (param i32 i32 i32) (result i32) unreachable)
		(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
			(global.set $n (i32.add (global.get $n) (i32.const 1)))
			(i32.store8 (i32.const 32) (global.get $n))
			(drop (call $add (i32.const 0) (i32.const 16) (i32.const %d) (i32.const 32) (i32.const 1)))
			(i32.const 0)))`, name, len(name))))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// added are the headers that adders named x-... have added.
func added(r hostsim.Result) string {
	var out []string
	if r.Upstream != nil {
		for _, f := range r.Upstream.Head.Fields() {
			if len(f.Name) == 3 && strings.HasPrefix(f.Name, "x-") {
				out = append(out, f.Name[2:]+f.Value)
			}
		}
	}
	return strings.Join(out, " ")
}

func TestFiltersShareAVMOnlyWhereEnvoyHasThemDo(t *testing.T) {
	env := [][2]string{{"A", "1"}, {"B", "2"}}
	for name, tt := range map[string]struct {
		one, two hostsim.VM
		envoy    hostsim.Envoy
		want     string
	}{
		"the same in everything":                      {want: "a1 a2"},
		"another vm_id":                               {two: hostsim.VM{ID: "two"}, want: "a1 a1"},
		"another configuration":                       {two: hostsim.VM{Configuration: []byte("two")}, want: "a1 a1"},
		"an environment in one":                       {two: hostsim.VM{Env: env}, want: "a1 a1"},
		"the same environment in another order":       {one: hostsim.VM{Env: env}, two: hostsim.VM{Env: [][2]string{env[1], env[0]}}, want: "a1 a2"},
		"an environment in one, which 1.36 ignores":   {two: hostsim.VM{Env: env}, envoy: hostsim.Envoy136, want: "a1 a2"},
		"capabilities of one":                         {two: hostsim.VM{Capabilities: []string{"proxy_on_request_headers", "proxy_add_header_map_value"}}, want: "a1 a1"},
		"capabilities of one, which forbid all":       {two: hostsim.VM{Capabilities: []string{"proxy_log"}}, want: "a1"},
		"capabilities of one, which 1.36 ignores":     {two: hostsim.VM{Capabilities: []string{"proxy_log"}}, envoy: hostsim.Envoy136, want: "a1 a2"},
		"capabilities of the first, which count":      {one: hostsim.VM{Capabilities: []string{"proxy_log"}}, envoy: hostsim.Envoy136, want: ""},
		"capabilities that allow no call to the host": {one: hostsim.VM{Capabilities: []string{"proxy_on_request_headers"}}, want: "a1"},
	} {
		t.Run(name, func(t *testing.T) {
			host, err := hostsim.New(hostsim.Options{Envoy: tt.envoy})
			if err != nil {
				t.Fatal(err)
			}
			defer host.Close()
			m := adder(t, host, "x-a")
			w, err := m.Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "one", VM: &tt.one}, {Name: "two", VM: &tt.two}}})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if got := added(w.Do(hostsim.Request{Headers: post("").Headers})); got != tt.want {
				t.Errorf("added %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAFailureConcernsTheFiltersOfThatVM(t *testing.T) {
	for name, tt := range map[string]struct {
		filter hostsim.Filter
		want   []string // of a GET, a POST that traps, a GET, and a GET after the back-off
	}{
		"closed":       {hostsim.Filter{}, []string{"200 a1 b1", "503 ", "503 ", "503 "}},
		"open":         {hostsim.Filter{FailOpen: true}, []string{"200 a1 b1", "503 ", "200 b3", "200 b4"}},
		"loaded again": {hostsim.Filter{FailReload: true}, []string{"200 a1 b1", "503 ", "503 ", "200 a1 b3"}},
	} {
		t.Run(name, func(t *testing.T) {
			host, err := hostsim.New(hostsim.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer host.Close()
			a, b := adder(t, host, "x-a"), adder(t, host, "x-b")
			clock := hostsim.NewFakeClock(time.Unix(1_800_000_000, 0))
			tt.filter.Name = "a"
			w, err := a.Worker(hostsim.Config{Clock: clock, Filters: []hostsim.Filter{tt.filter, {Name: "b", VM: &hostsim.VM{Module: b}}}})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			get := hostsim.Request{Headers: post("").Headers}
			for i, r := range []hostsim.Request{get, post("x"), get, get} {
				if i == 3 {
					clock.Sleep(time.Hour)
				}
				res := w.Do(r)
				if got := fmt.Sprint(res.Status, " ", added(res)); got != tt.want[i] {
					t.Errorf("request %d: %q, want %q", i, got, tt.want[i])
				}
			}
		})
	}
}

func TestACallThatIsNotAllowedIsLogged(t *testing.T) {
	host, err := sharedHost()
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	w, err := adder(t, host, "x-a").Worker(hostsim.Config{
		Filters: []hostsim.Filter{{Name: "a"}}, Capabilities: []string{"proxy_on_request_headers"},
		Log: func(level hostsim.Level, _, message string) { log = append(log, level.String()+": "+message) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if res := w.Do(post("x")); res.Status != 200 || added(res) != "" {
		t.Errorf("status %d, added %q", res.Status, added(res))
	}
	// In the words of Envoy.
	if want := "error: Attempted call to restricted proxy-wasm capability: proxy_add_header_map_value"; len(log) != 1 || log[0] != want {
		t.Errorf("logged %q, want %q", log, want)
	}
}

func TestAChainTakesNoModuleOfAnotherHost(t *testing.T) {
	other, err := hostsim.New(hostsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	host, err := sharedHost()
	if err != nil {
		t.Fatal(err)
	}
	_, err = adder(t, host, "x-a").Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "a", VM: &hostsim.VM{Module: adder(t, other, "x-b")}}}})
	if err == nil || !strings.Contains(err.Error(), "loaded by another Host") {
		t.Errorf("got %v", err)
	}
}

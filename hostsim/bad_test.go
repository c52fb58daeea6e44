package hostsim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/hostsim/wat"
)

// small loads a module of a few functions. Its deadline is far above what a callback takes.
func small(t *testing.T, functions string) (*hostsim.Module, error) {
	t.Helper()
	host, err := hostsim.New(hostsim.Options{Deadline: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	return host.Load(wat.MustAssemble(`(module (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
		(func (export "malloc") (param i32) (result i32) (i32.const 1024)) ` + functions + `)`))
}

func TestAModuleThatNeverReturnsHasTrapped(t *testing.T) {
	const spin = `(loop $again (br $again))`
	for _, callback := range []string{"request_headers", "request_body", "response_headers", "response_body"} {
		t.Run("in proxy_on_"+callback, func(t *testing.T) {
			m, err := small(t, fmt.Sprintf(`(func (export "proxy_on_%s") (param i32 i32 i32) (result i32) %s (i32.const 0))`, callback, spin))
			if err != nil {
				t.Fatal(err)
			}
			w, err := m.Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "p"}}})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			res := w.Do(post("x"))
			if res.Trap == nil || !strings.Contains(res.Trap.Error(), "did not return within the deadline") {
				t.Errorf("the trap is %v", res.Trap)
			}
			if callback != "response_body" && res.Status != 503 || callback == "response_body" && res.Status != 0 {
				t.Errorf("status %d", res.Status)
			}
			if res = w.Do(post("x")); res.Status != 503 {
				t.Errorf("afterwards: status %d, want 503", res.Status)
			}
		})
	}
	for _, export := range []string{`"_initialize"`, `"_start"`} {
		m, err := small(t, `(func (export `+export+`) `+spin+`)`)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Worker(hostsim.Config{}); err == nil || !strings.Contains(err.Error(), "within the deadline") {
			t.Errorf("in %s: %v", export, err)
		}
	}
}

func TestAModuleGetsNoMoreMemoryThanWebAssemblyHas(t *testing.T) {
	// 65,536 pages are all that 32 bits can address, in Envoy's V8 as here, and it has one already.
	m, err := small(t, `(func (export "proxy_on_configure") (param i32 i32) (result i32)
		(i32.eq (memory.grow (i32.const 65536)) (i32.const -1)))`)
	if err != nil {
		t.Fatal(err)
	}
	w, err := m.Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "p"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
}

func TestAModuleWithoutWhatTheHostNeedsDoesNotStart(t *testing.T) {
	host, err := sharedHost()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"no memory":       {`(module (func (export "proxy_abi_version_0_2_1")) (func (export "malloc") (param i32) (result i32) (i32.const 0)))`, "exports no memory"},
		"no malloc":       {`(module (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1")))`, "neither malloc nor proxy_on_memory_allocate"},
		"a bad data part": {`(module (memory (export "memory") 1) (data (i32.const 65536) "x") (func (export "proxy_abi_version_0_2_1")) (func (export "malloc") (param i32) (result i32) (i32.const 0)))`, "link the module"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := host.Load(wat.MustAssemble(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Worker(hostsim.Config{}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

package hostsim_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/hostsim/wat"
)

// rowOfFunction is a row of functions.md: name, parameters, results, and the kind of its capability.
var rowOfFunction = regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)\\(.*?` \\| `([a-z0-9 ]+) -> ([a-z0-9]+)` \\|.*\\| (none|proxy-wasm|WASI) \\|[^|]*\\|$")

// A module imports every function of the page with the type that stands there, and calls it with zeros, traced, on a request. Where its
// capabilities allow none, each that has a capability is refused and says so.
func TestEveryFunctionOfThePageIsLinkedCalledAndRestrictedAsItSays(t *testing.T) {
	page, err := os.ReadFile("functions.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := rowOfFunction.FindAllStringSubmatch(string(page), -1)
	if len(rows) < 80 || len(rows) != strings.Count(string(page), "` | `") {
		t.Fatalf("%d rows were read of %d", len(rows), strings.Count(string(page), "` | `"))
	}
	host, err := hostsim.New(hostsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	for _, r := range rows {
		name, params, result, kind := r[1], strings.TrimPrefix(r[2], "void"), strings.TrimPrefix(r[3], "void"), r[4]
		module := "env"
		if kind == "WASI" {
			module = "wasi_snapshot_preview1"
		}
		call := "(call $f"
		for _, p := range strings.Fields(params) {
			call += " (" + p + ".const 0)"
		}
		if call += ")"; result != "" {
			call = "(drop " + call + ")"
		}
		m, err := host.Load(wat.MustAssemble(fmt.Sprintf(`(module (import %q %q (func $f (param %s) (result %s)))
			(memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
			(func (export "malloc") (param i32) (result i32) (i32.const 1024))
			(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) %s (i32.const 0)))`, module, name, params, result, call)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, capabilities := range [][]string{nil, {name, "proxy_on_request_headers"}, {"proxy_on_request_headers"}} {
			var trace, log strings.Builder
			w, err := m.Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "f"}}, Capabilities: capabilities,
				Trace: func(line string) { trace.WriteString(line + "\n") },
				Log:   func(_ hostsim.Level, _, message string) { log.WriteString(message + "\n") }})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if res := w.Do(hostsim.Request{Path: "/"}); res.Trap != nil {
				t.Errorf("%s traps: %v", name, res.Trap)
			}
			w.Close()
			if kind == "proxy-wasm" && !strings.Contains(trace.String(), "\n    "+name+"(") {
				t.Errorf("%s is not in the trace:\n%s", name, &trace)
			}
			refused := strings.Contains(log.String(), "Attempted call to restricted "+kind+" capability: "+name+"\n")
			if want := len(capabilities) == 1 && kind != "none"; refused != want || !want && strings.Contains(log.String(), "restricted") {
				t.Errorf("%s with the capabilities %q: refused %v, want %v; the log: %s", name, capabilities, refused, want, &log)
			}
		}
	}
}

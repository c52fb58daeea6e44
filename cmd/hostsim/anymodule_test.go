package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim/wat"
)

// a file with some content, in a directory that goes with the test.
func fileWith(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnyModuleRunsWithAConfigurationOfItsOwn(t *testing.T) {
	config := fileWith(t, "config", []byte("request_headers: set x-t=1\nrequest_body end: splice 0 5 HELLO"))
	code, out, errs := hostsimCommand(`{"path":"/any","http":2,"body":"hello"}`+"\n", "replay", "--json", "--upstream-request", "--wasm", script, "--config", config, "-")
	var got struct {
		Status   int
		Cluster  string
		Upstream struct {
			Body    string
			Headers map[string]string
		}
	}
	if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errs)
	}
	if got.Status != 200 || got.Cluster != "backend" || got.Upstream.Body != "HELLO" || got.Upstream.Headers["x-t"] != "1" {
		t.Errorf("got %s", out)
	}
}

func TestHeadersAreHeldAsTheFlagSays(t *testing.T) {
	config := fileWith(t, "config", []byte("request_headers: return 1\nrequest_body end: return 0"))
	for hold, want := range map[string]int{"flag": 0, "": 1} {
		args := []string{"replay", "--json", "--wasm", script, "--config", config, "-"}
		if hold != "" {
			args = append(args, "--hold", hold)
		}
		if code, out, _ := hostsimCommand(`{"path":"/","body":"x"}`+"\n", args...); code != want || want == 1 && !strings.Contains(out, "held for ever") {
			t.Errorf("--hold %q: exit %d, want %d: %s", hold, code, want, out)
		}
	}
}

func TestAModuleThatARuleOfEnvoyForbidsIsRefused(t *testing.T) {
	module := func(text string) string {
		return fileWith(t, "m.wasm", wat.MustAssemble(`(module `+text+` (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
			(func (export "malloc") (param i32) (result i32) (i32.const 1024)))`))
	}
	tell := `(import "wasi_snapshot_preview1" "fd_tell" (func $f (param i32 i32) (result i32)))`
	empty := fileWith(t, "empty", nil)
	for name, tt := range map[string]struct {
		file, envoy string
		code        int
		want        string
	}{
		"an import that only the newer Envoy has":           {module(tell), "1.40", 0, ""},
		"an import that the older Envoy lacks":              {module(tell), "1.36", 2, "imports what Envoy 1.36 does not offer: wasi_snapshot_preview1.fd_tell"},
		"an import with a wrong type":                       {module(`(import "env" "proxy_log" (func $f (param i32)))`), "1.40", 2, "env.proxy_log with the type i32 -> void (it has i32 i32 i32 -> i32)"},
		"a trap at the start":                               {module(`(func (export "_initialize") unreachable)`), "1.40", 2, "_initialize failed"},
		"a trap in proxy_on_vm_start":                       {module(`(func (export "proxy_on_vm_start") (param i32 i32) (result i32) unreachable)`), "1.40", 2, "proxy_on_vm_start failed"},
		"a configuration that is refused":                   {module(`(func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 0))`), "1.40", 2, "proxy_on_configure returned false"},
		"a host call where there may be none":               {module(`(import "env" "proxy_done" (func $d (result i32))) (func (export "_initialize") (drop (call $d)))`), "1.40", 2, "called in _initialize, where Envoy does not allow it"},
		"more memory than WebAssembly has":                  {fileWith(t, "m.wasm", []byte("\x00asm\x01\x00\x00\x00\x05\x05\x01\x00\xff\xff\x7f")), "1.40", 2, "no Proxy-Wasm module"},
		"a release that is not simulated":                   {module(""), "1.12", 2, "no profile for Envoy"},
		"a file that is no module, which is said to be one": {empty, "1.40", 2, "no Wasm module"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := hostsimCommand("", "route", "--wasm", tt.file, "--config", empty, "--envoy", tt.envoy, "--prompt", "x")
			if code != tt.code || !strings.Contains(errs, tt.want) || code == 2 && out != "" {
				t.Errorf("exit %d, stdout %q, stderr %q; want %d and %q", code, out, errs, tt.code, tt.want)
			}
		})
	}
}

func TestBenchSaysHowManyRequestsASecond(t *testing.T) {
	config := fileWith(t, "config", nil)
	code, out, errs := hostsimCommand("", "bench", "--json", "--wasm", script, "--config", config, "--requests", "50", "--workers", "2")
	var got speed
	if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil || got.Requests != 50 || got.Workers != 2 || got.Failed != 0 || got.Rate <= 0 {
		t.Errorf("exit %d, %v: %s%s", code, err, out, errs)
	}
	if code, out, _ = hostsimCommand("", "bench", "--wasm", script, "--config", config, "--requests", "5"); code != 0 || !strings.Contains(out, "requests/s") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestTraceGoesToStandardErrorAndResultsDoNot(t *testing.T) {
	config := fileWith(t, "config", nil)
	code, out, errs := hostsimCommand("", "route", "--trace", "--wasm", script, "--config", config, "--prompt", "x")
	if code != 0 || !strings.Contains(errs, "> proxy_on_request_headers(2, ") || strings.Contains(out, "proxy_") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out, errs)
	}
}

func TestServeHasAnAdminPort(t *testing.T) {
	v := startServe(t, "--access-log", "", "--admin", "127.0.0.1:0")
	admin := adminOf(t, v)
	page := func(path string) string {
		r, err := http.Get(admin + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, _ := io.ReadAll(r.Body)
		if r.StatusCode != 200 {
			t.Errorf("%s: %s", path, r.Status)
		}
		return string(body)
	}
	v.ask("Who are you?")
	for path, want := range map[string]string{
		"/ready": "LIVE",
		"/stats": "wasmcustom.mom_router_requests_total.decision.fast_qa_english.model.gpt-oss-20b.action.route: 1\n",
		"/stats?format=json&filter=mom_router_requests_total": `{"stats":[{"name":"wasmcustom.mom_router_requests_total.decision.fast_qa_english.model.gpt-oss-20b.action.route","value":1}`,
		"/stats?format=prometheus&filter=.":                   "mom_router_faults_total{} 0\n",
		"/stats/prometheus":                                   "# TYPE mom_router_faults_total counter\nmom_router_faults_total{} 0\n",
		"/config_dump":                                        `"policy": "default"`,
	} {
		if got := page(path); !strings.Contains(got, want) {
			t.Errorf("%s gives %q, want %q", path, got, want)
		}
	}
	if got := page("/stats?filter=faults_total$"); got != "wasmcustom.mom_router_faults_total: 0\n" {
		t.Errorf("a filter gives %q", got)
	}
	for _, query := range []string{"filter=(", "format=html"} {
		if r, err := http.Get(admin + "/stats?" + query); err != nil || r.StatusCode != 400 {
			t.Errorf("%s: %v, %v", query, r, err)
		}
	}
	if !json.Valid([]byte(page("/config_dump"))) {
		t.Error("/config_dump is no JSON")
	}
	machine, _ := os.Hostname()
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST.:9901": 200, "127.0.0.1": 200, "127.0.0.1:1": 200, "[::1]:9901": 200, machine: 200,
		"evil.example": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example:9901": 421, "203.0.113.9": 421, "[2001:db8::1]": 421,
	} {
		q, err := http.NewRequest("GET", admin+"/config_dump", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Host = host
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != want || want != 200 && strings.Contains(string(body), "default") {
			t.Errorf("asked as %q: %s, want %d: %.200s", host, r.Status, want, body)
		}
	}
}

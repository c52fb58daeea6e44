package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/mom-router/mom-router/hostsim/wat"
)

// assembled is a module of e2e/differential/modules in a file.
func assembled(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "e2e", "differential", "modules", name+".wat"))
	if err != nil {
		t.Fatal(err)
	}
	return fileWith(t, name+".wasm", wat.MustAssemble(string(text)))
}

// ticker is a module that logs at every tick, of which it asks for one each millisecond.
const ticker = `(module (import "env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32)))
	(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
	(memory (export "memory") 1) (data (i32.const 16) "tick") (func (export "proxy_abi_version_0_2_1"))
	(func (export "malloc") (param i32) (result i32) (i32.const 1024))
	(func (export "proxy_on_configure") (param i32 i32) (result i32) (drop (call $tick (i32.const 1))) (i32.const 1))
	(func (export "proxy_on_tick") (param i32) (drop (call $log (i32.const 3) (i32.const 16) (i32.const 4)))))`

// judge answers calls of plugins with a status, and counts them.
func judge(t *testing.T, status int) (url string, asked func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		mu.Unlock()
		w.WriteHeader(status)
		io.WriteString(w, "as you like it")
	}))
	t.Cleanup(s.Close)
	return s.URL, func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func TestAPluginsHTTPCallsAreMade(t *testing.T) {
	ask := assembled(t, "ask")
	empty := fileWith(t, "empty", nil)
	for name, tt := range map[string]struct{ judged, want int }{"granted": {200, 200}, "denied": {401, 403}} {
		t.Run("in route, "+name, func(t *testing.T) {
			url, asked := judge(t, tt.judged)
			code, out, errs := hostsimCommand("", "route", "--json", "--upstream-request", "--wasm", ask, "--config", empty, "--upstream", "b="+url, "--prompt", "x")
			var got struct {
				Status   int
				Upstream *struct{ Headers map[string]string }
			}
			if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 || got.Status != tt.want || asked() != 1 {
				t.Fatalf("exit %d, %v, %d calls: %s%s", code, err, asked(), out, errs)
			}
			if tt.want == 200 && got.Upstream.Headers["x-verdict"] != "as you like it" || tt.want == 403 && got.Upstream != nil {
				t.Errorf("the backend got %+v", got.Upstream)
			}
		})
		t.Run("in serve, "+name, func(t *testing.T) {
			url, asked := judge(t, tt.judged)
			backend := httptest.NewServer(http.HandlerFunc(answerEcho))
			defer backend.Close()
			v := startServe(t, "--wasm", ask, "--access-log", "", "--upstream", "b="+url, "--upstream", "*="+backend.URL)
			if status, body := get(t, v.url+"/path"); status != tt.want || asked() != 1 || tt.want == 200 && !strings.Contains(body, `"x-verdict":"as you like it"`) {
				t.Errorf("status %d, %d calls: %s", status, asked(), body)
			}
		})
	}
	t.Run("but not to a cluster that is not there", func(t *testing.T) {
		code, out, errs := hostsimCommand("", "route", "--json", "--verbose", "--wasm", ask, "--config", empty, "--prompt", "x")
		if code != 0 || !strings.Contains(out, `"status":200`) || !strings.Contains(errs, "no call") {
			t.Errorf("exit %d: %s%s", code, out, errs)
		}
	})
	t.Run("and one that nobody answers is a 503 for the plugin", func(t *testing.T) {
		code, out, errs := hostsimCommand("", "route", "--json", "--trace", "--wasm", ask, "--config", empty, "--upstream", "b=http://127.0.0.1:1", "--prompt", "x")
		if code != 0 || !strings.Contains(out, `"status":403`) || !strings.Contains(errs, `":status") = ok "503"`) {
			t.Errorf("exit %d: %s%s", code, out, errs)
		}
	})
}

func TestServeRunsAnyModuleWithAConfigurationThatChanges(t *testing.T) {
	config := fileWith(t, "config", []byte("request_headers: set x-t=one"))
	v := startServe(t, "--wasm", script, "--config", config, "--access-log", "")
	if status, body := get(t, v.url+"/a"); status != 200 || !strings.Contains(body, `"x-t":"one"`) || !strings.Contains(body, `"path":"/a"`) {
		t.Errorf("status %d: %s", status, body)
	}
	write(t, config, "request_headers: set x-t=two")
	v.look(2)
	v.await("the configuration is in force")
	if _, body := get(t, v.url+"/"); !strings.Contains(body, `"x-t":"two"`) {
		t.Error(body)
	}
	write(t, config, "configure: error no such thing, return 1")
	v.look(2)
	v.await("no such thing")
	v.await("the change is not in force: the configuration stays")
	if _, body := get(t, v.url+"/"); !strings.Contains(body, `"x-t":"two"`) {
		t.Error(body)
	}
}

func TestServeTicksInRealTime(t *testing.T) {
	v := startServe(t, "--wasm", fileWith(t, "ticker.wasm", wat.MustAssemble(ticker)), "--access-log", "")
	for range 3 { // no request is under way
		v.await("wasm log plugin: tick")
	}
}

// chainFile is an Envoy configuration with two modules, and a filter that is not in Wasm between them.
func chainFile(t *testing.T, more string) string {
	t.Helper()
	return fileWith(t, "envoy.yaml", fmt.Appendf(nil, `static_resources:
  listeners:
  - filter_chains:
    - filters:
      - typed_config:
          http_filters:
          - name: first
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
              config:
                name: first
                configuration: {"@type": type.googleapis.com/google.protobuf.StringValue, value: "request_headers: set x-first=1"}
                vm_config: &vm
                  vm_id: one
                  code: {local: {filename: %q}}
          - name: cors
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors}
          - name: second
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
              config:
                name: second
                failure_policy: FAIL_OPEN
                vm_config: {vm_id: two, code: {local: {filename: %q}}}
          - name: router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
%s`, script, assembled(t, "limit"), more))
}

func TestTheFiltersOfAnEnvoyConfigurationAreRun(t *testing.T) {
	file := chainFile(t, "")
	in := strings.Repeat(`{"path":"/","headers":{"x-key":"k"}}`+"\n", 5)
	code, out, errs := hostsimCommand(in, "replay", "--json", "--upstream-request", "--filters", file, "-")
	rows := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(rows) != 5 {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	// The limiter behind it, in its own machine, lets two through: not always the first ones, since several workers are at it.
	passed, limited := 0, 0
	for _, row := range rows {
		switch {
		case strings.Contains(row, `"status":200`) && strings.Contains(row, `"x-first":"1"`):
			passed++
		case strings.Contains(row, `"status":429`):
			limited++
		}
	}
	if passed == 0 || limited == 0 || passed+limited != len(rows) {
		t.Errorf("%d pass and %d are too many: %s", passed, limited, out)
	}
	if !strings.Contains(errs, `the filter "cors" is left out: it is not in Wasm`) || strings.Contains(errs, "router") {
		t.Errorf("it says %q", errs)
	}
	v := startServer(t, "--filters", file, "--access-log", "")
	if status, body := get(t, v.url+"/"); status != 200 || !strings.Contains(body, `"x-first":"1"`) {
		t.Errorf("serve: %d %s", status, body)
	}
}

func TestTheShippedConfigurationsCanBeRunAsTheyAre(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"flag", "pair"} {
		text, err := os.ReadFile(filepath.Join(root, "examples", "envoy", mode+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		file := fileWith(t, mode+".yaml", []byte(strings.ReplaceAll(string(text), "dist/mom-router.wasm", router())))
		code, out, errs := hostsimCommand("", "route", "--json", "--filters", file, "--prompt", "Prove that there are infinitely many primes.")
		if code != 0 || !strings.Contains(out, `"decision":"math_problems"`) || errs != "" {
			t.Errorf("%s: exit %d: %s%s", mode, code, out, errs)
		}
	}
}

// As in Envoy, a Struct is no JSON to a plugin: mom-router's module refuses it, and hostsim says why.
func TestAStructIsNoJSONToAPlugin(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "examples", "envoy", "flag.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	chain := strings.ReplaceAll(string(text), "dist/mom-router.wasm", router())
	value := regexp.MustCompile(`(?s)google\.protobuf\.StringValue\n(\s+)value: [^\n]*\n`)
	if !value.MatchString(chain) {
		t.Fatal("the example has changed: there is no StringValue on two lines")
	}
	file := fileWith(t, "struct.yaml", []byte(value.ReplaceAllString(chain, "google.protobuf.Struct\n${1}value: {policy: default, hold: flag}\n")))
	code, out, errs := hostsimCommand("", "route", "--json", "--filters", file, "--prompt", "Who are you?")
	if code != exitUnfit || out != "" || !strings.Contains(errs, "the plugin gets its configuration in protobuf's binary form: if it reads JSON, give it a google.protobuf.StringValue") ||
		!strings.Contains(errs, "configuration refused") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

func TestAFilterChainThatCannotBeRunIsRefused(t *testing.T) {
	wasm := func(config string) string {
		return fmt.Sprintf(`[{"name":"f","typed_config":{"@type":"x/envoy.extensions.filters.http.wasm.v3.Wasm","config":%s}}]`, config)
	}
	code := fmt.Sprintf(`"vm_config":{"code":{"local":{"filename":%q}}}`, script)
	for name, tt := range map[string]struct{ text, want string }{
		"no YAML":                   {"a: [", "yaml"},
		"nothing":                   {"", "no http_filters"},
		"no filters":                {"static_resources: {}", "no http_filters"},
		"no Wasm filter":            {"- {name: cors}", "none of the 1 HTTP filters"},
		"no code":                   {wasm(`{}`), "HTTP filter 1: vm_config.code: want local.filename"},
		"a file that is missing":    {wasm(`{"vm_config":{"code":{"local":{"filename":"none.wasm"}}}}`), "none.wasm: no such file"},
		"code that must be fetched": {wasm(`{"vm_config":{"code":{"remote":{}}}}`), "hostsim fetches nothing"},
		"code that is no module":    {wasm(`{"vm_config":{"code":{"local":{"inline_bytes":"AAAA"}}}}`), "no Wasm module"},
		"an upstream filter":        {strings.Replace(wasm(`{"name":"mine",`+code+`}`), `[{`, `[{"name":"router","typed_config":{"upstream_http_filters":[{"name":"again","typed_config":{"@type":"x/envoy.extensions.filters.http.wasm.v3.Wasm"}}]}},{`, 1), `the Wasm filter "again" is an upstream filter`},
		"a failure policy":          {wasm(`{"failure_policy":"FAIL",` + code + `}`), `failure policy "FAIL": want FAIL_CLOSED`},
		"a configuration of a kind": {wasm(`{"configuration":{"@type":"x/Y","value":1},` + code + `}`), `configuration: type "Y": want google.protobuf.StringValue`},
		"a configuration as a text": {wasm(`{"configuration":"text",` + code + `}`), `configuration: want {"@type"`},
		"a refused configuration":   {wasm(`{"name":"mine","configuration":{"@type":"x/google.protobuf.StringValue","value":"configure: error bad one, return 1"},` + code + `}`), "bad one"},
		"a name that is a number":   {wasm(`{"name":1}`), "cannot unmarshal"},
	} {
		t.Run(name, func(t *testing.T) {
			file := fileWith(t, "filters.yaml", []byte(tt.text))
			if code, out, errs := hostsimCommand("", "route", "--filters", file, "--prompt", "x"); code != 2 || out != "" || !strings.Contains(errs, tt.want) {
				t.Errorf("exit %d, stdout %q, stderr %q; want %q", code, out, errs, tt.want)
			}
		})
	}
	if code, _, errs := hostsimCommand("", "route", "--filters", "f", "--wasm", "w", "--prompt", "x"); code != 2 || !strings.Contains(errs, "drop --wasm") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestCapabilitiesComeFromAListOrAFile(t *testing.T) {
	config := fileWith(t, "config", []byte("request_headers: set x-t=1"))
	needed := "proxy_on_vm_start,proxy_on_context_create,proxy_on_configure,proxy_on_request_headers,proxy_get_buffer_bytes,proxy_log,proxy_replace_header_map_value," +
		"args_sizes_get,environ_sizes_get,fd_prestat_get,fd_fdstat_get,clock_time_get,random_get,fd_write"
	file := fileWith(t, "capabilities.txt", []byte("# what it needs\n"+strings.ReplaceAll(needed, ",", "\n  ")+" # the end\n"))
	for name, tt := range map[string]struct {
		value string
		set   bool
	}{
		"a list":                    {needed, true},
		"a file":                    {file, true},
		"a list with one name less": {strings.Replace(needed, "proxy_replace_header_map_value,", "", 1), false},
	} {
		code, out, errs := hostsimCommand("", "route", "--json", "--verbose", "--upstream-request", "--wasm", script, "--config", config, "--capabilities", tt.value, "--prompt", "x")
		if code != 0 || strings.Contains(out, `"x-t":"1"`) != tt.set || strings.Contains(errs, "restricted proxy-wasm capability: proxy_replace_header_map_value") == tt.set {
			t.Errorf("%s: exit %d: %s%s", name, code, out, errs)
		}
	}
	for value, want := range map[string]string{",": "no name in it", "./none": "read the capabilities", "proxy-log": `"proxy-log" is no capability`} {
		if code, _, errs := hostsimCommand("", "route", "--wasm", script, "--config", config, "--capabilities", value, "--prompt", "x"); code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%q: exit %d: %s", value, code, errs)
		}
	}
}

func TestServeFailsByItsPolicy(t *testing.T) {
	config := fileWith(t, "config", []byte("request_headers: set x-t=1\nrequest_body: trap ouch"))
	for policy, want := range map[string]string{"FAIL_CLOSED": "503 ", "FAIL_OPEN": "200 passed"} {
		v := startServe(t, "--wasm", script, "--config", config, "--access-log", "", "--failure-policy", policy)
		if status, body := get(t, v.url+"/"); status != 200 || !strings.Contains(body, `"x-t":"1"`) {
			t.Errorf("before: %d %s", status, body)
		}
		r, err := http.Post(v.url+"/", "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		v.await("the module trapped")
		status, body := get(t, v.url+"/")
		got := fmt.Sprint(status, " ")
		if status == 200 && !strings.Contains(body, "x-t") {
			got += "passed"
		}
		if r.StatusCode != 503 || got != want {
			t.Errorf("%s: the trap gives %d, then comes %q, want %q", policy, r.StatusCode, got, want)
		}
	}
}

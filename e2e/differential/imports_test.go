package differential

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/hostsim/wat"
)

// What each Envoy offers to modules was measured with modules that import one function each: with a type that no function
// has, which makes Envoy say which type it offers, and then calling it in _initialize and in malloc. The results stand in
// testdata/imports-VERSION.txt; MOM_MEASURE=1 measures anew, which takes a minute or two.

// candidates are all functions that proxies have ever offered to Proxy-Wasm modules, and two that none has.
var candidates = strings.Fields(`
	env.pthread_equal env.emscripten_notify_memory_growth env.emscripten_stack_get_end env.proxy_bogus
	env.proxy_log env.proxy_get_log_level env.proxy_get_current_time_nanoseconds env.proxy_set_tick_period_milliseconds
	env.proxy_get_property env.proxy_set_property env.proxy_set_effective_context env.proxy_done env.proxy_get_status
	env.proxy_define_metric env.proxy_increment_metric env.proxy_record_metric env.proxy_get_metric env.proxy_call_foreign_function
	env.proxy_get_header_map_value env.proxy_add_header_map_value env.proxy_replace_header_map_value env.proxy_remove_header_map_value
	env.proxy_get_header_map_pairs env.proxy_set_header_map_pairs env.proxy_get_header_map_size
	env.proxy_get_buffer_bytes env.proxy_get_buffer_status env.proxy_set_buffer_bytes
	env.proxy_continue_stream env.proxy_close_stream env.proxy_send_local_response
	env.proxy_continue_request env.proxy_continue_response env.proxy_clear_route_cache env.proxy_get_configuration
	env.proxy_get_shared_data env.proxy_set_shared_data env.proxy_register_shared_queue env.proxy_resolve_shared_queue
	env.proxy_dequeue_shared_queue env.proxy_enqueue_shared_queue env.proxy_http_call env.proxy_grpc_call env.proxy_grpc_stream
	env.proxy_grpc_send env.proxy_grpc_close env.proxy_grpc_cancel env.proxy_resolve_dns env.proxy_write_upstream
	wasi.args_get wasi.args_sizes_get wasi.clock_res_get wasi.clock_time_get wasi.environ_get wasi.environ_sizes_get
	wasi.fd_advise wasi.fd_allocate wasi.fd_close wasi.fd_datasync wasi.fd_fdstat_get wasi.fd_fdstat_set_flags wasi.fd_fdstat_set_rights
	wasi.fd_filestat_get wasi.fd_filestat_set_size wasi.fd_filestat_set_times wasi.fd_pread wasi.fd_prestat_dir_name wasi.fd_prestat_get
	wasi.fd_pwrite wasi.fd_read wasi.fd_readdir wasi.fd_renumber wasi.fd_seek wasi.fd_sync wasi.fd_tell wasi.fd_write
	wasi.path_create_directory wasi.path_filestat_get wasi.path_filestat_set_times wasi.path_link wasi.path_open wasi.path_readlink
	wasi.path_remove_directory wasi.path_rename wasi.path_symlink wasi.path_unlink_file wasi.poll_oneoff wasi.proc_exit wasi.proc_raise
	wasi.random_get wasi.sched_yield wasi.sock_accept wasi.sock_recv wasi.sock_send wasi.sock_shutdown`)

// importer is a module that imports one function, and calls it with zeros where it is told to.
func importer(name, abi, signature, where string) []byte {
	module, function, _ := strings.Cut(name, ".")
	if module == "wasi" {
		module = "wasi_snapshot_preview1"
	}
	params, results, _ := strings.Cut(signature, " -> ")
	params, results = strings.TrimPrefix(params, "void"), strings.TrimPrefix(results, "void")
	call := "(call $f"
	for _, p := range strings.Fields(params) {
		call += " (" + p + ".const 0)"
	}
	call += ")"
	if results != "" {
		call = "(drop " + call + ")"
	}
	text := fmt.Sprintf(`(module (import %q %q (func $f (param %s) (result %s)))
		(memory (export "memory") 1) (func (export "proxy_abi_version_%s"))`, module, function, params, results, abi)
	malloc, configure := "", ""
	switch where {
	case "_initialize":
		text += fmt.Sprintf(`(func (export "_initialize") %s)`, call)
	case "malloc":
		// Reading the configuration makes the host call malloc.
		malloc = call
		text = strings.Replace(text, "(memory", `(import "env" "proxy_get_buffer_bytes" (func $read (param i32 i32 i32 i32 i32) (result i32))) (memory`, 1)
		configure = `(drop (call $read (i32.const 7) (i32.const 0) (i32.const 9) (i32.const 16) (i32.const 20)))`
	}
	text += fmt.Sprintf(`(func (export "malloc") (param i32) (result i32) %s (i32.const 1024))
		(func (export "proxy_on_configure") (param i32 i32) (result i32) %s (i32.const 1)))`, malloc, configure)
	return wat.MustAssemble(text)
}

// wrong is a type that no function has.
const wrong = "i64 i64 i64 -> void"

var hostExports = regexp.MustCompile(`host exports: (.*)`)

// offer is a line of the measurement: the function, its type for each ABI version that has it, where else it may be called.
func measure(t *testing.T, installation envoy.Installation, dir, name string) string {
	var abis []string
	signature := ""
	for _, abi := range []string{"0_2_0", "0_2_1"} {
		if m := hostExports.FindStringSubmatch(refusal(t, installation, dir, importer(name, abi, wrong, ""))); m != nil {
			abis, signature = append(abis, abi), m[1]
		}
	}
	if signature == "" {
		return name + ": missing"
	}
	line := fmt.Sprintf("%s: %s; ABI %s", name, signature, strings.Join(abis, " "))
	for _, where := range []string{"_initialize", "malloc"} {
		if refusal(t, installation, dir, importer(name, abis[len(abis)-1], signature, where)) == "" {
			line += "; " + where
		}
	}
	return line
}

// refusal is what Envoy logs about a module that it does not load, or whose call it does not allow; "" if all is well.
func refusal(t *testing.T, installation envoy.Installation, dir string, module []byte) string {
	file := filepath.Join(dir, "module.wasm")
	if err := os.WriteFile(file, module, 0o644); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "envoy.json")
	l := listener{name: "l", filters: []filter{{name: "p", module: "m", vm: "v", config: "something"}}}
	if err := os.WriteFile(config, bootstrap([]listener{l}, map[string]string{"m": file}, map[string]int{"a": 1, "b": 2}), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, installation.Path, "--mode", "validate", "-c", config, "-l", "error").CombinedOutput()
	if err == nil && !strings.Contains(string(out), "restricted_callback") {
		return ""
	}
	return string(out) + " refused"
}

func TestMeasureImports(t *testing.T) {
	if os.Getenv("MOM_MEASURE") == "" {
		t.Skip("set MOM_MEASURE=1 to measure anew what Envoy offers to modules")
	}
	all := envoy.Need(t)
	for _, installation := range all {
		dir := t.TempDir()
		var b strings.Builder
		fmt.Fprintf(&b, "# What Envoy %s offers to modules, measured on %s by MOM_MEASURE=1 go test -run MeasureImports\n", installation.Name, time.Now().Format(time.DateOnly))
		for _, name := range candidates {
			fmt.Fprintln(&b, measure(t, installation, dir, name))
		}
		if err := os.WriteFile(importsFile(installation.Name), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func importsFile(version string) string {
	return filepath.Join("testdata", "imports-"+strings.Join(strings.Split(version, ".")[:2], ".")+".txt")
}

func TestAProfileOffersWhatThatEnvoyDoes(t *testing.T) {
	for _, p := range []hostsim.Envoy{hostsim.Envoy136, hostsim.Envoy140} {
		t.Run("Envoy "+p.String(), func(t *testing.T) {
			data, err := os.ReadFile(importsFile(p.String()))
			if err != nil {
				t.Fatal(err)
			}
			host, err := hostsim.New(hostsim.Options{Envoy: p})
			if err != nil {
				t.Fatal(err)
			}
			defer host.Close()
			lines := strings.Split(strings.TrimSpace(string(data)), "\n")[1:]
			if len(lines) != len(candidates) {
				t.Errorf("%d functions were measured, want %d", len(lines), len(candidates))
			}
			for _, line := range lines {
				if got := offered(host, line); got != line {
					t.Errorf("hostsim: %s\nEnvoy:   %s", got, line)
				}
			}
		})
	}
}

// offered is a measured line as hostsim would have it.
func offered(host *hostsim.Host, line string) string {
	name, rest, _ := strings.Cut(line, ": ")
	signature, _, _ := strings.Cut(rest, ";")
	if rest == "missing" {
		signature = wrong
	}
	var abis []string
	for _, abi := range []string{"0_2_0", "0_2_1"} {
		if _, err := host.Load(importer(name, abi, signature, "")); err == nil {
			abis = append(abis, abi)
		}
		if _, err := host.Load(importer(name, abi, wrong, "")); err == nil {
			return name + ": taken with a wrong type"
		}
	}
	if abis == nil {
		return name + ": missing"
	}
	out := fmt.Sprintf("%s: %s; ABI %s", name, signature, strings.Join(abis, " "))
	for _, where := range []string{"_initialize", "malloc"} {
		module, err := host.Load(importer(name, abis[len(abis)-1], signature, where))
		if err != nil {
			return out + err.Error()
		}
		w, err := module.Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "p", Configuration: []byte("something")}}})
		if err == nil {
			w.Close()
			out += "; " + where
		}
	}
	return out
}

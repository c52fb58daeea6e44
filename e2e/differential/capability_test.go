package differential

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

// What a module may import and export can be restricted (capability_restriction_config).

// without is a list of capabilities: all that a program needs but some.
func without(p *program, names ...string) []string {
	var out []string
	for _, c := range p.callbacks {
		out = append(out, "proxy_on_"+c.name)
		for _, call := range c.calls {
			if call.fn != "" {
				out = append(out, call.fn)
			}
		}
	}
	out = append(out, "proxy_log")
	return slices.DeleteFunc(out, func(name string) bool { return slices.Contains(names, name) })
}

func restricted(name string, p *program, requests []request, names ...string) *scene {
	s := single(name, watching(p), requests...)
	s.keep = true
	s.filters[0].caps = without(p, names...)
	return s
}

func capabilityScenes() []*scene {
	everything := []call{value(0, ":path"), set(0, "x-set", "1"), add(0, "x-added", "1"), remove(0, "x-key"), body(0), bodySize(0), splice(0, 0, 0, "x"),
		get("request", "path"), setState("s", "v"), getShared("n"), setShared("n", "v", 0), tick, noTick, keepID, become, foreign("clear_route_cache", ""),
		{"now", "proxy_get_current_time_nanoseconds", []any{out3}, wide, ""}, {"define", "proxy_define_metric", []any{0, str("restricted"), out1}, word, ""},
		{"increment", "proxy_increment_metric", []any{4, int64(1)}, result, ""}, {"level", "proxy_get_log_level", []any{out1}, word, ""},
		{"call", "proxy_http_call", []any{str("b"), pairs(":path", "/", ":method", "GET", ":authority", "x", "x-case", "ask"), str(""), str(""), 1000, out1}, word, ""},
		{"register", "proxy_register_shared_queue", []any{str("q"), out1}, word, ""}, {"enqueue", "proxy_enqueue_shared_queue", []any{1, str("x")}, result, ""},
		{"clock", "clock_time_get", []any{0, int64(0), out3}, wide, ""}, {"random", "random_get", []any{out1, 4}, word, ""}, {"write", "fd_write", []any{1, 4096, 0, out1}, word, ""},
		{"yield", "sched_yield", nil, result, ""}, {"arguments", "args_sizes_get", []any{out1, out2}, word, ""}, continueStream(1), closeStream(1), reply(403, "", "no")}
	var functions []string
	for _, c := range everything {
		if c.fn != "" {
			functions = append(functions, c.fn)
		}
	}
	trailing := to(request{body: "hello", chunked: true, trailer: [][2]string{{"x-tail", "t"}}, answer: answer{body: "world", trailer: [][2]string{{"x-tail", "u"}}}})
	var all []*scene
	all = append(all, restricted("no host function but the log", (&program{}).in("request_headers", everything...).in("request_body", everything...), trailing, functions...))
	for _, name := range []string{"context_create", "vm_start", "configure", "request_headers", "request_body", "request_trailers", "response_headers", "response_body", "response_trailers", "done", "log", "delete"} {
		p := (&program{}).in("vm_start").in("configure").in("done")
		p.in("context_create").in("delete")
		all = append(all, restricted("without the callback "+name, p, trailing, "proxy_on_"+name))
	}
	refusing := (&program{}).returning("configure", 0).in("request_headers")
	all = append(all, restricted("a configuration that cannot be refused", refusing, get1, "proxy_on_configure"))
	all = append(all, restricted("no log", (&program{}).in("request_headers", set(0, "x-seen", "1")), get1, "proxy_log"))
	start := &program{start: []call{{"clock", "clock_time_get", []any{0, int64(0), out3}, result, ""}}}
	all = append(all, restricted("not even in _initialize", start, get1, "clock_time_get"))
	// The VM is made for the first filter, with what that one allows.
	probe := func() *program {
		return (&program{}).in("request_headers", set(0, "x-seen", "1"), value(0, ":path"), counting)
	}
	strict := without(watching(probe()), "proxy_replace_header_map_value")
	all = append(all, chainOf("the first filter of a VM is restricted", get1...).part(filter{name: "a", caps: strict}, probe()).again(together("b")),
		chainOf("the second filter of a VM is restricted", get1...).part(together("a"), probe()).again(filter{name: "b", caps: strict}),
		chainOf("one of two VMs is restricted", get1...).part(filter{name: "a", vm: "a", caps: strict}, probe()).again(apart("b")))
	return all
}

func TestRestrictedModulesGoAsInEnvoy(t *testing.T) { play(t, capabilityScenes()) }

// shipped are the capabilities that an example gives the router.
func shipped(t *testing.T, mode string) []string {
	t.Helper()
	root, err := envoy.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "examples", "envoy", mode+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var example any
	if err := yaml.Unmarshal(text, &example); err != nil {
		t.Fatal(err)
	}
	list := allowed(example)
	if len(list) == 0 {
		t.Fatalf("examples/envoy/%s.yaml does not restrict the module", mode)
	}
	return list
}

// allowed finds the first list of capabilities in a configuration.
func allowed(part any) []string {
	switch part := part.(type) {
	case map[string]any:
		if list, ok := part["allowed_capabilities"].(map[string]any); ok {
			return slices.Sorted(maps.Keys(list))
		}
		for _, name := range slices.Sorted(maps.Keys(part)) {
			if list := allowed(part[name]); list != nil {
				return list
			}
		}
	case []any:
		for _, item := range part {
			if list := allowed(item); list != nil {
				return list
			}
		}
	}
	return nil
}

// lacking is the router in flag mode without one of the capabilities that are shipped: it does not work, in the same way in
// both, and lets nothing through that it has not read.
func lacking(t *testing.T, module []byte) *scene {
	t.Helper()
	const missing = "proxy_on_request_body"
	rest := slices.DeleteFunc(shipped(t, "flag"), func(name string) bool { return name == missing })
	return &scene{name: "without " + missing, modules: map[string][]byte{"m": module}, silent: true,
		requests: []request{toRouter(chatPath, chatBody(`"auto"`, "Prove that the square root of 2 is irrational.")), toRouter(chatPath, `{"model":`),
			{method: "GET", path: "/v1/models"}, {method: "PUT", path: chatPath}, toRouter("/v1/embeddings", "{}")},
		filters: []filter{{name: "mom-router", module: "m", config: `{"policy":"default","hold":"flag","hold_timeout":"1s"}`, allow: true, caps: rest}}}
}

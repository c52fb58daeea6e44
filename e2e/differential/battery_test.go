package differential

import (
	stdbytes "bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
)

// The battery is every host function with arguments good and bad, called in every callback: what a call gives depends on
// when it is made.

const far = 1 << 30 // an address behind the memory

func get(path ...string) call {
	p := strings.Join(path, "\x00")
	return call{"property " + strings.Join(path, "."), "proxy_get_property", []any{str(p), out1, out2}, bytes, ""}
}

// there is get for values that differ from host to host.
func there(path ...string) call {
	c := get(path...)
	c.show = sized
	return c
}

func value(m int, name string) call {
	return call{fmt.Sprintf("value %d %s", m, name), "proxy_get_header_map_value", []any{m, str(name), out1, out2}, bytes, ""}
}

func foreign(name, argument string) call {
	return call{"foreign " + name, "proxy_call_foreign_function", []any{str(name), str(argument), out1, out2}, sized, ""}
}

func deflated(text string) []byte {
	var b stdbytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.Bytes()
}

// readMaps reads the header maps.
func readMaps() (out []call) {
	for m := range 10 {
		out = append(out,
			value(m, ":path"), value(m, ":status"), value(m, "x-twice"), value(m, "X-TWICE"), value(m, "missing"), value(m, ""),
			call{fmt.Sprintf("size %d", m), "proxy_get_header_map_size", []any{m, out1}, written, ""},
			call{fmt.Sprintf("pairs %d", m), "proxy_get_header_map_pairs", []any{m, out1, out2}, written, ""},
		)
	}
	return append(out,
		call{"value at a bad address", "proxy_get_header_map_value", []any{0, far, 4, out1, out2}, bytes, ""},
		call{"value to a bad address", "proxy_get_header_map_value", []any{0, str(":path"), far, out2}, result, ""},
		call{"size to a bad address", "proxy_get_header_map_size", []any{0, far}, result, ""},
		call{"pairs to a bad address", "proxy_get_header_map_pairs", []any{0, far, far}, result, ""},
	)
}

// edits change the header maps.
func edits() (out []call) {
	for m := range 5 {
		out = append(out,
			call{fmt.Sprintf("add %d", m), "proxy_add_header_map_value", []any{m, str("X-Added"), str("one")}, result, ""},
			call{fmt.Sprintf("add %d again", m), "proxy_add_header_map_value", []any{m, str("x-added"), str("two")}, result, ""},
			call{fmt.Sprintf("replace %d", m), "proxy_replace_header_map_value", []any{m, str("x-twice"), str("once")}, result, ""},
			call{fmt.Sprintf("remove %d", m), "proxy_remove_header_map_value", []any{m, str("x-removed")}, result, ""},
			call{fmt.Sprintf("remove nothing from %d", m), "proxy_remove_header_map_value", []any{m, str("nothing")}, result, ""},
			value(m, "x-added"), value(m, "x-twice"), value(m, "x-removed"),
		)
	}
	return append(out,
		call{"add at a bad address", "proxy_add_header_map_value", []any{0, far, 4, far, 4}, result, ""},
		call{"replace at a bad address", "proxy_replace_header_map_value", []any{0, str("x"), far, 4}, result, ""},
		call{"set pairs at a bad address", "proxy_set_header_map_pairs", []any{0, far, 4}, result, ""},
		call{"set pairs of no map", "proxy_set_header_map_pairs", []any{6, pairs("a", "b")}, result, ""},
	)
}

// buffers reads the buffers and changes nothing.
func buffers() (out []call) {
	for b := range 10 {
		out = append(out,
			call{fmt.Sprintf("buffer %d", b), "proxy_get_buffer_bytes", []any{b, 0, 1000, out1, out2}, bytes, ""},
			call{fmt.Sprintf("buffer %d from 2", b), "proxy_get_buffer_bytes", []any{b, 2, 3, out1, out2}, bytes, ""},
			call{fmt.Sprintf("nothing of buffer %d", b), "proxy_get_buffer_bytes", []any{b, 0, 0, out1, out2}, bytes, ""},
			call{fmt.Sprintf("status of buffer %d", b), "proxy_get_buffer_status", []any{b, out1, out2}, word, ""},
		)
	}
	return append(out,
		call{"buffer behind its end", "proxy_get_buffer_bytes", []any{0, 5000, 0, out1, out2}, bytes, ""},
		call{"buffer to a bad address", "proxy_get_buffer_bytes", []any{7, 0, 10, far, far}, result, ""},
		call{"status to a bad address", "proxy_get_buffer_status", []any{7, far, far}, result, ""},
		call{"set the configuration", "proxy_set_buffer_bytes", []any{7, 0, 1, str("x")}, result, ""},
		call{"set the VM's configuration", "proxy_set_buffer_bytes", []any{6, 0, 1, str("x")}, result, ""},
		call{"set no buffer", "proxy_set_buffer_bytes", []any{4, 0, 1, str("x")}, result, ""},
		call{"set a buffer at a bad address", "proxy_set_buffer_bytes", []any{0, 0, 1, far, 4}, result, ""},
	)
}

// properties reads attributes and state.
func properties() []call {
	return []call{
		get(""), get("plugin_name"), get("plugin_root_id"), get("plugin_vm_id"), get("plugin_name", "x"), there("connection_id"),
		get("request", "path"), get("request", "url_path"), get("request", "host"), get("request", "scheme"), get("request", "method"),
		get("request", "referer"), get("request", "useragent"), get("request", "query"), get("request", "protocol"),
		there("request", "id"), there("request", "time"), there("request", "duration"), get("request", "size"), there("request", "total_size"),
		there("request", "headers"), get("request", "headers", "x-twice"), get("request", "headers", "missing"), get("request", "headers", "x-twice", "y"),
		get("request", "nothing"), there("request"),
		get("response", "code"), get("response", "code_details"), get("response", "flags"), get("response", "grpc_status"),
		get("response", "size"), there("response", "total_size"), there("response", "headers"), get("response", "headers", "x-twice"),
		there("response", "trailers"), get("response", "trailers", "x-tail"), there("response", "backend_latency"),
		there("source", "address"), there("source", "port"), there("destination", "address"), there("destination", "port"),
		get("connection", "mtls"), get("connection", "requested_server_name"), there("connection", "id"), get("connection", "tls_version"),
		get("connection", "termination_details"), get("connection", "transport_failure_reason"), get("connection", "subject_local_certificate"),
		there("upstream", "address"), there("upstream", "port"), get("upstream", "transport_failure_reason"), there("upstream", "local_address"),
		get("upstream", "request_attempt_count"), get("upstream", "tls_version"),
		get("node", "id"), get("node", "cluster"), there("node"), get("listener_direction"), there("listener_metadata"), get("cluster_name"),
		there("cluster_metadata"), there("route_metadata"), get("route_name"), there("upstream_host_metadata"), there("metadata"),
		get("xds", "cluster_name"), get("xds", "route_name"), there("xds", "listener_metadata"), get("xds", "filter_chain_name"), get("xds", "listener_direction"),
		there("xds"), there("xds", "node"), get("xds", "node", "id"), there("xds", "cluster_metadata"), there("xds", "route_metadata"), get("xds", "virtual_host_name"),
		there("xds", "virtual_host_metadata"), there("xds", "upstream_host_metadata"), there("response"), there("connection"), there("upstream"), there("filter_state"),
		get("filter_state", "wasm.state"), get("state"), get("two", "parts"), get("two"),
		{"set state", "proxy_set_property", []any{str("state"), str("value")}, result, ""},
		{"set two parts", "proxy_set_property", []any{str("two\x00parts"), str("value")}, result, ""},
		{"set an attribute", "proxy_set_property", []any{str("request\x00path"), str("/other")}, result, ""},
		{"set a property at a bad address", "proxy_set_property", []any{far, 4, far, 4}, result, ""},
		get("filter_state", "wasm.state"), get("state"), get("state", "x"), get("two", "parts"), get("request", "path"),
		{"property at a bad address", "proxy_get_property", []any{far, 4, out1, out2}, result, ""},
		{"property to a bad address", "proxy_get_property", []any{str("plugin_name"), far, far}, result, ""},
	}
}

// sharing is shared data, queues and metrics.
func sharing() []call {
	define := func(kind int, name string) call {
		return call{"define " + name, "proxy_define_metric", []any{kind, str(name), out1}, word, ""}
	}
	increment := func(id int, by int64) call {
		return call{fmt.Sprintf("increment %d by %d", id, by), "proxy_increment_metric", []any{id, by}, result, ""}
	}
	record := func(id int, v int64) call {
		return call{fmt.Sprintf("record %d of %d", v, id), "proxy_record_metric", []any{id, v}, result, ""}
	}
	metric := func(id int) call {
		return call{fmt.Sprintf("metric %d", id), "proxy_get_metric", []any{id, out3}, wide, ""}
	}
	data := func(name string) call {
		return call{"data " + name, "proxy_get_shared_data", []any{str(name), out1, out2, out3}, bytes, ""}
	}
	set := func(name, v string, cas int) call {
		return call{fmt.Sprintf("set data %s %d", name, cas), "proxy_set_shared_data", []any{str(name), str(v), cas}, result, ""}
	}
	return []call{
		data("absent"), set("key", "first", 0), data("key"), set("key", "second", 999999), data("key"), set("key", "", 0), data("key"),
		set("new", "value", 77), data("new"), set("new", "other", 0),
		{"data at a bad address", "proxy_get_shared_data", []any{far, 4, out1, out2, out3}, result, ""},
		{"data to a bad address", "proxy_get_shared_data", []any{str("new"), far, far, far}, result, ""},
		{"set data at a bad address", "proxy_set_shared_data", []any{far, 4, far, 4, 0}, result, ""},
		{"resolve no queue", "proxy_resolve_shared_queue", []any{str(""), str("no queue"), out1}, word, ""},
		{"resolve a queue of nobody", "proxy_resolve_shared_queue", []any{str("nobody"), str("no queue"), out1}, word, ""},
		{"dequeue from nothing", "proxy_dequeue_shared_queue", []any{12345, out1, out2}, bytes, ""},
		{"enqueue to nothing", "proxy_enqueue_shared_queue", []any{12345, str("x")}, result, ""},
		define(0, "count"), define(0, "count"), define(1, "level"), define(2, "spread"), define(3, "none"), define(1, ""),
		increment(4, 3), increment(4, 0), increment(4, -1), increment(5, 7), increment(5, -2), increment(6, 1), increment(7, 1), increment(400, 1), increment(401, 1),
		record(4, 5), record(5, 6), record(6, 7), record(7, 1), record(404, 1), metric(4), metric(5), metric(6), metric(7), metric(404), metric(405),
		{"metric to a bad address", "proxy_get_metric", []any{4, far}, result, ""},
		{"define at a bad address", "proxy_define_metric", []any{0, far, 4, out1}, result, ""},
		{"define to a bad address", "proxy_define_metric", []any{0, str("lost"), far}, result, ""},
	}
}

// others are what is left: time, logging, calls to other services, foreign functions, contexts, WASI.
func others() []call {
	const seconds = 1000
	return []call{
		{"time", "proxy_get_current_time_nanoseconds", []any{out3}, result, ""},
		{"time to a bad address", "proxy_get_current_time_nanoseconds", []any{far}, result, ""},
		{"log at no level", "proxy_log", []any{9, str("x")}, result, ""},
		{"log from a bad address", "proxy_log", []any{2, far, 4}, result, ""},
		{"log nothing", "proxy_log", []any{2, str("")}, result, ""},
		{"log level", "proxy_get_log_level", []any{out1}, word, ""},
		{"log level to a bad address", "proxy_get_log_level", []any{far}, result, ""},
		{"status", "proxy_get_status", []any{out3, out1, out2}, datum, ""},
		{"status to a bad address", "proxy_get_status", []any{far, out1, out2}, result, ""},
		{"done", "proxy_done", nil, result, ""},
		{"become nobody", "proxy_set_effective_context", []any{123456}, result, ""},
		{"continue no stream", "proxy_continue_stream", []any{9}, result, ""},
		{"continue upstream", "proxy_continue_stream", []any{3}, result, ""},
		{"continue downstream", "proxy_continue_stream", []any{2}, result, ""},
		{"close no stream", "proxy_close_stream", []any{9}, result, ""},
		{"close upstream", "proxy_close_stream", []any{3}, result, ""},
		{"close downstream", "proxy_close_stream", []any{2}, result, ""},
		{"answer from a bad address", "proxy_send_local_response", []any{200, far, 4, str(""), str(""), 0}, result, ""},
		{"call nobody", "proxy_http_call", []any{str("nobody"), pairs(":path", "/", ":method", "GET", ":authority", "a"), str(""), pairs(), seconds, out1}, word, ""},
		{"call without a path", "proxy_http_call", []any{str("a"), pairs(":method", "GET", ":authority", "a"), str(""), pairs(), seconds, out1}, word, ""},
		{"call with a negative timeout", "proxy_http_call", []any{str("a"), pairs(":path", "/", ":method", "GET", ":authority", "a"), str(""), pairs(), -1, out1}, word, ""},
		{"call from a bad address", "proxy_http_call", []any{far, 4, far, 4, str(""), str(""), seconds, out1}, result, ""},
		{"call to a bad address", "proxy_http_call", []any{str("a"), pairs(":path", "/", ":method", "GET", ":authority", "a"), str(""), pairs(), seconds, far}, result, ""},
		{"grpc call of nobody", "proxy_grpc_call", []any{str("nobody"), str("s"), str("m"), pairs(), str("x"), seconds, out1}, word, ""},
		{"grpc call from a bad address", "proxy_grpc_call", []any{far, 4, str("s"), str("m"), pairs(), str("x"), seconds, out1}, result, ""},
		{"grpc stream to nobody", "proxy_grpc_stream", []any{str("nobody"), str("s"), str("m"), pairs(), out1}, word, ""},
		{"grpc stream from a bad address", "proxy_grpc_stream", []any{far, 4, str("s"), str("m"), pairs(), out1}, result, ""},
		{"grpc send to nothing", "proxy_grpc_send", []any{2, str("x"), 0}, result, ""},
		{"grpc send to a call", "proxy_grpc_send", []any{1, str("x"), 0}, result, ""},
		{"grpc send to no stream", "proxy_grpc_send", []any{4, str("x"), 0}, result, ""},
		{"grpc send from a bad address", "proxy_grpc_send", []any{2, far, 4, 0}, result, ""},
		{"grpc close 1", "proxy_grpc_close", []any{1}, result, ""}, {"grpc close 2", "proxy_grpc_close", []any{2}, result, ""}, {"grpc close 4", "proxy_grpc_close", []any{4}, result, ""},
		{"grpc cancel 1", "proxy_grpc_cancel", []any{1}, result, ""}, {"grpc cancel 2", "proxy_grpc_cancel", []any{2}, result, ""}, {"grpc cancel 4", "proxy_grpc_cancel", []any{4}, result, ""},
		foreign("nothing", ""), foreign("clear_route_cache", ""), foreign("set_envoy_filter_state", ""), foreign("declare_property", ""),
		foreign("uncompress", "no zlib"), foreign("uncompress", string(deflated("some text, some text"))),
		{"foreign function at a bad address", "proxy_call_foreign_function", []any{far, 4, str(""), out1, out2}, result, ""},
		{"foreign argument at a bad address", "proxy_call_foreign_function", []any{str("clear_route_cache"), far, 4, out1, out2}, result, ""},
		{"foreign result to a bad address", "proxy_call_foreign_function", []any{str("clear_route_cache"), str(""), far, far}, result, ""},
		{"pthread_equal yes", "pthread_equal", []any{7, 7}, result, ""}, {"pthread_equal no", "pthread_equal", []any{7, 8}, result, ""},
	}
}

// wasi136 is the part of WASI that both Envoys have.
func wasi136() []call {
	return []call{
		{"fd_write to nothing", "fd_write", []any{0, 4096, 0, out1}, written, ""},
		{"fd_write nothing", "fd_write", []any{1, 4096, 0, out1}, word, ""},
		{"fd_write from a bad address", "fd_write", []any{1, far, 1, out1}, result, ""},
		{"fd_write to a bad address", "fd_write", []any{2, 4096, 0, far}, result, ""},
		{"fd_read", "fd_read", []any{0, 4096, 0, out1}, written, ""},
		{"fd_seek", "fd_seek", []any{1, int64(0), 0, out1}, written, ""},
		{"fd_close", "fd_close", []any{1}, result, ""},
		{"fd_fdstat_get 0", "fd_fdstat_get", []any{0, 4096}, result, ""}, {"fd_fdstat_get 1", "fd_fdstat_get", []any{1, 4096}, result, ""},
		{"fd_fdstat_get 2", "fd_fdstat_get", []any{2, far}, result, ""}, {"fd_fdstat_get 3", "fd_fdstat_get", []any{3, 4096}, result, ""},
		{"fd_fdstat_set_flags", "fd_fdstat_set_flags", []any{1, 0}, result, ""},
		{"fd_prestat_get", "fd_prestat_get", []any{3, out1}, written, ""}, {"fd_prestat_dir_name", "fd_prestat_dir_name", []any{3, 4096, 8}, result, ""},
		{"path_open", "path_open", []any{3, 0, str("/etc/passwd"), 0, int64(0), int64(0), 0, out1}, written, ""},
		{"environ_sizes_get", "environ_sizes_get", []any{out1, out2}, word, ""}, {"environ_sizes_get to a bad address", "environ_sizes_get", []any{far, far}, result, ""},
		{"environ_get", "environ_get", []any{4096, 8192}, result, ""},
		{"args_sizes_get", "args_sizes_get", []any{out1, out2}, word, ""}, {"args_sizes_get to a bad address", "args_sizes_get", []any{far, out2}, result, ""},
		{"args_get", "args_get", []any{4096, 8192}, result, ""},
		{"clock_time_get 0", "clock_time_get", []any{0, int64(0), out3}, result, ""}, {"clock_time_get 1", "clock_time_get", []any{1, int64(0), out3}, result, ""},
		{"clock_time_get 2", "clock_time_get", []any{2, int64(0), out3}, result, ""}, {"clock_time_get to a bad address", "clock_time_get", []any{0, int64(0), far}, result, ""},
		{"random_get", "random_get", []any{4096, 16}, result, ""}, {"random_get nothing", "random_get", []any{far, 0}, result, ""},
		{"random_get to a bad address", "random_get", []any{far, 16}, result, ""}, {"random_get too much", "random_get", []any{131072, 65537}, result, ""},
		{"random_get much", "random_get", []any{131072, 65536}, result, ""},
		{"sched_yield", "sched_yield", nil, result, ""},
		{"poll_oneoff nothing", "poll_oneoff", []any{4096, 8192, 0, out1}, word, ""},
		{"poll_oneoff at a bad address", "poll_oneoff", []any{far, 8192, 1, out1}, word, ""},
		{"poll_oneoff a clock", "poll_oneoff", []any{clockSoon, 8192, 1, out1}, word, ""},
		{"poll_oneoff a file", "poll_oneoff", []any{fileRead, 8192, 1, out1}, word, ""},
		{"poll_oneoff a file and a clock", "poll_oneoff", []any{fileRead, 8192, 2, out1}, word, ""},
		{"poll_oneoff to a bad address", "poll_oneoff", []any{clockSoon, far, 1, out1}, word, ""},
	}
}

// wasi140 is what Envoy 1.39 added.
func wasi140() []call {
	return []call{
		{"clock_res_get 0", "clock_res_get", []any{0, out3}, wide, ""}, {"clock_res_get 1", "clock_res_get", []any{1, out3}, wide, ""},
		{"clock_res_get 2", "clock_res_get", []any{2, out3}, wide, ""}, {"clock_res_get to a bad address", "clock_res_get", []any{0, far}, result, ""},
		{"fd_advise", "fd_advise", []any{1, int64(0), int64(0), 0}, result, ""}, {"fd_allocate", "fd_allocate", []any{1, int64(0), int64(0)}, result, ""},
		{"fd_datasync", "fd_datasync", []any{1}, result, ""}, {"fd_fdstat_set_rights", "fd_fdstat_set_rights", []any{1, int64(0), int64(0)}, result, ""},
		{"fd_filestat_get", "fd_filestat_get", []any{1, 4096}, result, ""}, {"fd_filestat_get 5", "fd_filestat_get", []any{5, 4096}, result, ""},
		{"fd_filestat_set_size", "fd_filestat_set_size", []any{1, int64(0)}, result, ""},
		{"fd_filestat_set_times", "fd_filestat_set_times", []any{1, int64(0), int64(0), 0}, result, ""},
		{"fd_pread", "fd_pread", []any{0, 4096, 0, int64(0), out1}, word, ""}, {"fd_pwrite", "fd_pwrite", []any{1, 4096, 0, int64(0), out1}, word, ""},
		{"fd_readdir", "fd_readdir", []any{3, 4096, 10, int64(0), out1}, word, ""}, {"fd_renumber", "fd_renumber", []any{1, 2}, result, ""},
		{"fd_sync", "fd_sync", []any{1}, result, ""}, {"fd_tell", "fd_tell", []any{1, out1}, word, ""},
		{"path_create_directory", "path_create_directory", []any{3, str("d")}, result, ""}, {"path_filestat_get", "path_filestat_get", []any{3, 0, str("d"), 4096}, result, ""},
		{"path_filestat_set_times", "path_filestat_set_times", []any{3, 0, str("d"), int64(0), int64(0), 0}, result, ""},
		{"path_link", "path_link", []any{3, str("d"), 3, str("e")}, result, ""}, {"path_readlink", "path_readlink", []any{3, str("d"), 4096, 8, out1}, word, ""},
		{"path_remove_directory", "path_remove_directory", []any{3, str("d")}, result, ""}, {"path_rename", "path_rename", []any{3, str("d"), 3, str("e")}, result, ""},
		{"path_symlink", "path_symlink", []any{str("d"), str("e")}, result, ""}, {"path_unlink_file", "path_unlink_file", []any{3, str("d")}, result, ""},
		{"sock_accept", "sock_accept", []any{3, 0, out1}, word, ""}, {"sock_recv", "sock_recv", []any{3, 4096, 0, 0, out1, out2}, word, ""},
		{"sock_send", "sock_send", []any{3, 4096, 0, 0, out1}, word, ""}, {"sock_shutdown", "sock_shutdown", []any{3, 0}, result, ""},
	}
}

// subscriptions of poll_oneoff, in the program's memory.
const (
	fileRead  = 12288
	clockSoon = fileRead + 48
)

func TestEveryHostFunctionGivesTheSameInEveryCallback(t *testing.T) {
	everything := append(append(append(append(append(readMaps(), buffers()...), properties()...), others()...), wasi136()...), edits()...)
	p := &program{}
	p.in("vm_start", everything...).in("configure", everything...).in("context_create", everything...)
	everything = append(sharing(), everything...) // Envoy starts more VMs than hostsim, and each would count
	for _, name := range []string{"request_headers", "request_body", "request_trailers",
		"response_headers", "response_body", "response_trailers", "done", "log", "delete"} {
		p.in(name, everything...)
	}
	post := request{method: "POST", path: "/p?q=1", header: [][2]string{{"x-mom-cluster", "a"}, {"x-twice", "1"}, {"x-twice", "2"}, {"x-removed", "r"}, {"x-request-id", "5f0c0b5c-0000-4000-8000-000000000001"}},
		body: "hello", trailer: [][2]string{{"x-tail", "t"}}, chunked: true,
		answer: answer{header: [][2]string{{"content-type", "text/plain"}, {"x-twice", "3"}, {"x-twice", "4"}}, body: "world", trailer: [][2]string{{"x-tail", "u"}}}}
	play(t, []*scene{{name: "battery", keep: true, modules: map[string][]byte{"battery": p.wasm()},
		filters:  []filter{{name: "p", module: "battery", config: "the configuration", vmConfig: "the VM"}},
		requests: []request{post}}})
}

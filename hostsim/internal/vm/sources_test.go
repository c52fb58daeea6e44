package vm

import "testing"

// sources say where each host function's behaviour comes from, beside what e2e/differential has measured. Every one is a
// function of its name without "proxy_" in proxy-wasm-cpp-host's src/exports.cc, which checks addresses and numbers; for WASI
// its name there begins with wasi_unstable_. It calls the method that stands here: of Context in Envoy's
// source/extensions/common/wasm/context.cc, or as it is said.
var sources = map[string]string{
	"pthread_equal":                      "src/exports.cc alone",
	"emscripten_notify_memory_growth":    "src/exports.cc alone",
	"proxy_log":                          "log",
	"proxy_get_log_level":                "getLogLevel",
	"proxy_get_current_time_nanoseconds": "getCurrentTimeNanoseconds",
	"proxy_set_tick_period_milliseconds": "setTimerPeriod, of ContextBase in src/context.cc, and Wasm::setTimerPeriod in Envoy's wasm.cc",
	"proxy_get_property":                 "getProperty, findValue",
	"proxy_set_property":                 "setProperty",
	"proxy_set_effective_context":        "src/exports.cc, ContextOrEffectiveContext",
	"proxy_done":                         "WasmBase::done in src/wasm.cc",
	"proxy_get_status":                   "getStatus",
	"proxy_define_metric":                "defineMetric",
	"proxy_increment_metric":             "incrementMetric",
	"proxy_record_metric":                "recordMetric",
	"proxy_get_metric":                   "getMetric",
	"proxy_call_foreign_function":        "WasmBase::getForeignFunction, and the functions in Envoy's foreign.cc",
	"proxy_get_header_map_value":         "getHeaderMapValue",
	"proxy_add_header_map_value":         "addHeaderMapValue",
	"proxy_replace_header_map_value":     "replaceHeaderMapValue",
	"proxy_remove_header_map_value":      "removeHeaderMapValue",
	"proxy_get_header_map_pairs":         "getHeaderMapPairs; the encoding: src/pairs_util.cc",
	"proxy_set_header_map_pairs":         "setHeaderMapPairs; the encoding: src/pairs_util.cc",
	"proxy_get_header_map_size":          "getHeaderMapSize",
	"proxy_get_buffer_bytes":             "getBuffer, Buffer::copyTo",
	"proxy_get_buffer_status":            "getBuffer",
	"proxy_set_buffer_bytes":             "getBuffer, Buffer::copyFrom",
	"proxy_continue_stream":              "continueStream",
	"proxy_close_stream":                 "closeStream",
	"proxy_send_local_response":          "sendLocalResponse",
	"proxy_get_shared_data":              "getSharedData of ContextBase; src/shared_data.cc",
	"proxy_set_shared_data":              "setSharedData of ContextBase; src/shared_data.cc",
	"proxy_register_shared_queue":        "registerSharedQueue of ContextBase; src/shared_queue.cc",
	"proxy_resolve_shared_queue":         "lookupSharedQueue of ContextBase; src/shared_queue.cc",
	"proxy_dequeue_shared_queue":         "dequeueSharedQueue of ContextBase; src/shared_queue.cc",
	"proxy_enqueue_shared_queue":         "enqueueSharedQueue of ContextBase; src/shared_queue.cc",
	"proxy_http_call":                    "httpCall, onHttpCallSuccess, onHttpCallFailure",
	"proxy_grpc_call":                    "grpcCall",
	"proxy_grpc_stream":                  "grpcStream",
	"proxy_grpc_send":                    "grpcSend",
	"proxy_grpc_close":                   "grpcClose",
	"proxy_grpc_cancel":                  "grpcCancel",
}

func TestEveryHostFunctionCitesItsSource(t *testing.T) {
	known := map[string]bool{}
	for _, f := range tables["env"] {
		known[f.name] = true
		if sources[f.name] == "" {
			t.Errorf("%s has no source", f.name)
		}
	}
	for name := range sources {
		if !known[name] {
			t.Errorf("%s has a source, and is no function", name)
		}
	}
}

package differential

import (
	"encoding/json"
	"fmt"
)

// object is a part of an Envoy configuration.
type object = map[string]any

// filter is one Wasm filter of a scene.
type filter struct {
	name     string // of the plugin
	module   string // key of the module in the scene's modules
	config   string
	vm       string   // vm_id; in a scene it is put behind the scene's, "" for the same as that
	caps     []string // allowed_capabilities; none: all
	allow    bool     // allow_on_headers_stop_iteration
	env      string   // a variable of the environment
	failure  string   // failure policy; "" is FAIL_CLOSED
	vmConfig string
	// What stands under configuration and vm_config.configuration as it is, instead of the strings above.
	rawConfig, rawVMConfig any
}

// listener is one listener with its filters.
type listener struct {
	name    string
	filters []filter
	limit   int  // per_connection_buffer_limit_bytes; 0: Envoy's default
	keep    bool // HTTP/1 trailers are kept
}

const stringValue = "type.googleapis.com/google.protobuf.StringValue"

// bootstrap is a whole Envoy configuration. files are where the modules lie, ports where the clusters are. Requests go to
// the cluster that x-mom-cluster names; one whose path begins with /by-match goes by header match, /gone to no cluster.
func bootstrap(listeners []listener, files map[string]string, ports map[string]int) []byte {
	var ls, cs []any
	for _, l := range listeners {
		ls = append(ls, l.object(files))
	}
	for name, port := range ports {
		cs = append(cs, object{
			"name": name, "type": "STATIC", "connect_timeout": "2s",
			"typed_extension_protocol_options": object{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": object{
				"@type":                "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
				"explicit_http_config": object{"http_protocol_options": object{"enable_trailers": true}}}},
			"load_assignment": object{"cluster_name": name, "endpoints": []any{object{"lb_endpoints": []any{object{
				"endpoint": object{"address": socket(port)}}}}}},
		})
	}
	b, err := json.Marshal(object{
		"admin":            object{"address": socket(0)},
		"static_resources": object{"listeners": ls, "clusters": cs},
	})
	if err != nil {
		panic(err)
	}
	return b
}

func socket(port int) object {
	return object{"socket_address": object{"address": "127.0.0.1", "port_value": port}}
}

func (l listener) object(files map[string]string) object {
	var filters []any
	for i, f := range l.filters {
		filters = append(filters, object{"name": fmt.Sprintf("wasm%d", i), "typed_config": f.object(files)})
	}
	filters = append(filters, object{"name": "router", "typed_config": object{
		"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router", "suppress_envoy_headers": true}})
	manager := object{
		"@type":       "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
		"stat_prefix": l.name,
		"access_log": []any{object{"name": "stdout", "typed_config": object{
			"@type":      "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
			"log_format": object{"text_format_source": object{"inline_string": "%REQ(X-CASE)% %FILTER_STATE(wasm.mom.audit:PLAIN)%\n"}}}}},
		"codec_type":          "AUTO",
		"http_filters":        filters,
		"stream_idle_timeout": "60s",
		// How long a connection that Envoy closes stays for the client to close it, too: tests wait for that.
		"delayed_close_timeout": "0.1s",
		"route_config": object{"virtual_hosts": []any{object{"name": "all", "domains": []any{"*"}, "routes": []any{
			object{"match": object{"prefix": "/by-match", "headers": []any{object{"name": "x-mom-cluster", "string_match": object{"exact": "b"}}}},
				"route": object{"cluster": "b"}},
			object{"match": object{"prefix": "/gone"}, "route": object{"cluster_header": "x-gone"}},
			object{"match": object{"prefix": "/soon"}, "route": object{"cluster_header": "x-mom-cluster", "timeout": "0.3s"}},
			object{"match": object{"prefix": "/", "headers": []any{object{"name": "x-mom-cluster", "present_match": true}}},
				"route": object{"cluster_header": "x-mom-cluster", "timeout": "60s"}},
		}}}},
	}
	if l.keep {
		manager["http_protocol_options"] = object{"enable_trailers": true}
	}
	out := object{
		"name": l.name, "address": socket(0),
		"filter_chains": []any{object{"filters": []any{object{"name": "http", "typed_config": manager}}}},
	}
	if l.limit > 0 {
		out["per_connection_buffer_limit_bytes"] = l.limit
	}
	return out
}

func (f filter) object(files map[string]string) object {
	vm := object{"runtime": "envoy.wasm.runtime.v8", "vm_id": f.vm,
		"code": object{"local": object{"filename": files[f.module]}}}
	if f.vmConfig != "" {
		vm["configuration"] = object{"@type": stringValue, "value": f.vmConfig}
	}
	if f.rawVMConfig != nil {
		vm["configuration"] = f.rawVMConfig
	}
	if f.env != "" {
		vm["environment_variables"] = object{"key_values": object{f.env: "set"}}
	}
	config := object{"name": f.name, "vm_config": vm}
	if f.config != "" {
		config["configuration"] = object{"@type": stringValue, "value": f.config}
	}
	if f.rawConfig != nil {
		config["configuration"] = f.rawConfig
	}
	if len(f.caps) > 0 {
		allowed := object{}
		for _, name := range f.caps {
			allowed[name] = object{}
		}
		config["capability_restriction_config"] = object{"allowed_capabilities": allowed}
	}
	if f.allow {
		config["allow_on_headers_stop_iteration"] = true
	}
	if f.failure != "" {
		config["failure_policy"] = f.failure
	}
	return object{"@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm", "config": config}
}

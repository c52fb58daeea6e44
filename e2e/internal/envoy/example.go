package envoy

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"
)

// Example is a shipped Envoy configuration, to be patched and started. It keeps the whole document; only what a method
// names is changed.
type Example struct {
	root map[string]any
}

// Clusters are those of the shipped examples, one for each engine.
var Clusters = []string{
	"mi355x-gpt-oss-20b", "mi355x-gpt-oss-120b", "mi355x-qwen3-235b",
	"mi355x-deepseek-v3-2", "mi355x-glm-4-7", "mi355x-kimi-k2-thinking",
}

// Shipped is the example of a mode, moved to loopback (see OnLoopback), with the module in a file.
func Shipped(mode string, backends map[string]int, module string) (*Example, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	x, err := LoadExample(filepath.Join(root, "examples", "envoy", mode+".yaml"))
	if err != nil {
		return nil, err
	}
	if err := x.OnLoopback(backends); err != nil {
		return nil, err
	}
	x.Module(module)
	return x, nil
}

// LoadExample reads a YAML bootstrap configuration.
func LoadExample(path string) (*Example, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	x := &Example{}
	if err := yaml.Unmarshal(data, &x.root); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return x, nil
}

// JSON is the configuration as Envoy reads it from a file with the suffix .json.
func (x *Example) JSON() ([]byte, error) {
	return json.MarshalIndent(x.root, "", " ")
}

// Starting bounds the start of an Envoy: V8 compiles the module for some seconds, and for a minute where others have the cores.
const Starting = 5 * time.Minute

// Start starts an Envoy with the example as its configuration and waits until it serves, for no longer than Starting.
func (x *Example) Start(ctx context.Context, o Options) (_ *Process, err error) {
	if o.Config, err = x.JSON(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, Starting)
	defer cancel()
	return Start(ctx, o)
}

// OnLoopback moves the admin interface and all listeners to free ports of 127.0.0.1, and the endpoints of each cluster to
// the port there that backends gives for its name; a cluster without one is an error.
func (x *Example) OnLoopback(backends map[string]int) error {
	setAddress(x.root["admin"], anyPort)
	setAddress(dig(x.root, "static_resources", "listeners"), anyPort)
	for _, c := range list(dig(x.root, "static_resources", "clusters")) {
		name, _ := dig(c, "name").(string)
		if dig(c, "cluster_type", "name") == "envoy.clusters.aggregate" {
			continue // it has no endpoints of its own
		}
		port, ok := backends[name]
		if !ok {
			return fmt.Errorf("cluster %q of the example has no stand-in backend", name)
		}
		setAddress(c, port)
	}
	return nil
}

// anyPort lets the kernel choose.
const anyPort = 0

// AddCluster adds a cluster. It is for those that no example has: OnLoopback must have been called before.
func (x *Example) AddCluster(cluster map[string]any) {
	resources := x.root["static_resources"].(map[string]any)
	resources["clusters"] = append(list(resources["clusters"]), cluster)
}

// Cluster is a cluster, to be altered in place; nil if there is none of that name.
func (x *Example) Cluster(name string) map[string]any {
	for _, c := range list(dig(x.root, "static_resources", "clusters")) {
		if dig(c, "name") == name {
			return c.(map[string]any)
		}
	}
	return nil
}

// Module replaces the path of the Wasm module in every filter.
func (x *Example) Module(path string) {
	walk(x.root, func(m map[string]any) {
		if local, ok := dig(m, "code", "local").(map[string]any); ok {
			local["filename"] = path
		}
	})
}

// Listener is a handle on one listener's HTTP connection manager.
type Listener struct {
	listener, manager map[string]any
}

// Listener finds a listener by name; nil if there is none.
func (x *Example) Listener(name string) *Listener {
	for _, l := range list(dig(x.root, "static_resources", "listeners")) {
		if dig(l, "name") == name {
			return newListener(l)
		}
	}
	return nil
}

// CloneListener adds a copy of a listener under another name, to be altered without touching the original.
func (x *Example) CloneListener(name, as string) (*Listener, error) {
	original := x.Listener(name)
	if original == nil {
		return nil, fmt.Errorf("the example has no listener %q", name)
	}
	l, err := original.Copy(as)
	if err != nil {
		return nil, err
	}
	x.Adopt(l, as)
	return l, nil
}

// Copy is a listener like this one under another name, which no example has yet.
func (l *Listener) Copy(as string) (*Listener, error) {
	data, err := json.Marshal(l.listener)
	if err != nil {
		return nil, err
	}
	var copied map[string]any
	if err := json.Unmarshal(data, &copied); err != nil {
		return nil, err
	}
	copied["name"] = as
	return newListener(copied), nil
}

// Adopt adds a listener of another example under a name of its own. Its clusters are not taken over.
func (x *Example) Adopt(l *Listener, as string) {
	l.listener["name"] = as
	resources := x.root["static_resources"].(map[string]any)
	resources["listeners"] = append(list(resources["listeners"]), l.listener)
}

func newListener(l any) *Listener {
	chain := list(dig(l, "filter_chains"))
	manager := dig(list(dig(chain[0], "filters"))[0], "typed_config")
	return &Listener{listener: l.(map[string]any), manager: manager.(map[string]any)}
}

// Set puts a value at a path of member names below the connection manager, making objects on the way.
func (l *Listener) Set(value any, path ...string) {
	set(l.manager, value, path...)
}

// LimitBuffers limits what a connection and each of its streams may buffer, in bytes.
func (l *Listener) LimitBuffers(n int) {
	l.listener["per_connection_buffer_limit_bytes"] = n
	l.Set(max(n, 65535), "http2_protocol_options", "initial_stream_window_size") // no less is allowed
}

// Unset removes a member of the connection manager.
func (l *Listener) Unset(name string) { delete(l.manager, name) }

// Drop removes the HTTP filters of these names.
func (l *Listener) Drop(names ...string) {
	var kept []any
	for _, f := range l.filters() {
		drop := false
		for _, name := range names {
			drop = drop || dig(f, "name") == name
		}
		if !drop {
			kept = append(kept, f)
		}
	}
	l.manager["http_filters"] = kept
}

// Replace puts another HTTP filter in the place of one.
func (l *Listener) Replace(name string, filter map[string]any) {
	l.filters()[l.index(name)] = filter
}

// Before lists the HTTP filters that stand before the one of a name.
func (l *Listener) Before(name string) []any { return l.filters()[:max(l.index(name), 0)] }

// Prepend puts HTTP filters before all others.
func (l *Listener) Prepend(filters []any) {
	l.manager["http_filters"] = append(append([]any(nil), filters...), l.filters()...)
}

// Swap exchanges the places of two HTTP filters.
func (l *Listener) Swap(a, b string) {
	filters := l.filters()
	i, j := l.index(a), l.index(b)
	filters[i], filters[j] = filters[j], filters[i]
}

// Filter is the typed configuration of an HTTP filter, to be altered in place; nil if there is none of that name.
func (l *Listener) Filter(name string) map[string]any {
	i := l.index(name)
	if i < 0 {
		return nil
	}
	return dig(l.filters()[i], "typed_config").(map[string]any)
}

// Configure replaces the plugin configuration of a Wasm filter.
func (l *Listener) Configure(filter, configuration string) {
	set(l.Filter(filter), map[string]any{
		"@type": "type.googleapis.com/google.protobuf.StringValue",
		"value": configuration,
	}, "config", "configuration")
}

// Forbid takes capabilities from a Wasm filter.
func (l *Listener) Forbid(filter string, capabilities ...string) error {
	allowed, _ := dig(l.Filter(filter), "config", "capability_restriction_config", "allowed_capabilities").(map[string]any)
	for _, name := range capabilities {
		if _, ok := allowed[name]; !ok {
			return fmt.Errorf("the filter %q does not have the capability %q", filter, name)
		}
		delete(allowed, name)
	}
	return nil
}

// Configuration is the plugin configuration of a Wasm filter.
func (l *Listener) Configuration(filter string) string {
	text, _ := dig(l.Filter(filter), "config", "configuration", "value").(string)
	return text
}

// VM gives a Wasm filter a virtual machine of its own.
func (l *Listener) VM(filter, id string) {
	set(l.Filter(filter), id, "config", "vm_config", "vm_id")
}

func (l *Listener) filters() []any { return list(l.manager["http_filters"]) }

func (l *Listener) index(name string) int {
	for i, f := range l.filters() {
		if dig(f, "name") == name {
			return i
		}
	}
	return -1
}

func setAddress(in any, port int) {
	walk(in, func(m map[string]any) {
		if _, ok := m["socket_address"]; ok {
			m["socket_address"] = map[string]any{"address": "127.0.0.1", "port_value": port}
		}
	})
}

func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, member := range v {
			walk(member, visit)
		}
	case []any:
		for _, element := range v {
			walk(element, visit)
		}
	}
}

func dig(v any, path ...string) any {
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func set(m map[string]any, value any, path ...string) {
	for _, name := range path[:len(path)-1] {
		next, ok := m[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			m[name] = next
		}
		m = next
	}
	m[path[len(path)-1]] = value
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// LogTo has the access log written to a file instead of the standard output, in the same format.
func (l *Listener) LogTo(file string) {
	for _, log := range list(l.manager["access_log"]) {
		config := dig(log, "typed_config").(map[string]any)
		config["@type"] = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
		config["path"] = file
		log.(map[string]any)["name"] = "envoy.access_loggers.file"
	}
}

// Spread gives a cluster one endpoint on each of some ports of 127.0.0.1.
func (x *Example) Spread(cluster string, ports []int) {
	c := x.Cluster(cluster)
	if c == nil {
		return
	}
	var endpoints []any
	for _, port := range ports {
		endpoints = append(endpoints, map[string]any{"endpoint": map[string]any{"address": map[string]any{
			"socket_address": map[string]any{"address": "127.0.0.1", "port_value": port},
		}}})
	}
	set(c, []any{map[string]any{"lb_endpoints": endpoints}}, "load_assignment", "endpoints")
}

// AddLog adds an access log.
func (l *Listener) AddLog(log map[string]any) {
	l.manager["access_log"] = append(list(l.manager["access_log"]), log)
}

// Extension reads what an example adds to another one: access logs and clusters, these on a port of loopback.
func Extension(path string, port int) (logs, clusters []map[string]any, err error) {
	x, err := LoadExample(path)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range list(x.root["access_log"]) {
		logs = append(logs, l.(map[string]any))
	}
	for _, c := range list(x.root["clusters"]) {
		setAddress(c, port)
		clusters = append(clusters, c.(map[string]any))
	}
	return logs, clusters, nil
}

package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/mom-router/mom-router/hostsim"
)

// filterFile is a filter chain as an Envoy configuration has it: the Wasm filters of the first http_filters in the file, in
// their order. A whole bootstrap or listener will do, and so will the list alone.
type filterFile struct {
	path    string
	host    *hostsim.Host
	modules map[string]*hostsim.Module
	say     func(string)
}

// wasmType is the end of a Wasm filter's type URL.
const wasmType = "envoy.extensions.filters.http.wasm.v3.Wasm"

// pluginConfig is what hostsim takes of a PluginConfig; what only proxies have use for (retries, runtimes) is left to them.
type pluginConfig struct {
	Name          string          `json:"name"`
	RootID        string          `json:"root_id"`
	Configuration json.RawMessage `json:"configuration"`
	FailOpen      bool            `json:"fail_open"`
	FailurePolicy string          `json:"failure_policy"`
	AllowStop     bool            `json:"allow_on_headers_stop_iteration"`
	VM            struct {
		ID   string `json:"vm_id"`
		Code struct {
			Local struct {
				Filename string `json:"filename"`
				Bytes    string `json:"inline_bytes"`
			} `json:"local"`
			Remote json.RawMessage `json:"remote"`
		} `json:"code"`
		Configuration json.RawMessage `json:"configuration"`
		Environment   struct {
			Values map[string]string `json:"key_values"`
			Keys   []string          `json:"host_env_keys"`
		} `json:"environment_variables"`
	} `json:"vm_config"`
	Restriction struct {
		Allowed map[string]json.RawMessage `json:"allowed_capabilities"`
	} `json:"capability_restriction_config"`
}

// readFilters reads the chain that a file holds. say gets what is left out of it. The modules are loaded into the host.
func readFilters(path string, data []byte, host *hostsim.Host, say func(string)) ([]hostsim.Filter, error) {
	var root any
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if name, ok := upstreamFilter(root, false); ok {
		return nil, fmt.Errorf("%s: the Wasm filter %q is an upstream filter, which Envoy runs once for each try: hostsim tries once and has no such chain: take it out of the file to see what the filters of the listener do, or use Envoy", path, name)
	}
	list, ok := root.([]any)
	if !ok {
		list, ok = findFilters(root)
	}
	if !ok {
		return nil, fmt.Errorf("%s: no http_filters: give an Envoy configuration, or a list of its HTTP filters", path)
	}
	f := filterFile{path: path, host: host, modules: map[string]*hostsim.Module{}, say: say}
	var out []hostsim.Filter
	for i, item := range list {
		filter, ok, err := f.filter(item)
		if err != nil {
			return nil, fmt.Errorf("%s: HTTP filter %d: %w", path, i+1, err)
		}
		if ok {
			out = append(out, filter)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: none of the %d HTTP filters has the type %s", path, len(list), wasmType)
	}
	return out, nil
}

// upstreamFilter finds a Wasm filter in the chain of a router or of a cluster; in says that the part is one of those.
func upstreamFilter(part any, in bool) (name string, ok bool) {
	switch part := part.(type) {
	case map[string]any:
		config, _ := part["typed_config"].(map[string]any)
		if kind, _ := config["@type"].(string); in && strings.HasSuffix(kind, "/"+wasmType) {
			name, _ = part["name"].(string)
			return name, true
		}
		for _, key := range slices.Sorted(maps.Keys(part)) {
			if name, ok := upstreamFilter(part[key], in || key == "upstream_http_filters" || key == "typed_extension_protocol_options"); ok {
				return name, true
			}
		}
	case []any:
		for _, item := range part {
			if name, ok := upstreamFilter(item, in); ok {
				return name, true
			}
		}
	}
	return "", false
}

// findFilters finds the first list of that name, however deep.
func findFilters(part any) ([]any, bool) {
	switch part := part.(type) {
	case map[string]any:
		if list, ok := part["http_filters"].([]any); ok {
			return list, true
		}
		for _, name := range slices.Sorted(maps.Keys(part)) {
			if list, ok := findFilters(part[name]); ok {
				return list, true
			}
		}
	case []any:
		for _, item := range part {
			if list, ok := findFilters(item); ok {
				return list, true
			}
		}
	}
	return nil, false
}

// filter reads one item; ok is false for a filter that is not in Wasm.
func (f *filterFile) filter(item any) (out hostsim.Filter, ok bool, err error) {
	raw, err := json.Marshal(item)
	if err != nil {
		return out, false, err
	}
	var filter struct {
		Name   string
		Config struct {
			Type   string       `json:"@type"`
			Plugin pluginConfig `json:"config"`
		} `json:"typed_config"`
	}
	if err := json.Unmarshal(raw, &filter); err != nil {
		return out, false, err
	}
	if !strings.HasSuffix(filter.Config.Type, "/"+wasmType) {
		if !strings.HasSuffix(filter.Config.Type, ".Router") {
			f.say(fmt.Sprintf("%s: the filter %q is left out: it is not in Wasm", f.path, filter.Name))
		}
		return out, false, nil
	}
	p := filter.Config.Plugin
	out = hostsim.Filter{Name: p.Name, RootID: p.RootID, AllowOnHeadersStop: p.AllowStop, VM: &hostsim.VM{ID: p.VM.ID}}
	if out.Configuration, err = f.configuration(filter.Name, "configuration", p.Configuration); err != nil {
		return out, false, err
	}
	if out.VM.Configuration, err = f.configuration(filter.Name, "vm_config.configuration", p.VM.Configuration); err != nil {
		return out, false, err
	}
	policy := p.FailurePolicy
	if p.FailOpen {
		policy = "FAIL_OPEN"
	}
	if err := setPolicy(&out, policy); err != nil {
		return out, false, err
	}
	for _, name := range slices.Sorted(maps.Keys(p.VM.Environment.Values)) {
		out.VM.Env = append(out.VM.Env, [2]string{name, p.VM.Environment.Values[name]})
	}
	for _, name := range p.VM.Environment.Keys {
		if value, ok := os.LookupEnv(name); ok {
			out.VM.Env = append(out.VM.Env, [2]string{name, value})
		}
	}
	out.VM.Capabilities = slices.Sorted(maps.Keys(p.Restriction.Allowed))
	out.VM.Module, err = f.module(p)
	return out, true, err
}

// configuration is what the plugin gets, and a word to whoever may not expect that.
func (f *filterFile) configuration(filter, where string, raw json.RawMessage) ([]byte, error) {
	out, binary, err := anyBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	if binary {
		f.say(fmt.Sprintf("%s: the filter %q: as in Envoy, the plugin gets its %s in protobuf's binary form: if it reads JSON, give it a google.protobuf.StringValue with the JSON as its text", f.path, filter, where))
	}
	return out, nil
}

// setPolicy sets a failure policy by Envoy's name.
func setPolicy(f *hostsim.Filter, name string) error {
	switch name {
	case "", "UNSPECIFIED", "FAIL_CLOSED":
	case "FAIL_OPEN":
		f.FailOpen = true
	case "FAIL_RELOAD":
		f.FailReload = true
	default:
		return fmt.Errorf("failure policy %q: want FAIL_CLOSED, FAIL_OPEN or FAIL_RELOAD", name)
	}
	return nil
}

// module loads a filter's code: from a file, whose name is relative to this directory, as for Envoy, or to the
// configuration's.
func (f *filterFile) module(p pluginConfig) (*hostsim.Module, error) {
	local := p.VM.Code.Local
	key := local.Filename + local.Bytes
	if m := f.modules[key]; m != nil {
		return m, nil
	}
	var code []byte
	var err error
	switch {
	case local.Filename != "":
		code, err = os.ReadFile(local.Filename)
		if errors.Is(err, os.ErrNotExist) && !filepath.IsAbs(local.Filename) {
			if beside, e := os.ReadFile(filepath.Join(filepath.Dir(f.path), local.Filename)); e == nil {
				code, err = beside, nil
			}
		}
	case local.Bytes != "":
		code, err = base64.StdEncoding.DecodeString(local.Bytes)
	case p.VM.Code.Remote != nil:
		return nil, errors.New("vm_config.code: hostsim fetches nothing: put the module into a file and name it under local.filename")
	default:
		return nil, errors.New("vm_config.code: want local.filename")
	}
	if err != nil {
		return nil, fmt.Errorf("vm_config.code: %w", err)
	}
	m, err := f.host.Load(code)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", local.Filename, err)
	}
	f.modules[key] = m
	return m, nil
}

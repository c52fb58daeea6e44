package envoy

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// Type URLs of the resources that Envoy reads from files.
const (
	listenerType = "type.googleapis.com/envoy.config.listener.v3.Listener"
	filterType   = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"
	wasmType     = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"
)

// ListenersFrom has Envoy take listeners from a file as well (LDS), and again whenever it is replaced: see Publish.
func (x *Example) ListenersFrom(file string) {
	set(x.root, fromFile(file), "dynamic_resources", "lds_config")
}

// Detach takes a listener out of the configuration; its handle can still be altered, and published.
func (x *Example) Detach(l *Listener) {
	resources := x.root["static_resources"].(map[string]any)
	var kept []any
	for _, other := range list(resources["listeners"]) {
		if dig(other, "name") != l.listener["name"] {
			kept = append(kept, other)
		}
	}
	resources["listeners"] = kept
}

// Discover has Envoy take the configuration of one HTTP filter from a file (ECDS), and again whenever it is replaced. The
// file must be there when Envoy starts.
func (l *Listener) Discover(filter, file string) {
	filters := l.filters()
	filters[l.index(filter)] = map[string]any{
		"name": filter,
		"config_discovery": map[string]any{
			"config_source": fromFile(file),
			"type_urls":     []any{wasmType},
		},
	}
}

func fromFile(file string) map[string]any {
	return map[string]any{
		"path_config_source":   map[string]any{"path": file},
		"resource_api_version": "V3",
	}
}

// Resource is the listener as Envoy reads it by LDS.
func (l *Listener) Resource() map[string]any { return typed(listenerType, l.listener) }

// FilterResource is the configuration of one HTTP filter as Envoy reads it by ECDS.
func (l *Listener) FilterResource(name string) map[string]any {
	return typed(filterType, map[string]any{"name": name, "typed_config": l.Filter(name)})
}

func typed(url string, message map[string]any) map[string]any {
	resource := map[string]any{"@type": url}
	for name, value := range message {
		resource[name] = value
	}
	return resource
}

// Publish replaces a file that Envoy watches by one with these resources. Envoy sees the old file or the new one and
// nothing between, because the new one is moved into place.
func Publish(file, version string, resources ...map[string]any) error {
	data, err := json.MarshalIndent(map[string]any{"version_info": version, "resources": resources}, "", " ")
	if err != nil {
		return err
	}
	next := filepath.Join(filepath.Dir(file), "."+filepath.Base(file))
	if err := os.WriteFile(next, data, 0o644); err != nil {
		return err
	}
	return os.Rename(next, file)
}

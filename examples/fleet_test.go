package examples

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What it adds is tried by e2e/fleet; all else is tried as examples/envoy/flag.yaml, and must not fall behind it.
func TestTheFleetsProxyIsTheShippedOneWithThreeThingsMore(t *testing.T) {
	type members = map[string]any
	read := func(file string) (text string, root members) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(data, &root); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return string(data), root
	}
	// without takes what is named so out of a list, and wants it there once.
	without := func(list any, name string) (kept []any, taken members) {
		for _, element := range list.([]any) {
			if element.(members)["name"] != name {
				kept = append(kept, element)
				continue
			}
			if taken != nil {
				t.Errorf("two are named %q", name)
			}
			taken = element.(members)
		}
		if taken == nil {
			t.Fatalf("none is named %q", name)
		}
		return kept, taken
	}
	_, plain := read("envoy/flag.yaml")
	text, fleet := read("fleet/envoy.yaml")
	if n := strings.Count(text, "# fleet: "); n != 3 {
		t.Errorf("%d things are marked", n)
	}
	resources := fleet["static_resources"].(members)
	resources["clusters"], _ = without(resources["clusters"], "ratelimit")
	listener := resources["listeners"].([]any)[0].(members)
	manager := listener["filter_chains"].([]any)[0].(members)["filters"].([]any)[0].(members)["typed_config"].(members)
	filters, limit := without(manager["http_filters"], "envoy.filters.http.ratelimit")
	manager["http_filters"] = filters
	_, router := without(filters, "mom-router")
	configuration := router["typed_config"].(members)["config"].(members)["configuration"].(members)
	value := configuration["value"].(string)
	if configuration["value"] = strings.Replace(value, `"charges":true,`, "", 1); configuration["value"] == value {
		t.Errorf("nothing is charged: %s", value)
	}
	if !reflect.DeepEqual(fleet, plain) {
		t.Error("fleet/envoy.yaml differs from envoy/flag.yaml in more than what is marked: compare the files")
	}
	_, service := read("fleet/config/mom.yaml")
	if asks, has := limit["typed_config"].(members)["domain"], service["domain"]; asks != has {
		t.Errorf("the proxy asks for the domain %v, and the service has %v", asks, has)
	}
}

func TestAllProxiesMakeTheSameLabels(t *testing.T) {
	labels := func(file string) any {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var root struct {
			Stats any `yaml:"stats_config"`
		}
		if err := yaml.Unmarshal(data, &root); err != nil || root.Stats == nil {
			t.Fatalf("%s has no labels: %v", file, err)
		}
		return root.Stats
	}
	want := labels("envoy/flag.yaml")
	for _, file := range []string{"envoy/pair.yaml", "envoy/compressed.yaml", "envoy/fallback.yaml"} {
		if !reflect.DeepEqual(labels(file), want) {
			t.Errorf("%s makes other labels than envoy/flag.yaml", file)
		}
	}
}

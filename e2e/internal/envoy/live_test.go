package envoy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFilterMovesFromTheConfigurationToAFile(t *testing.T) {
	x := load(t, "pair")
	l, err := x.CloneListener("llm", "live")
	if err != nil {
		t.Fatal(err)
	}
	l.Configure("mom-router-lead", `{"policy":"default"}`)
	resource := l.FilterResource("mom-router-lead")
	l.Discover("mom-router-lead", "/tmp/lead.json")
	if resource["@type"] != filterType || resource["name"] != "mom-router-lead" || dig(resource, "typed_config", "config", "configuration", "value") != `{"policy":"default"}` {
		t.Errorf("the resource is %v", resource)
	}
	if got := text(t, x); strings.Count(got, `"/tmp/lead.json"`) != 1 || strings.Count(got, `"mom-router-lead"`) != 3 {
		t.Errorf("the configuration is %s", got)
	}
	if x.Listener("llm").Filter("mom-router-lead") == nil {
		t.Error("the original has lost its filter")
	}
}

func TestAListenerMovesFromTheConfigurationToAFile(t *testing.T) {
	x := load(t, "flag")
	l, err := x.CloneListener("llm", "live")
	if err != nil {
		t.Fatal(err)
	}
	x.Detach(l)
	file := filepath.Join(t.TempDir(), "listeners.json")
	x.ListenersFrom(file)
	if x.Listener("live") != nil || x.Listener("llm") == nil || strings.Count(text(t, x), file) != 1 {
		t.Errorf("the configuration is %s", text(t, x))
	}
	for _, version := range []string{"1", "2"} {
		if err := Publish(file, version, l.Resource()); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Version   string `json:"version_info"`
			Resources []map[string]any
		}
		if err := json.Unmarshal(data, &got); err != nil || got.Version != version || len(got.Resources) != 1 ||
			got.Resources[0]["@type"] != listenerType || got.Resources[0]["name"] != "live" {
			t.Errorf("published (%v): %s", err, data)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(left) != 1 {
		t.Errorf("files are left over: %q", left)
	}
}

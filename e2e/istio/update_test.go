package istio

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// policy is the default policy under another version, as an object that can stand in a manifest.
func policy(t *testing.T, version string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "rules", "default.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var p map[string]any
	if err := yaml.Unmarshal(text, &p); err != nil { // as kubectl reads it: YAML 1.1
		t.Fatal(err)
	}
	p["version"] = version
	return p
}

// liveUpdates applies a new policy to a running pair, then a bad one.
func liveUpdates(t *testing.T, s *stand) {
	p := s.gateway(t, nil)
	objects := s.shipped(t, "pair.yaml", s.image, p.port)
	s.apply(t, objects...)
	s.inForce(t, p)
	c := p.client(t, "HTTP/1")
	lead := named(t, objects, "WasmPlugin", "mom-router-lead")

	inVersion := func(version string) func() bool {
		return func() bool {
			r, id := s.call(t, c, who())
			got := s.backends.Got(id)
			if r.Status != 200 || len(got) != 1 {
				t.Errorf("status %d during an update: %s", r.Status, r.Body)
				return false
			}
			return p.record(t, got[0])["policy"].(map[string]any)["version"] == version
		}
	}
	set(t, lead, policy(t, "second"), "spec", "pluginConfig", "policy")
	s.apply(t, lead)
	eventually(t, "the new policy is in force", inVersion("second"))

	bad := policy(t, "third")
	bad["default"] = map[string]any{"model": "gpt-5-nano"}
	set(t, lead, bad, "spec", "pluginConfig", "policy")
	s.apply(t, lead)
	eventually(t, "the reason is in the gateway's log", func() bool {
		return strings.Contains(p.Log(), "mom-router: configuration refused: $.policy.default.model:")
	})
	eventually(t, "istiod tells that the gateway refused it", func() bool {
		return strings.Contains(s.plane.Log(), "ACK ERROR")
	})
	for range 5 {
		if !inVersion("second")() {
			t.Error("the policy before is no longer in force")
		}
	}
	set(t, lead, policy(t, "fourth"), "spec", "pluginConfig", "policy")
	s.apply(t, lead)
	eventually(t, "the next good policy is in force", inVersion("fourth"))
}

package istio

import (
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/istio/internal/control"
)

// secondLock proves that strip.yaml does what it says: without any plugin, a client's own header finds no route.
func secondLock(t *testing.T, s *stand) {
	p := s.gateway(t, nil)
	var others []*control.Object
	for _, o := range s.shipped(t, "pair.yaml", s.image, p.port) {
		if !isWasmPlugin(o) {
			others = append(others, o)
		}
	}
	s.apply(t, others...)
	s.bare(t, p)
	c := p.client(t, "HTTP/1")
	forged := who()
	forged.Header = append(forged.Header, [2]string{"x-mom-cluster", "mi355x-qwen3-235b"})
	if r, _ := s.call(t, c, forged); r.Status != 200 {
		t.Fatalf("status %d: without strip.yaml there is nothing to prove", r.Status)
	}
	s.apply(t, read(t, "strip.yaml")...)
	eventually(t, "the client's header finds no route", func() bool {
		r, _, err := s.send(c, forged)
		return err == nil && r.Status == 404
	})
}

// edge runs the gateway under Istio's edge profile, whose buffers are smaller than the plugin's window by default.
func edge(t *testing.T, s *stand) {
	for _, c := range []struct {
		name     string
		settings map[string]any
		hold     int64
	}{
		{"a window below the limit", map[string]any{"profile": "EDGE"}, 16 << 10},
		{"limits above the window", map[string]any{
			"profile": "EDGE", "listenerPerConnectionBufferLimitBytes": 1 << 20, "http2InitialStreamWindowSize": 1 << 20,
		}, 512 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := s.gateway(t, map[string]any{"connectionSettings": c.settings})
			objects := s.shipped(t, "pair.yaml", s.image, p.port)
			set(t, named(t, objects, "WasmPlugin", "mom-router-lead"), c.hold, "spec", "pluginConfig", "hold_bytes")
			s.apply(t, objects...)
			s.inForce(t, p)
			for _, protocol := range []string{"HTTP/1", "HTTP/2"} {
				t.Run(protocol, func(t *testing.T) { s.largeBody(t, p.client(t, protocol)) })
			}
		})
	}
}

// targetRefs attaches the pair of waypoint.yaml to a Gateway of the Gateway API, as it stands there, from the artifact form
// of the image.
func targetRefs(t *testing.T, s *stand) {
	p := s.gatewayIn(t, "llm", map[string]string{"gateway.networking.k8s.io/gateway-name": "waypoint"})
	i := s.artifact(t)
	var objects []*control.Object
	for _, o := range s.shipped(t, "waypoint.yaml", i, p.port) {
		switch o.GetKind() {
		case "WasmPlugin":
			objects = append(objects, o)
		case "HTTPRoute":
			set(t, o, []any{map[string]any{"name": "waypoint"}}, "spec", "parentRefs")
			objects = append(objects, o)
		}
	}
	lead := named(t, objects, "WasmPlugin", "mom-router-lead")
	set(t, lead, []any{"llm.test"}, "spec", "pluginConfig", "hosts")
	objects = append(objects, ingress(p.port)...)
	for _, o := range s.shipped(t, "pair.yaml", i, p.port) {
		if o.GetKind() == "ServiceEntry" {
			o.SetNamespace("llm")
			objects = append(objects, o)
		}
	}
	route := named(t, objects, "HTTPRoute", "mom-router")
	for _, rule := range list(route, "spec", "rules") {
		ref := rule.(map[string]any)["backendRefs"].([]any)[0].(map[string]any)
		ref["group"], ref["kind"] = "networking.istio.io", "Hostname"
		ref["name"] = ref["name"].(string) + ".mi355x.internal"
	}
	s.apply(t, objects...)
	s.inForce(t, p)
	c := p.client(t, "HTTP/1")
	for _, d := range demos {
		t.Run(d.file, func(t *testing.T) {
			r, id := s.call(t, c, d.message(t))
			if got := s.backends.Got(id); r.Status != 200 || len(got) != 1 || got[0].Cluster != d.cluster {
				t.Errorf("status %d, engines got %d: %s", r.Status, len(got), r.Body)
			}
		})
	}
	t.Run("another host is not routed, and cannot choose an engine", func(t *testing.T) {
		m := client.Message{Method: "GET", Path: "/", Host: "other.test", Framing: client.None,
			Header: [][2]string{{"x-mom-cluster", "mi355x-glm-4-7"}}}
		s.refused(t, c, m, 404)
	})
}

// ingress is a Gateway in place of the waypoint, which only ztunnel can talk to, and its Service.
func ingress(port int) []*control.Object {
	service := &control.Object{Object: map[string]any{
		"apiVersion": "v1", "kind": "Service",
		"metadata": map[string]any{"name": "waypoint", "namespace": "llm"},
		"spec": map[string]any{
			"selector": map[string]any{"gateway.networking.k8s.io/gateway-name": "waypoint"},
			"ports":    []any{map[string]any{"name": "http", "port": int64(port), "targetPort": int64(port)}},
		},
	}}
	return []*control.Object{service, {Object: map[string]any{
		"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
		"metadata": map[string]any{"name": "waypoint", "namespace": "llm"},
		"spec": map[string]any{
			"gatewayClassName": "istio",
			"addresses":        []any{map[string]any{"type": "Hostname", "value": "waypoint.llm.svc.cluster.local"}},
			"listeners":        []any{map[string]any{"name": "http", "port": int64(port), "protocol": "HTTP"}},
		},
	}}}
}

package istio

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/istio/internal/control"
	"github.com/mom-router/mom-router/rules/render"
)

// examples is where the shipped manifests are.
const examples = root + "/examples/istio"

// shipped reads a manifest and changes what belongs to the place: the module's url and sha256, ports and addresses.
func (s *stand) shipped(t *testing.T, file string, i image, port int) []*control.Object {
	t.Helper()
	all := read(t, file)
	for _, o := range all {
		switch o.GetKind() {
		case "WasmPlugin":
			set(t, o, i.url, "spec", "url")
			set(t, o, i.sha256, "spec", "sha256")
		case "EnvoyFilter":
			for _, p := range list(o, "spec", "configPatches") {
				if remote, ok := dig(p, "patch", "value", "typed_config", "config", "vm_config", "code", "remote").(map[string]any); ok {
					remote["sha256"] = i.sha256
					remote["http_uri"].(map[string]any)["uri"] = i.url
				}
				s.here(dig(p, "patch", "value"))
			}
		case "Gateway":
			for _, server := range list(o, "spec", "servers") { // of Istio's own kind; that of the Gateway API has listeners
				m := server.(map[string]any)
				m["bind"] = "127.0.0.1"
				m["port"].(map[string]any)["number"] = int64(port)
			}
		case "ServiceEntry":
			for _, e := range list(o, "spec", "endpoints") {
				m := e.(map[string]any)
				m["address"] = "127.0.0.1"
				m["ports"] = map[string]any{"http": int64(s.backends.Ports()[o.GetName()])}
			}
		}
	}
	return all
}

// pairWith is pair.yaml, with what another manifest has in place of its own or beside it.
func (s *stand) pairWith(t *testing.T, file string, port int) []*control.Object {
	t.Helper()
	instead := s.shipped(t, file, s.image, port)
	pair := slices.DeleteFunc(s.shipped(t, "pair.yaml", s.image, port), func(o *control.Object) bool {
		return slices.ContainsFunc(instead, func(i *control.Object) bool { return i.GetKind() == o.GetKind() && i.GetName() == o.GetName() })
	})
	return append(pair, instead...)
}

// here has a cluster of an EnvoyFilter go to the backend of its name; where there is none, to a port that nobody listens on.
func (s *stand) here(cluster any) {
	name, _ := dig(cluster, "name").(string)
	endpoints, _ := dig(cluster, "load_assignment", "endpoints").([]any)
	for _, e := range endpoints {
		of, _ := dig(e, "lb_endpoints").([]any)
		for _, one := range of {
			address := dig(one, "endpoint", "address", "socket_address").(map[string]any)
			address["address"], address["port_value"] = "127.0.0.1", int64(max(s.backends.Ports()[name], 1))
		}
	}
}

// read splits a shipped manifest into its resources.
func read(t *testing.T, file string) []*control.Object {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examples, file))
	if err != nil {
		t.Fatal(err)
	}
	all, err := control.Read(text)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return all
}

// named finds a resource by kind and name.
func named(t *testing.T, all []*control.Object, kind, name string) *control.Object {
	t.Helper()
	for _, o := range all {
		if o.GetKind() == kind && o.GetName() == name {
			return o
		}
	}
	t.Fatalf("there is no %s %q", kind, name)
	return nil
}

func set(t *testing.T, o *control.Object, value any, path ...string) {
	t.Helper()
	m := o.Object
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

func list(o *control.Object, path ...string) []any {
	l, _ := dig(o.Object, path...).([]any)
	return l
}

func dig(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func isWasmPlugin(o *control.Object) bool { return o.GetKind() == "WasmPlugin" }

// validate is istioctl's.
func (s *stand) validate(file string) (says string, err error) {
	out, err := exec.Command(filepath.Join(s.tools, "bin", "validate"), "-f", file).CombinedOutput()
	return string(out), err
}

// manifests are the files to apply.
func manifests(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests in %s (%v)", examples, err)
	}
	var names []string
	for _, f := range files {
		if name := filepath.Base(f); name != "mesh.yaml" { // which is no resource
			names = append(names, name)
		}
	}
	return names
}

// renderedManifests holds what rules render writes against the same schemas: the forms and choices that no example has.
func renderedManifests(t *testing.T, s *stand) {
	const policy = `version: "1"
auto: [auto]
models:
  small: {name: org/small, cluster: small, tier: 1, context: 32768, input: [text]}
  large: {name: org/large, cluster: large, tier: 2, context: 131072, input: [text]}
default: {model: small}
`
	const addresses = "policy: policy.yaml\nengines:\n  small: small.example.com:8000\n  large: [10.0.0.1:8000, 10.0.0.2:8001]\n"
	const secure = "policy: policy.yaml\nengines:\n  small: {at: small.example.com:443, tls: true}\n  large: {at: [10.0.0.1:8443, 10.0.0.2:8443], tls: {name: large.example.com, ca: /etc/engines/ca.pem}}\n"
	for _, c := range []struct{ name, form, description string }{
		{"keys and a second lock", render.Istio, "keys: MOM_KEYS_SECRET\nstrip: true\n" + addresses},
		{"one filter", render.Istio, "hold: flag\n" + addresses},
		{"TLS on both sides", render.Istio, "tls: {secret: llm-tls}\n" + secure},
		{"fallback with a budget and TLS", render.Istio, "tls: {secret: llm-tls}\nkeys: MOM_KEYS_SECRET\nfallback: {lists: {mom-small: [small, large]}}\nfleet: {service: ratelimit.llm:8081, count: tokens, charge: used, without: go_on}\n" + secure},
		{"TLS to Services", render.GatewayAPI, "tls: {secret: llm-tls}\npolicy: policy.yaml\nengines:\n  small: {at: small:8000, tls: true}\n  large: {at: large:8000, tls: {name: large.example.com, ca: engines-ca}}\n"},
		{"Services and a pool", render.GatewayAPI, "policy: policy.yaml\nengines:\n  small: small:8000\n  large: {pool: large-pool}\n"},
		{"a waypoint", render.GatewayAPI, "waypoint: true\npolicy: policy.yaml\nengines:\n  small: small:8000\n  large: large:8000\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := render.Render(render.Options{Form: c.form, Description: []byte(c.description), File: "engines.yaml", Output: "out.yaml",
				Read: func(string) ([]byte, error) { return []byte(policy), nil }})
			if err != nil {
				t.Fatal(err)
			}
			objects, err := control.Read(out.Text)
			if err != nil {
				t.Fatal(err)
			}
			s.apply(t, objects...)
			file := filepath.Join(t.TempDir(), "out.yaml")
			if err := os.WriteFile(file, out.Text, 0o644); err != nil {
				t.Fatal(err)
			}
			if says, err := s.validate(file); err != nil {
				t.Errorf("istioctl validate: %v\n%s\n%s", err, says, out.Text)
			}
		})
	}
}

func shippedManifests(t *testing.T, s *stand) {
	for _, file := range manifests(t) {
		t.Run(file, func(t *testing.T) {
			s.apply(t, read(t, file)...)
			if says, err := s.validate(filepath.Join(examples, file)); err != nil {
				t.Errorf("istioctl validate: %v\n%s", err, says)
			}
		})
	}
	t.Run("what istioctl validate knows better than the schema is refused", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join(examples, "pair.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "wrong.yaml")
		short := strings.Replace(string(text), strings.Repeat("0", 64), "00", 1)
		if err := os.WriteFile(file, []byte(short), 0o600); err != nil {
			t.Fatal(err)
		}
		if says, err := s.validate(file); err == nil || !strings.Contains(says, "sha256") {
			t.Errorf("got %v, %s", err, says)
		}
	})
	for _, c := range []struct {
		name, old, new string
		want           string
	}{
		{"a kind that is misspelt", "kind: WasmPlugin", "kind: WasmPlugins", "no matches for kind"},
		{"a version that is not served", "extensions.istio.io/v1alpha1", "extensions.istio.io/v1", "no matches for kind"},
		{"a member that is misspelt", "failStrategy:", "failStategy:", `field not declared in schema`},
		{"a value that is unknown", "failStrategy: FAIL_RELOAD", "failStrategy: RELOAD", "Unsupported value"},
	} {
		t.Run(c.name+" is refused", func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(examples, "pair.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			wrong, err := control.Read([]byte(strings.Replace(string(text), c.old, c.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			err = s.plane.Kube.Apply(wrong...)
			t.Cleanup(func() { s.plane.Kube.Delete(read(t, "pair.yaml")...) })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

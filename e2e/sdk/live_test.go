package sdk

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/standin"
	"github.com/mom-router/mom-router/rules"
)

func TestTheRealSDKsWorkThroughEnvoy(t *testing.T) {
	if os.Getenv("MOM_SDKS") != "1" {
		t.Skip("MOM_SDKS=1 runs the real SDKs, which come from PyPI and npm: make test-sdks")
	}
	installations, err := envoy.Installations()
	if err != nil {
		t.Fatal(err)
	}
	ports := engines(t)
	for _, installation := range installations {
		for _, mode := range []string{"flag", "pair"} {
			t.Run("Envoy "+installation.Name+", "+mode+" mode", func(t *testing.T) {
				address := start(t, installation, mode, ports)
				out, err := exec.Command("./run", "http://"+address).CombinedOutput()
				if err != nil {
					t.Errorf("e2e/sdk/run: %v", err)
				}
				t.Logf("%s", out)
			})
		}
	}
}

// engines starts a stand-in for each model of the default policy and returns their ports by cluster. Each answers only
// what asks for the model that it serves.
func engines(t *testing.T) map[string]int {
	t.Helper()
	table, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	ports := map[string]int{}
	for _, model := range table.Models() {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/health" {
				return
			}
			var asked struct{ Model string }
			body, err := io.ReadAll(r.Body)
			if err != nil || json.Unmarshal(body, &asked) != nil || asked.Model != model.Name {
				t.Errorf("%s: %q reached the engine that serves %q", r.Header.Get("x-case"), asked.Model, model.Name)
			}
			standin.Answer(w, r, body)
		}))
		t.Cleanup(server.Close)
		at, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		if ports[model.Cluster], err = strconv.Atoi(at.Port()); err != nil {
			t.Fatal(err)
		}
	}
	return ports
}

// start runs an Envoy with the shipped example of a mode and returns the address that it serves at.
func start(t *testing.T, installation envoy.Installation, mode string, ports map[string]int) string {
	t.Helper()
	root, err := envoy.Root()
	if err != nil {
		t.Fatal(err)
	}
	example, err := envoy.Shipped(mode, ports, filepath.Join(root, "dist", "mom-router.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := example.Start(context.Background(), envoy.Options{Binary: installation.Path, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	address, err := proxy.Listener("llm")
	if err != nil {
		t.Fatal(err)
	}
	return address
}

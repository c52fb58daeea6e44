package envoygateway

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/mom-router/mom-router/e2e/internal/authority"
	"github.com/mom-router/mom-router/e2e/internal/process"
	"github.com/mom-router/mom-router/rules/render"
)

// What rules render writes for TLS on both sides is taken, and the engine is asked by its own name.
func TestEnvoyGatewaySpeaksTLS(t *testing.T) {
	server := httptest.NewServer(registry.New())
	t.Cleanup(server.Close)
	url, sha256 := push(t, strings.TrimPrefix(server.URL, "http://"))
	a := authority.New(t)
	var mu sync.Mutex
	var got []*http.Request
	engine := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		mu.Lock()
		got = append(got, r)
		mu.Unlock()
	}))
	engine.TLS = &tls.Config{Certificates: []tls.Certificate{a.Pair(t, "early.example.com")}}
	engine.Config.ErrorLog = log.New(io.Discard, "", 0)
	engine.StartTLS()
	t.Cleanup(engine.Close)
	a.Pair(t, "llm.example.com")
	ports, err := process.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	description := fmt.Sprintf(`policy: policy.yaml
listen: ":%d"
module: %q
sha256: %s
tls: {secret: llm-tls}
engines:
  early: {at: %q, tls: {name: early.example.com, ca: engines-ca}, health: false}
`, process.Port(ports[0]), url, sha256, strings.TrimPrefix(engine.URL, "https://"))
	out, err := render.Render(render.Options{Form: render.EnvoyGateway, Description: []byte(description), File: "engines.yaml", Output: "out.yaml", Read: func(string) ([]byte, error) {
		return []byte("version: \"1\"\nauto: [auto]\nmodels: {early: {name: org/early, cluster: early}}\ndefault: early\n"), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string) string {
		text, err := os.ReadFile(a.File(name))
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(text)
	}
	ca, err := base64.StdEncoding.DecodeString(file("ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	manifest := strings.Replace(string(out.Text), "  telemetry:\n", "  provider: {type: Host, host: {envoyVersion: "+version+"}}\n  telemetry:\n", 1) + fmt.Sprintf(`---
apiVersion: v1
kind: Secret
metadata: {name: llm-tls, namespace: llm}
type: kubernetes.io/tls
data: {tls.crt: %s, tls.key: %s}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: engines-ca, namespace: llm}
data: {ca.crt: %q}
`, file("llm.example.com.crt"), file("llm.example.com.key"), ca)
	start(t, manifest)
	pool := x509.NewCertPool()
	pool.AddCert(a.Certificate)
	c := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "llm.example.com"}}}
	defer c.CloseIdleConnections()
	last := ""
	eventually(t, "the engine answers", func() bool {
		r, err := http.NewRequest(http.MethodPost, "https://"+ports[0]+"/v1/chat/completions", strings.NewReader(`{"model":"auto","messages":[{"role":"user","content":"Hi"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer of-the-client"}}
		answer, err := c.Do(r)
		if err != nil {
			last = err.Error()
			return false
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		last = fmt.Sprint(answer.Status, " ", string(body))
		return answer.StatusCode == http.StatusOK
	}, &last)
	mu.Lock()
	defer mu.Unlock()
	if r := got[len(got)-1]; r.Host != "early.example.com" || r.TLS.ServerName != "early.example.com" {
		t.Errorf("the engine got %s, host %s, %+v", r.Header, r.Host, r.TLS)
	}
}

package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/authority"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/render"
)

// secureEngine is one behind TLS, and the requests that it got.
type secureEngine struct {
	mu     sync.Mutex
	got    []*http.Request
	bodies []string
	status int
	port   int
}

func (e *secureEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/health") {
		return
	}
	body, _ := io.ReadAll(r.Body)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got, e.bodies = append(e.got, r), append(e.bodies, string(body))
	w.WriteHeader(e.status)
}

// take is what an engine got, and forgets it.
func (e *secureEngine) take() (got []*http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	got, e.got = e.got, nil
	return got
}

// startSecure starts an engine with a certificate, which Envoy is to find behind a name.
func startSecure(t *testing.T, certificate tls.Certificate) *secureEngine {
	e := &secureEngine{status: http.StatusOK}
	server := httptest.NewUnstartedServer(e)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what is tried
	server.StartTLS()
	t.Cleanup(server.Close)
	if _, err := fmt.Sscanf(server.Listener.Addr().String(), "127.0.0.1:%d", &e.port); err != nil {
		t.Fatal(err)
	}
	return e
}

const securePolicy = `version: "1"
auto: [auto]
models:
  early: {name: org/early, cluster: early, tier: 1, context: 131072, input: [text]}
  later: {name: org/later, cluster: later, tier: 1, context: 131072, input: [text]}
  wrong: {name: org/wrong, cluster: wrong, tier: 1, context: 131072, input: [text]}
default: [early, later]
`

// What rules render writes for TLS on both sides and for engines' keys runs: certificates are looked at, each engine gets its own key and no other, and no key stands in a file.
func TestARenderedConfigurationKeepsSecrets(t *testing.T) {
	const earlyKey, laterKey, clients = "Bearer of-the-early-one", "of-the-later-one", "Bearer of-the-client"
	for _, installation := range installations(t) {
		for _, more := range []string{"hold: flag\n", "hold: pair\nfallback: {after_429: any}\n"} {
			t.Run("Envoy "+installation.Name+" "+strings.Fields(more)[1], func(t *testing.T) {
				needs.Part(t, !newest(installation.Name) && strings.HasPrefix(more, "hold: flag"))
				a := authority.New(t)
				early, later := startSecure(t, a.Pair(t, "early.example.com")), startSecure(t, a.Pair(t, "later.example.com"))
				stranger := startSecure(t, a.Pair(t, "stranger.example.com")) // who sits where another one is expected
				a.Pair(t, "llm.example.com")
				keyFile := filepath.Join(t.TempDir(), "later.key")
				if err := os.WriteFile(keyFile, []byte(laterKey), 0o600); err != nil {
					t.Fatal(err)
				}
				t.Setenv("MOM_EARLY_KEY", earlyKey)
				description := fmt.Sprintf(`policy: policy.yaml
live: false
module: %s
tls: {certificate: %s, private_key: %s}
engines:
  early: {at: early.example.com:443, tls: {ca: %[4]s}, key: {env: MOM_EARLY_KEY}}
  later: {at: later.example.com:443, tls: {ca: %[4]s}, key: {file: %[5]s, header: X-API-Key}, health: false}
  wrong: {at: wrong.example.com:443, tls: {ca: %[4]s}, health: /health/deep}
%[6]s`, module(t), a.File("llm.example.com.crt"), a.File("llm.example.com.key"), a.File("ca.crt"), keyFile, more)
				out, err := render.Render(render.Options{Form: render.Envoy, Description: []byte(description), File: "engines.yaml", Output: "envoy.yaml",
					Read: func(string) ([]byte, error) { return []byte(securePolicy), nil }})
				if err != nil {
					t.Fatal(err)
				}
				for _, secret := range []string{"of-the-early-one", laterKey, "PRIVATE"} {
					if strings.Contains(string(out.Text), secret) {
						t.Errorf("%q stands in the configuration", secret)
					}
				}
				file := filepath.Join(t.TempDir(), "envoy.yaml")
				if err := os.WriteFile(file, out.Text, 0o644); err != nil {
					t.Fatal(err)
				}
				x, err := envoy.LoadExample(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := x.OnLoopback(map[string]int{"early": early.port, "later": later.port, "wrong": stranger.port}); err != nil {
					t.Fatal(err)
				}
				p, err := x.Start(context.Background(), envoy.Options{Binary: installation.Path, Dir: t.TempDir()})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(p.Stop)
				address, err := p.Listener(asShipped)
				if err != nil {
					t.Fatal(err)
				}
				pool := x509.NewCertPool()
				pool.AddCert(a.Certificate)
				client := &http.Client{Timeout: patience, Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "llm.example.com"}}}
				defer client.CloseIdleConnections()
				ask := func(model string) (status int, body string) {
					t.Helper()
					r, err := http.NewRequest(http.MethodPost, "https://"+address+"/v1/chat/completions", strings.NewReader(`{"model":"`+model+`","messages":[{"role":"user","content":"Hi"}]}`))
					if err != nil {
						t.Fatal(err)
					}
					r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {clients}, "X-Api-Key": {"of-the-client"}}
					answer, err := client.Do(r)
					if err != nil {
						t.Fatal(err)
					}
					defer answer.Body.Close()
					text, _ := io.ReadAll(answer.Body)
					if answer.ProtoMajor != 2 {
						t.Errorf("answered by %s: HTTP/2 is not offered", answer.Proto)
					}
					return answer.StatusCode, string(text)
				}
				eventually(t, "the early engine answers", func() bool {
					status, _ := ask("auto")
					return status == 200 && len(early.take()) == 1
				})
				later.take()
				ask("auto")
				got := early.take()
				if len(got) != 1 || got[0].Header.Get("authorization") != earlyKey || got[0].Host != "early.example.com" || got[0].TLS.ServerName != "early.example.com" {
					t.Fatalf("the early engine got %+v", got)
				}
				if status, _ := ask("org/later"); status != 200 {
					t.Errorf("status %d", status)
				}
				got = later.take()
				falls := strings.Contains(more, "fallback")
				if len(got) != 1 || got[0].Header.Get("x-api-key") != laterKey || falls && got[0].Header.Get("authorization") != "" {
					t.Fatalf("the later engine got %+v", got)
				}
				if status, body := ask("org/wrong"); status != 503 || len(stranger.take()) != 0 {
					t.Errorf("an engine with another one's certificate: status %d, %s", status, body)
				}
				if _, err := http.Get("http://" + address + "/v1/models"); err == nil {
					if r, _ := http.Get("http://" + address + "/v1/models"); r != nil && r.StatusCode == 200 {
						t.Error("the listener answers in the clear")
					}
				}
				if !falls {
					return
				}
				early.mu.Lock()
				early.status = http.StatusServiceUnavailable
				early.mu.Unlock()
				if status, body := ask("auto"); status != 200 {
					t.Errorf("status %d: %s", status, body)
				}
				if got = early.take(); len(got) != 1 || got[0].Header.Get("authorization") != earlyKey {
					t.Errorf("the early engine got %+v", got)
				}
				got = later.take()
				if len(got) != 1 || got[0].Header.Get("x-api-key") != laterKey || got[0].Host != "later.example.com" {
					t.Fatalf("the later engine got %+v", got)
				}
				for name, values := range got[0].Header {
					if all := strings.Join(values, " "); strings.Contains(all, "of-the-early-one") || strings.Contains(all, "of-the-client") {
						t.Errorf("the later engine got %s: %s", name, all)
					}
				}
				var asked struct{ Model string }
				if err := json.Unmarshal([]byte(later.bodies[len(later.bodies)-1]), &asked); err != nil || asked.Model != "org/later" {
					t.Errorf("the later engine was asked for %q (%v)", asked.Model, err)
				}
			})
		}
	}
}

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/internal/needs"
)

// issuer makes tokens, as who checks them in tenants.yaml is told.
type issuer struct{ key *ecdsa.PrivateKey }

func base64url(p []byte) string { return base64.RawURLEncoding.EncodeToString(p) }

// digits are a number in 32 bytes.
func digits(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }

func (i *issuer) keys() string {
	return fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","kid":"test","x":%q,"y":%q}]}`, base64url(digits(i.key.X)), base64url(digits(i.key.Y)))
}

// token has a claim "org" of any kind.
func (i *issuer) token(t *testing.T, org any) string {
	t.Helper()
	claims, err := json.Marshal(map[string]any{"iss": "https://issuer.example.com", "exp": time.Now().Add(time.Hour).Unix(), "org": org})
	if err != nil {
		t.Fatal(err)
	}
	text := base64url([]byte(`{"alg":"ES256","kid":"test"}`)) + "." + base64url(claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64url(append(digits(r), digits(s)...))
}

// TestTenants runs examples/envoy/tenants.yaml: claims that Envoy has checked choose policies and models, and a port of the operator's own says where a
// request would go.
func TestTenants(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &issuer{key}
	for _, installation := range installations(t) {
		t.Run(installation.Name, func(t *testing.T) {
			needs.Part(t, !newest(installation.Name))
			s := newStand(t, installation, "flag")
			x := example(t, "tenants", s.backends.Ports())
			providers := x.Listener(asShipped).Filter("envoy.filters.http.jwt_authn")["providers"].(map[string]any)
			providers["issuer"].(map[string]any)["local_jwks"] = map[string]any{"inline_string": of.keys()}
			s.run(t, x, envoy.Options{Binary: installation.Path, Workers: 1})
			for _, protocol := range protocols {
				t.Run(protocol, func(t *testing.T) { tenantsAreTold(t, s, of, protocol) })
				t.Run(protocol+" preview", func(t *testing.T) { requestsAreForeseen(t, s, protocol) })
			}
		})
	}
}

const provable = "Prove that the square root of 2 is irrational using proof by contradiction."

func tenantsAreTold(t *testing.T, s *stand, of *issuer, protocol string) {
	c := s.client(t, asShipped, protocol)
	ask := func(path, token string, body []byte) client.Message {
		m := post(body)
		m.Path = path
		m.Header = append(m.Header, [2]string{"authorization", "Bearer " + token}, [2]string{"x-tenant", "lawyers"}, [2]string{"x-mom-preview", "true"})
		return m
	}
	for _, tt := range []struct {
		name, path string
		org        any
		body       []byte
		cluster    string
	}{
		{"a tenant", "/v1/chat/completions", "acme", chat("auto", provable), gptOSS120B.cluster},
		{"a tenant with fewer models", "/v1/chat/completions", "other", chat("auto", provable), gptOSS20B.cluster},
		{"a claim that is a number", "/v1/chat/completions", 7, chat("auto", provable), gptOSS20B.cluster},
		{"a claim that is a list", "/v1/chat/completions", []string{"acme"}, chat("auto", provable), gptOSS20B.cluster},
		{"a claim that is an object", "/v1/chat/completions", map[string]any{"a": "acme"}, chat("auto", provable), gptOSS20B.cluster},
		{"a claim that is null", "/v1/chat/completions", nil, chat("auto", provable), gptOSS20B.cluster},
		{"a claim that is true", "/v1/chat/completions", true, chat("auto", provable), gptOSS20B.cluster},
		{"a tenant's policy", "/v1/chat/completions", "lawyers", chat("auto", "Hello."), gptOSS120B.cluster},
		{"a path's policy", "/legal/v1/chat/completions?a=b", "acme", chat("private", "Hello."), gptOSS120B.cluster},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := s.routed(t, c, ask(tt.path, of.token(t, tt.org), tt.body))
			if got.Cluster != tt.cluster {
				t.Errorf("reached %s, want %s", got.Cluster, tt.cluster)
			}
			if want := "/v1/chat/completions"; got.Path != want && got.Path != want+"?a=b" {
				t.Errorf("the engine is asked for %s", got.Path)
			}
		})
	}
	forbidden := s.denied(t, c, ask("/v1/chat/completions", of.token(t, "other"), chat("gpt-oss-120b", "Hello.")), 404)
	unknown := s.denied(t, c, ask("/v1/chat/completions", of.token(t, "other"), chat("gpt-9", "Hello.")), 404)
	if string(forbidden.Body) != string(unknown.Body) {
		t.Errorf("a model of others is answered %s, an unknown one %s", forbidden.Body, unknown.Body)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.denied(t, c, ask("/v1/chat/completions", (&issuer{other}).token(t, "acme"), chat("auto", "Hello.")), 401)
}

func requestsAreForeseen(t *testing.T, s *stand, protocol string) {
	c := s.client(t, "preview", protocol)
	long := make([]byte, 3<<20) // more than anything buffers
	for i := range long {
		long[i] = "word "[i%5]
	}
	for _, tt := range []struct {
		name, path, tenant    string
		body                  []byte
		status                int
		decision, rule, model string
	}{
		{"a route", "/v1/chat/completions", "acme", chat("auto", provable), 200, "math", "route", "gpt-oss-120b"},
		{"a tenant with fewer models", "/v1/chat/completions", "other", chat("auto", provable), 200, "math", "route", "gpt-oss-20b"},
		{"another policy", "/legal/v1/messages", "acme", chat("auto", "Hello."), 200, "default", "default", "private"},
		{"responses", "/v1/responses", "acme", []byte(`{"input":"Hello."}`), 200, "default", "default", "gpt-oss-20b"},
		{"an unknown model", "/v1/chat/completions", "acme", chat("gpt-9", "Hello."), 404, "named", "named", ""},
		{"bad JSON", "/v1/chat/completions", "acme", []byte(`{"messages":`), 400, "", "", ""},
		{"a long one", "/v1/chat/completions", "acme", chat("auto", string(long)), 200, "default", "default", "gpt-oss-20b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := post(tt.body)
			m.Path = tt.path
			m.Header = append(m.Header, [2]string{"x-tenant", tt.tenant})
			r := s.denied(t, c, m, 200)
			var got struct {
				Status                int
				Decision, Rule, Model string
			}
			if err := json.Unmarshal(r.Body, &got); err != nil || got.Status != tt.status || got.Decision != tt.decision || got.Rule != tt.rule || got.Model != tt.model {
				t.Errorf("%v: %s", err, r.Body)
			}
		})
	}
}

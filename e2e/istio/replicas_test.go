package istio

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/istio/internal/gateway"
)

// replicas proves that replicas.yaml does what it says: the gateway gets the secret, requests get their keys, and the engines' clusters hash by them within
// bounds. How the real Envoy spreads conversations then is shown in e2e.
func replicas(t *testing.T, s *stand) {
	const secret = "entirely-secret-0123456789"
	p := s.run(t, freePort(t), gateway.Options{Namespace: "istio-ingress", Labels: map[string]string{"istio": "ingressgateway"}, Env: []string{"MOM_KEYS_SECRET=" + secret}})
	s.apply(t, s.pairWith(t, "replicas.yaml", p.port)...)
	s.inForce(t, p)
	c := p.client(t, "HTTP/1")
	eventually(t, "requests get a key", func() bool {
		r, id, err := s.send(c, who())
		if err != nil || r.Status != 200 {
			return false
		}
		got := s.backends.Got(id)
		return len(got) == 1 && len(got[0].Header.Get("x-mom-session")) == 16
	})
	eventually(t, "the clusters hash by it, within bounds", func() bool {
		dump, err := p.Get("/config_dump")
		if err != nil {
			return false
		}
		if strings.Contains(string(dump), secret) {
			t.Error("config_dump shows the secret")
		}
		text := strings.Join(strings.Fields(string(dump)), "")
		return strings.Count(text, `"hash_balance_factor":120`) >= 6 && strings.Count(text, `"lb_policy":"MAGLEV"`) >= 6 && strings.Contains(text, `"header_name":"x-mom-session"`)
	})
}

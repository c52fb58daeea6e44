package istio

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/istio/internal/gateway"
)

// fallback proves that a request whose engine fails is answered by another model's, as that wants it.
func fallback(t *testing.T, s *stand) {
	p := s.gateway(t, nil)
	s.apply(t, s.shipped(t, "fallback.yaml", s.image, p.port)...)
	s.inForce(t, p)
	c := p.client(t, "HTTP/1")
	const first, second = "mi355x-gpt-oss-20b", "mi355x-gpt-oss-120b"
	answeredBy := func(cluster, name string) func() bool { // when all is known to be healthy
		return func() bool {
			r, id, err := s.send(c, who())
			got := s.backends.Got(id)
			if err != nil || r.Status != 200 || len(got) == 0 {
				return false
			}
			last := got[len(got)-1]
			if !strings.Contains(string(last.Body), `"`+last.Header.Get("x-mom-model")+`"`) {
				t.Errorf("%s was asked by another model's name: %s", last.Cluster, last.Body)
			}
			return last.Cluster == cluster && last.Header.Get("x-mom-model") == name
		}
	}
	eventually(t, "the chosen model answers", answeredBy(first, "openai/gpt-oss-20b"))
	s.backends.Fail(first, func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	t.Cleanup(func() { s.backends.Fail(first, nil) })
	eventually(t, "the next model answers", answeredBy(second, "openai/gpt-oss-120b"))
	s.notForged(t, c)
}

// fleet proves that Envoy takes what comes of fleet.yaml, and that nobody gets by without the rate limit service.
func fleet(t *testing.T, s *stand) {
	p := s.gateway(t, nil)
	s.apply(t, s.pairWith(t, "fleet.yaml", p.port)...)
	eventually(t, "the module says what to charge", func() bool {
		all, err := p.Extensions()
		return err == nil && slices.ContainsFunc(all, func(e gateway.Extension) bool { return strings.Contains(e.Config, `"charges":true`) })
	})
	c := p.client(t, "HTTP/1")
	eventually(t, "requests are refused, since there is no such service here", func() bool {
		r, id, err := s.send(c, who())
		return err == nil && r.Status == 503 && len(r.Body) == 0 && len(s.backends.Got(id)) == 0
	})
}

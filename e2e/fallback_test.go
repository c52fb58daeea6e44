package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

func TestFallback(t *testing.T) {
	for _, installation := range installations(t) {
		t.Run("Envoy "+installation.Name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, installation, "flag")
			x := example(t, "fallback", s.backends.Ports())
			s.run(t, x, envoy.Options{Binary: installation.Path, Workers: 2})
			c := s.client(t, asShipped, "HTTP/1")
			s.backends.Fail("mi355x-gpt-oss-20b", func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(503); return true })
			for _, size := range []int{10, 100 << 10, 600 << 10, 3 << 20} {
				m := client.Message{Method: "POST", Path: "/v1/chat/completions", Header: [][2]string{{"content-type", "application/json"}}, Body: []byte(`{"model":"auto","messages":[{"role":"user","content":"Who are you?` + strings.Repeat(" ", size) + `"}]}`)}
				m, id := s.mark(m)
				r := s.send(t, c, m)
				t.Log(r.Status, len(r.Body), r.Header)
				for _, got := range s.backends.Got(id) {
					b := string(got.Body)
					t.Log(got.Cluster, got.Header, got.ContentLength, len(b), b[:min(len(b), 200)], b[max(0, len(b)-60):])
				}
			}
			for _, l := range s.envoy.AccessLog() {
				t.Log(l)
			}
			t.Log(tail(s.envoy.Log(), 20))
		})
	}
}

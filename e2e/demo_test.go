package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func demoRequests(t *testing.T, s *stand) {
	for _, p := range prompts {
		body, err := os.ReadFile(filepath.Join(root(t), "examples", "requests", p.file))
		if err != nil {
			t.Fatal(err)
		}
		for _, protocol := range protocols {
			t.Run(p.file+" over "+protocol, func(t *testing.T) {
				m := post(body)
				c := s.client(t, asShipped, protocol)
				p.want.check(t, m, s.routed(t, c, m))
			})
		}
	}
	t.Run("the answer of the engine comes back untouched", func(t *testing.T) {
		r, _ := s.call(t, s.client(t, asShipped, "HTTP/1"), post(chat("auto", prompts[0].text)))
		var answer struct {
			Object, Model string
		}
		if err := json.Unmarshal(r.Body, &answer); err != nil || answer.Object != "chat.completion" || answer.Model != gptOSS20B.name {
			t.Errorf("the client got %s", r.Body)
		}
		for name := range r.Header {
			if len(name) > 6 && name[:6] == "X-Mom-" {
				t.Errorf("the client got the header %s", name)
			}
		}
	})
}

package istio

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/istio/internal/control"
)

// oneByOne takes the pair away and puts it back, one after the other, under traffic, and then gives it another version.
func oneByOne(t *testing.T, s *stand) {
	p := s.gateway(t, nil)
	objects := s.shipped(t, "pair.yaml", s.image, p.port)
	s.apply(t, objects...)
	s.inForce(t, p)
	lead, gate := named(t, objects, "WasmPlugin", "mom-router-lead"), named(t, objects, "WasmPlugin", "mom-router-gate")

	next := s.crashing(t) // a module of other bytes that does the same
	for _, step := range []struct {
		name string
		do   func(t *testing.T)
		then int // the status that it leads to
	}{
		{"the gate goes", s.delete(gate), 503},
		{"the gate comes", s.put(gate), 200},
		{"the lead goes", s.delete(lead), 503},
		{"the gate goes, too", s.delete(gate), 404},
		{"the lead comes", s.put(lead), 503},
		{"the gate comes, too", s.put(gate), 200},
		{"the lead gets another version", s.version(lead, next), 503},
		{"the gate gets it, too", s.version(gate, next), 200},
	} {
		t.Run(step.name, func(t *testing.T) {
			stop := s.underTraffic(t, p)
			step.do(t)
			c := p.client(t, "HTTP/2")
			eventually(t, "the step takes effect", func() bool {
				r, _, err := s.send(c, who())
				return err == nil && r.Status == step.then
			})
			stop()
		})
	}
}

func (s *stand) delete(o *control.Object) func(*testing.T) {
	return func(t *testing.T) {
		if err := s.plane.Kube.Delete(o); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *stand) put(o *control.Object) func(*testing.T) {
	return func(t *testing.T) {
		if err := s.plane.Kube.Apply(o); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *stand) version(o *control.Object, i image) func(*testing.T) {
	return func(t *testing.T) {
		set(t, o, i.url, "spec", "url")
		set(t, o, i.sha256, "spec", "sha256")
		s.put(o)(t)
	}
}

// underTraffic sends requests until stop is called. Each is routed rightly, or answered 404 or 503 and seen by no engine;
// none hangs.
func (s *stand) underTraffic(t *testing.T, p *pod) (stop func()) {
	done := make(chan struct{})
	var all sync.WaitGroup
	for _, protocol := range []string{"HTTP/1", "HTTP/2"} {
		c := p.client(t, protocol)
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					s.rightOrRefused(t, c)
				}
			}
		})
	}
	return func() {
		close(done)
		all.Wait()
	}
}

func (s *stand) rightOrRefused(t *testing.T, c client.Client) {
	r, id, err := s.send(c, who())
	if err != nil {
		t.Errorf("no answer: %v", err)
		return
	}
	got := s.backends.Got(id)
	switch {
	case r.Status == 404 || r.Status == 503:
		if len(got) > 0 {
			t.Errorf("status %d, but %s got the request", r.Status, got[0].Cluster)
		}
	case r.Status != 200 || len(got) != 1:
		t.Errorf("status %d, %d requests at the engines: %.200s", r.Status, len(got), r.Body)
	default:
		var body struct{ Model string }
		if err := json.Unmarshal(got[0].Body, &body); err != nil || got[0].Cluster != "mi355x-gpt-oss-20b" || body.Model != "openai/gpt-oss-20b" {
			t.Errorf("%s got %.200s", got[0].Cluster, got[0].Body)
		}
	}
}

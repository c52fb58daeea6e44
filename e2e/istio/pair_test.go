package istio

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/client"
)

func pair(t *testing.T, s *stand) {
	p := s.gateway(t, nil)
	s.apply(t, s.shipped(t, "pair.yaml", s.image, p.port)...)
	s.inForce(t, p)

	t.Run("both filters come by ECDS, with one module, and fail closed", func(t *testing.T) {
		all, err := p.Extensions()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range all {
			names = append(names, e.Name)
			if e.Type != "Wasm" || e.Policy != "FAIL_RELOAD" || e.Module == "" || e.Module != all[0].Module {
				t.Errorf("%s is %+v", e.Name, e)
			}
			if lead := strings.Contains(e.Name, ".mom-router-lead"); lead == (e.Config == "") {
				t.Errorf("%s has the configuration %q", e.Name, e.Config)
			}
		}
		if len(all) != 2 {
			t.Errorf("got %q", names)
		}
	})
	s.traffic(t, p)
}

func byFlag(t *testing.T, s *stand) {
	p := s.gateway(t, nil)
	objects := append(s.shipped(t, "pair.yaml", s.image, p.port), s.shipped(t, "flag.yaml", s.image, p.port)...)
	s.apply(t, slices.DeleteFunc(objects, isWasmPlugin)...)
	s.inForce(t, p)
	t.Run("there is one filter, by ECDS, and it fails closed", func(t *testing.T) {
		all, err := p.Extensions()
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 1 || all[0].Type != "Wasm" || all[0].Policy != "FAIL_RELOAD" {
			t.Errorf("got %+v", all)
		}
	})
	s.traffic(t, p)
}

// traffic is what must work in both modes.
func (s *stand) traffic(t *testing.T, p *pod) {
	for _, protocol := range []string{"HTTP/1", "HTTP/2"} {
		c := p.client(t, protocol)
		for _, d := range demos {
			t.Run(d.file+" over "+protocol, func(t *testing.T) { d.check(t, s, p, c) })
		}
		t.Run("a stream of events over "+protocol, func(t *testing.T) { s.streams(t, c) })
		t.Run("a body above the buffer limit over "+protocol, func(t *testing.T) { s.largeBody(t, c) })
		t.Run("forged headers over "+protocol, func(t *testing.T) { s.notForged(t, c) })
	}
}

// streams wants the engine's events as they are, and the last of them.
func (s *stand) streams(t *testing.T, c client.Client) {
	m := post(`{"model":"auto","stream":true,"messages":[{"role":"user","content":"A simple question: Who are you?"}]}`)
	pieces := 0
	m.Receive = func([]byte) { pieces++ }
	r, _ := s.call(t, c, m)
	if r.Status != 200 || !strings.HasPrefix(r.Header.Get("content-type"), "text/event-stream") {
		t.Fatalf("status %d, %s: %s", r.Status, r.Header.Get("content-type"), r.Body)
	}
	if !strings.HasSuffix(strings.TrimSpace(string(r.Body)), "data: [DONE]") || strings.Count(string(r.Body), "data: ") < 3 {
		t.Errorf("got %s", r.Body)
	}
	if pieces == 0 {
		t.Error("nothing was received")
	}
}

// largeBody sends 3 MB through buffers of 1 MiB: routed on its first half megabyte, and with all of it at the engine.
func (s *stand) largeBody(t *testing.T, c client.Client) {
	text := strings.Repeat("Prove that the square root of 2 is irrational. ", 3<<20/47)
	m := post(fmt.Sprintf(`{"model":"auto","messages":[{"role":"user","content":%q}]}`, text))
	r, id := s.call(t, c, m)
	got := s.backends.Got(id)
	if r.Status != 200 || len(got) != 1 {
		t.Fatalf("status %d, %d requests at the engines: %.200s", r.Status, len(got), r.Body)
	}
	if body := string(got[0].Body); got[0].Err != nil || !json.Valid(got[0].Body) || !strings.Contains(body, text+`"}]`) || !strings.Contains(body[:200], got[0].Header.Get("x-mom-model")) {
		t.Errorf("the engine got %d bytes (%v): %.200s", len(body), got[0].Err, body)
	}
}

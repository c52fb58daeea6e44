package istio

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/client"
)

// crashing builds the module with one header more, x-crash, which ends its VM.
func (s *stand) crashing(t *testing.T) image {
	t.Helper()
	dir := t.TempDir()
	main := existing(t, filepath.Join(root, "plugin", "main.go"), "the product has no main")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		main: existing(t, filepath.Join("testdata", "crashing.go.txt"), "it is part of this test"),
		filepath.Join(filepath.Dir(main), "trap_wasm.s"): existing(t, filepath.Join("testdata", "trap_wasm.s.txt"), "it is part of this test"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	file, module := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "crashing.wasm")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-trimpath", "-overlay", file, "-buildmode=c-shared", "-ldflags=-s -w", "-o", module, "./plugin")
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return s.push(t, module, "crashing")
}

// crashes proves what failStrategy promises: a module that crashed lets nothing through uninspected, least of all a
// client's own routing header. FAIL_RELOAD comes back by itself, FAIL_CLOSE does not.
func crashes(t *testing.T, s *stand) {
	bad := s.crashing(t)
	for _, strategy := range []string{"FAIL_RELOAD", "FAIL_CLOSE"} {
		t.Run(strategy, func(t *testing.T) {
			p := s.gateway(t, map[string]any{"concurrency": 1})
			objects := s.shipped(t, "pair.yaml", bad, p.port)
			for _, name := range []string{"mom-router-lead", "mom-router-gate"} {
				set(t, named(t, objects, "WasmPlugin", name), strategy, "spec", "failStrategy")
			}
			s.apply(t, objects...)
			policy := map[string]string{"FAIL_RELOAD": "FAIL_RELOAD", "FAIL_CLOSE": "FAIL_CLOSED"}[strategy]
			eventually(t, "both filters have the strategy", func() bool { // and not that of the round before
				all, err := p.Extensions()
				return err == nil && len(all) == 2 && all[0].Policy == policy && all[1].Policy == policy
			})
			s.inForce(t, p)
			c := p.client(t, "HTTP/1")

			crash := who()
			crash.Header = append(crash.Header, [2]string{"x-crash", "1"})
			s.refused(t, c, crash, 503)
			for range 10 {
				s.notForged(t, c)
			}
			if strategy == "FAIL_RELOAD" {
				s.inForce(t, p)
				return
			}
			for range 10 {
				s.refused(t, c, who(), 503)
			}
		})
	}
}

// refused sends a message that must be answered with a status and reach no engine.
func (s *stand) refused(t *testing.T, c client.Client, m client.Message, status int) *client.Response {
	t.Helper()
	r, id := s.call(t, c, m)
	if r.Status != status {
		t.Errorf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	if got := s.backends.Got(id); len(got) > 0 {
		t.Errorf("reached %s", got[0].Cluster)
	}
	return r
}

// notForged sends a client's own routing header, on a path that no policy looks at and with a body that it does: it must
// not choose the engine.
func (s *stand) notForged(t *testing.T, c client.Client) {
	t.Helper()
	const forged = "mi355x-kimi-k2-thinking"
	for _, m := range []client.Message{who(), {Method: "GET", Path: "/metrics", Framing: client.None}} {
		m.Header = append(m.Header, [2]string{"x-mom-cluster", forged}, [2]string{"x-mom-model", forged})
		_, id := s.call(t, c, m)
		for _, got := range s.backends.Got(id) {
			if got.Cluster == forged || got.Header.Get("x-mom-model") == forged {
				t.Errorf("a client's own header chose %s for %s %s", got.Cluster, m.Method, m.Path)
			}
		}
	}
}

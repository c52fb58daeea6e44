package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

// loadOnDemand has a test use the module that does things on demand.
func loadOnDemand(t *testing.T) {
	t.Helper()
	if module == nil {
		t.Skip("dist/mom-router.wasm is missing: run make build")
	}
	path := filepath.Join(t.TempDir(), "crash.wasm")
	build := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w", "-tags=crash", "-o", path, "../plugin")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("cannot build the module that crashes: %v\n%s", err, out)
	}
	product := module
	t.Cleanup(func() { module = product })
	if err := load(path); err != nil {
		t.Fatal(err)
	}
}

// The module that fails on demand (plugin/crash_on.go) behaves here as it does in Envoy (e2e/crash_test.go).
func TestAPanicEndsOneRequestAndACrashTheVM(t *testing.T) {
	loadOnDemand(t)
	const body = `{"model":"auto","messages":[{"role":"user","content":"Who is the cormorant?"}]}`
	for mode, r := range map[string]*router{"flag": start(t, defaultPolicy), "pair": startPair(t, defaultPolicy)} {
		send := func(how, place string) hostsim.Result {
			q := post("/v1/chat/completions?crash="+how+"@"+strings.ReplaceAll(place, " ", "_"), body)
			if place == "trailers" {
				q.Trailers = []hostsim.Field{{Name: "x-checksum", Value: "1"}}
			}
			return r.Do(q)
		}
		good := func(t *testing.T) {
			t.Helper()
			if a := r.send(t, post("/v1/chat/completions", body)); a.Status != 200 {
				t.Errorf("afterwards: %s", a.outcome())
			}
		}
		for place, status := range map[string]int{
			"headers": 503, "body": 503, "trailers": 503, "response": 503, "done": 200, "queue": 503, "gate headers": 503, "gate body": 503,
		} {
			if mode == "flag" && (place == "queue" || strings.HasPrefix(place, "gate")) {
				continue
			}
			for _, how := range []string{"index", "nil", "text"} {
				t.Run(mode+", "+how+" in "+place, func(t *testing.T) {
					r.logs.Reset()
					a := send(how, place)
					if a.Trap != nil || a.Held != "" || a.Status != status {
						t.Fatalf("status %d, want %d; trap %v, held %q", a.Status, status, a.Trap, a.Held)
					}
					if log := r.logs.String(); !strings.Contains(log, "panic in") || strings.Contains(log, canary) {
						t.Errorf("the log does not say that there was a panic, or repeats the prompt: %s", log)
					}
					good(t)
				})
			}
		}
		t.Run(mode+", a fatal error", func(t *testing.T) {
			if a := send("lock", "body"); a.Status != 503 || a.Trap == nil {
				t.Errorf("status %d, trap %v", a.Status, a.Trap)
			}
			if a := r.Do(post("/v1/chat/completions", body)); a.Status != 503 || a.Upstream != nil {
				t.Errorf("afterwards status %d", a.Status)
			}
		})
	}
}

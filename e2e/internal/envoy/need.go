package envoy

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

// Need is Installations for tests: an Envoy that is not there is fetched as `make envoy` does. Where MOM_E2E=0 leaves the
// real Envoy out, the test is skipped; where it can be neither found nor fetched, the test fails and says what to do, since
// go test does not show what a skipped test has to say.
func Need(t testing.TB) []Installation {
	t.Helper()
	if os.Getenv("MOM_E2E") == "0" {
		t.Skip("MOM_E2E=0: the tests with the real Envoy are skipped")
	}
	all, err := Installations()
	if err != nil && os.Getenv("ENVOY") == "" {
		if err = fetch(); err == nil {
			all, err = Installations()
		}
	}
	if err != nil {
		t.Fatalf("%v (MOM_E2E=0 leaves the tests with the real Envoy out)", err)
	}
	return all
}

// fetch runs get-envoy; of all packages whose tests run at the same time, one does.
func fetch() error {
	root, err := Root()
	if err != nil {
		return err
	}
	cache := filepath.Join(root, ".cache")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	unlock, err := needs.Lock(filepath.Join(cache, "envoy.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	var errs bytes.Buffer
	get := exec.Command(filepath.Join(root, "e2e", "get-envoy"))
	get.Stderr = &errs
	if err := get.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
		return fmt.Errorf("no Envoy, and none could be fetched: %s", lines[len(lines)-1])
	}
	return nil
}

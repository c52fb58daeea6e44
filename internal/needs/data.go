package needs

import (
	"os"
	"path/filepath"
	"testing"
)

// Missing ends a test for which something is not there that not every machine has: it is skipped, and where the environment
// has CI=true, it fails.
func Missing(t testing.TB, format string, values ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("CI=true, and nothing may be left out: "+format, values...)
	}
	t.Skipf(format, values...)
}

// Data is the path of a file or folder of ../shared/data, which stands beside the checkout and not in it; where it is
// missing, see Missing.
func Data(t testing.TB, name string) string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		Missing(t, "the public data stands beside the checkout, and %s is not there", filepath.Join("..", "shared", "data", name))
	}
	return path
}

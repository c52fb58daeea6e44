package hostsim_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The library is for plugins of every kind: it knows no header of mom-router's, and whoever imports it gets neither rules nor weights.
func TestTheLibraryKnowsNothingOfMomRouter(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "internal/proxy/helper_test.go" { // which runs the router in the proxy
			if path == "cmd" {
				return filepath.SkipDir
			}
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "x-mom"+"-") {
			t.Errorf("%s names a header of mom-router's", path)
		}
		files++
		return err
	})
	if err != nil || files < 60 {
		t.Errorf("%d files were read: %v", files, err)
	}
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		own := strings.HasPrefix(line, "github.com/mom-router/mom-router/")
		if own && !strings.Contains(line, "/mom-router/hostsim") && !strings.HasSuffix(line, "/internal/wasmbin") || strings.Contains(line, "spf13") || strings.Contains(line, "yaml") {
			t.Errorf("the library pulls %s", line)
		}
	}
}

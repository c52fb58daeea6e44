package needs

import (
	"os/exec"
	"testing"
)

// browsers are where a headless Chromium may stand.
var browsers = []string{"/usr/lib/chromium/chromium-headless-shell", "chromium-headless-shell", "chromium", "google-chrome"}

// Chromium is the path of a headless Chromium; a test is skipped where there is none.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range browsers {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	t.Skip("there is no Chromium: install chromium-headless-shell")
	return ""
}

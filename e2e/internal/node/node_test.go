package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWithoutNodeTheErrorSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "install Node.js 20") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}

func TestAnOldNodeIsNamedWithItsVersion(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "node"), []byte("#!/bin/sh\necho v18.1.0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if _, err := Find(); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), `"v18.1.0"`) {
		t.Errorf("error %v", err)
	}
}

func TestAProfileIsAddedUpByFunction(t *testing.T) {
	got, err := parseProfile([]byte(`{"nodes":[{"id":1,"callFrame":{"functionName":"a"}},{"id":2,"callFrame":{"functionName":"b"}},
		{"id":3,"callFrame":{"functionName":"a"}}],"samples":[1,2,3,2],"timeDeltas":[10,50,20,20]}`))
	if err != nil || len(got) != 2 || got[0] != (Share{"b", 0.7}) || got[1] != (Share{"a", 0.3}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "{}", `{"samples":[1]}`} {
		if got, err := parseProfile([]byte(bad)); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
	if _, err := ReadProfile(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there has a profile")
	}
}

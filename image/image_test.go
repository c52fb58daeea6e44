package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/version"
)

// module writes a file that begins like a Wasm module.
func module(t *testing.T, rest string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.wasm")
	if err := os.WriteFile(path, []byte("\x00asm\x01\x00\x00\x00"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTwoBuildsOfOneModuleHaveOneDigest(t *testing.T) {
	one, err := build(module(t, "same"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	two, err := build(module(t, "same"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(one, two) {
		t.Errorf("got %v, then %v", one, two)
	}
	other, err := build(module(t, "other"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if one[0].digest == other[0].digest || one[1].digest == other[1].digest || one[0].digest == one[1].digest {
		t.Errorf("different images have one digest: %v and %v", one, other)
	}
}

func TestABuildLeavesNothingOfTheOneBefore(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"old", "new"} {
		if _, err := build(module(t, text), dir); err != nil {
			t.Fatal(err)
		}
	}
	fresh := t.TempDir()
	if _, err := build(module(t, "new"), fresh); err != nil {
		t.Fatal(err)
	}
	if got, want := files(t, dir), files(t, fresh); !slices.Equal(got, want) {
		t.Errorf("the layout has %v, want %v", got, want)
	}
}

func TestEveryBlobIsNamedByItsHashAndEveryReferenceLeadsToOne(t *testing.T) {
	dir := t.TempDir()
	if _, err := build(module(t, "x"), dir); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, path := range files(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := strings.CutPrefix(path, "blobs/sha256/"); ok {
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != name {
				t.Errorf("%s has another hash", path)
			}
		}
		if json.Valid(data) {
			all = append(all, data...)
		}
	}
	references := 0
	for part := range bytes.SplitSeq(all, []byte(`"digest":"sha256:`)) {
		if references++; references == 1 {
			continue // what stands before the first
		}
		if _, err := os.Stat(filepath.Join(dir, "blobs", "sha256", string(part[:64]))); err != nil {
			t.Error(err)
		}
	}
	if references < 8 {
		t.Errorf("only %d references", references)
	}
}

func TestEveryImageSaysOfWhichReleaseItIs(t *testing.T) {
	dir := t.TempDir()
	images, err := build(module(t, "x"), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range images {
		data, err := os.ReadFile(filepath.Join(dir, "blobs", "sha256", i.digest))
		if err != nil {
			t.Fatal(err)
		}
		var manifest struct{ Annotations map[string]string }
		if err := json.Unmarshal(data, &manifest); err != nil {
			t.Fatal(err)
		}
		if got := manifest.Annotations["org.opencontainers.image.version"]; got != version.Number {
			t.Errorf("the image %s is of the version %q, want %q", i.name, got, version.Number)
		}
		// Istio takes an image of standard media types for a module by this one (istio.io, oci image variants).
		if got := manifest.Annotations["module.wasm.image/variant"]; (got == "compat") != (i.name == "compat") {
			t.Errorf("the image %s has the variant %q", i.name, got)
		}
	}
}

func TestWhatIsNoModuleIsRefused(t *testing.T) {
	text := filepath.Join(t.TempDir(), "m.wasm")
	if err := os.WriteFile(text, []byte("(module)"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{text: "is not a Wasm module", text + ".none": "run make build"} {
		out := t.TempDir()
		if _, err := build(path, out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", path, err, want)
		}
		if left := files(t, out); len(left) > 0 {
			t.Errorf("%s: it left %v", path, left)
		}
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(dir, path)
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

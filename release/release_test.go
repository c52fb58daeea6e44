package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/mom-router/mom-router/internal/version"
)

// A release for this system is made twice, and is whole and the same.
func TestAReleaseIsWholeAndTheSameEachTime(t *testing.T) {
	root := t.TempDir()
	dist := filepath.Join(root, "dist") // a module and images that are quickly made
	if err := os.MkdirAll(filepath.Join(dist, "image", "blobs"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"mom-router.wasm": "\x00asm", "image/index.json": "{}", "image/blobs/1": "1"} {
		if err := os.WriteFile(filepath.Join(dist, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	system := runtime.GOOS + "/" + runtime.GOARCH
	read := func(out string) map[string][]byte {
		if err := release("..", dist, out, []string{system}); err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		list, err := os.ReadDir(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			if files[d.Name()], err = os.ReadFile(filepath.Join(out, d.Name())); err != nil {
				t.Fatal(err)
			}
		}
		return files
	}
	first, second := read(filepath.Join(root, "one")), read(filepath.Join(root, "two"))
	name := "mom-router-" + version.Number
	for _, want := range []string{name + ".wasm", name + "-" + runtime.GOOS + "-" + runtime.GOARCH + ".tar.gz", name + "-image.tar.gz", name + ".cdx.json", "checksums.txt"} {
		if len(first[want]) == 0 || !bytes.Equal(first[want], second[want]) {
			t.Errorf("%s has %d bytes in one release, and %d in the next, or others", want, len(first[want]), len(second[want]))
		}
		if want != "checksums.txt" && !strings.Contains(string(first["checksums.txt"]), "  "+want+"\n") {
			t.Errorf("checksums.txt lacks %s", want)
		}
	}
	if len(first) != 5 {
		t.Errorf("%d files, want 5", len(first))
	}
	list := exec.Command("tar", "tzf", filepath.Join(root, "one", name+"-"+runtime.GOOS+"-"+runtime.GOARCH+".tar.gz"))
	inside, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bin/hostsim", "dist/mom-router.wasm", "man/man1/hostsim-route.1", "man/man1/rules-audit-verify.1", "completion/rules.fish"} {
		if !strings.Contains(string(inside), name+"/"+want+"\n") {
			t.Errorf("the archive lacks %s:\n%s", want, inside)
		}
	}
	command := filepath.Join(root, "rules")
	unpack := exec.Command("sh", "-c", `tar xzOf "$1" "$2" >"$3" && chmod +x "$3" && "$3" --version`, "sh",
		filepath.Join(root, "one", name+"-"+runtime.GOOS+"-"+runtime.GOARCH+".tar.gz"), name+"/bin/rules", command)
	said, err := unpack.CombinedOutput()
	if err != nil {
		t.Fatalf("rules --version: %v\n%s", err, said)
	}
	commit := commitOf("..")
	if commit == "" {
		commit = "unknown"
	}
	if want := "rules " + version.Number + " (commit " + commit + ", go"; !strings.HasPrefix(string(said), want) {
		t.Errorf("the command in the archive says %q, want %q", said, want)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(first[name+".cdx.json"]), cdx.BOMFileFormatJSON).Decode(&bom); err != nil || bom.Components == nil {
		t.Fatalf("the list of parts cannot be read: %v", err)
	}
	for _, want := range []string{"pkg:golang/github.com/tetratelabs/wazero@v", "pkg:golang/github.com/proxy-wasm/proxy-wasm-go-sdk@v", "pkg:golang/github.com/mom-router/mom-router/hostsim@v" + version.Number + `"`} {
		if !strings.Contains(string(first[name+".cdx.json"]), want) {
			t.Errorf("the list of parts lacks %s", want)
		}
	}
	if err := release("..", filepath.Join(root, "none"), filepath.Join(root, "one"), []string{system}); err == nil || len(read(filepath.Join(root, "one"))) != 5 {
		t.Errorf("a release without a module: %v", err)
	}
	check := exec.Command("sha256sum", "--check", "--quiet", "checksums.txt")
	check.Dir = filepath.Join(root, "one")
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
}

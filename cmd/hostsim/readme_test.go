package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

// block is a piece of code in a page, with what is printed there as its output.
type block struct{ language, text, output string }

// blocks lists the pieces of code of a page.
func blocks(page string) (out []block) {
	parts := strings.Split(page, "```")
	for i := 1; i < len(parts); i += 2 {
		language, text, _ := strings.Cut(parts[i], "\n")
		if language == "text" {
			out[len(out)-1].output = text
		} else {
			out = append(out, block{language: language, text: text})
		}
	}
	return out
}

// The page's plugin is built, its commands are run one after the other, and its Go test is run.
func TestThePagesCommandsDoWhatItSays(t *testing.T) {
	page, err := os.ReadFile("../../hostsim/README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("testdata", "readme") // below go.mod, for the SDK
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cache, err := needs.Compiled()
	if err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "MOM_ROUTER_CACHE="+cache)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	commands, tests := 0, 0
	for _, b := range blocks(string(page)) {
		switch {
		case b.language == "go" && strings.HasPrefix(b.text, "package main"):
			put("main.go", b.text)
		case b.language == "go":
			tests++
			put("main_test.go", "package main\n\nimport (\n\t\"os\"\n\t\"testing\"\n\n\t\"github.com/mom-router/mom-router/hostsim\"\n)\n\n"+b.text)
			if err := os.Remove(filepath.Join(dir, "main.go")); err != nil { // it needs WebAssembly
				t.Fatal(err)
			}
			run("go", "test", ".")
		case b.language == "sh":
			commands++
			if out := run("sh", "-ec", b.text); out != b.output {
				t.Errorf("%s\nprints\n%sand not\n%s", b.text, out, b.output)
			}
		}
	}
	if commands < 5 || tests != 1 {
		t.Errorf("the page has %d blocks of commands and %d tests", commands, tests)
	}
}

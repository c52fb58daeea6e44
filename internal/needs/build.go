// Package needs gives tests what they need and what is not in the tree: the module and the commands, built from the sources
// as they stand, and the data beside the checkout. So a test neither passes something over because nobody has built it nor
// tests what was built before the last change.
package needs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Module is the path of the router as a Wasm module: the file that MOM_ROUTER_WASM names, or else what `make build` makes
// of the sources as they are now.
func Module() (string, error) {
	if path := os.Getenv("MOM_ROUTER_WASM"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("no module at %q: set MOM_ROUTER_WASM to one, or unset it and it is built: %w", path, err)
		}
		return filepath.Abs(path)
	}
	return build(target{pkg: "./plugin", wasm: true})
}

// Crashing is the path of the module that fails on demand (plugin/crash_on.go).
func Crashing() (string, error) { return build(target{pkg: "./plugin", wasm: true, tags: "crash"}) }

// Quiet is the path of the module without record, response side and metrics (plugin/quiet_on.go).
func Quiet() (string, error) { return build(target{pkg: "./plugin", wasm: true, tags: "quiet"}) }

// Plugin is the path of a Wasm module made of a main package in the tree, such as "./hostsim/testdata/plugins/script".
func Plugin(pkg string) (string, error) { return build(target{pkg: pkg, wasm: true, plain: true}) }

// Command is the path of a command made of a main package in the tree, such as "./cmd/hostsim".
func Command(pkg string) (string, error) { return build(target{pkg: pkg}) }

// Compiled is the folder where tests keep what wazero has compiled, so that not each of them compiles the module anew.
func Compiled() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".cache", "wazero")
	return dir, os.MkdirAll(dir, 0o755)
}

// Must is for results of this package in a test.
func Must(t testing.TB, path string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Root is the directory of the repository, looked for from the working directory upwards.
func Root() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		// The modules below e2e have a go.mod, too, but no plugin.
		if _, err := os.Stat(filepath.Join(dir, "plugin", "main.go")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no plugin/main.go in %q or above it: run from inside the repository", start)
		}
	}
}

// target is what is to be built.
type target struct {
	pkg   string // as seen from the root
	wasm  bool
	plain bool // as anybody builds a module
	tags  string
}

func (t target) name() string {
	return strings.Trim(strings.ReplaceAll(t.pkg+"-"+t.tags, "/", "-"), ".-")
}

// CollectAtOnce has the linker set the runtime's GODEBUG, so that a collection of garbage in the module ends in the call that
// began it: see "Who collects the garbage?" in RATIONALE.md.
const CollectAtOnce = "-X=runtime.godebugDefault=gcstoptheworld=2"

// goBuild are the arguments of go; the Makefile's are the same, which a test looks at.
func (t target) goBuild(out string) []string {
	args := []string{"build", "-trimpath"}
	if t.plain {
		args = []string{"build", "-C", t.pkg, "-trimpath"} // it may be in a module of its own
		t.pkg = "."
	}
	if t.wasm {
		flags := "-s -w"
		if !t.plain {
			flags += " " + CollectAtOnce
		}
		args = append(args, "-buildmode=c-shared", "-ldflags="+flags)
	}
	if t.tags != "" {
		args = append(args, "-tags="+t.tags)
	}
	return append(args, "-o", out, t.pkg)
}

var (
	mu    sync.Mutex
	built = map[target]func() (string, error){}
)

// build builds once a process.
func build(t target) (string, error) {
	mu.Lock()
	once := built[t]
	if once == nil {
		once = sync.OnceValues(t.build)
		built[t] = once
	}
	mu.Unlock()
	return once()
}

// readAll writes the files of some folders to w.
func readAll(w io.Writer, dirs ...string) error {
	for _, dir := range dirs {
		files, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, f := range files {
			if f.IsDir() {
				continue // testdata
			}
			content, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				return err
			}
			if _, err := w.Write(content); err != nil {
				return err
			}
		}
	}
	return nil
}

// build builds what go's cache does not have yet. The file is named after its content and never written again: tests of
// other packages may be using it.
func (t target) build() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	if err := watch(root); err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".cache", "build")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := Lock(filepath.Join(dir, t.name()+".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	raw := filepath.Join(dir, t.name()+".raw")
	cmd := exec.Command("go", t.goBuild(raw)...)
	cmd.Dir, cmd.Env = root, os.Environ()
	if t.wasm {
		cmd.Env = append(cmd.Env, "GOOS=wasip1", "GOARCH=wasm")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", t.pkg, err, bytes.TrimSpace(out))
	}
	content, err := os.ReadFile(raw)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	hash.Write(content)
	if t.wasm && !t.plain {
		if err := readAll(hash, filepath.Join(root, "internal", "compact"), filepath.Join(root, "hostsim", "wasmbin")); err != nil {
			return "", err
		}
	}
	sum := hash.Sum(nil)
	file := filepath.Join(dir, t.name()+"-"+hex.EncodeToString(sum[:8]))
	if t.wasm {
		file += ".wasm"
	}
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	next := file + ".next"
	if err := os.WriteFile(next, content, 0o755); err != nil {
		return "", err
	}
	if t.wasm && !t.plain {
		compact := exec.Command("go", "run", "./internal/compact", next)
		compact.Dir = root
		if out, err := compact.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go run ./internal/compact: %w\n%s", err, bytes.TrimSpace(out))
		}
	}
	return file, os.Rename(next, file)
}

// watch looks at all sources that something can be built of. go test remembers what a test has looked at and runs it again
// when that changes; what a go build that the test runs has looked at, it does not know.
func watch(root string) error {
	for _, name := range []string{"go.mod", "plugin", "rules", "cmd", "hostsim", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, name), func(path string, _ fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // somebody works on it
			}
			if err == nil {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

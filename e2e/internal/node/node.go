// Package node runs the router's module in V8 without a proxy, by node: see e2e/v8/host.mjs.
package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/e2e/internal/bodies"
)

// ErrMissing says that there is no node of a version that does.
var ErrMissing = errors.New("node is missing: install Node.js 20 or newer from your package manager or nodejs.org; only what runs the module in V8 without a proxy needs it")

// oldest is the first major version whose V8 takes the flags below and runs what Go 1.24 builds.
const oldest = 20

// Find returns the path of node.
func Find() (string, error) {
	path, err := exec.LookPath("node")
	if err != nil {
		return "", ErrMissing
	}
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%q --version: %w", path, err)
	}
	version := strings.TrimSpace(string(out))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldest {
		return "", fmt.Errorf("node at %q is %q: %w", path, version, ErrMissing)
	}
	return path, nil
}

// flags have V8 compile as Envoy's does in the long run: everything optimised, nothing in haste.
var flags = []string{"--no-liftoff", "--no-wasm-tier-up", "--no-warnings"}

// Run says what to run.
type Run struct {
	Root          string // of the repository
	Module        string
	Configuration string // of the plugin
	Bodies        []bodies.Message
	Rounds        int    // over all bodies, after one that warms up
	Profile       string // file for a .cpuprofile; "" for none
}

// Result is what the host has measured, in CPU time.
type Result struct {
	Configured float64   // milliseconds of proxy_on_configure
	PerRequest []float64 // nanoseconds, a round each
	Longest    float64   // nanoseconds of the longest callback
	Memory     int64     // bytes of the module's memory
	Refused    int       // requests that the module has answered itself
}

// Do runs it.
func (r *Run) Do() (*Result, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mom-router-v8")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var lines bytes.Buffer
	e := json.NewEncoder(&lines)
	for _, m := range r.Bodies {
		if err := e.Encode(map[string]string{"path": m.Path, "body": string(m.Body)}); err != nil {
			return nil, err
		}
	}
	requests, configuration := filepath.Join(dir, "bodies.jsonl"), filepath.Join(dir, "configuration.json")
	if err := os.WriteFile(requests, lines.Bytes(), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(configuration, []byte(r.Configuration), 0o600); err != nil {
		return nil, err
	}
	args := append([]string(nil), flags...)
	args = append(args, filepath.Join(r.Root, "e2e", "v8", "host.mjs"), r.Module, requests, configuration, strconv.Itoa(r.Rounds))
	if r.Profile != "" {
		args = append(args, r.Profile)
	}
	command := exec.Command(path, args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("the module in V8: %w: %s", err, lastLine(stderr.String()))
	}
	result := &Result{}
	if err := json.Unmarshal(out, result); err != nil {
		return nil, fmt.Errorf("the module in V8 printed %q: %w", out, err)
	}
	return result, nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

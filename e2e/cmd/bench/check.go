package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/e2e/internal/figures"
)

// check says what is missing before anything is built or started. No port can be taken by others: all of them are chosen by
// the kernel.
func check(o *options) error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("this is %s: CPU time and memory are read from /proc, which Linux has", runtime.GOOS)
	}
	if err := cores(runtime.NumCPU()); err != nil {
		return err
	}
	var err error
	if o.envoy, err = envoy.Find(o.envoy); err != nil {
		return err
	}
	if _, err := os.Stat(o.module); err != nil {
		return fmt.Errorf("no module at %q: run make build, or name one with -wasm: %w", o.module, err)
	}
	return nil
}

// cores says whether so many are enough.
func cores(n int) error {
	if n < 2 {
		return errors.New("one core: Envoy, its clients and its engines would wait for each other and no figure would mean anything; give this process at least 2 cores (see nproc, taskset, the container's cpuset)")
	}
	return nil
}

func newGround(o *options, built *built, data *bodies.Data) (*ground, error) {
	g := &ground{o: o, built: built, data: data}
	var err error
	if g.defaults, err = os.ReadFile(filepath.Join(o.root, "rules", "default.json")); err != nil {
		return nil, err
	}
	if g.refused, err = refusals(); err != nil {
		return nil, err
	}
	for _, m := range (set{kind: figures.Agents, count: 1}).make(g, 0) {
		g.calls, g.callBytes = g.calls+1, g.callBytes+len(m.Body)
	}
	if g.calls == 0 {
		return nil, errors.New("the default policy refuses every call of the agents in ../shared/data, so there is nothing to send")
	}
	g.backends, err = backend.Start(envoy.Clusters...)
	return g, err
}

// newReport is a report with what is known before anything runs.
func newReport(o *options, built *built) (*figures.Report, error) {
	r := &figures.Report{
		Taken:    time.Now().Format(time.DateOnly),
		Commit:   commit(o.root),
		Frozen:   frozenCommit[:7],
		Machine:  figures.Machine{CPU: processor(), Cores: runtime.NumCPU(), LoadBefore: loadAverage()},
		Envoy:    version(o.envoy),
		Settings: fmt.Sprintf("%d connections, %d turns of about %v", connections, o.turns, o.turn),
	}
	for _, m := range []struct{ name, path string }{{"mom-router", o.module}, {"the floor", built.floor}} {
		size, packed, err := sizes(m.path)
		if err != nil {
			return nil, fmt.Errorf("size of %q: %w", m.path, err)
		}
		r.Modules = append(r.Modules, figures.Module{Name: m.name, Bytes: size, Gzip: packed})
	}
	if learned, err := os.Stat(filepath.Join(o.root, "rules", "internal", "signal", "weights.bin")); err == nil {
		r.Modules = append(r.Modules, figures.Module{Name: figures.WithoutTable, Bytes: r.Modules[0].Bytes - learned.Size()})
	}
	return r, nil
}

// sizes are the bytes of a file, as it is and compressed as registries ship it.
func sizes(path string) (plain, packed int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	var count counter
	z := gzip.NewWriter(&count)
	if plain, err = io.Copy(z, f); err != nil {
		return 0, 0, err
	}
	err = z.Close()
	return plain, int64(count), err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// commit names the checkout; what is no checkout is unknown.
func commit(root string) string {
	out, err := exec.Command("git", "-C", root, "describe", "--always", "--dirty=+", "--abbrev=7", "--exclude=*").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// version is the release that an Envoy says it is.
func version(path string) string {
	out, _ := exec.Command(path, "--version").Output()
	_, after, _ := strings.Cut(string(out), "version: ")
	if parts := strings.Split(after, "/"); len(parts) > 1 {
		return parts[1]
	}
	return "unknown"
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, after, _ := strings.Cut(string(text), "model name")
	line, _, _ := strings.Cut(after, "\n")
	if name := strings.Trim(line, "\t :"); name != "" {
		return name
	}
	return runtime.GOARCH
}

func loadAverage() float64 {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	v, _ := strconv.ParseFloat(first, 64)
	return v
}

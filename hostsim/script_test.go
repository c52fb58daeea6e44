package hostsim_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

var update = flag.Bool("update", false, "write the golden files anew")

// scratch is where tests of this package keep what they build, and what wazero compiles of it.
var scratch string

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if scratch, err = os.MkdirTemp("", "hostsim"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// scriptWasm and rudeWasm build the plugins in testdata, once. They are a module of their own, since hostsim needs no SDK.
var (
	scriptWasm = sync.OnceValues(func() ([]byte, error) { return buildWasm("script") })
	rudeWasm   = sync.OnceValues(func() ([]byte, error) { return buildWasm("rude") })
)

func buildWasm(name string) ([]byte, error) {
	out := filepath.Join(scratch, name+".wasm")
	// go test remembers which files a test has looked at, and not those of a build that it runs.
	if _, err := os.ReadFile(filepath.Join("testdata", "plugins", name, "main.go")); err != nil {
		return nil, err
	}
	build := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w", "-o", out, "./"+name)
	build.Dir, build.Env = filepath.Join("testdata", "plugins"), append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the plugin %s: %w\n%s", name, err, said)
	}
	return os.ReadFile(out)
}

// sharedHost keeps the compiled script for all tests. Tests that look at shared state make their own.
var (
	sharedHost    = sync.OnceValues(func() (*hostsim.Host, error) { return newHost(hostsim.Envoy140) })
	sharedHost136 = sync.OnceValues(func() (*hostsim.Host, error) { return newHost(hostsim.Envoy136) })
)

func newHost(envoy hostsim.Envoy) (*hostsim.Host, error) {
	return hostsim.New(hostsim.Options{Envoy: envoy, CacheDir: filepath.Join(scratch, "compiled")})
}

// bench is a worker that runs scripts, and the log of what they did.
type bench struct {
	*hostsim.Worker
	log     strings.Builder
	panicky bool // a Go panic's stack is on its way: it names files and addresses
}

// newBench starts one filter a script. A name that ends in "*" gets allow_on_headers_stop_iteration.
func newBench(t *testing.T, cfg hostsim.Config, scripts ...[2]string) *bench {
	t.Helper()
	b := &bench{}
	w, err := b.start(t, cfg, scripts...)
	if err != nil {
		t.Fatal(err)
	}
	b.Worker = w
	t.Cleanup(func() { w.Close() })
	return b
}

func (b *bench) start(t *testing.T, cfg hostsim.Config, scripts ...[2]string) (*hostsim.Worker, error) {
	t.Helper()
	code, err := scriptWasm()
	if err != nil {
		t.Fatal(err)
	}
	host, err := sharedHost()
	if err != nil {
		t.Fatal(err)
	}
	module, err := host.Load(code)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scripts {
		name, allow := strings.CutSuffix(s[0], "*")
		cfg.Filters = append(cfg.Filters, hostsim.Filter{Name: name, Configuration: []byte(s[1]), AllowOnHeadersStop: allow})
	}
	if cfg.VMID == "" {
		cfg.VMID = t.Name()
	}
	if cfg.Clock == nil {
		cfg.Clock = hostsim.NewFakeClock(time.Unix(1_800_000_000, 0))
	}
	cfg.Log = func(level hostsim.Level, plugin, message string) {
		first, _, _ := strings.Cut(message, "\n")
		if b.panicky && level == hostsim.LevelError {
			return
		}
		b.panicky = strings.HasPrefix(first, "panic: ")
		if level != hostsim.LevelInfo {
			first = level.String() + ": " + first
		}
		if plugin != "" {
			first = plugin + ": " + first
		}
		b.log.WriteString(first + "\n")
	}
	return module.Worker(cfg)
}

// post is a request with a body.
func post(body string, chunks ...int) hostsim.Request {
	return hostsim.Request{Path: "/v1", Body: []byte(body), Chunks: chunks,
		Headers: []hostsim.Field{{Name: "x-cluster", Value: "a"}}}
}

// golden compares text with testdata/golden/NAME.txt.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s\nwant\n%s", file, got, want)
	}
}

package needs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheModuleIsBuiltAsTheMakefileBuildsIt(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	line := "GOOS=wasip1 GOARCH=wasm $(GO)"
	for _, arg := range (target{pkg: "./plugin", wasm: true}).goBuild("$(WASM).new") {
		if strings.Contains(arg, " ") {
			flag, value, _ := strings.Cut(arg, "=")
			arg = flag + "='" + value + "'"
		}
		line += " " + arg
	}
	if !strings.Contains(string(makefile), line+"\n") {
		t.Errorf("the Makefile has no line %s", line)
	}
	if !strings.Contains(string(makefile), "./internal/compact $(WASM).new\n") {
		t.Error("the Makefile does not make the module compact")
	}
}

func TestWhatIsBuiltIsNamedAfterItsContent(t *testing.T) {
	t.Setenv("MOM_ROUTER_WASM", "")
	first, err := build(target{pkg: "./internal/compact"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := (target{pkg: "./internal/compact"}).build()
	if err != nil || again != first {
		t.Errorf("built again it is %q, %v; want %q", again, err, first)
	}
	out, err := exec.Command(first).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("usage: compact FILE")) {
		t.Errorf("it does not run: %v, %s", err, out)
	}
	if _, err := Command("./no/such/command"); err == nil || !strings.Contains(err.Error(), "go build ./no/such/command") {
		t.Errorf("what is not there gives %v", err)
	}
}

func TestAModuleThatTheEnvironmentNamesMustBeThere(t *testing.T) {
	t.Setenv("MOM_ROUTER_WASM", "nowhere.wasm")
	if path, err := Module(); err == nil || !strings.Contains(err.Error(), `"nowhere.wasm"`) || !strings.Contains(err.Error(), "MOM_ROUTER_WASM") {
		t.Errorf("%q, %v", path, err)
	}
	file := filepath.Join(t.TempDir(), "m.wasm")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MOM_ROUTER_WASM", file)
	if path, err := Module(); err != nil || path != file {
		t.Errorf("%q, %v", path, err)
	}
}

// outcome is what became of a test that ends.
type outcome struct {
	testing.TB
	said string
}

func (o *outcome) Helper()                      {}
func (o *outcome) Fatalf(f string, _ ...any)    { o.said = "failed: " + f; panic(o) }
func (o *outcome) Skipf(f string, _ ...any)     { o.said = "skipped: " + f; panic(o) }
func (o *outcome) of(f func(testing.TB)) string { defer func() { recover() }(); f(o); return "went on" }

func TestWhatIsMissingIsSkippedAndFailsInCI(t *testing.T) {
	for ci, want := range map[string]string{"": "skipped: ", "true": "failed: "} {
		t.Setenv("CI", ci)
		o := &outcome{}
		if got := o.of(func(t testing.TB) { Data(t, "no such file") }); got != "" || !strings.HasPrefix(o.said, want) {
			t.Errorf("CI=%q: %s %s", ci, got, o.said)
		}
	}
}

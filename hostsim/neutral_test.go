package hostsim_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The library is for plugins of every kind: it knows no header of mom-router's.
func TestTheLibraryKnowsNoHeaderOfMomRouters(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "x-mom"+"-") {
			t.Errorf("%s names a header of mom-router's", path)
		}
		files++
		return err
	})
	if err != nil || files < 60 {
		t.Errorf("%d files were read: %v", files, err)
	}
}

// A stranger's module requires this one and nothing else of the repository, which is not there: only this folder is, as the module proxy
// would send it. What go gets is the library and its runtime, and the examples in go doc build there.
func TestAStrangerGetsTheLibraryAndNothingElseOfTheRepository(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "hostsim"), published{os.DirFS(".")}); err != nil {
		t.Fatal(err)
	}
	const module = "github.com/mom-router/mom-router/hostsim"
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"stranger/go.mod":          "module example.com/stranger\n\ngo 1.24.0\n\nrequire " + module + " v0.0.0\n\nreplace " + module + " => ../hostsim\n",
		"stranger/go.sum":          string(sums),
		"stranger/main.go":         "package main\n\nimport \"" + module + "\"\n\nfunc main() { hostsim.New(hostsim.Options{}) }\n",
		"stranger/example_test.go": strings.Replace(string(example), "package hostsim_test", "package main", 1),
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir = filepath.Join(dir, "stranger")
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("vet", ".")
	allowed := regexp.MustCompile(`^(` + module + `(/internal/[a-z]+|/wat|/wasmbin)?|github\.com/tetratelabs/wazero(/.*)?|golang\.org/x/sys/[a-z]+|example\.com/stranger( .*|\.test)?)$`)
	packages := strings.Fields(run("list", "-deps", "-test", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "."))
	for _, p := range packages {
		if !strings.HasPrefix(p, "[") && !allowed.MatchString(p) {
			t.Errorf("the library pulls the package %s", p)
		}
	}
	modules := strings.Fields(run("list", "-m", "-f", "{{.Path}}", "all"))
	for _, m := range modules {
		if m != "example.com/stranger" && m != module && m != "github.com/tetratelabs/wazero" && m != "golang.org/x/sys" {
			t.Errorf("the library needs the module %s", m)
		}
	}
	if len(packages) < 10 || len(modules) != 4 {
		t.Errorf("%d packages of %d modules are listed: %q", len(packages), len(modules), modules)
	}
}

// published is a folder without what no module has in its archive: folders that are modules by themselves.
type published struct{ fs.FS }

func (p published) ReadDir(name string) (kept []fs.DirEntry, err error) {
	entries, err := fs.ReadDir(p.FS, name)
	for _, e := range entries {
		if _, err := fs.Stat(p.FS, name+"/"+e.Name()+"/go.mod"); err != nil {
			kept = append(kept, e)
		}
	}
	return kept, err
}

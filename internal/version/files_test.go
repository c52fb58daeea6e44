package version_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/config"
	"github.com/mom-router/mom-router/internal/version"
	"github.com/mom-router/mom-router/internal/version/built"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/trail"
)

// What CHANGELOG.md promises: a policy, a configuration and a record of every earlier release are still read. A folder of
// testdata is a release, and what is in it is never changed.
func TestFilesOfEarlierReleasesAreRead(t *testing.T) {
	releases, err := filepath.Glob("testdata/*")
	if err != nil || len(releases) == 0 {
		t.Fatalf("no releases: %v", err)
	}
	for _, dir := range releases {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			read := func(name string) []byte {
				data, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				return data
			}
			root, err := source.Load("policy.yaml", read("policy.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rules.Compile(root); err != nil {
				t.Error(err)
			}
			if _, err := config.Parse(read("configuration.json")); err != nil {
				t.Error(err)
			}
			seen := 0
			r := &trail.Reader{}
			if err := r.Read(filepath.Join(dir, "record.jsonl"), func(l *trail.Line) error { seen++; return nil }); err != nil || seen != 1 {
				t.Errorf("%d records are read: %v", seen, err)
			}
		})
	}
}

func TestTheReleaseIsAVersion(t *testing.T) {
	if !regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9a-z.]+)?$`).MatchString(version.Number) {
		t.Errorf("%q is no version", version.Number)
	}
	log, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), "\n## [Unreleased]") && !strings.Contains(string(log), "\n## ["+version.Number+"]") {
		t.Error("CHANGELOG.md knows neither this release nor an unreleased one")
	}
	if got := built.Version("rules"); !strings.HasPrefix(got, "rules "+version.Number+" (commit ") {
		t.Errorf("a command says that it is %q", got)
	}
}

// Whoever imports a package of this module gets hostsim of the same release, which has a tag of its own: hostsim/v and the number.
func TestHostsimIsRequiredAsOfThisRelease(t *testing.T) {
	seen := 0
	for _, file := range []string{"../../go.mod", "../../e2e/extproc/go.mod"} {
		mod, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`github\.com/mom-router/mom-router/hostsim (v\S+)`).FindAllStringSubmatch(string(mod), -1) {
			if seen++; m[1] != "v"+version.Number {
				t.Errorf("%s requires hostsim %s, want v%s", file, m[1], version.Number)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d files require hostsim, want 2", seen)
	}
}

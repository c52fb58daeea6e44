package redteam_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/redteam"
)

func security(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Every row of SECURITY.md's table of bad inputs is sent; package e2e does the same in Envoy.
func TestBadInputsEndAsSECURITYSays(t *testing.T) {
	rows, err := redteam.ReadBadInputs(security(t))
	if err != nil {
		t.Fatal(err)
	}
	module := load(t)
	flag, pair := start(t, module, "flag", byDefaultPolicy), start(t, module, "pair", byDefaultPolicy)
	inputs := redteam.BadInputs()
	for _, row := range rows {
		q, ok := inputs[row.Input]
		if !ok {
			t.Errorf("SECURITY.md has a row %q that nothing here sends", row.Input)
			continue
		}
		delete(inputs, row.Input)
		t.Run(row.Input, func(t *testing.T) {
			for _, r := range []*router{flag, pair} {
				if err := row.Verdict(r.try(t, q)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for name := range inputs {
		t.Errorf("SECURITY.md has no row %q", name)
	}
}

// A test that SECURITY.md names must be there: `TestName`, `FuzzName` or `BenchmarkName`.
func TestTheTestsThatSECURITYNamesAreThere(t *testing.T) {
	var sources strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		sources.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]+)`").FindAllStringSubmatch(security(t), -1)
	if len(named) < 20 {
		t.Errorf("SECURITY.md names %d tests only", len(named))
	}
	for _, m := range named {
		if !strings.Contains(sources.String(), "func "+m[1]+"(") {
			t.Errorf("SECURITY.md names %s, which is not there", m[1])
		}
	}
}

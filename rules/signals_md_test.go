package rules_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/source"
)

func readSignalsMD(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../docs/signals.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheDeclarationsOfSIGNALSCompile(t *testing.T) {
	_, rest, _ := strings.Cut(readSignalsMD(t), "```yaml\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no declarations")
	}
	policy := "version: \"1\"\nmodels: {m: {cluster: c}}\ndefault: m\n" + block
	root, err := source.Load("../docs/signals.md", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rules.Compile(root); err != nil {
		t.Error(err)
	}
}

func TestTheSignalsOfSIGNALSAreKnown(t *testing.T) {
	b := signal.NewBuilder()
	known := 0
	for _, row := range regexp.MustCompile(`(?m)^\| (.*?) \| (.*?) \| .*\|$`).FindAllStringSubmatch(readSignalsMD(t), -1) {
		kind := ""
		for _, name := range regexp.MustCompile("`([a-z]*)\\.([a-zA-Z_]+)`").FindAllStringSubmatch(row[1], -1) {
			if name[1] != "" {
				kind = name[1]
			}
			names := []string{name[2]}
			switch name[2] {
			case "NAME":
				continue
			case "CLASS", "KIND", "CODE":
				names = nil
				for _, n := range regexp.MustCompile("`([a-z_0-9]+)`").FindAllStringSubmatch(row[2], -1) {
					names = append(names, n[1])
				}
			}
			for _, n := range names {
				known++
				if _, _, ok := b.Lookup(kind + "." + n); !ok {
					t.Errorf("there is no signal %s.%s", kind, n)
				}
			}
		}
	}
	if known < 60 {
		t.Errorf("only %d signals are named", known)
	}
}

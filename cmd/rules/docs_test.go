package main

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/spf13/pflag"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/requests"
)

// The pages of check and diff name the flags that these have, and no others.
func TestThePagesNameTheFlags(t *testing.T) {
	for name, page := range map[string]string{"check": "../../docs/check.md", "diff": "../../docs/diff.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		var has []string
		c := checkCommand(cli.Streams{})
		if name == "diff" {
			c = diffCommand(cli.Streams{})
		}
		c.Flags().VisitAll(func(f *pflag.Flag) { has = append(has, f.Name) })
		var named []string
		for _, m := range regexp.MustCompile("--([a-z][a-z-]*)").FindAllStringSubmatch(string(text), -1) {
			named = append(named, m[1])
		}
		for _, flag := range has {
			if !slices.Contains(named, flag) {
				t.Errorf("%s does not name --%s", page, flag)
			}
		}
		for _, flag := range named {
			if !slices.Contains(has, flag) {
				t.Errorf("%s names --%s, which rules %s does not have", page, flag, name)
			}
		}
	}
}

// The page of diff has each verdict and each format.
func TestThePageOfDiffHasItsWords(t *testing.T) {
	text, err := os.ReadFile("../../docs/diff.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"\n| equal |", "\n| stricter |", "\n| weaker |", "\n| incomparable |", "`" + requests.Auto + "`", "`" + requests.JSON + "`", "`" + requests.Prompts + "`"} {
		if !regexp.MustCompile(regexp.QuoteMeta(word)).Match(text) {
			t.Errorf("docs/diff.md lacks %q", word)
		}
	}
}

package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// pages are all Markdown files of the repository, by their path from its root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "dist" || d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".md"):
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			found[filepath.ToSlash(name)] = string(data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var (
	fence = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	link  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	title = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// anchors are what the headings of a page are called in links, by the rules of GitHub: lower case, no punctuation, spaces as hyphens.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, m := range title.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		var b strings.Builder
		for _, r := range strings.ToLower(m[1]) {
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				b.WriteRune(r)
			case r == ' ':
				b.WriteByte('-')
			}
		}
		found[b.String()] = true
	}
	return found
}

func TestLinksLeadToFilesAndHeadingsThatAreThere(t *testing.T) {
	all := pages(t)
	for name, page := range all {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
			target := m[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(target, "#")
			goal := name
			if file != "" {
				goal = filepath.ToSlash(filepath.Join(filepath.Dir(name), file))
				if _, err := os.Stat(goal); err != nil {
					t.Errorf("%s links to %q, which is not there", name, target)
					continue
				}
			}
			if there, isPage := all[goal]; anchor != "" && isPage && !anchors(there)[anchor] {
				t.Errorf("%s links to %q, and %s has no such heading", name, target, goal)
			}
		}
	}
}

// A page that nobody finds is none: every page under docs is linked from the README.
func TestTheREADMELinksEveryPage(t *testing.T) {
	all := pages(t)
	for name := range all {
		if short, found := strings.CutPrefix(name, "../docs/"); found && !strings.Contains(all["../README.md"], "](docs/"+short+")") {
			t.Errorf("README.md does not link to docs/%s", short)
		}
	}
}

func TestTheREADMEIsShort(t *testing.T) {
	if n := len(pages(t)["../README.md"]); n > 8<<10 {
		t.Errorf("README.md has %d bytes, more than 8 KB: what is reference belongs into docs", n)
	}
}

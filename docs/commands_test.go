package docs

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

var (
	shell    = regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```$")
	repoFile = regexp.MustCompile(`^(examples|rules|docs|e2e)/[^*]*\.(yaml|json|jsonl|md)$`)
	// A word with what stands in quotes, a way for output, or what parts commands.
	wordOfShell = regexp.MustCompile(`[0-9]*>>? *[^ |&;]+|[|&;]+|#.*|(?:'[^']*'|"[^"]*"|[^ |&;'"])+`)
	assignment  = regexp.MustCompile(`^[A-Za-z_]+=`)
	makeParts   = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`)
)

// parses reports whether a command takes its words: it is asked for help with them, which it gives when it has read all flags.
func parses(t *testing.T, command string, words []string) (why string) {
	t.Helper()
	dir := map[string]string{"hostsim": "./cmd/hostsim", "rules": "./cmd/rules"}[command]
	path, err := needs.Command(dir)
	out, err := exec.Command(needs.Must(t, path, err), append(words, "--help")...).CombinedOutput()
	if err != nil {
		return string(out)
	}
	if len(words) > 0 && !strings.HasPrefix(words[0], "-") && !strings.Contains(string(out), "\n  "+command+" "+words[0]+" ") && !strings.Contains(string(out), "\n  "+command+" "+words[0]+"\n") {
		return "there is no command " + words[0]
	}
	return ""
}

// manual are the examples of the manual pages, which are those of --help, as blocks of commands.
func manual(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	for _, pkg := range []string{"./cmd/hostsim", "./cmd/rules"} {
		path, err := needs.Command(pkg)
		if out, err := exec.Command(needs.Must(t, path, err), "man", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	found := map[string]string{}
	files, err := os.ReadDir(dir)
	for _, f := range files {
		text, e := os.ReadFile(filepath.Join(dir, f.Name()))
		err = errors.Join(err, e)
		_, examples, ok := strings.Cut(string(text), "\n.SH EXAMPLES\n.nf\n")
		examples, _, _ = strings.Cut(examples, "\n.fi\n")
		if ok {
			found[f.Name()] = "```sh\n" + strings.NewReplacer(`\-`, "-", `\e`, `\`).Replace(examples) + "\n```\n"
		}
	}
	if err != nil || len(found) < 20 {
		t.Fatalf("%d pages have examples: %v", len(found), err)
	}
	return found
}

// command is what stands between the pipes of a line, without variables before it.
type command struct {
	line  string
	words []string // two or more
}

// commands are those of a page's blocks.
func commands(page string) (found []command) {
	for _, block := range shell.FindAllStringSubmatch(page, -1) {
		for _, line := range strings.Split(strings.ReplaceAll(block[1], "\\\n", " "), "\n") {
			for _, words := range split(line) {
				for len(words) > 0 && assignment.MatchString(words[0]) {
					words = words[1:]
				}
				if len(words) >= 2 {
					found = append(found, command{line, words})
				}
			}
		}
	}
	return found
}

// split splits a line as a shell does, at pipes, too. Where output goes, and what stands behind # or &, is left out.
func split(line string) (parts [][]string) {
	var words []string
	for _, m := range wordOfShell.FindAllString(line+" |", -1) {
		switch {
		case m[0] == '|' || m[0] == '&' || m[0] == ';':
			parts, words = append(parts, words), nil
		case m[0] == '#':
			return append(parts, words)
		case strings.HasPrefix(strings.TrimLeft(m, "0123456789"), ">"):
		default:
			words = append(words, strings.NewReplacer("'", "", `"`, "").Replace(m))
		}
	}
	return parts
}

// Every line of every block of commands names a target of make, or a command with options that it has, and files that are there.
func TestCommandsOfThePagesAreThereWithTheirOptions(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range makeParts.FindAllStringSubmatch(string(makefile), -1) {
		targets[m[1]] = true
	}
	lines := 0
	all := pages(t)
	for name, page := range manual(t) {
		all[name] = page
	}
	for name, page := range all {
		for _, c := range commands(page) {
			line, words := c.line, c.words
			switch words[0] {
			case "make":
				lines++
				for _, target := range words[1:] {
					if !strings.Contains(target, "=") && !targets[target] {
						t.Errorf("%s: make has no target %q: %s", name, target, line)
					}
				}
			case "bin/hostsim", "bin/rules", "hostsim", "rules":
				lines++
				if why := parses(t, strings.TrimPrefix(words[0], "bin/"), words[1:]); why != "" {
					t.Errorf("%s: %s: %s", name, line, why)
				}
			}
			for _, word := range words {
				if word = strings.TrimPrefix(word, "./"); repoFile.MatchString(word) {
					if _, err := os.Stat("../" + word); err != nil {
						t.Errorf("%s: %s is not there: %s", name, word, line)
					}
				}
			}
		}
	}
	if lines < 30 {
		t.Errorf("only %d lines of commands were found: the test looks at the wrong places", lines)
	}
}

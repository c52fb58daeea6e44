package docs

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

var (
	shell     = regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```$")
	repoFile  = regexp.MustCompile(`^(examples|rules|docs|e2e)/[^*]*\.(yaml|json|jsonl|md)$`)
	longFlag  = regexp.MustCompile(`^--([a-z][a-z-]*)`)
	makeParts = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`)
)

// helps are what the commands say of themselves, asked once a subcommand.
type helps struct {
	t     *testing.T
	known map[string]string
}

func (h *helps) of(command, sub string) string {
	h.t.Helper()
	args := []string{"help"}
	if command == "hostsim" { // which has help a subcommand
		args = []string{sub, "-h"}
	}
	key := command + " " + strings.Join(args, " ")
	if text, found := h.known[key]; found {
		return text
	}
	dir := map[string]string{"hostsim": "./hostsim/cmd/hostsim", "rules": "./rules/cmd/rules"}[command]
	path, err := needs.Command(dir)
	out, _ := exec.Command(needs.Must(h.t, path, err), args...).CombinedOutput() // asking for help may be an error
	h.known[key] = string(out)
	return string(out)
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
			line, _, _ = strings.Cut(line, "  #")
			for _, part := range strings.Split(line, "|") {
				words := strings.Fields(part)
				for len(words) > 0 && strings.Contains(words[0], "=") {
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
	h := &helps{t, map[string]string{}}
	lines := 0
	for name, page := range pages(t) {
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
			case "bin/hostsim", "bin/rules":
				lines++
				command := strings.TrimPrefix(words[0], "bin/")
				text := h.of(command, words[1])
				if command == "rules" && !strings.Contains(text, "  rules "+words[1]+" ") && !strings.Contains(text, "  rules "+words[1]+"\n") || strings.Contains(text, "unknown command") {
					t.Errorf("%s: %s has no command %q: %s", name, command, words[1], line)
				}
				for _, word := range words[2:] {
					if m := longFlag.FindStringSubmatch(word); m != nil && !strings.Contains(text, "-"+m[1]) {
						t.Errorf("%s: %s %s has no option --%s: %s", name, command, words[1], m[1], line)
					}
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

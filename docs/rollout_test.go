package docs

import (
	"os"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// What people copy into a pipeline is YAML of the form that GitHub and GitLab take, and both run the same checks.
func TestTheWorkflowsOfARollOutAreWhole(t *testing.T) {
	text, err := os.ReadFile("rollout.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := func(heading string, at ...string) (commands []string) {
		_, rest, found := strings.Cut(string(text), "\n"+heading+":\n\n```yaml\n")
		block, _, closed := strings.Cut(rest, "```\n")
		if !found || !closed {
			t.Fatalf("there is no workflow for %s", heading)
		}
		n, err := source.Load(heading, []byte(block))
		if err != nil {
			t.Fatalf("%s: %v", heading, err)
		}
		for _, key := range at {
			if n = n.Get(key); n == nil {
				t.Fatalf("%s: there is no %q", heading, key)
			}
		}
		for _, item := range n.Items {
			if item.Kind == tree.String {
				commands = append(commands, item.Text)
			} else if run := item.Get("run"); run != nil {
				commands = append(commands, run.Text)
			} else if item.Get("uses") == nil {
				t.Errorf("%s: line %d is a step that does nothing", heading, item.Line)
			}
		}
		return commands
	}
	for heading, commands := range map[string][]string{
		"GitHub Actions": steps("GitHub Actions", "jobs", "policy", "steps"),
		"GitLab":         steps("GitLab", "policy", "script"),
	} {
		rest := commands
		for _, want := range []string{"git clone ", "rules check --werror ", "rules test ", "rules diff --no-weaker-guards ", "rules render "} {
			for len(rest) > 0 && !strings.HasPrefix(rest[0], want) {
				rest = rest[1:]
			}
			if len(rest) == 0 {
				t.Errorf("%s runs no %q in its place: %q", heading, want, commands)
				break
			}
		}
	}
}

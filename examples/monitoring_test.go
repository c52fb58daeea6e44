package examples

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// documented are the metrics of docs/metrics.md, which a test in e2e compares with what Envoy shows: their types and labels.
func documented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(mom_router_[a-z_]+)` \\| ([a-z]+) \\|([^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		if all[row[1]] = row[3]; row[2] == "histogram" {
			all[row[1]+"_bucket"] = row[3] + " `le`"
			all[row[1]+"_sum"], all[row[1]+"_count"] = row[3], row[3]
		}
	}
	if len(all) < 10 {
		t.Fatalf("docs/metrics.md has %d metrics", len(all))
	}
	return all
}

func TestAlertsLookAtMetricsThatThereAre(t *testing.T) {
	metrics := documented(t)
	text, err := os.ReadFile("monitoring/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			for _, m := range regexp.MustCompile(`(mom_router_\w+)(\{[^}]*\})?`).FindAllStringSubmatch(r.Expr, -1) {
				seen++
				labels, ok := metrics[m[1]]
				if !ok {
					t.Errorf("%s: there is no metric %s", r.Alert, m[1])
				}
				for _, l := range regexp.MustCompile(`(\w+)(=|!=|=~|!~)"`).FindAllStringSubmatch(m[2], -1) {
					if !strings.Contains(labels, "`"+l[1]+"`") {
						t.Errorf("%s: %s has no label %s", r.Alert, m[1], l[1])
					}
				}
			}
			for _, by := range regexp.MustCompile(`by \(([^)]*)\)`).FindAllStringSubmatch(r.Expr, -1) {
				for _, l := range strings.Split(by[1], ", ") {
					known := false
					for name := range metrics {
						known = known || strings.Contains(r.Expr, name) && strings.Contains(metrics[name], "`"+l+"`")
					}
					if !known {
						t.Errorf("%s: none of its metrics has a label %s", r.Alert, l)
					}
				}
			}
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s does not say what is wrong and what to do", r.Alert)
			}
		}
	}
	if seen < 10 {
		t.Errorf("alerts look at metrics %d times", seen)
	}
}

func TestAlertsAreRightForPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is missing: install the package prometheus")
	}
	for _, args := range [][]string{{"check", "rules", "monitoring/alerts.yaml"}, {"test", "rules", "monitoring/alerts_test.yaml"}} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

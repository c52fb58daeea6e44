package examples

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/mom-router/mom-router/internal/metricsdoc"
)

func TestAlertsLookAtMetricsThatThereAre(t *testing.T) {
	metrics := metricsdoc.Series(t)
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
					if !slices.Contains(labels, l[1]) {
						t.Errorf("%s: %s has no label %s", r.Alert, m[1], l[1])
					}
				}
			}
			for _, by := range regexp.MustCompile(`by \(([^)]*)\)`).FindAllStringSubmatch(r.Expr, -1) {
				for _, l := range strings.Split(by[1], ", ") {
					known := false
					for name := range metrics {
						known = known || strings.Contains(r.Expr, name) && slices.Contains(metrics[name], l)
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

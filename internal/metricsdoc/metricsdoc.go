// Package metricsdoc reads docs/metrics.md for tests: of the document, and of what looks at the metrics that it has.
package metricsdoc

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

// Metric is a metric as the document has it.
type Metric struct {
	Kind   string // counter, gauge or histogram
	Labels []string
}

var (
	row   = regexp.MustCompile("(?m)^\\| `(mom_router_[a-z_]+)` \\| ([a-z]+) \\|([^|]*)\\|")
	label = regexp.MustCompile("`([a-z]+)`")
)

// Metrics are all metrics of the document, by name. A document without ten of them is no longer what this package can read, and ends the test.
func Metrics(t testing.TB) map[string]Metric {
	t.Helper()
	root, err := needs.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Metric{}
	for _, r := range row.FindAllStringSubmatch(string(text), -1) {
		m := Metric{Kind: r[2]}
		for _, l := range label.FindAllStringSubmatch(r[3], -1) {
			m.Labels = append(m.Labels, l[1])
		}
		all[r[1]] = m
	}
	if len(all) < 10 {
		t.Fatalf("docs/metrics.md has %d metrics", len(all))
	}
	return all
}

// Series are the names by which Prometheus asks for the metrics, a histogram's three among them, and the labels of each.
func Series(t testing.TB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for name, m := range Metrics(t) {
		if m.Kind != "histogram" {
			all[name] = m.Labels
			continue
		}
		all[name+"_sum"], all[name+"_count"] = m.Labels, m.Labels
		all[name+"_bucket"] = append(m.Labels[:len(m.Labels):len(m.Labels)], "le")
	}
	return all
}

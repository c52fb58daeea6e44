package main

import (
	"os"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestTagsAreThoseOfTheExamples(t *testing.T) {
	for _, file := range []string{"flag.yaml", "pair.yaml"} {
		text, err := os.ReadFile("../../examples/envoy/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var example struct {
			Stats struct {
				Tags []struct {
					Name  string `yaml:"tag_name"`
					Regex string
				} `yaml:"stats_tags"`
			} `yaml:"stats_config"`
		}
		if err := yaml.Unmarshal(text, &example); err != nil {
			t.Fatal(err)
		}
		if len(example.Stats.Tags) != len(statsTags) {
			t.Fatalf("%s has %d tags, hostsim %d", file, len(example.Stats.Tags), len(statsTags))
		}
		for i, tag := range example.Stats.Tags {
			if mine := statsTags[i]; tag.Name != mine.name || tag.Regex != mine.pattern.String() {
				t.Errorf("%s: %s: %s; hostsim has %s: %s", file, tag.Name, tag.Regex, mine.name, mine.pattern)
			}
		}
	}
}

func TestLabelsStandInNames(t *testing.T) {
	for metric, want := range map[string]string{
		"mom_router_faults_total": `mom_router_faults_total{}`,
		"mom_router_requests_total.decision.a.b.model.glm-4.7.action.route":  `mom_router_requests_total{action="route",decision="a.b",model="glm-4.7"}`,
		"mom_router_requests_total.action.deny.code.not_found":               `mom_router_requests_total{action="deny",code="not_found"}`,
		"mom_router_tokens_total.model.glm-4.7.kind.in":                      `mom_router_tokens_total{kind="in",model="glm-4.7"}`,
		"mom_router_time_to_first_token_milliseconds.model.x":                `mom_router_time_to_first_token_milliseconds{model="x"}`,
		"mom_router_signals_total.signal.domain.math":                        `mom_router_signals_total{signal="domain.math"}`,
		"another.plugin's-metric.model.x":                                    `another_plugin_s_metric_model_x{}`,
		"mom_router_guard_hits_total.guard.say \"hi\"":                       `mom_router_guard_hits_total{guard="say \"hi\""}`,
		"mom_router_upstream_errors_total.model.qwen3-235b.reason.in_answer": `mom_router_upstream_errors_total{model="qwen3-235b",reason="in_answer"}`,
	} {
		name, labels := tagged(metric)
		if got := name + "{" + labels + "}"; got != want {
			t.Errorf("%s: got %s, want %s", metric, got, want)
		}
	}
}

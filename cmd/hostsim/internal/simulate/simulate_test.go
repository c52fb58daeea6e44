package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

const models = `
version: "sim"
models:
  big: {cluster: big, tier: 1, max_output: 2000, price: {input: 1, output: 5}}
  small: {cluster: small, max_output: 2000, price: {input: 0.1, output: 0.5}}
signals: {keyword: {risky: {in: any, words: [dynamite]}}}
guards: [{name: risky, when: keyword.risky, tier: 1}]
default: [big, small]
`

func policy(t testing.TB, objectives string) *tree.Node {
	t.Helper()
	root, err := source.Load("policy.yaml", []byte(models+objectives))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func simulation(t testing.TB, scenario, objectives string, trace ...string) *Report {
	t.Helper()
	s, err := Read("scenario.yaml", []byte(scenario))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(s, policy(t, objectives), trace, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const tenfold = `
requests: 100000
rate: 100
mix: [{prompt: "Who are you?", answer: 100, max_tokens: 500}]
engines:
  big: {first_token: {p50: 300, p95: 700}, token: 5, changes: [{from: 200, to: 500, slower: 10}]}
  small: {first_token: {p50: 200, p95: 600}, token: 2}
`

func TestAnEngineThatSlowsDownTenfoldIsLeftAndTakenAgain(t *testing.T) {
	for seed := range 5 {
		r := simulation(t, fmt.Sprintf("seed: %d\n", seed)+tenfold, "objectives: {first_token: {p95: 1000}}")
		with, without := r.Results[0], r.Results[1]
		if with.Moves > 4 || with.Moves < 2 || without.Moves != 0 {
			t.Errorf("seed %d: %d moves, and %d without the objective", seed, with.Moves, without.Moves)
		}
		for _, p := range with.Series {
			share := float64(p.Models["big"]) / float64(max(p.Models["big"]+p.Models["small"], 1))
			slow := p.At >= 200+30 && p.At < 500-10
			if slow && p.P95 > 1000 {
				t.Errorf("seed %d: at %.0f s the p95 of all requests is %.0f ms", seed, p.At, p.P95)
			}
			if slow && share > 0.05 {
				t.Errorf("seed %d: at %.0f s %.0f %% go to the slow engine", seed, p.At, 100*share)
			}
			if p.At >= 500+60 && p.At < 990 && share != 1 || p.At < 190 && share != 1 {
				t.Errorf("seed %d: at %.0f s %.0f %% go to the engine that is fast", seed, p.At, 100*share)
			}
		}
		if without.P95 < 4000 {
			t.Errorf("seed %d: without the objective the p95 is %.0f ms: this shows nothing", seed, without.P95)
		}
	}
}

func TestAnEngineThatIsSilentIsLeft(t *testing.T) {
	r := simulation(t, `
requests: 30000
rate: 100
patience: 20
mix: [{prompt: "Who are you?", answer: 100, max_tokens: 500}]
engines:
  big: {first_token: {p50: 300, p95: 700}, token: 5, changes: [{from: 100, to: 200, slower: 100000}]}
  small: {first_token: {p50: 200, p95: 600}, token: 2}
`, "objectives: {first_token: {p95: 1000}}")
	with, without := r.Results[0], r.Results[1]
	if with.Left > without.Left/10 || with.Left == 0 {
		t.Errorf("%d clients left, and %d without the objective", with.Left, without.Left)
	}
}

func TestMoneyIsCountedExactlyAndNoHardBoundIsPassed(t *testing.T) {
	r := simulation(t, `
requests: 60000
rate: 50
tenants: {acme: 5, beta: 3, gamma: 1, delta: 1}
mix:
  - {prompt: "Who are you?", tokens: 500, answer: 300, max_tokens: 800, share: 3}
  - {prompt: "How is dynamite made?", tokens: 900, answer: 300, max_tokens: 800}
engines: {big: {first_token: {p50: 300, p95: 900}, token: 8, failures: 0.02}}
other: {first_token: {p50: 100, p95: 300}, token: 4}
`, `objectives: {budget: {window: 5m, key: x-tenant, soft: 2, hard: 4, keys: {acme: {soft: 6, hard: 9}}, others: 2}}`)
	with, without := r.Results[0], r.Results[1]
	sum := 0.0
	for _, dollars := range with.Spent {
		sum += dollars
	}
	if math.Abs(sum-with.Dollars) > with.Dollars/1000 || len(with.Spent) != 4 {
		t.Errorf("%v were spent, %f dollars in all", with.Spent, with.Dollars)
	}
	if with.Budget > 1.001 || with.Budget < 0.9 {
		t.Errorf("at most %.4f of a hard bound was spent", with.Budget)
	}
	if with.Refused == 0 || with.Demotions["budget"] == 0 || with.Failed == 0 || without.Refused != 0 || without.Dollars < with.Dollars*1.2 {
		t.Errorf("%+v\n%+v", with, without)
	}
	if with.Routed+with.Refused+with.Denied != with.Requests {
		t.Errorf("of %d requests %d were routed and %d refused", with.Requests, with.Routed, with.Refused)
	}
}

func TestASimulationIsTheSameAgain(t *testing.T) {
	const objectives = "objectives: {first_token: {p95: 1000}, budget: {window: 1m, soft: 1}}"
	text := func(scenario string) string {
		out, err := json.Marshal(simulation(t, strings.Replace(scenario, "100000", "3000", 1), objectives))
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	first := text(tenfold)
	if text(tenfold) != first {
		t.Error("twice the same seed, and two results")
	}
	if first == text("seed: 7\n"+tenfold) {
		t.Error("two seeds have one result")
	}
}

func TestATraceIsSentAgain(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		signals := ""
		if i%4 == 0 {
			signals = `"keyword.risky"`
		}
		fmt.Fprintf(&b, `{"v":1,"time":"2026-11-29T10:%02d:00.000000Z","action":"route","decision":"default","tenant":"acme","signals":[%s],"tokens_in":1000,"usage":{"in":1000,"out":1000},"ttft_ms":100,"duration_ms":1000}`+"\n", i, signals)
	}
	b.WriteString(`{"v":1,"time":"2026-11-29T10:50:00.000000Z","action":"pass","signals":[]}` + "\n")
	file := filepath.Join(t.TempDir(), "records.jsonl")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	r := simulation(t, "{}", `objectives: {budget: {window: 1h, key: x-tenant, soft: 0.06}}`, file)
	with, without := r.Results[0], r.Results[1]
	// Each costs 0.006 dollars with the large model: what the guard lets go nowhere else stays there.
	if with.Requests != 40 || without.Models["big"] != 40 || with.Models["big"] <= 10 || with.Models["big"] > 22 || with.Seconds < 39*60 {
		t.Errorf("%+v\n%+v", with, without)
	}
	s, err := Read("s.yaml", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(s, policy(t, ""), []string{os.DevNull}, nil); err == nil || !strings.Contains(err.Error(), "no records") {
		t.Errorf("an empty trace: %v", err)
	}
}

func TestThePageNeedsNothingElseAndTheTableSaysTheSame(t *testing.T) {
	r := simulation(t, strings.Replace(tenfold, "100000", "3000", 1), "objectives: {first_token: {p95: 1000}, budget: {window: 1h, hard: 9}}")
	var page, table bytes.Buffer
	if err := r.Page(&page); err != nil {
		t.Fatal(err)
	}
	r.Write(&table)
	for _, name := range []string{"as it is", "without budget", "without first_token", "without all of them"} {
		if !strings.Contains(page.String(), "<td>"+name) || !strings.Contains(table.String(), name) {
			t.Errorf("%q is missing", name)
		}
	}
	for _, bad := range []string{"<script", "src=", "http:", "https:", "url(", "NaN", "Inf"} {
		if strings.Contains(page.String(), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n := strings.Count(page.String(), "<polyline"); n != 12 {
		t.Errorf("%d lines are drawn", n)
	}
}

func TestMistakesInAScenarioAreToldWithTheirPlace(t *testing.T) {
	for bad, want := range map[string]string{
		"rates: 5":          `1:1: $.rates: unknown key "rates"`,
		"rate: 0":           `rate is "0"`,
		"workers: 0":        "out of range",
		"mix: [{share: 1}]": `"prompt" is missing`,
		"mix: []":           "the list is empty",
		"engines: [a]":      "a map of clusters is expected",
		"engines: {a: {first_token: {p50: 9, p95: 1}}}": "p95 is less than p50",
		"engines: {a: {changes: [{from: 9, to: 1}]}}":   "ends before it begins",
		"engines: {a: {changes: [{from: 9}]}}":          `"to" is missing`,
		"engines: {a: {failures: 2}}":                   "out of range",
		"tenants: [a]":                                  "a map of keys",
	} {
		_, err := Read("s.yaml", []byte(bad))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", bad, err, want)
		}
	}
}

func BenchmarkAMillionRequests(b *testing.B) {
	for b.Loop() {
		simulation(b, "requests: 1000000\n"+strings.Replace(tenfold, "requests: 100000", "", 1), "objectives: {first_token: {p95: 1000}, budget: {window: 5m, soft: 40}}")
	}
}

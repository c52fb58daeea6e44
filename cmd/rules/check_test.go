package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/docs"
)

// Each code has a policy that shows it and one beside it that does not.
func TestEachCodeHasABadAndAGoodPolicy(t *testing.T) {
	files, _ := filepath.Glob("testdata/check/*.bad.yaml")
	if len(files) < 50 {
		t.Fatalf("%d bad policies", len(files))
	}
	for _, bad := range files {
		code := strings.TrimSuffix(filepath.Base(bad), ".bad.yaml")
		t.Run(code, func(t *testing.T) {
			out, _, exit := in("check", bad)
			if want := map[byte]int{'E': exitNo, 'W': exitOK}[code[0]]; exit != want {
				t.Errorf("the bad one exits %d, want %d", exit, want)
			}
			if !strings.Contains(out, " "+code+": ") {
				t.Errorf("the bad one does not show it:\n%s", out)
			}
			if _, _, exit := in("check", "--werror", bad); exit != exitNo {
				t.Errorf("with --werror the bad one exits %d", exit)
			}
			golden(t, strings.TrimSuffix(bad, ".bad.yaml")+".golden", out)
			if out, _, exit := in("check", "--werror", strings.TrimSuffix(bad, ".bad.yaml")+".good.yaml"); out != "" || exit != exitOK {
				t.Errorf("the good one exits %d with\n%s", exit, out)
			}
		})
	}
}

// Codes that no policy alone can show.
var elsewhere = []string{"E199", "E601", "W199", "W390"}

func TestEachCodeHasAPageAndEachPageACode(t *testing.T) {
	used := map[string]bool{}
	sources, _ := filepath.Glob("../../rules/reason/*.go")
	for _, file := range append(sources, "codes.go", "check.go", "diagnostic.go") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range regexp.MustCompile(`"([EW][0-9]{3})[" ]`).FindAllStringSubmatch(string(text), -1) {
			used[code[1]] = true
		}
	}
	for code := range used {
		out, _, exit := in("explain", code)
		if exit != exitOK || !strings.HasPrefix(out, code+": ") || len(out) < 60 {
			t.Errorf("%s has no page: %q", code, out)
		}
		if _, err := os.Stat(filepath.Join("testdata/check", code+".bad.yaml")); (err != nil) != slices.Contains(elsewhere, code) {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, code := range allCodes() {
		if !used[code] {
			t.Errorf("docs/check.md has a page for %s, which nothing uses", code)
		}
	}
	if strings.Count(docs.Check, "\n### ") != len(allCodes()) {
		t.Error("docs/check.md has a heading without a code")
	}
}

// The lines of a page's example are those in which the bad and the good policy differ.
func TestTheExamplesOfThePagesAreThoseOfThePolicies(t *testing.T) {
	examples := 0
	for _, code := range allCodes() {
		_, text := page(code)
		_, example, found := strings.Cut(text, "```diff\n")
		if !found {
			continue
		}
		examples++
		example, _, _ = strings.Cut(example, "```")
		for line := range strings.Lines(example) {
			file := map[byte]string{'-': ".bad.yaml", '+': ".good.yaml"}[line[0]]
			policy, err := os.ReadFile(filepath.Join("testdata/check", code+file))
			if err != nil || !strings.Contains("\n"+string(policy)+"\n", "\n"+line[1:]) {
				t.Errorf("%s: %q is no line of %s (%v)", code, line, code+file, err)
			}
		}
	}
	if examples < 40 {
		t.Errorf("only %d pages have an example", examples)
	}
}

func TestNoKnownMistakeIsWithoutACodeOfItsOwn(t *testing.T) {
	files, _ := filepath.Glob("../../rules/testdata/*/*.golden")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "E199") || strings.Contains(line, "W199") {
				t.Errorf("%s: %s", file, line)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		name      string
		args      []string
		code      int
		out, errs string
	}{
		{"a code is explained", []string{"W401"}, exitOK, "W401: a phrase or alternative that stands twice\n\nPhrases are compared", ""},
		{"small letters will do", []string{"w401"}, exitOK, "W401: ", ""},
		{"an unknown code is told, with the nearest", []string{"W4011"}, exitCannot, "", `there is no code "W4011": did you mean "W401"?`},
		{"no code cannot be explained", nil, exitCannot, "", "name a code"},
		{"two codes cannot be explained", []string{"W401", "W402"}, exitCannot, "", "one code at a time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, code := in(append([]string{"explain"}, tt.args...)...)
			if code != tt.code || !strings.Contains(out, tt.out) || !strings.Contains(errs, tt.errs) || (code != exitOK) != (out == "") {
				t.Errorf("exit code %d, %q, %q", code, out, errs)
			}
		})
	}
}

func TestSARIF(t *testing.T) {
	out, _, code := in("check", "--sarif", "testdata/check/E301.bad.yaml", "testdata/check/W401.bad.yaml")
	var log sarifLog
	if err := json.Unmarshal([]byte(out), &log); err != nil || code != exitNo {
		t.Fatalf("exit code %d, %v", code, err)
	}
	run := log.Runs[0]
	if log.Version != "2.1.0" || len(run.Results) != 2 || len(run.Tool.Driver.Rules) != 2 {
		t.Fatalf("got %+v", log)
	}
	for i, want := range []sarifResult{
		{RuleID: "E301", Level: "error", Locations: []sarifLocation{{sarifPhysical{sarifArtifact{"testdata/check/E301.bad.yaml"}, sarifRegion{8, 30}}}}},
		{RuleID: "W401", RuleIndex: 1, Level: "warning", Locations: []sarifLocation{{sarifPhysical{sarifArtifact{"testdata/check/W401.bad.yaml"}, sarifRegion{5, 38}}}}},
	} {
		got := run.Results[i]
		if got.RuleID != want.RuleID || got.RuleIndex != want.RuleIndex || got.Level != want.Level || got.Locations[0] != want.Locations[0] || got.Message.Text == "" {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	for _, rule := range run.Tool.Driver.Rules {
		if rule.Short.Text == "" || rule.Help.Text == "" {
			t.Errorf("%s has no text", rule.ID)
		}
	}
	if _, errs, code := in("check", "--sarif", "--json", "testdata/check/E301.bad.yaml"); code != exitCannot || !strings.Contains(errs, "exclude each other") {
		t.Errorf("exit code %d, %q", code, errs)
	}
}

func TestAnEnvoyConfigurationMustFit(t *testing.T) {
	write := func(name, text string) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	policy := write("policy.yaml", `version: "1"
models: {small: {cluster: small}, large: {cluster: large}}
signals: {header: {team: {name: X-Team, equals: a}}}
routes:
  - {name: team, when: header.team, use: large}
default: {model: small}
`)
	clusters := "static_resources:\n  clusters:\n  - {name: small}\n  - name: large\n"
	plugin := "config: &c\n  configuration: {value: '{\"policy\":\"default\",\"trusted\":[\"x-team\"]}'}\n"
	for _, tt := range []struct {
		name, envoy string
		code        int
		out, errs   string
	}{
		{"all is there", clusters + plugin, exitOK, "", "2 models"},
		{"without a plugin in it, nothing is known about headers", clusters, exitOK, "", ""},
		{"a cluster is missing", strings.Replace(clusters, "small", "smal", 1), exitNo, `2:27: error E601: ENVOY has no cluster "small"`, ""},
		{"the hint names the nearest", strings.Replace(clusters, "small", "smal", 1), exitNo, `did you mean "smal"?`, ""},
		{"clusters that are discovered may be there", "dynamic_resources: {cds_config: {}}\n", exitOK, "", "discovers clusters"},
		{"a header is not trusted", clusters + strings.Replace(plugin, "x-team", "x-user", 1), exitNo, `3:33: error E602: the header "x-team" is not under trusted in ENVOY`, ""},
		{"aliases are followed", clusters + plugin + "a: &a {b: *c}\n", exitOK, "", ""},
		{"no clusters at all", "listeners: []\n", exitCannot, "", "no clusters in it"},
		{"no YAML", "a: [\n", exitCannot, "", "not YAML"},
		{"nothing", "", exitCannot, "", "empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			envoy := write("envoy.yaml", tt.envoy)
			out, errs, code := in("check", "--envoy", envoy, policy)
			out = strings.ReplaceAll(out, envoy, "ENVOY")
			if code != tt.code || !strings.Contains(out, tt.out) || !strings.Contains(errs, tt.errs) || tt.out == "" && out != "" {
				t.Errorf("exit code %d, want %d; %s%s", code, tt.code, out, errs)
			}
		})
	}
	for _, tt := range []struct {
		clusters string
		code     int
		out      string
	}{{"large,small", exitOK, ""}, {"large", exitNo, `--clusters has no cluster "small"`}} {
		if out, errs, code := in("check", "--clusters", tt.clusters, policy); code != tt.code || !strings.Contains(out, tt.out) || (out == "") != (tt.out == "") {
			t.Errorf("--clusters %s exits %d: %s%s", tt.clusters, code, out, errs)
		}
	}
	if _, errs, code := in("check", "--clusters", "a", "--envoy", "b", policy); code != exitCannot || !strings.Contains(errs, "exclude each other") {
		t.Errorf("exit code %d, %q", code, errs)
	}
	if out, errs, code := in("check", "--envoy", "../../examples/envoy/pair.yaml", "../../rules/default.yaml"); code != exitOK || strings.Contains(out, "error") {
		t.Errorf("the default policy and the example exit %d: %s%s", code, out, errs)
	}
	if _, errs, code := in("check", "--envoy", "nowhere.yaml", policy); code != exitCannot || !strings.Contains(errs, "nowhere.yaml") {
		t.Errorf("exit code %d, %q", code, errs)
	}
}

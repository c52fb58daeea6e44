package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAPolicyIsMadeOfAnotherRoutersConfiguration(t *testing.T) {
	file, err := filepath.Abs("../../rules/imports/testdata/routed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	out, errs, code := in("import", file)
	if code != exitOK || !strings.Contains(errs, "routed.yaml:47: defect: decision late: ") || !strings.Contains(errs, "of vllm-sr: ") {
		t.Fatalf("exit code %d, and\n%s", code, errs)
	}
	if err := os.WriteFile("policy.yaml", []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := in("check", "policy.yaml"); code != exitOK {
		t.Errorf("the policy does not pass check: %s", errs)
	}

	again, errs, code := in("import", "--report", "report.jsonl", "--from", "vllm-sr", file)
	if code != exitOK || again != out || strings.Contains(errs, "defect: decision") {
		t.Errorf("with --report: exit code %d, and\n%s", code, errs)
	}
	report, err := os.ReadFile("report.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(report)), "\n") {
		var r struct {
			Line                      int
			Part, Name, Outcome, Text string
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Line == 0 || r.Part == "" || r.Outcome == "" || r.Text == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
}

func TestImportSaysWhatAFileIsNot(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("other.yaml", []byte("listeners: []\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"import", "other.yaml"}, exitNo, "rules import: other.yaml: this is neither a configuration of vllm-sr"},
		{[]string{"import", "nowhere.yaml"}, exitCannot, "nowhere.yaml"},
		{[]string{"import", "other.yaml", "other.yaml"}, exitCannot, "2 files"},
		{[]string{"import", "--from", "nginx", "other.yaml"}, exitNo, `unknown format "nginx"`},
		{[]string{"import"}, exitCannot, "name a policy file"},
	} {
		out, errs, code := in(c.args...)
		if code != c.code || !strings.Contains(errs, c.want) || out != "" {
			t.Errorf("%v: exit code %d, output %q, and %q; want %d and %q", c.args, code, out, errs, c.code, c.want)
		}
	}
}

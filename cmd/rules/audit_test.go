package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules/trail"
)

// logOf is a log with the records of one VM, but for those that are left out.
func logOf(t *testing.T, n int, key string, without ...int) string {
	t.Helper()
	var b strings.Builder
	prev := ""
	for seq := 1; seq <= n; seq++ {
		record := fmt.Sprintf(`{"v":1,"time":"2026-11-22T10:00:00.000000Z","request_id":"r%d","path":"/v1/messages","action":"route","status":200,"decision":"default","model":"m","vm":"a","seq":%d,"prev":"%s"}`, seq, seq, prev)
		prev = trail.Digest([]byte(record), []byte(key))
		left := false
		for _, w := range without {
			left = left || w == seq
		}
		if !left {
			fmt.Fprintf(&b, `{"code":200,"mom":[%s]}`+"\n", record)
		}
	}
	file := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAuditAnswersWithItsExitCode(t *testing.T) {
	whole, gap, keyed := logOf(t, 5, ""), logOf(t, 5, "", 3), logOf(t, 5, "0123456789abcdef")
	cut := filepath.Join(t.TempDir(), "cut.log")
	text, _ := os.ReadFile(whole)
	os.WriteFile(cut, text[:len(text)-20], 0o644)
	empty := filepath.Join(t.TempDir(), "empty.log")
	os.WriteFile(empty, []byte(`{"code":400,"mom":[]}`), 0o644)
	t.Setenv("TRAIL_KEY", "0123456789abcdef")
	for _, c := range []struct {
		name      string
		args      []string
		code      int
		out, errs string // parts of them
	}{
		{"a chain that is whole", []string{"verify", whole}, exitOK, "5 records, 1 to 5", "5 records of 1 VM in 5 lines"},
		{"a chain with a gap", []string{"verify", gap}, exitNo, "record 3 is missing", ""},
		{"a chain with a key", []string{"verify", "--key-env", "TRAIL_KEY", keyed}, exitOK, "whole", ""},
		{"a chain without its key", []string{"verify", keyed}, exitNo, "NOT WHOLE", ""},
		{"a key that is not there", []string{"verify", "--key-env", "NO_SUCH_KEY", keyed}, exitCannot, "", `the environment has no "NO_SUCH_KEY"`},
		{"a log that is cut", []string{"verify", cut}, exitNo, "", "cut.log:5: no record"},
		{"a log without records", []string{"verify", empty}, exitCannot, "", "no record in"},
		{"no log", []string{"verify"}, exitCannot, "", "name a log"},
		{"a log that is not there", []string{"report", "nowhere.log"}, exitCannot, "", "nowhere.log"},
		{"a report", []string{"report", whole}, exitOK, "default   5         100.0 %", ""},
		{"an explanation", []string{"explain", "--request", "r2", whole}, exitOK, "Request r2", ""},
		{"an explanation for programs", []string{"explain", "--json", "--request", "r2", whole}, exitOK, `{"why":["Request r2 at `, ""},
		{"an explanation as YAML", []string{"explain", "--output", "yaml", "--request", "r2", whole}, exitOK, "record:\n", ""},
		{"an explanation of what is not there", []string{"explain", "--request", "r9", whole}, exitNo, "", `no record of request "r9"`},
		{"an explanation by another policy", []string{"explain", "--policy", "../../rules/default.yaml", whole}, exitOK, "Request r1", ""},
		{"no command", nil, exitCannot, "", "verify      Check the chains of records"},
		{"another command", []string{"prove"}, exitCannot, "", `unknown command "prove"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := in(append([]string{"audit"}, c.args...)...)
			if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) || code == exitCannot && out != "" {
				t.Errorf("exit code %d, stdout:\n%s\nstderr:\n%s", code, out, errs)
			}
		})
	}
}

func TestAuditPrintsJSON(t *testing.T) {
	file := logOf(t, 5, "", 3)
	out, _, _ := in("audit", "verify", "--json", file)
	var v struct {
		OK  bool
		VMs []trail.VM
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil || v.OK || len(v.VMs) != 1 || v.VMs[0].Missing != 1 || v.VMs[0].Last != 5 {
		t.Errorf("%v: %s", err, out)
	}
	out, _, _ = in("audit", "report", "--json", file)
	var r struct {
		Records   int
		Decisions map[string]int
		Models    map[string]struct{ Requests int }
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Records != 4 || r.Decisions["default"] != 4 || r.Models["m"].Requests != 4 {
		t.Errorf("%v: %s", err, out)
	}
}

func TestLogsAreReadWithABarOnATerminalAlone(t *testing.T) {
	file := logOf(t, 5, "")
	for terminal, want := range map[bool]bool{true: true, false: false} {
		var told strings.Builder
		cli.Run(root, []string{"audit", "report", file}, cli.Streams{Out: io.Discard, Err: &told, Terminal: terminal}, version)
		if got := strings.Contains(told.String(), "[####"); got != want {
			t.Errorf("on a terminal %v: %q", terminal, told.String())
		}
	}
}

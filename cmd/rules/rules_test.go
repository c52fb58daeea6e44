package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// in runs the command and returns what it printed.
func in(args ...string) (out, errs string, code int) {
	var stdout, stderr bytes.Buffer
	code = run(args, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

// golden compares a text with a file, or rewrites the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run go test ./cmd/rules -update and look at the file", err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}

func TestCheckedPolicies(t *testing.T) {
	for _, kind := range []struct {
		folder string
		code   int
	}{{"good", exitOK}, {"bad", exitNo}} {
		var files []string
		for _, pattern := range []string{"*.yaml", "*.json"} {
			found, _ := filepath.Glob(filepath.Join("../../rules/testdata", kind.folder, pattern))
			files = append(files, found...)
		}
		if len(files) == 0 {
			t.Fatalf("no %s policies", kind.folder)
		}
		for _, file := range files {
			t.Run(kind.folder+" "+filepath.Base(file), func(t *testing.T) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				// As if the file stood in the working directory.
				t.Chdir(t.TempDir())
				name := filepath.Base(file)
				if err := os.WriteFile(name, data, 0o644); err != nil {
					t.Fatal(err)
				}
				out, errs, code := in("check", name)
				if code != kind.code {
					t.Errorf("exit code %d, want %d", code, kind.code)
				}
				goldenIn(t, strings.TrimSuffix(file, filepath.Ext(file))+".golden", out+errs)
			})
		}
	}
}

var folder, _ = os.Getwd()

// goldenIn is golden for a file named from the folder of the test.
func goldenIn(t *testing.T, file, got string) {
	t.Helper()
	golden(t, filepath.Join(folder, file), got)
}

func TestExitCodesAndStreams(t *testing.T) {
	good, bad, failing := "../../rules/testdata/good/minimal.yaml", "../../rules/testdata/bad/guards.yaml", "../../rules/testdata/bad/failing.yaml"
	for _, tt := range []struct {
		name      string
		args      []string
		code      int
		out, errs string // a part of each; "-" is nothing at all
	}{
		{"a good policy passes", []string{"check", good}, exitOK, "warning W101: the policy has no version", "1 model, 0 tests, 1 warning"},
		{"a bad policy does not", []string{"check", bad}, exitNo, "did you mean", "14 mistakes"},
		{"one bad policy among good ones is enough", []string{"check", good, bad, good}, exitNo, "guards.yaml:8:21", "1 warning"},
		{"failing tests do not pass", []string{"check", failing}, exitNo, "snow is weather", "3 tests of which 2 failed"},
		{"a missing file cannot be checked", []string{"check", "nowhere.yaml"}, exitCannot, "-", "nowhere.yaml: no such file"},
		{"no file cannot be checked", []string{"check"}, exitCannot, "-", "name a policy file"},
		{"an unknown flag cannot be used", []string{"check", "--colour", good}, exitCannot, "-", "-colour"},
		{"flags may follow the files", []string{"check", good, "--json"}, exitOK, `"severity":"warning"`, ""},
		{"no command prints the usage", nil, exitCannot, "-", "rules check"},
		{"help is what was asked for", []string{"help"}, exitOK, "Report every mistake of policies", "-"},
		{"help of a command", []string{"check", "-h"}, exitOK, "rules check --envoy envoy.yaml", "-"},
		{"an unknown command is named", []string{"chekc"}, exitCannot, "-", `"chekc"`},
		{"tests that pass are listed", []string{"test", "../../rules/testdata/good/everything.yaml"}, exitOK, "ok    an attack is steered\n", "7 tests, 0 failed"},
		{"tests that fail say why", []string{"test", failing}, exitNo, "FAIL  snow is weather\n      " + failing + ":9:5: decision is default, not weather", "3 tests, 2 failed"},
		{"tests can be chosen", []string{"test", "--run", "^rain", failing}, exitOK, "ok    rain is weather\n", "1 test, 0 failed"},
		{"a choice of nothing is a no", []string{"test", "--run", "hail", failing}, exitNo, "-", "no test's name matches"},
		{"a bad choice is refused", []string{"test", "--run", "(", failing}, exitCannot, "-", "missing closing"},
		{"tests of a bad policy cannot run", []string{"test", bad}, exitCannot, "-", "its tests cannot run"},
		{"the JSON form is one line", []string{"json", good}, exitOK, `{"default":"small","models":{"small":{"cluster":"small"}}}` + "\n", "-"},
		{"what is no YAML has no JSON form", []string{"json", "../../rules/testdata/bad/tab.yaml"}, exitNo, "-", "indent with spaces"},
		{"the schema of policies", []string{"schema"}, exitOK, `"title": "mom-router policy"`, "-"},
		{"the schema of files with tests", []string{"schema", "--tests"}, exitOK, `"title": "tests of a mom-router policy"`, "-"},
		{"the schema takes no file", []string{"schema", good}, exitCannot, "-", "this command takes flags only"},
		{"two policies have no JSON form", []string{"json", good, good}, exitCannot, "-", "one policy at a time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, code := in(tt.args...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, stream := range []struct{ name, got, want string }{{"stdout", out, tt.out}, {"stderr", errs, tt.errs}} {
				if stream.want == "-" && stream.got != "" || stream.want != "-" && !strings.Contains(stream.got, stream.want) {
					t.Errorf("%s is %q, want %q in it", stream.name, stream.got, stream.want)
				}
			}
		})
	}
}

func TestStandardInput(t *testing.T) {
	var out, errs bytes.Buffer
	code := run([]string{"json", "-"}, strings.NewReader("a: [yes]\n"), &out, &errs)
	if code != exitOK || out.String() != "{\"a\":[\"yes\"]}\n" {
		t.Errorf("exit code %d, %q, %q", code, out.String(), errs.String())
	}
}

// Programs read these: every line is one JSON object with the same members.
func TestJSONOutput(t *testing.T) {
	for _, tt := range []struct {
		args  []string
		lines int
		first string
	}{
		{[]string{"check", "--json", "../../rules/testdata/bad/failing.yaml"}, 2, `{"file":"../../rules/testdata/bad/failing.yaml","line":9,"column":5,"path":"$.tests[1]","severity":"test","code":"E901","message":"test \"snow is weather\": `},
		{[]string{"check", "--json", "../../rules/testdata/bad/json_keys.json"}, 2, `{"file":"../../rules/testdata/bad/json_keys.json","line":4,"column":28,"path":"$.models.m.tear","severity":"error","code":"E110","message":"unknown key \"tear\"","hint":"did you mean \"tier\"?"}`},
		{[]string{"test", "--json", "../../rules/testdata/bad/failing.yaml"}, 3, `{"file":"../../rules/testdata/bad/failing.yaml","name":"rain is weather","ok":true}`},
	} {
		out, _, _ := in(tt.args...)
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(lines) != tt.lines || !strings.HasPrefix(lines[0], tt.first) {
			t.Errorf("%v printed %d lines, the first %s", tt.args, len(lines), lines[0])
		}
		for _, line := range lines {
			if !json.Valid([]byte(line)) {
				t.Errorf("%v printed %s", tt.args, line)
			}
		}
	}
}

func TestJUnitReport(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.xml")
	_, errs, code := in("test", "--junit", report, "../../rules/testdata/bad/failing.yaml", "../../rules/testdata/good/everything.yaml")
	if code != exitNo {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	data, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/report.golden", string(data))
}

func TestAReportThatCannotBeWrittenIsAnError(t *testing.T) {
	_, errs, code := in("test", "--junit", filepath.Join(t.TempDir(), "no", "report.xml"), "../../rules/testdata/good/everything.yaml")
	if code != exitCannot || !strings.Contains(errs, "no such file") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestTheCaretStandsUnderTheMistake(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, tt := range []struct {
		name, line  string
		column      int
		text, caret string
	}{
		{"at the first column", "abc", 1, "abc", "^"},
		{"in the middle", "abc", 3, "abc", "  ^"},
		{"behind the end", "abc", 4, "abc", "   ^"},
		{"far behind the end", "abc", 99, "abc", "   ^"},
		{"behind a tab", "\tabc", 2, " abc", " ^"},
		{"behind wide characters", "数学 x", 4, "数学 x", "     ^"},
		{"in a long line", long, 200, "…" + long[:100] + "…", strings.Repeat(" ", 51) + "^"},
		{"in bad UTF-8", "a\xffb", 3, "a b", "  ^"},
		{"in an empty line", "", 1, "", "^"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if text, caret := excerpt(tt.line, tt.column); text != tt.text || caret != tt.caret {
				t.Errorf("got %q, %q", text, caret)
			}
		})
	}
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// beside copies labelled files into the test's working directory.
func beside(t *testing.T, files ...string) {
	t.Helper()
	dir := t.TempDir()
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(folder, "../../rules/labelled/testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func TestEvalTellsRightRowsAndWrongLines(t *testing.T) {
	beside(t, "mixed.csv")
	out, errs, code := in("eval", "mixed.csv")
	if code != exitNo || !strings.Contains(out, "rows, all that they say is so of") || !strings.Contains(out, "how sure the best domain is") {
		t.Errorf("code %d\n%s", code, out)
	}
	if lines := strings.Split(errs, "\n"); len(lines) != 10 || lines[2] != `mixed.csv:8: there is no domain "lawe": did you mean "law"?` || !strings.HasPrefix(lines[8], "rules eval: 8 lines are wrong") {
		t.Errorf("%s", errs)
	}
	out, _, code = in("eval", "--json", "mixed.csv")
	var report struct {
		Policy  struct{ Hash string }
		Weights string
		Rows    int
		Types   []struct {
			Type    string
			Classes []struct{ As map[string]int }
		}
		Wrong []struct {
			Line int
			Why  string
		} `json:"wrong_lines"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitNo || report.Rows != 4 || len(report.Wrong) != 8 || len(report.Policy.Hash) != 64 || len(report.Weights) != 16 || report.Types[0].Type != "domain" {
		t.Errorf("code %d, %v, %+v", code, err, report)
	}
}

func TestTheExitCodesOfEval(t *testing.T) {
	beside(t, "claims.jsonl")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("good.jsonl", `{"text": "Prove that the square root of 2 is irrational.", "domain": "math"}`+"\n"+`{"text": "Prove that there are infinitely many primes.", "domain": "law"}`+"\n")
	write("empty.jsonl", "")
	write("bad.yaml", "version: 1\n")
	for name, c := range map[string]struct {
		args []string
		code int
		errs string
	}{
		"all can be measured":                {[]string{"eval", "good.jsonl"}, exitOK, ""},
		"enough is right":                    {[]string{"eval", "--at-least", "50", "good.jsonl"}, exitOK, ""},
		"too little is right":                {[]string{"eval", "good.jsonl", "--at-least", "51"}, exitNo, "50.0 % of the rows are right, less than 51 %"},
		"a class that the policy has not":    {[]string{"eval", "claims.jsonl"}, exitNo, `claims.jsonl:1: there is no domain "insurance"`},
		"no rows":                            {[]string{"eval", "empty.jsonl"}, exitCannot, "no row can be used"},
		"no file":                            {[]string{"eval"}, exitCannot, "name a labelled file"},
		"a file that is not there":           {[]string{"eval", "nothing.jsonl"}, exitCannot, "nothing.jsonl"},
		"a policy with mistakes":             {[]string{"eval", "--policy", "bad.yaml", "good.jsonl"}, exitCannot, "bad.yaml does not load: mend it first"},
		"a share that is none":               {[]string{"eval", "--at-least", "101", "good.jsonl"}, exitCannot, "101 is out of range"},
		"nothing to learn from":              {[]string{"train"}, exitCannot, "rules train --add FILE"},
		"nowhere to write":                   {[]string{"train", "--add", "claims.jsonl", "--write"}, exitCannot, "--write needs --policy"},
		"a policy in JSON":                   {[]string{"train", "--add", "claims.jsonl", "--policy", "a.json"}, exitCannot, "is JSON"},
		"two places":                         {[]string{"train", "--add", "claims.jsonl", "--policy", "bad.yaml", "--write", "-o", "x"}, exitCannot, "exclude each other"},
		"a row each of built-in classes":     {[]string{"train", "--add", "good.jsonl"}, exitOK, ""}, // both are built in
		"a training file without any labels": {[]string{"train", "--add", "empty.jsonl"}, exitCannot, "there are no rows"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, errs, code := in(c.args...); code != c.code || !strings.Contains(errs, c.errs) {
				t.Errorf("code %d, want %d: %s", code, c.code, errs)
			}
		})
	}
}

func TestTrainPutsClassesIntoAPolicyThatThenRoutesByThem(t *testing.T) {
	beside(t, "claims.jsonl")
	const policy = "version: \"1\"\nmodels: {small: {cluster: small}, large: {cluster: large}}\nroutes:\n  - {name: claims, when: domain.insurance, use: large}\ndefault: small # the rest\n"
	if err := os.WriteFile("p.yaml", []byte(policy), 0o644); err != nil {
		t.Fatal(err)
	}
	out, errs, code := in("train", "--add", "claims.jsonl", "--policy", "p.yaml", "--write")
	if code != exitOK || out != "" || !strings.Contains(errs, "learned ") || !strings.Contains(errs, "insurance") {
		t.Fatalf("code %d: %s%s", code, out, errs)
	}
	data, _ := os.ReadFile("p.yaml")
	if !strings.HasPrefix(string(data), policy+"classes: # rules train --add claims.jsonl wrote this: 80 rows") {
		t.Errorf("the policy is now\n%.600s", data)
	}
	if out, _, code := in("eval", "--policy", "p.yaml", "--at-least", "85", "claims.jsonl"); code != exitOK || !strings.Contains(out, "insurance") {
		t.Errorf("code %d\n%s", code, out)
	}
	first, _, _ := in("json", "p.yaml")
	if !strings.Contains(first, `"insurance":{"bias":`) {
		t.Error("the form for the proxy has no classes")
	}
	in("train", "--add", "claims.jsonl", "--policy", "p.yaml", "--write")
	if again, _, _ := in("json", "p.yaml"); again != first {
		t.Error("learned again it is another policy")
	}
}

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
)

func TestAFirstPolicyIsRightAndMeetsItsTests(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		has  []string // of what it writes
	}{
		{"one model", []string{"--model", "small"}, []string{"extends: default@", "  small:\n    cluster: small\n"}},
		{"one model and no guards", []string{"--model", "small", "--extends", "none"}, []string{"default: small\n"}},
		{"two models", []string{"--model", "small=org/small-8b@c1", "--model", "large"}, []string{"    name: org/small-8b\n    cluster: c1\n", "use: large}", "only: [small]", "code: model_not_allowed"}},
		{"two models, of which the second is for attacks", []string{"--model", "a", "--model", "b", "--guard", "b", "--strong", "a"}, []string{"only: [b]", "use: a}"}},
		{"three models and a version", []string{"--model", "a", "--model", "b", "--model", "c", "--strong", "b", "--version", "2026.11.29"}, []string{"version: '2026.11.29'\n", "use: b}"}},
		{"names that YAML 1.1 reads as something else", []string{"--model", "yes=on@off", "--model", "1.5=no", "--extends", "none"}, []string{"  'yes':\n    name: 'on'\n    cluster: 'off'\n", "'1.5'"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			out, errs, code := in(append([]string{"init"}, tt.args...)...)
			if code != exitOK || errs != "" {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			for _, part := range tt.has {
				if !strings.Contains(out, part) {
					t.Errorf("%q is not in\n%s", part, out)
				}
			}
			_, errs, code = in(append([]string{"init", "-o", "p.yaml"}, tt.args...)...)
			if code != exitOK || !strings.Contains(errs, "p.yaml is written") {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			if out, errs, code := in("check", "p.yaml"); code != exitOK {
				t.Errorf("check ends with %d: %s%s", code, out, errs)
			}
			if out, errs, code := in("test", "p.yaml"); code != exitOK || !strings.Contains(errs, " 0 failed") {
				t.Errorf("test ends with %d: %s%s", code, out, errs)
			}
			if _, errs, code := in(append([]string{"init", "-o", "p.yaml"}, tt.args...)...); code != exitCannot || !strings.Contains(errs, "p.yaml: file exists") {
				t.Errorf("it writes over a file: %d, %s", code, errs)
			}
		})
	}
}

func TestInitAsksForWhatNoFlagSays(t *testing.T) {
	var out, errs bytes.Buffer
	c := initCommand(cli.Streams{In: strings.NewReader("\nsmall\norg/small\n\nlarge\n\ncluster-l\n\n\nlarge\n"), Out: &out, Err: &errs, Answers: true})
	if code := c.do(nil); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	want, _, _ := in("init", "--model", "small=org/small", "--model", "large@cluster-l", "--guard", "large")
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	for _, question := range []string{"A policy needs at least one model.", "Model 2, a short key for it", "hard questions", "looks like an attack"} {
		if !strings.Contains(errs.String(), question) {
			t.Errorf("%q was not said, but %s", question, errs.String())
		}
	}
	c = initCommand(cli.Streams{In: strings.NewReader("small\n"), Out: &out, Err: &errs, Answers: true})
	if c.do(nil) != exitCannot || !strings.Contains(errs.String(), "the answers ended before the policy was complete") {
		t.Errorf("answers that end: %s", errs.String())
	}
}

func TestWhatInitCannotDo(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "name your models: --model small"},
		{[]string{"--model", "=x"}, `--model "=x" has no key`},
		{[]string{"--model", "a", "--model", "a@b"}, `there are two models "a"`},
		{[]string{"--model", "a", "--strong", "b"}, `--strong "b": there is no such model`},
		{[]string{"--model", "a", "--guard", "b"}, `--guard "b": there is no such model`},
		{[]string{"--model", "a", "--extends", "b.yaml"}, `--extends "b.yaml": say default or none`},
		{[]string{"--model", "a b"}, `"a b" cannot be a model's key`},
		{[]string{"--model", "a", "--model", "b=a"}, `belongs to model "a", too`},
		{[]string{"--model", "a", "file"}, "this command takes flags only"},
		{[]string{"--model", "a", "-o", "no/such/folder/p.yaml"}, "no such file"},
	} {
		out, errs, code := in(append([]string{"init"}, tt.args...)...)
		if code != exitCannot || out != "" || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: exit code %d, %s%s", tt.args, code, out, errs)
		}
	}
}

// What a policy extends is in what is printed of it.
func TestAPolicyIsPrintedAsAWhole(t *testing.T) {
	for _, file := range []string{"../../rules/testdata/good/everything.yaml", "../../rules/testdata/good/signals.yaml", "../../rules/testdata/good/extends.yaml", "../../rules/testdata/good/tests.yaml", "../../rules/default.yaml"} {
		printed, errs, code := in("print", file)
		if code != exitOK || errs != "" {
			t.Fatalf("%s: exit code %d: %s", file, code, errs)
		}
		form, _, _ := in("json", file)
		root, err := source.Load("printed.yaml", []byte(printed))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if string(source.JSON(root))+"\n" != form {
			t.Errorf("%s: YAML and JSON differ:\n%s\n%s", file, source.JSON(root), form)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		original, err := source.Load(file, data)
		if err != nil {
			t.Fatal(err)
		}
		was, err := rules.Compile(original)
		if err != nil {
			t.Fatal(err)
		}
		is, err := rules.Compile(root)
		if err != nil {
			t.Fatal(err)
		}
		if was.Hash() != is.Hash() {
			t.Errorf("%s: what is printed is another policy", file)
		}
	}
}

func TestPoliciesExtendFilesBesideThem(t *testing.T) {
	write(t, map[string]string{"base/base.yaml": small, "broken/b.yaml": "models: {}\n"})
	table, err := rules.Compile(mustLoad(t, small))
	if err != nil {
		t.Fatal(err)
	}
	hash := table.Hash()[:16]
	mine := map[string]string{"mine.yaml": "version: \"1\"\nextends: base/base.yaml@" + hash + "\ntests: [{name: rain, prompt: rain, expect: {decision: weather}}]\n", "bad.yaml": "extends: broken/b.yaml@" + hash + "\n"}
	for name, text := range mine {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		args      []string
		code      int
		out, errs string
	}{
		{[]string{"check", "mine.yaml"}, exitOK, "", "1 model, 1 test"},
		{[]string{"test", "mine.yaml"}, exitOK, "ok    rain", "0 failed"},
		{[]string{"json", "mine.yaml"}, exitOK, `"routes":[{"name":"weather"`, ""},
		{[]string{"print", "mine.yaml"}, exitOK, "weather", ""},
		{[]string{"check", "bad.yaml"}, exitNo, `"broken/b.yaml" cannot be extended: `, "1 mistake"},
		{[]string{"json", "bad.yaml"}, exitNo, "", `"broken/b.yaml" cannot be extended: `},
	} {
		out, errs, code := in(tt.args...)
		if code != tt.code || !strings.Contains(out, tt.out) || !strings.Contains(errs, tt.errs) {
			t.Errorf("%v: exit code %d\n%s%s", tt.args, code, out, errs)
		}
	}
}

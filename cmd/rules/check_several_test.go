package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryPolicyOfAConfigurationIsChecked(t *testing.T) {
	const several = `policy: POLICY
policies:
  legal:
    version: "1"
    models: {a: {cluster: a}, b: {cluster: b}}
    default: a
  lab:
    version: "1"
    models: {a: {cluster: a}}
    signals: {keyword: {one: {words: [one]}}}
    routes: [{name: one, when: keyword.one, use: a}]
    default: DEFAULT
choose:
- {path: /legal, policy: legal}
- {path: /lab, policy: lab}
`
	const own = `{version: "1", models: {c: {cluster: c}}, default: c}`
	for _, tt := range []struct {
		name, policy, fallback string
		code                   int
		out, errs              []string
	}{
		{"all are right", own, "a", exitOK, []string{"5:31: warning"}, []string{"policy lab: version", "policy legal: version"}},
		{"beside the built-in one", "default", "a", exitOK, []string{"5:31: warning"}, []string{"6 models", "policy lab: version"}},
		{"one has a mistake", own, "z", exitNo, []string{"12:14: error"}, []string{"policy lab: 1 mistake", "policy legal: version"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "plugin.yaml")
			text := strings.Replace(strings.Replace(several, "POLICY", tt.policy, 1), "DEFAULT", tt.fallback, 1)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			out, errs, code := in("check", file)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range tt.out {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not printed", want)
				}
			}
			for _, want := range tt.errs {
				if !strings.Contains(errs, want) {
					t.Errorf("%q is not said", want)
				}
			}
			if t.Failed() {
				t.Log(out, errs)
			}
		})
	}
}

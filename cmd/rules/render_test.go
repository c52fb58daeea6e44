package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRenderAnswersWithItsExitCode(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("policy.yaml", "models: {small: {cluster: small}}\ndefault: small\n")
	const small = "policy: policy.yaml\nengines: {small: \"small:8000\"}\n"
	good, whole, wrong := write("good.yaml", small), write("whole.yaml", "live: false\n"+small), write("wrong.yaml", "policy: policy.yaml\nengines: {large: \"large:8000\"}\n")
	same, lost := write("same.yaml", "live: /etc/envoy/envoy.yaml\n"+small), write("lost.yaml", strings.Replace(small, "policy.yaml", "nowhere.yaml", 1))
	for _, tt := range []struct {
		name      string
		args      []string
		code      int
		out, errs string   // parts of the streams
		files     []string // that are written
	}{
		{"a bootstrap file", []string{"envoy", good}, exitOK, "static_resources:", "--filter prints it", nil},
		{"its filter", []string{"--filter", "envoy", good}, exitOK, "version_info:", "", nil},
		{"the mesh's part", []string{"--mesh", "istio", good}, exitOK, "extensionProviders:", "", nil},
		{"all files", []string{"-o", filepath.Join(dir, "all"), "envoy", good}, exitOK, "", "envoy.yaml is written", []string{"all/envoy.yaml", "all/mom-router.yaml"}},
		{"a chart", []string{"--package", "helm", "-o", filepath.Join(dir, "chart"), "istio", good}, exitOK, "", "Chart.yaml is written", []string{"chart/Chart.yaml", "chart/mesh.yaml", "chart/templates/istio.yaml", "chart/values.yaml"}},
		{"a mistake of the description", []string{"envoy", wrong}, exitNo, "", wrong + ":2:11: $.engines.large: the policy has no model or cluster \"large\"", nil},
		{"a filter that would take the configuration's place", []string{"-o", filepath.Join(dir, "same"), "envoy", same}, exitCannot, "", `both the configuration and the filter would be "envoy.yaml" in the directory: give live: in ` + same, nil},
		{"a policy that is not there", []string{"envoy", lost}, exitCannot, "", "nowhere.yaml", nil},
		{"a filter that there is not", []string{"--filter", "envoy", whole}, exitCannot, "", "the filter stands in the configuration itself", nil},
		{"a mesh that there is not", []string{"--mesh", "envoy", good}, exitCannot, "", "envoy has no mesh", nil},
		{"a package without a directory", []string{"--package", "helm", "istio", good}, exitCannot, "", "name it with -o DIRECTORY", nil},
		{"a package for Envoy", []string{"--package", "helm", "-o", filepath.Join(dir, "no"), "envoy", good}, exitCannot, "", "envoy is no set of resources of Kubernetes", nil},
		{"a form that is none", []string{"nginx", good}, exitCannot, "", `unknown form "nginx"`, nil},
		{"two descriptions", []string{"envoy", good, whole}, exitCannot, "", "2 descriptions: name one", nil},
		{"nothing", nil, exitCannot, "", "name a form and a description", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := written(t, dir)
			out, errs, code := in(append([]string{"render"}, tt.args...)...)
			if code != tt.code || !strings.Contains(out, tt.out) || (tt.out == "") != (out == "") || !strings.Contains(errs, tt.errs) {
				t.Errorf("exit code %d, want %d; %q, %q", code, tt.code, out, errs)
			}
			var fresh []string
			for _, name := range written(t, dir) {
				if !slices.Contains(before, name) {
					fresh = append(fresh, name)
				}
			}
			if !slices.Equal(fresh, tt.files) {
				t.Errorf("written: %q, want %q", fresh, tt.files)
			}
		})
	}
}

// written are the files in a folder and below, in order.
func written(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

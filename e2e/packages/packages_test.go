// Package packages_test tries what rules render packages with the libraries that helm and kustomize are made of. It is a module of its
// own: they need a newer Go and half of Kubernetes.
package packages_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/mom-router/mom-router/internal/needs"
)

// descriptions are those of the examples, by the form that each is for.
var descriptions = map[string]string{"istio": "istio-pair", "envoy-gateway": "envoy-gateway", "gateway-api": "istio-waypoint"}

// render runs rules render.
func render(t *testing.T, args ...string) []byte {
	t.Helper()
	command, err := needs.Command("./cmd/rules")
	cmd := exec.Command(needs.Must(t, command, err), append([]string{"render"}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("rules render %q: %v\n%s", args, err, &errs)
	}
	return out
}

// resources are the documents of a text, written alike and in one order.
func resources(t *testing.T, text []byte) (all []string) {
	t.Helper()
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var document any
		if d.Decode(&document) != nil {
			break
		}
		out, err := yaml.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if document != nil {
			all = append(all, string(out))
		}
	}
	if slices.Sort(all); len(all) < 3 {
		t.Fatalf("%d resources in\n%s", len(all), text)
	}
	return all
}

func TestAChartIsWithoutRemarksAndComesToWhatIsRendered(t *testing.T) {
	for form, name := range descriptions {
		t.Run(form, func(t *testing.T) {
			description := filepath.Join("..", "..", "examples", "render", name+".yaml")
			dir := filepath.Join(t.TempDir(), "mom-router") // helm wants a chart in a folder of its name
			render(t, form, description, "--package", "helm", "-o", dir)
			linted := lint.RunAll(dir, nil, "default")
			for _, m := range linted.Messages {
				if m.Severity > support.InfoSev { // which says that it has no icon
					t.Errorf("helm lint: %s", m)
				}
			}
			if len(linted.Messages) == 0 {
				t.Error("helm lint has not even missed the icon: it has not looked")
			}
			chart, err := loader.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			values, err := util.ToRenderValues(chart, nil, common.ReleaseOptions{Name: "mom-router", Namespace: "default"}, common.DefaultCapabilities)
			if err != nil {
				t.Fatal(err)
			}
			out, err := engine.Render(chart, values)
			if err != nil {
				t.Fatal(err)
			}
			var text []byte
			for _, part := range out {
				text = append(text, part...)
			}
			if got, want := resources(t, text), resources(t, render(t, form, description)); !slices.Equal(got, want) {
				t.Errorf("helm template differs from rules render:\n%s\n%s", got, want)
			}
		})
	}
}

func TestAKustomizationComesToWhatIsRendered(t *testing.T) {
	for form, name := range descriptions {
		t.Run(form, func(t *testing.T) {
			description := filepath.Join("..", "..", "examples", "render", name+".yaml")
			dir := t.TempDir()
			render(t, form, description, "--package", "kustomize", "-o", dir)
			made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
			if err != nil {
				t.Fatal(err)
			}
			text, err := made.AsYaml()
			if err != nil {
				t.Fatal(err)
			}
			if got, want := resources(t, text), resources(t, render(t, form, description)); !slices.Equal(got, want) {
				t.Errorf("kustomize build differs from rules render:\n%s\n%s", got, want)
			}
		})
	}
}

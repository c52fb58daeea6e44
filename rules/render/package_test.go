package render_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"text/template"

	"github.com/mom-router/mom-router/rules/render"
)

func TestPackagesHoldWhatIsRendered(t *testing.T) {
	for form, file := range map[string]string{render.Istio: "istio-pair", render.EnvoyGateway: "envoy-gateway", render.GatewayAPI: "istio-waypoint"} {
		name := "../../examples/render/" + file + ".yaml"
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := render.Render(render.Options{Form: form, Description: text, File: name, Output: "x.yaml", Read: os.ReadFile})
		if err != nil {
			t.Fatal(err)
		}
		got.Text = append(got.Text, "# {{ .Values.none }} and {{{{\n"...) // what a policy may say
		for _, kind := range render.Packages {
			files, err := render.Package(kind, form, got)
			if err != nil {
				t.Fatal(err)
			}
			texts := map[string]string{}
			for _, f := range files {
				texts[f.Name] = string(f.Text)
			}
			switch kind {
			case render.Kustomize:
				if texts[form+".yaml"] != string(got.Text) || !strings.Contains(texts["kustomization.yaml"], "resources:\n  - "+form+".yaml\n") {
					t.Errorf("%s, %s: %v", form, kind, texts)
				}
			case render.Helm:
				// Helm's templates are Go's.
				page, err := template.New("").Parse(texts["templates/"+form+".yaml"])
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if err := page.Execute(&out, nil); err != nil || out.String() != string(got.Text) {
					t.Errorf("%s: the chart comes to something else: %v", form, err)
				}
				if !strings.Contains(texts["Chart.yaml"], "name: mom-router\n") {
					t.Errorf("%s: %s", form, texts["Chart.yaml"])
				}
			}
			if (texts["mesh.yaml"] != "") != (form == render.Istio) {
				t.Errorf("%s, %s: the mesh's part is %q", form, kind, texts["mesh.yaml"])
			}
		}
	}
	for kind, form := range map[string]string{"zip": render.Istio, render.Helm: render.Envoy} {
		if files, err := render.Package(kind, form, &render.Output{}); err == nil {
			t.Errorf("%s of %s: %v", kind, form, files)
		}
	}
}

package render

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/internal/version"
)

// The forms of packages.
const (
	Helm      = "helm"
	Kustomize = "kustomize"
)

// Packages are all of them.
var Packages = []string{Helm, Kustomize}

// File is a file of a package, by its path in the package's folder.
type File struct {
	Name string
	Text []byte
}

// Package puts resources of Kubernetes into a chart of Helm, or beside a kustomization. The resources are those that Render has written: a
// chart has no values, since what may be changed stands in the description.
func Package(kind, form string, got *Output) ([]File, error) {
	if form == Envoy {
		return nil, fmt.Errorf("%s is no set of resources of Kubernetes: a package is made of %s", form, strings.Join(slices.DeleteFunc(slices.Clone(Forms), func(f string) bool { return f == Envoy }), ", "))
	}
	var files []File
	resources := form + ".yaml"
	switch kind {
	case Helm:
		chart := fmt.Sprintf("apiVersion: v2\nname: mom-router\ndescription: mom-router in %s, written by rules render\ntype: application\nversion: %s\nappVersion: %s\n",
			form, version.Number, strconv.Quote(version.Number))
		files = []File{{"Chart.yaml", []byte(chart)}, {"values.yaml", []byte("# There are none: change the description that rules render reads, and render again.\n")},
			{"templates/" + resources, bytes.ReplaceAll(got.Text, []byte("{{"), []byte(`{{ "{{" }}`))}}
	case Kustomize:
		files = []File{{"kustomization.yaml", []byte("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - " + resources + "\n")}, {resources, got.Text}}
	default:
		return nil, fmt.Errorf("unknown package %q: want one of %s", kind, strings.Join(Packages, ", "))
	}
	if got.Mesh != nil { // for the mesh's own configuration, which is no resource
		files = append(files, File{"mesh.yaml", got.Mesh})
	}
	return files, nil
}

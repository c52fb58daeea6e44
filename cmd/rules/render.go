package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules/render"
	"github.com/mom-router/mom-router/rules/tree"
)

// renderCommand writes the configuration of a proxy.
func renderCommand(s cli.Streams) *command {
	c := newCommand(s, "render [flags] FORM DESCRIPTION", "Write a proxy's whole configuration, from a short file",
		`render writes the proxy's whole configuration, from a short file that says where policy and engines are: docs/render.md shows one.
FORM is envoy, istio, envoy-gateway or gateway-api.`,
		"rules render envoy examples/render/envoy-flag.yaml", "rules render istio -o manifests examples/render/istio-pair.yaml",
		"rules render istio --package helm -o chart examples/render/istio-pair.yaml && helm lint chart")
	filter := c.Flags().Bool("filter", false, "print what Envoy takes by ECDS: the filter with the policy")
	mesh := c.Flags().Bool("mesh", false, "print what Istio's mesh needs: the format of the access log")
	kind := c.Flags().String("package", "", "with -o: the `kind` of package that the directory is to be, helm (a chart) or kustomize")
	cli.Choices(c.Command, "package", render.Packages...)
	c.ValidArgs = render.Forms
	directory := c.Flags().StringP("directory", "o", "", "write all files into this `directory` instead")
	c.Args = some("name a form and a description, such as envoy engines.yaml: docs/render.md shows one")
	return c.does(func(names []string) int {
		if !slices.Contains(render.Forms, names[0]) {
			return c.cannot(fmt.Errorf("unknown form %q: %s, or one of %s", names[0], tree.DidYouMean(names[0], render.Forms), strings.Join(render.Forms, ", ")))
		}
		if len(names) != 2 {
			return c.cannot(fmt.Errorf("%d descriptions: name one", len(names)-1))
		}
		form, file := names[0], names[1]
		text, err := c.Read(file)
		if err != nil {
			return c.cannot(err)
		}
		output := form + ".yaml"
		if *directory != "" {
			output = filepath.ToSlash(filepath.Join(*directory, output))
		}
		got, err := render.Render(render.Options{Form: form, Description: text, File: filepath.ToSlash(file), Output: output, Read: c.Read})
		var mistake *render.Mistake
		if errors.As(err, &mistake) {
			fmt.Fprintln(c.Err, mistake)
			return exitNo
		} else if err != nil {
			return c.cannot(err)
		}
		for _, w := range got.Warnings {
			fmt.Fprintf(c.Err, "%s: warning: %s\n", c.CommandPath(), w)
		}
		switch {
		case *filter && got.Filter == nil:
			return c.cannot(errors.New("the filter stands in the configuration itself: --filter is for envoy with live: FILE"))
		case *mesh && got.Mesh == nil:
			return c.cannot(fmt.Errorf("%s has no mesh: --mesh is for istio", form))
		case *kind != "" && *directory == "":
			return c.cannot(errors.New("a package is a directory: name it with -o DIRECTORY"))
		case *kind != "":
			files, err := render.Package(*kind, form, got)
			if err != nil {
				return c.cannot(err)
			}
			return c.write(*directory, files)
		case *directory != "":
			files := []render.File{{Name: form + ".yaml", Text: got.Text}}
			if got.Filter != nil && filepath.Base(got.Live) == files[0].Name {
				return c.cannot(fmt.Errorf("both the configuration and the filter would be %q in the directory: give live: in %s another name", files[0].Name, file))
			}
			if got.Filter != nil {
				files = append(files, render.File{Name: filepath.Base(got.Live), Text: got.Filter})
			}
			if got.Mesh != nil {
				files = append(files, render.File{Name: "mesh.yaml", Text: got.Mesh})
			}
			return c.write(*directory, files)
		case *filter:
			text = got.Filter
		case *mesh:
			text = got.Mesh
		default:
			if text = got.Text; got.Filter != nil {
				fmt.Fprintf(c.Err, "%s: the filter with the policy belongs into %s: --filter prints it, -o DIRECTORY writes both\n", c.CommandPath(), got.Live)
			}
		}
		if _, err := c.Out.Write(text); err != nil {
			return c.cannot(err)
		}
		return exitOK
	})
}

// write puts each file to its place at once, by a move: Envoy takes a file anew when one is moved there.
func (c *command) write(directory string, files []render.File) int {
	for _, f := range files {
		name := filepath.Join(directory, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return c.cannot(err)
		}
		if err := writeFile(name, f.Text); err != nil {
			return c.cannot(err)
		}
		fmt.Fprintf(c.Err, "%s: %s is written\n", c.CommandPath(), filepath.ToSlash(name))
	}
	return exitOK
}

package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/mom-router/mom-router/internal/version"
)

// bill lists what is in the commands that were built, as Go has written it into them, and in the Wasm module, into which Go writes nothing:
// their modules with versions and checksums, and Go itself. It has neither a time nor a serial number, which would differ from run to run.
func bill(root string, built []string) ([]byte, error) {
	parts := map[string]cdx.Component{}
	needed, err := neededByModule(root)
	if err != nil {
		return nil, err
	}
	add(parts, needed)
	for _, path := range built {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("what is in %s cannot be read: %w", path, err)
		}
		parts["std"] = cdx.Component{Type: cdx.ComponentTypeLibrary, BOMRef: "std", Name: "std", Version: info.GoVersion, PackageURL: "pkg:golang/std@" + info.GoVersion[len("go"):]}
		add(parts, info.Deps)
	}
	list := slices.SortedFunc(maps.Values(parts), func(a, b cdx.Component) int { return cmp.Compare(a.BOMRef, b.BOMRef) })
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{Type: cdx.ComponentTypeApplication, BOMRef: "mom-router", Name: "mom-router", Version: version.Number,
		PackageURL: "pkg:golang/github.com/mom-router/mom-router@v" + version.Number, Licenses: &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}}}}
	bom.Components = &list
	var b bytes.Buffer
	err = cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
	return b.Bytes(), err
}

// add adds modules to the parts, each once.
func add(parts map[string]cdx.Component, modules []*debug.Module) {
	for _, m := range modules {
		part := cdx.Component{Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version}
		switch {
		case m.Replace == nil:
			part.Properties = &[]cdx.Property{{Name: "go:sum", Value: m.Sum}}
		case m.Replace.Sum == "": // by a folder of this tree, which is hostsim: it has the release's version and no checksum
		default:
			part.Name, part.Version = m.Replace.Path, m.Replace.Version
			part.Properties = &[]cdx.Property{{Name: "go:sum", Value: m.Replace.Sum}}
		}
		part.PackageURL = "pkg:golang/" + part.Name + "@" + part.Version
		part.BOMRef = part.PackageURL
		parts[part.BOMRef] = part
	}
}

// neededByModule asks Go for the modules whose packages are in the Wasm module.
func neededByModule(root string) (modules []*debug.Module, err error) {
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Sum}}{{end}}{{end}}", "./plugin")
	list.Dir = root
	list.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("what is in the module cannot be listed: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) == 3 {
			modules = append(modules, &debug.Module{Path: words[0], Version: words[1], Sum: words[2]})
		} else if len(words) > 0 {
			return nil, fmt.Errorf("of a part of the module, Go knows no checksum: %q", line)
		}
	}
	return modules, nil
}

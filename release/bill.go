package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"fmt"
	"maps"
	"slices"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/mom-router/mom-router/internal/version"
)

// bill lists what is in the commands that were built, as Go has written it into them: their modules with versions and checksums, and
// Go itself. It has neither a time nor a serial number, which would differ from run to run.
func bill(built []string) ([]byte, error) {
	parts := map[string]cdx.Component{}
	for _, path := range built {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("what is in %s cannot be read: %w", path, err)
		}
		parts["std"] = cdx.Component{Type: cdx.ComponentTypeLibrary, BOMRef: "std", Name: "std", Version: info.GoVersion, PackageURL: "pkg:golang/std@" + info.GoVersion[len("go"):]}
		for _, m := range info.Deps {
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
	list := slices.SortedFunc(maps.Values(parts), func(a, b cdx.Component) int { return cmp.Compare(a.BOMRef, b.BOMRef) })
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{Type: cdx.ComponentTypeApplication, BOMRef: "mom-router", Name: "mom-router", Version: version.Number,
		PackageURL: "pkg:golang/github.com/mom-router/mom-router@v" + version.Number, Licenses: &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}}}}
	bom.Components = &list
	var b bytes.Buffer
	err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
	return b.Bytes(), err
}

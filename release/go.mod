// The tarballs, checksums and the list of parts of a release. A module of its own, since nothing that people build needs what it requires.
module github.com/mom-router/mom-router/release

go 1.24.0

require (
	// The list of parts (SBOM) as CycloneDX has it: the format's own library.
	github.com/CycloneDX/cyclonedx-go v0.9.2
	github.com/mom-router/mom-router v0.0.0
)

replace github.com/mom-router/mom-router => ../

replace github.com/mom-router/mom-router/hostsim => ../hostsim

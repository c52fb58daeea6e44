module github.com/mom-router/mom-router

go 1.24.0

require (
	// The SAT solver by which rules check and rules diff judge policies (rules/reason), in pure Go without dependencies; never in
	// the module, nor in hostsim. Decision diagrams give up at some fifty routes.
	github.com/crillab/gophersat v1.4.0
	// The Proxy-Wasm host, a module of its own in this tree: its version is that of internal/version, which a test compares.
	github.com/mom-router/mom-router/hostsim v0.1.0
	// The Proxy-Wasm SDK for standard Go, successor of tetratelabs/proxy-wasm-go-sdk, which is archived and needs
	// TinyGo. It has no tags: this pseudo-version is the only form that resolves.
	github.com/proxy-wasm/proxy-wasm-go-sdk v0.0.0-20260105142703-44c7d5847745
	// JSON Schema, draft 2020-12, in tests only: they check every record against docs/record.schema.json, and compare that of policies with the
	// compiler.
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	// How the two commands are told what to do (internal/cli): commands with help, completion for shells, flags in two dashes. Cobra and its
	// pflag are what kubectl, helm and gh are made of, need nothing else to run, and still build with Go 1.24.
	github.com/spf13/cobra v1.10.2
	github.com/spf13/pflag v1.0.9
	// hostsim's WebAssembly runtime, here for tests of what internal/compact writes.
	github.com/tetratelabs/wazero v1.11.0
	// Policies in YAML with line and column, in commands and tests only; the maintained fork of gopkg.in/yaml.v3.
	go.yaml.in/yaml/v3 v3.0.4
)

require (
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	golang.org/x/sys v0.38.0 // indirect
	golang.org/x/text v0.14.0 // indirect
)

replace github.com/mom-router/mom-router/hostsim => ./hostsim

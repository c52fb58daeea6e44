// A module of its own, so that whoever tests a plugin with hostsim gets neither the rules of mom-router nor what they have learned.
module github.com/mom-router/mom-router/hostsim

go 1.24.0

// The WebAssembly runtime, in pure Go; v1.11.0 is the newest for Go 1.24.
require github.com/tetratelabs/wazero v1.11.0

require golang.org/x/sys v0.38.0 // indirect

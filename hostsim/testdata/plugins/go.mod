// Plugins for the tests of hostsim, which itself needs no SDK.
module github.com/mom-router/mom-router/hostsim/testdata/plugins

go 1.24.0

require github.com/proxy-wasm/proxy-wasm-go-sdk v0.0.0-20260105142703-44c7d5847745

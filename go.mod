module github.com/mom-router/mom-router

go 1.24.0

require (
	github.com/proxy-wasm/proxy-wasm-go-sdk v0.0.0-20260105142703-44c7d5847745 // indirect
	github.com/tetratelabs/wazero v1.11.0 // indirect
	go.yaml.in/yaml/v3 v3.0.4 // policies with line and column, in the commands only; the maintained fork of gopkg.in/yaml.v3
	golang.org/x/sys v0.38.0 // indirect
)

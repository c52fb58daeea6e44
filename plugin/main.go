//go:build wasip1

// Command plugin is the Proxy-Wasm module: it reads the requests that pass an
// Envoy, lets package rules decide, and turns decisions into changes of headers
// and body. It holds no routing logic. Build it with "make build": what plain
// "go build" makes ends in Envoy now and then, see RATIONALE.md.
package main

import "github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

// main is never called: a c-shared module has only its exports.
func main() {}

func init() { proxywasm.SetVMContext(newVM()) }

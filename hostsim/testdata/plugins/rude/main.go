// Command rude is a Proxy-Wasm plugin that does what Envoy forbids, as its environment says.
package main

import (
	"os"
	"time"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

var (
	rude  = os.Getenv("RUDE")
	armed bool
	arena [1 << 16]byte
)

func main() {}

func init() {
	proxywasm.LogInfo("init")
	if rude == "init" {
		_ = proxywasm.SetTickPeriodMilliSeconds(1)
	}
	proxywasm.SetHttpContext(func(uint32) types.HttpContext { return &stream{} })
}

// malloc wins over proxy_on_memory_allocate.
//
//go:wasmexport malloc
func malloc(uint32) *byte {
	if armed {
		proxywasm.LogInfo("malloc")
		if rude == "malloc" {
			_ = proxywasm.SetTickPeriodMilliSeconds(1)
		}
	}
	return &arena[0]
}

type stream struct{ types.DefaultHttpContext }

func (*stream) OnHttpRequestHeaders(int, bool) types.Action {
	armed = true
	if rude == "sleep" {
		time.Sleep(time.Hour)
	}
	path, _ := proxywasm.GetHttpRequestHeader(":path")
	proxywasm.LogInfo("path " + path)
	return types.ActionContinue
}

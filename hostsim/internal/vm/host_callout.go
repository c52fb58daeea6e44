package vm

import (
	"strconv"
	"time"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

// Answer is what an HTTP call of a plugin was answered.
type Answer struct {
	Headers  *headers.Map
	Body     []byte
	Trailers *headers.Map
}

// Call is an HTTP call of a plugin to a cluster. Done must be called once, on any goroutine, but not before Options.Call
// has returned; nil says that there was no answer, not even one that the proxy made up.
type Call struct {
	Cluster  string
	Headers  *headers.Map
	Body     []byte
	Trailers *headers.Map
	Timeout  time.Duration // 0: none
	Done     func(*Answer)
}

// The low two bits of a token tell calls from streams (CalloutType in proxy-wasm-cpp-host include/proxy-wasm/wasm.h).
const (
	httpCallToken   = 0
	grpcCallToken   = 1
	grpcStreamToken = 2
	tokenKind       = 3
	tokenStep       = 4
)

// calloutFuncs: calls to other services (src/exports.cc; Context::httpCall, grpcCall, grpcStream, grpcSend, grpcClose and
// grpcCancel in source/extensions/common/wasm/context.cc). There is no gRPC: to hostsim no gRPC service exists.
var calloutFuncs = []hostFunc{
	{name: "proxy_http_call", does: "calls another service over HTTP; `proxy_on_http_call_response` tells what it answered",
		params:  []param{aText("cluster"), somePairs("headers"), aText("body"), somePairs("trailers"), aNumber("timeout"), givesNumber("call")},
		returns: aStatus, capability: proxyWasm, source: "httpCall, onHttpCallSuccess, onHttpCallFailure",
		do: func(v *VM, p []uint64) uint32 {
			cluster, ok := v.view(p[0], p[1])
			pairs, ok2 := v.view(p[2], p[3])
			body, ok3 := v.view(p[4], p[5])
			trailers, ok4 := v.view(p[6], p[7])
			if !ok || !ok2 || !ok3 || !ok4 {
				return uint32(abi.InvalidMemoryAccess)
			}
			call := Call{Cluster: string(cluster), Headers: toMap(pairs), Body: append([]byte(nil), body...), Trailers: toMap(trailers),
				Timeout: time.Duration(int32(p[8])) * time.Millisecond}
			// The token is written first, to check the memory.
			if st := v.put(uint32(p[9]), 0); st != abi.OK {
				return uint32(st)
			}
			token, st := v.calling().root().httpCall(call)
			v.put(uint32(p[9]), token)
			return uint32(st)
		}},
	{name: "proxy_grpc_call", does: "calls another service over gRPC; in hostsim there is none",
		params:  []param{aText("service"), aText("service name"), aText("method"), somePairs("metadata"), aText("message"), aNumber("timeout"), givesNumber("call")},
		returns: aStatus, capability: proxyWasm, source: "grpcCall",
		do: func(v *VM, p []uint64) uint32 { return v.noGRPC(p[:10]) }},
	{name: "proxy_grpc_stream", does: "opens a stream over gRPC; in hostsim there is no service for it",
		params:  []param{aText("service"), aText("service name"), aText("method"), somePairs("metadata"), givesNumber("stream")},
		returns: aStatus, capability: proxyWasm, source: "grpcStream",
		do: func(v *VM, p []uint64) uint32 { return v.noGRPC(p[:8]) }},
	{name: "proxy_grpc_send", does: "sends a message on a stream over gRPC",
		params:  []param{aNumber("stream"), aText("message"), aNumber("end")},
		returns: aStatus, capability: proxyWasm, source: "grpcSend",
		do: func(v *VM, p []uint64) uint32 {
			if _, ok := v.view(p[1], p[2]); !ok {
				return uint32(abi.InvalidMemoryAccess)
			}
			if uint32(p[0])&tokenKind != grpcStreamToken {
				return uint32(abi.BadArgument)
			}
			return uint32(abi.NotFound)
		}},
	{name: "proxy_grpc_close", does: "ends a stream over gRPC",
		params:  []param{aNumber("stream")},
		returns: aStatus, capability: proxyWasm, source: "grpcClose",
		do: noGRPCToken},
	{name: "proxy_grpc_cancel", does: "gives up a call over gRPC",
		params:  []param{aNumber("call")},
		returns: aStatus, capability: proxyWasm, source: "grpcCancel",
		do: noGRPCToken},
}

// noGRPC is what Envoy answers when the service is no known cluster. The parameters are addresses and lengths.
func (v *VM) noGRPC(p []uint64) uint32 {
	for i := 0; i < len(p); i += 2 {
		if _, ok := v.view(p[i], p[i+1]); !ok {
			return uint32(abi.InvalidMemoryAccess)
		}
	}
	if !v.saidGRPC {
		v.saidGRPC = true
		v.Log(abi.Warn, "", "plugin "+strconv.Quote(v.calling().plugin.Name)+": hostsim does not support gRPC calls: each is answered as for a "+
			"cluster that does not exist, with \"parse failure\" (this is said once)")
	}
	return uint32(abi.ParseFailure)
}

func noGRPCToken(_ *VM, p []uint64) uint32 {
	if kind := uint32(p[0]) & tokenKind; kind != grpcCallToken && kind != grpcStreamToken {
		return uint32(abi.BadArgument)
	}
	return uint32(abi.NotFound)
}

func toMap(raw []byte) *headers.Map {
	m := headers.New()
	for _, f := range abi.ParsePairs(raw) {
		m.Add(f.Name, f.Value)
	}
	return m
}

// httpCall makes a call for a root context.
func (c *Context) httpCall(call Call) (token uint32, st abi.Status) {
	v := c.vm
	for _, name := range []string{":path", ":method", ":authority"} {
		if _, ok := call.Headers.Get(name); !ok {
			return 0, abi.BadArgument
		}
	}
	if call.Timeout < 0 || v.Call == nil {
		return 0, abi.BadArgument
	}
	token = v.lastCall + tokenStep
	call.Done = func(a *Answer) {
		v.Post(func() {
			if v.contexts[c.id] == c {
				c.onCallAnswer(token, a)
			}
		})
	}
	if !v.Call(call) {
		return 0, abi.BadArgument
	}
	v.lastCall = token
	if c.calls == nil {
		c.calls = map[uint32]bool{}
	}
	c.calls[token] = true
	return token, abi.OK
}

// onCallAnswer runs proxy_on_http_call_response (Context::onHttpCallSuccess and onHttpCallFailure).
func (c *Context) onCallAnswer(token uint32, a *Answer) {
	v := c.vm
	if !c.calls[token] {
		return
	}
	if c.callAnswer = a; a == nil {
		c.status, c.statusText = uint32(abi.BrokenConnection), "reset"
		a = &Answer{}
	}
	if v.hears(callResponse) {
		v.call(c, callResponse, uint64(c.id), uint64(token),
			uint64(a.Headers.Len()), uint64(len(a.Body)), uint64(a.Trailers.Len()))
		v.settle()
	}
	delete(c.calls, token)
	c.callAnswer, c.statusText = nil, ""
}

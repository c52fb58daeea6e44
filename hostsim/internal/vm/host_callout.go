package vm

import "github.com/mom-router/mom-router/hostsim/internal/abi"

// calloutFuncs: calls to other services. hostsim has no clusters, so each is answered as Envoy answers
// when the cluster that is named does not exist (Context::httpCall, grpcCall, grpcStream, and the rest
// in source/extensions/common/wasm/context.cc).
var calloutFuncs = []hostFunc{
	{name: "proxy_http_call", params: sig(10), do: func(v *VM, p []uint64) uint32 {
		// The token is written first, to check the memory.
		if st := v.put(uint32(p[9]), 0); st != abi.OK {
			return uint32(st)
		}
		return uint32(abi.BadArgument)
	}},
	{name: "proxy_grpc_call", params: sig(12), do: noGRPC},
	{name: "proxy_grpc_stream", params: sig(9), do: noGRPC},
	{name: "proxy_grpc_send", params: sig(4), do: func(v *VM, p []uint64) uint32 {
		if uint32(p[0])&3 != 2 {
			return uint32(abi.BadArgument)
		}
		return uint32(abi.NotFound)
	}},
	{name: "proxy_grpc_close", params: sig(1), do: noGRPCToken},
	{name: "proxy_grpc_cancel", params: sig(1), do: noGRPCToken},
}

func noGRPC(*VM, []uint64) uint32 { return uint32(abi.ParseFailure) }

// noGRPCToken: the low two bits of a token tell calls (1) from streams (2); none is open.
func noGRPCToken(_ *VM, p []uint64) uint32 {
	if kind := uint32(p[0]) & 3; kind != 1 && kind != 2 {
		return uint32(abi.BadArgument)
	}
	return uint32(abi.NotFound)
}

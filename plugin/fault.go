//go:build wasip1

package main

import (
	"runtime"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"

	"github.com/mom-router/mom-router/plugin/internal/reply"
)

// A panic must not end the VM: the requests of all others are in it. So every callback that the host makes defers one
// of the functions of this file, which end the one request with a closed answer. What Go itself cannot recover from
// (its memory is used up, its stack overflows) does end the VM; then the failure_policy of the filter decides, and the
// examples answer 503 until Envoy has loaded the module anew.

// panicked is the message of the answer; the log says more.
const panicked = "a fault in the router"

// logPanic says in the log what a panic was. Only the runtime's own words are repeated: others could hold text of a prompt.
func logPanic(where string, value any) {
	what := "not a runtime error"
	if err, ok := value.(runtime.Error); ok {
		what = err.Error()
	}
	proxywasm.LogCritical("mom-router: panic in " + where + ": " + what)
}

// recovered is deferred by the callbacks of a stream that say how it goes on.
func (s *stream) recovered(action *types.Action) {
	if v := recover(); v != nil {
		*action = types.ActionPause
		logPanic("a request", v)
		s.broken()
	}
}

// recoveredOutside is deferred where a held stream is let go outside its own callbacks, with its context in effect.
func (s *stream) recoveredOutside() {
	if v := recover(); v != nil {
		logPanic("a held request", v)
		s.broken()
	}
}

// broken ends a stream in whose handling something has panicked. What it was working with is dropped, since nobody knows
// in what state that is.
func (s *stream) broken() {
	s.forget()
	s.work, s.other = nil, nil
	s.instance.forgetPieces()
	if s.phase != answered && s.phase != gone {
		s.fault(panicked)
	}
}

// buried is deferred where a stream ends: whatever happens, it is taken off the books.
func (s *stream) buried() {
	if v := recover(); v != nil {
		logPanic("the end of a request", v)
		s.work, s.other, s.context = nil, nil, nil
		s.instance.forgetPieces()
		s.policy.metrics.faults.add(1)
		if s.phase != gone {
			s.close()
		}
	}
}

// recovered is deferred by the callbacks of a gate.
func (g *gate) recovered(action *types.Action) {
	if v := recover(); v != nil {
		*action = types.ActionPause
		logPanic("the gate", v)
		if g.stream != nil {
			g.stream.broken()
		} else {
			unavailable(panicked)
		}
	}
}

// started is deferred where an instance takes its configuration: a policy that makes the plugin panic is refused like
// any other mistake.
func started(status *types.OnPluginStartStatus) {
	if v := recover(); v != nil {
		logPanic("the configuration", v)
		*status = types.OnPluginStartStatusFailed
	}
}

// unavailable answers a request that has no stream.
func unavailable(cure string) {
	e := reply.Error{Status: 503, Code: "router_unavailable", Message: cure}
	send(e.Status, e.Body(requestShape()))
}

// refused is the context of a request that the plugin could not even begin with.
type refused struct{ types.DefaultHttpContext }

// OnHttpRequestHeaders implements types.HttpContext.
func (*refused) OnHttpRequestHeaders(int, bool) types.Action {
	unavailable(panicked)
	return types.ActionPause
}

// OnHttpRequestBody implements types.HttpContext.
func (*refused) OnHttpRequestBody(int, bool) types.Action { return types.ActionPause }

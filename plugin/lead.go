//go:build wasip1

package main

import (
	"encoding/binary"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// leadProperty marks a stream with the slot and the id of its lead. A property of one segment
// is kept with the stream, where the gate finds it and no client can set it.
const leadProperty property = "mom.lead"

const codeDetails property = "response\x00code_details"

// What goes wrong with a pair, and how to mend it.
const (
	noGate        = "the gate of the pair is missing: add the same module once more behind this one, with an empty configuration and the same vm_id, or set hold: flag"
	noLead        = "the gate of the pair has no lead before it: the instance with the policy and hold: pair must come first (in Istio: the higher priority), with the same vm_id"
	twoGates      = "the lead of the pair has two gates: remove one"
	earlyGate     = "the gate of the pair must not have allow_on_headers_stop_iteration"
	notCalledBack = "the host does not call the plugin back from its own queue: if its capabilities are restricted, allow proxy_on_queue_ready and the shared queues"
	wrongState    = "the pair lost its request: use the same module and vm_id for both"
)

// lead is the first filter of a pair: it lets the headers pass, reads the body
// as it goes by, and has the gate behind it hold both.
type lead struct {
	types.DefaultHttpContext
	*stream
}

// OnHttpRequestHeaders implements types.HttpContext.
func (l *lead) OnHttpRequestHeaders(_ int, end bool) (action types.Action) {
	defer l.recovered(&action)
	l.admit(end)
	crash("headers", l.stream)
	if l.phase == reading && l.instance.vm.gates == 0 {
		l.fault(noGate)
	}
	if l.phase == answered {
		return types.ActionPause
	}
	if !l.markForOthers() {
		return types.ActionPause
	}
	return types.ActionContinue
}

// markForOthers marks the request for the filters behind this one, and reports whether that went well.
func (s *stream) markForOthers() bool {
	binary.LittleEndian.PutUint32(s.mark[:], uint32(s.slot))
	binary.LittleEndian.PutUint32(s.mark[4:], s.id)
	if err := leadProperty.set(s.mark[:]); err != nil {
		s.fault("the host did not mark the request for the filters behind this one")
		return false
	}
	return true
}

// OnHttpRequestBody implements types.HttpContext.
func (l *lead) OnHttpRequestBody(size int, end bool) (action types.Action) {
	defer l.recovered(&action)
	crash("body", l.stream)
	l.start()
	action = l.body(size, end)
	l.stop()
	return action
}

// body reads a chunk.
func (l *lead) body(size int, end bool) types.Action {
	switch {
	case l.phase == passed:
		return types.ActionContinue
	case l.phase == answered:
		return types.ActionPause
	case l.stream.gate == 0:
		l.fault(noGate)
		return types.ActionPause
	}
	return l.take(size, end)
}

// OnHttpRequestTrailers implements types.HttpContext.
func (l *lead) OnHttpRequestTrailers(int) (action types.Action) {
	defer l.recovered(&action)
	crash("trailers", l.stream)
	switch {
	case l.phase == passed:
		return types.ActionContinue
	case l.waits:
		l.later.ended = true
		return types.ActionPause
	}
	return l.step(l.phase != answered && l.ended())
}

// step has a stream that was just decided released, and lets the chunk go on to the gate.
func (l *lead) step(ok bool) types.Action {
	if ok {
		l.ready()
	}
	if !ok || l.phase == answered {
		return types.ActionPause
	}
	if l.instance.config.Preview {
		return stopWithoutBuffer // nobody gets it
	}
	return types.ActionContinue
}

// OnHttpResponseHeaders implements types.HttpContext.
func (l *lead) OnHttpResponseHeaders(_ int, end bool) (action types.Action) {
	defer l.recovered(&action)
	crash("response", l.stream)
	if l.phase == reading && l.stream.gate == 0 && string(codeDetails.get()) == "route_not_found" {
		// Nothing held the headers: the router of the proxy answered before the body came.
		_ = proxywasm.ReplaceHttpResponseHeader(":status", "503")
		proxywasm.LogError("mom-router: " + noGate)
	}
	l.respond()
	l.heard = end
	return types.ActionContinue
}

// OnHttpResponseBody implements types.HttpContext.
func (l *lead) OnHttpResponseBody(size int, end bool) (action types.Action) {
	defer l.recoveredAnswer(&action)
	crash("answer", l.stream)
	l.hear(size, end)
	return types.ActionContinue
}

// OnHttpResponseTrailers implements types.HttpContext.
func (l *lead) OnHttpResponseTrailers(int) (action types.Action) {
	defer l.recoveredAnswer(&action)
	l.hearTrailers()
	return types.ActionContinue
}

// OnHttpStreamDone implements types.HttpContext.
func (l *lead) OnHttpStreamDone() { l.done() }

//go:build wasip1

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// single is the one filter of flag mode: Envoy lets it stop the headers and
// still see the body.
type single struct {
	types.DefaultHttpContext
	*stream
}

// OnHttpRequestHeaders implements types.HttpContext.
func (f *single) OnHttpRequestHeaders(_ int, end bool) (action types.Action) {
	defer f.recovered(&action)
	f.admit(end)
	crash("headers", f.stream)
	if f.phase != answered && f.instance.config.Fallback != nil && !f.markForOthers() {
		return types.ActionPause
	}
	if f.phase == passed {
		return types.ActionContinue
	}
	return types.ActionPause
}

// OnHttpRequestBody implements types.HttpContext.
func (f *single) OnHttpRequestBody(size int, end bool) (action types.Action) {
	defer f.recovered(&action)
	crash("body", f.stream)
	if size == 0 && f.phase == released && f.record.Bytes == f.length {
		// Only the end of the stream is told here, which content-length has told already.
		if end {
			f.finish()
		}
		return types.ActionContinue
	}
	f.start()
	action = f.body(size, end)
	f.stop()
	return action
}

// body reads a chunk and lets it go on, or keeps it.
func (f *single) body(size int, end bool) types.Action {
	if f.phase == passed {
		return types.ActionContinue
	}
	if f.phase == answered {
		return types.ActionPause
	}
	if f.phase == opened {
		f.fault("the host showed a body without its headers: if its capabilities are restricted, allow proxy_on_request_headers")
		return types.ActionPause
	}
	f.instance.vm.bodySeen = true
	if !f.read(size, end) {
		return types.ActionPause
	}
	if f.instance.config.Preview {
		return stopWithoutBuffer // nobody gets it
	}
	if f.phase == reading {
		// Envoy would answer 413 if it kept the chunk and the next one were large.
		f.keep(size)
		if !f.fits() {
			return types.ActionPause
		}
		return stopWithoutBuffer
	}
	if f.phase == decided && !f.route() || !f.forward(size) {
		return types.ActionPause
	}
	if end {
		f.finish()
	}
	return types.ActionContinue
}

// OnHttpRequestTrailers implements types.HttpContext. A body that is complete
// was released before; one that is not is refused here.
func (f *single) OnHttpRequestTrailers(int) (action types.Action) {
	defer f.recovered(&action)
	crash("trailers", f.stream)
	if f.phase == passed || f.phase != answered && f.ended() {
		return types.ActionContinue
	}
	return types.ActionPause
}

// OnHttpResponseHeaders implements types.HttpContext.
func (f *single) OnHttpResponseHeaders(_ int, end bool) (action types.Action) {
	defer f.recovered(&action)
	crash("response", f.stream)
	f.respond()
	f.heard = end
	return types.ActionContinue
}

// OnHttpResponseBody implements types.HttpContext.
func (f *single) OnHttpResponseBody(size int, end bool) (action types.Action) {
	defer f.recoveredAnswer(&action)
	crash("answer", f.stream)
	f.hear(size, end)
	return types.ActionContinue
}

// OnHttpResponseTrailers implements types.HttpContext.
func (f *single) OnHttpResponseTrailers(int) (action types.Action) {
	defer f.recoveredAnswer(&action)
	f.hearTrailers()
	return types.ActionContinue
}

// OnHttpStreamDone implements types.HttpContext.
func (f *single) OnHttpStreamDone() { f.done() }

//go:build wasip1

package main

import (
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"

	"github.com/mom-router/mom-router/plugin/internal/reply"
)

// single is the one filter of flag mode: Envoy lets it stop the headers and
// still see the body.
type single struct {
	types.DefaultHttpContext
	*stream
}

// While a body is read in turns (see turn.go), the filter keeps what has come of it itself, as always, and Envoy holds nothing: the chunk is taken out of its
// buffer and then stopped in the one way in which the filter can still edit what is held when it lets the request go from a tick. Should another chunk come,
// Envoy adds that to what it holds, and answers 413 where the chunk alone is larger than its buffer may be. So before the end of a body this is done only where
// none is: content-length says so, or they are HTTP/2's. Else chunks are dropped, as those of a body that is read at once. That request goes on with its next
// chunk or its end, and is refused if trailers are the end.

// OnHttpRequestHeaders implements types.HttpContext.
func (f *single) OnHttpRequestHeaders(_ int, end bool) (action types.Action) {
	defer f.recovered(&action)
	f.instance.slowDown()
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
	n, whole := 0, !f.mayWait(size, end)
	if f.waits && whole {
		f.forget()
		f.readBacklog(true)
	}
	if f.filler > 0 {
		f.wait() // if it was read already, it is let go with the next tick all the same
	}
	if !f.waits {
		n = f.feed(size, whole)
		if !f.conclude(end && n == size) {
			return types.ActionPause
		}
		if f.instance.config.Preview {
			return stopWithoutBuffer // nobody gets it
		}
		if n == size && !f.session.Behind() && f.phase != reading {
			return f.letPass(size, end)
		}
	} else if f.tooLong(len(f.unread()) + size) {
		return types.ActionPause
	}
	f.keep(size)
	if f.waits || !whole && (n < size || f.session.Behind()) {
		f.later.ended = end
		f.wait()
	}
	if !f.fits() {
		return types.ActionPause
	}
	return f.hold(size, end, whole)
}

// mayWait reports whether some of the chunk at hand may be read later. What is let go from a tick has to fit into Envoy's buffer, of which no more
// is known than that the hold window does. Where it is open how much will come, there must be room for another chunk, too.
func (f *single) mayWait(size int, end bool) bool {
	if !f.instance.continues || f.phase != reading && !(f.phase == decided && f.waits) || f.instance.config.Preview || !f.instance.room(size) {
		return false
	}
	window := f.instance.config.HoldBytes
	if f.length > window {
		return f.filler > 0 || f.length <= longest && !end && strings.HasPrefix(string(protocol.get()), "HTTP/1")
	}
	least := f.length
	if least < 0 {
		least = int64(len(f.work.body.Held())+size) + spareRoom
	}
	return least <= window
}

const (
	// spareRoom is more than a chunk of HTTP/2 takes, and more than a body grows by its edits, in bytes.
	spareRoom = 64 << 10
	// longest is the longest body beyond the window that is read in turns, in bytes: all of it is kept.
	longest = 4 << 20
)

// hold stops the chunk at hand, which was kept.
func (f *single) hold(size int, end, whole bool) types.Action {
	if f.waits && f.length > f.instance.config.HoldBytes {
		return f.holdLong(size, end)
	}
	if f.waits && !f.holds {
		f.holds = end || f.length >= 0 || string(protocol.get()) == "HTTP/2"
	}
	if !f.holds {
		return stopWithoutBuffer // Envoy would answer 413 if it kept the chunk and the next one were large
	}
	if !replaceFront(size, nil) {
		f.fault(keptBody)
		return types.ActionPause
	}
	if whole { // more comes than may wait: from here on as if nothing had
		f.holds = false
		return stopAndHold
	}
	return types.ActionPause
}

// holdLong stops the chunk at hand of a body that may be longer than Envoy's buffer. To let it go from a tick, what Envoy holds has to be edited, and has to be
// as long. Envoy answers 413 when that comes to be longer than its limit, but not where it is when Envoy only pushes back on the client for it, and not again
// before it has become much shorter. Over HTTP/1, the end of the body follows its last byte in a call of its own. So the last bytes are taken for the
// occasion to have Envoy hold as much as there will be, with back-pressure, that keeps nothing from coming any more; and the end for the one to have it editable.
func (f *single) holdLong(size int, end bool) types.Action {
	switch {
	case f.filler > 0 && end:
		return types.ActionPause
	case f.filler > 0 || int64(len(f.work.body.Held())) < f.length:
		return stopWithoutBuffer
	}
	ok := replaceFront(size, nil)
	for most := int(f.length) + spareRoom; ok && f.filler < most; {
		n := min(most-f.filler, len(filling))
		ok = putBehind(filling[:n])
		f.filler += n
	}
	if !ok {
		f.fault(keptBody)
	}
	return stopAndHold
}

// filling takes the place of a body in Envoy's buffer until it is let go.
var filling [64 << 10]byte

const keptBody = "the host did not take the body out of its buffer"

// exchange puts the body in the place of the filling, piece by piece, so that what Envoy holds is never much shorter than it was, and never longer.
func (s *stream) exchange(body []byte) bool {
	for len(body) > 0 {
		n, drain := min(len(body), len(filling)), min(s.filler, len(filling))
		if drain > 0 && !replaceFront(drain, nil) || !putBehind(body[:n]) {
			return false
		}
		body, s.filler = body[n:], s.filler-drain
	}
	ok := s.filler == 0 || replaceFront(s.filler, nil)
	s.filler = 0
	return ok
}

const protocol property = "request\x00protocol"

// letPass lets the chunk at hand go on, with what was kept in front of it.
func (f *single) letPass(size int, end bool) types.Action {
	if f.phase == decided && !f.route() || !f.forward(size) {
		return types.ActionPause
	}
	if end {
		f.finish()
	}
	return types.ActionContinue
}

// OnHttpRequestTrailers implements types.HttpContext. A body that is complete
// was released before, unless it is read in turns; one that is not is refused here.
func (f *single) OnHttpRequestTrailers(int) (action types.Action) {
	defer f.recovered(&action)
	crash("trailers", f.stream)
	switch {
	case f.phase == passed:
		return types.ActionContinue
	case f.phase == answered:
		return types.ActionPause
	case !f.holds && (f.waits || f.phase == decided):
		f.answer(&reply.Error{Status: 400, Code: "invalid_request", Message: "a body of this length must not have trailers: send a content-length instead"})
		return types.ActionPause
	case f.waits:
		f.later.ended = true
		return types.ActionPause
	}
	if !f.ended() {
		return types.ActionPause
	}
	if f.phase == decided {
		return f.letPass(0, true)
	}
	return types.ActionContinue
}

// OnHttpResponseHeaders implements types.HttpContext.
func (f *single) OnHttpResponseHeaders(_ int, end bool) (action types.Action) {
	defer f.recovered(&action)
	crash("response", f.stream)
	f.instance.slowDown()
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
func (f *single) OnHttpStreamDone() {
	f.done()
	f.instance.slowDown() // it may have been the last one that waited
}

//go:build wasip1

package main

import (
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
)

// route sets the headers that the router of the proxy reads, and the length of
// the edited body. The headers must be held in the effective context.
func (s *stream) route() bool {
	c, m := s.instance.config, s.session.Decision().Model
	ok := replaceHeader(c.ClusterHeader, s.destination(m)) && s.sendOrder(m) && s.hurry() && replaceHeader(c.ModelHeader, m.Name) &&
		(s.record.Session == "" || replaceHeader(c.SessionHeader, s.record.Session)) && (s.record.Prefix == "" || replaceHeader(c.PrefixHeader, s.record.Prefix))
	s.edited = -1
	if s.length >= 0 {
		s.edited = s.length + s.session.Delta()
	}
	if ok && s.edited != s.length {
		s.digits = strconv.AppendInt(s.digits[:0], s.edited, 10)
		ok = replaceHeader("content-length", view(s.digits))
	}
	if ok && s.prefix > 0 {
		ok = replaceHeader(":path", s.inner)
	}
	if ok && s.asksUsage {
		ok = replaceHeader(acceptEncoding, identity)
	}
	if !ok {
		s.fault("the host did not take the route: the headers are no longer held")
		return false
	}
	clearRoute()
	s.phase = released
	s.sent()
	return true
}

// forward applies the edits to the body chunk at hand.
func (s *stream) forward(size int) bool {
	edits, safe := s.session.Take()
	s.body.Add(edits)
	drain, put := s.body.Pass(size, safe, s.copy)
	if drain == 0 && len(put) == 0 {
		return true
	}
	ok := false
	if s.filler > 0 {
		ok = s.exchange(put)
	} else {
		ok = replaceFront(drain, put)
	}
	if !ok {
		s.fault("the host did not take the edited body")
		return false
	}
	return true
}

// keep copies the body chunk at hand, which the host is about to drop.
func (s *stream) keep(size int) { s.body.Pass(size, 0, s.copy) }

// copy appends n bytes of the chunk at hand to dst.
func (s *stream) copy(dst []byte, at, n int) []byte {
	if at+n <= len(s.chunk) {
		return append(dst, s.chunk[at:at+n]...)
	}
	return copyChunk(dst, at, n)
}

// ready has a stream that was just decided released. It asks the host to call this instance back once the present callback
// is over: releasing inside a body callback that carries the end of the stream would send the headers as a whole request,
// without the body.
func (s *stream) ready() {
	if s.phase != decided || s.queued {
		return
	}
	s.queued = true
	s.instance.decided = append(s.instance.decided, s)
	if s.instance.callBack() != nil {
		s.fault("the host did not take a message for the plugin's own queue")
	}
}

// callBack sends a message to the instance's own queue.
func (in *instance) callBack() error { return proxywasm.EnqueueSharedQueue(in.queue, wake[:]) }

// wake is the message of the queue: it says nothing.
var wake = [1]byte{1}

// OnQueueReady implements types.PluginContext: it lets go of what the gates hold
// for the streams that have been decided, and slows its ticks down when they have no more to read.
func (in *instance) OnQueueReady(queue uint32) {
	dequeueSharedQueue(queue, &given.data, &given.length)
	in.slowDown() // before another context takes effect: ticks belong to that of the instance
	batch := in.decided
	in.decided = in.decided[:0]
	for _, s := range batch {
		s.release()
	}
}

// release has the gate of a decided stream let go of what it holds. Streams vanish at any time: a reused one has another
// phase or gate. What the lead has put off stands in the same buffer of Envoy's, and would go along: then the release waits.
func (s *stream) release() {
	if s.waits {
		s.queued = false
		return
	}
	if s.phase != decided || s.gate == 0 || proxywasm.SetEffectiveContext(s.gate) != nil {
		return
	}
	defer s.recoveredOutside()
	crash("queue", s)
	if !s.route() {
		return
	}
	if err := proxywasm.ResumeHttpRequest(); err != nil {
		s.fault("the host did not continue the request")
	}
}

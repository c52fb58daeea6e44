package proxy

import (
	"errors"
	"io"
	"strconv"
	"sync"

	"github.com/mom-router/mom-router/hostsim"
)

// flowLimit is how many bytes a flow holds before whoever feeds it must wait. The filters may let go of a whole hold
// window at once, on top of it.
const flowLimit = 256 << 10

// errCut says that a message ended before its end.
var errCut = errors.New("the message was cut short")

// flow carries one message out of the VM: a request to the backend, or a response to the client. The VM's side
// (hostsim.Parts, cut, publish) never blocks; the other side waits.
type flow struct {
	mu      sync.Mutex
	changed sync.Cond
	head    *hostsim.Headers
	queue   [][]byte
	queued  int   // bytes in the queue
	passed  int64 // bytes of body that ever came
	tail    *hostsim.Headers
	end     bool // nothing follows the queue
	broken  bool // the end never comes
}

func newFlow() *flow {
	f := &flow{}
	f.changed.L = &f.mu
	return f
}

// Headers implements hostsim.Parts.
func (f *flow) Headers(h *hostsim.Headers, end bool) {
	f.mu.Lock()
	f.head, f.end = h.Clone(), end // plugins may still look at h
	f.mu.Unlock()
}

// Data implements hostsim.Parts.
func (f *flow) Data(p []byte, end bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end = end
	if len(p) > 0 && !f.broken {
		f.queue = append(f.queue, p)
		f.queued += len(p)
		f.passed += int64(len(p))
	}
}

// Trailers implements hostsim.Parts.
func (f *flow) Trailers(t *hostsim.Headers) {
	f.mu.Lock()
	f.tail, f.end = t.Clone(), true
	f.mu.Unlock()
}

// publish tells the other side of what came. It is called once an event is over, so that parts which belong together are
// sent together.
func (f *flow) publish() { f.changed.Broadcast() }

// drop breaks off a message that has not ended, without sending what is queued.
func (f *flow) drop() {
	f.mu.Lock()
	if !f.end {
		f.broken, f.queue, f.queued = true, nil, 0
	}
	f.mu.Unlock()
	f.publish()
}

// breakOff breaks off a message that has not ended, behind what is queued.
func (f *flow) breakOff() {
	f.mu.Lock()
	f.broken = f.broken || !f.end
	f.mu.Unlock()
	f.publish()
}

// whole reports whether the end of the message is known.
func (f *flow) whole() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.end
}

// status is a response's, 0 if it has not begun.
func (f *flow) status() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	status, _ := strconv.Atoi(f.head.Value(":status"))
	return status
}

// hasHead reports whether the message has begun.
func (f *flow) hasHead() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.head != nil
}

// bytes is the size of the body so far.
func (f *flow) bytes() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.passed
}

// awaitHead waits for the headers. bare means that neither body nor trailers follow.
func (f *flow) awaitHead() (h *hostsim.Headers, bare bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.head == nil && !f.broken {
		f.changed.Wait()
	}
	if f.head == nil {
		return nil, false, errCut
	}
	return f.head, f.end && len(f.queue) == 0 && f.tail == nil, nil
}

// next waits for the next piece of the body. The error is io.EOF after the last one, errCut if there is no last one.
func (f *flow) next() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.queue) == 0 {
		switch {
		case f.broken:
			return nil, errCut
		case f.end:
			return nil, io.EOF
		}
		f.changed.Wait()
	}
	p := f.queue[0]
	f.queue[0] = nil
	f.queue = f.queue[1:]
	f.queued -= len(p)
	f.changed.Broadcast()
	return p, nil
}

// idle reports whether next would have to wait.
func (f *flow) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queue) == 0 && !f.end && !f.broken
}

// trailers are what follows the body, nil if nothing does. They are known after next gave io.EOF.
func (f *flow) trailers() *hostsim.Headers {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tail
}

// awaitRoom waits until the flow can take more, or will take nothing more.
func (f *flow) awaitRoom() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.queued >= flowLimit && !f.broken && !f.end {
		f.changed.Wait()
	}
}

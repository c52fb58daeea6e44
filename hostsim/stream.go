package hostsim

import (
	"bytes"
	"fmt"

	"github.com/mom-router/mom-router/hostsim/internal/buffer"
	"github.com/mom-router/mom-router/hostsim/internal/chain"
)

// Parts takes a request or a response part by part. The receiver owns what it gets. end says that
// nothing follows; trailers are always the end.
type Parts interface {
	Headers(h *Headers, end bool)
	Data(p []byte, end bool)
	Trailers(t *Headers)
}

// Message is a Parts that keeps everything.
type Message struct {
	Head     *Headers // nil if nothing came
	Body     []byte
	Tail     *Headers // trailers, nil if there were none
	Complete bool     // the end was seen: a message cut short is not complete
	Twice    bool     // headers came again: no peer can read this
}

// Headers keeps the headers.
func (m *Message) Headers(h *Headers, end bool) {
	m.Twice = m.Head != nil
	m.Head, m.Complete = h.Clone(), end
}

// Data appends to the body.
func (m *Message) Data(p []byte, end bool) {
	if m.Body == nil {
		m.Body = p
	} else {
		m.Body = append(m.Body, p...)
	}
	m.Complete = end
}

// Trailers keeps the trailers.
func (m *Message) Trailers(t *Headers) { m.Tail, m.Complete = t.Clone(), true }

// StreamOptions say where the parts of a stream go.
type StreamOptions struct {
	HTTP2    bool
	Metadata map[string]any // see Request
	Upstream Parts          // what the router sends to the backend; nil: dropped
	Client   Parts          // what the client gets; nil: dropped
}

// Stream is one request and its response on their way through the filters. The methods named after
// parts of the request are the client, those that begin with Respond are the backend. Each is one event:
// what it causes, local replies and queue notices included, has happened when it returns.
type Stream struct {
	w         *Worker
	m         *chain.Manager
	up        Parts
	client    Parts
	reset     bool
	toBackend bool
}

// Open starts a stream. Its filters are created in the VM when the headers come.
func (w *Worker) Open(o StreamOptions) *Stream {
	w.Reload()
	s := &Stream{w: w, up: o.Upstream, client: o.Client}
	if s.up == nil {
		s.up = nowhere{}
	}
	if s.client == nil {
		s.client = nowhere{}
	}
	filters := make([]chain.Filter, 0, len(w.places))
	for _, p := range w.places {
		if p.on.Failed() == nil || !p.plugin.FailOpen {
			filters = append(filters, p.on.NewStream(p.root))
		}
	}
	limit := w.cfg.BufferLimit
	if o.HTTP2 {
		limit = w.cfg.StreamWindow
	}
	s.m = chain.New(filters, limit, router{s}, client{s})
	s.m.Route, s.m.Metadata = w.cfg.Route, o.Metadata
	s.m.OnEnd = func(reset bool) { s.reset = reset }
	s.m.Now = func() int64 { return w.cfg.Clock.Now().UnixNano() }
	s.m.Start = s.m.Now()
	s.m.Protocol = "HTTP/1.1"
	if o.HTTP2 {
		s.m.Protocol = "HTTP/2"
	}
	w.streams++
	s.m.StreamID = w.streams
	return s
}

// Headers sends the request's headers.
func (s *Stream) Headers(h *Headers, end bool) { s.w.turn(func() { s.m.RequestHeaders(h, end) }) }

// Data sends a piece of the request's body. The stream owns p from now on.
func (s *Stream) Data(p []byte, end bool) { s.w.turn(func() { s.m.RequestData(p, end) }) }

// Trailers sends the request's trailers.
func (s *Stream) Trailers(t *Headers) { s.w.turn(func() { s.m.RequestTrailers(t) }) }

// Reset is the client going away.
func (s *Stream) Reset() {
	s.w.turn(func() {
		if !s.m.Done() {
			s.m.Details = "downstream_remote_disconnect" // whatever came of it before (ConnectionManagerImpl::resetAllStreams)
		}
		s.m.Reset("")
	})
}

// RespondHeaders sends the backend's response headers. They are dropped if there is an answer already.
func (s *Stream) RespondHeaders(h *Headers, end bool) { s.w.turn(func() { s.m.Respond(h, end) }) }

// RespondData sends a piece of the backend's response.
func (s *Stream) RespondData(p []byte, end bool) { s.w.turn(func() { s.m.RespondData(p, end) }) }

// RespondTrailers ends the backend's response.
func (s *Stream) RespondTrailers(t *Headers) { s.w.turn(func() { s.m.RespondTrailers(t) }) }

// Done reports whether the stream is over: answered in full, or reset.
func (s *Stream) Done() bool { return s.m.Done() }

// WasReset reports whether it ended without a full answer.
func (s *Stream) WasReset() bool { return s.reset }

// Paused reports back-pressure: Envoy would not read more of the request before a filter continues.
func (s *Stream) Paused() bool { return s.m.RequestPaused() }

// Cluster is where the router sent the request, empty before it did.
func (s *Stream) Cluster() string { return s.m.Cluster }

// Details is Envoy's response_code_details.
func (s *Stream) Details() string { return s.m.Details }

// State is the filter state. A property that a plugin sets as "x" is found under "wasm.x".
func (s *Stream) State() map[string][]byte { return s.m.FilterState }

// Held says which filter keeps the stream from going on, and how.
func (s *Stream) Held() string {
	name, why := s.m.Stuck()
	if name == "" {
		return "no filter pauses it, and yet nothing more can happen"
	}
	return fmt.Sprintf("filter %q: %s", name, why)
}

// router stands at the end of the request's path (source/common/router/router.cc).
type router struct{ s *Stream }

func (r router) Headers(h *Headers, end bool) {
	m := r.s.m
	if route := m.ChooseRoute(); route.Status != 0 {
		m.Reply(chain.LocalReply{Status: route.Status, Details: route.Details, Flags: routeFlags[route.Details]})
		return
	}
	r.s.toBackend = true
	m.Sent()
	r.s.up.Headers(h, end)
}

func (r router) Data(b *buffer.Buffer, end bool) {
	if !r.s.toBackend {
		b.Take()
		return
	}
	sent := b.Bytes()
	if r.s.m.KeepSent(b) {
		sent = bytes.Clone(sent)
	} else {
		b.Take()
	}
	r.s.up.Data(sent, end)
}

func (r router) Trailers(t *Headers) {
	if r.s.toBackend {
		r.s.up.Trailers(t)
	}
}

// routeFlags are the response_flags of answers that the router makes because it has no route or no cluster.
var routeFlags = map[string]int64{"route_not_found": 0x100, "cluster_not_found": 0x1000000}

// client stands at the end of the response's path.
type client struct{ s *Stream }

func (c client) Headers(h *Headers, end bool) {
	c.s.m.ResponseLeaving(h)
	c.s.client.Headers(h, end)
}

func (c client) Data(b *buffer.Buffer, end bool) {
	p := b.Take()
	c.s.m.BytesOut += len(p)
	c.s.client.Data(p, end)
}

func (c client) Trailers(t *Headers) { c.s.client.Trailers(t) }

type nowhere struct{}

func (nowhere) Headers(*Headers, bool) {}
func (nowhere) Data([]byte, bool)      {}
func (nowhere) Trailers(*Headers)      {}

package chain

import (
	"strconv"

	"github.com/mom-router/mom-router/hostsim/internal/buffer"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

// Route is what the router would do with a request.
type Route struct {
	Cluster string // the chosen cluster
	Status  int    // when not 0, the router answers so itself: 404 no route, 503 no such cluster
	Details string // response_code_details of that answer
	// The router keeps what it sends of the body for another try, as it does for a retry_policy, a request_mirror_policies or an
	// internal_redirect_policy. Nothing is sent again here.
	Again bool
}

// Info is the state that the filters of a stream share, and what becomes of the stream
// (Envoy's StreamInfo).
type Info struct {
	Metadata    map[string]any    // dynamic metadata of the request, by filter
	FilterState map[string][]byte // objects that plugins set; the key has the prefix "wasm."
	Protocol    string            // "HTTP/1.1" or "HTTP/2"
	Start       int64             // nanoseconds since 1970
	StreamID    uint64
	Code        int    // the response's status, 0 before there is one
	Details     string // response_code_details
	Flags       int64  // response_flags, as plugins see them
	BytesIn     int    // request body received
	BytesOut    int    // response body sent
	ByFilter    bool   // the answer is a filter's local reply
	Cluster     string // chosen cluster, empty before the router ran
	Complete    bool   // the stream is over (request_complete)
	Attempts    int    // requests sent upstream
	Latency     int64  // nanoseconds that the upstream took, 0 while its response is incomplete
}

// Manager is one stream (Envoy's DownstreamFilterManager and the parts of the connection manager
// that decide when a stream ends).
type Manager struct {
	Info

	// Route chooses the cluster; it is asked once when the stream starts, and again after the cache
	// was cleared.
	Route func(*headers.Map) Route
	// Now tells the time in nanoseconds; nil: nothing is timed.
	Now func() int64
	// OnEnd is called once, when the response is complete or the stream was reset: after Log and
	// Destroy of all filters.
	OnEnd func(reset bool)

	limit    int
	dec, enc path
	filters  []Filter
	held     [2]bool     // back-pressure: on the request, on the response
	cached   Route       // the route, if there is one in the cache
	routed   bool        // there is
	prepared *LocalReply // to be made when the running request callback is over
	target   string      // the cluster of the last route, also after the cache was cleared
	sent     int64       // when the request's headers left

	requestComplete  bool
	responseComplete bool
	responseSent     bool // response headers have left for the client
	ended            bool
	destroyed        bool
	gaveUp           bool // the router keeps no more of what it sends
}

// New makes a stream. limit is the connection's buffer limit in bytes, 0 for none
// (per_connection_buffer_limit_bytes). client takes the response, upstream the request.
func New(filters []Filter, limit int, upstream, client Sink) *Manager {
	m := &Manager{limit: limit, filters: filters}
	m.dec = path{m: m, request: true, out: upstream, streaming: true}
	m.enc = path{m: m, out: client, streaming: true}
	n := len(filters)
	steps := make([]step, 2*n)
	m.dec.steps, m.enc.steps = steps[:n:n], steps[n:]
	callbacks := make([]Callbacks, n)
	for i, f := range filters {
		// The response passes the filters the other way round.
		dec, enc := &m.dec.steps[i], &m.enc.steps[n-1-i]
		*dec = step{p: &m.dec, at: i, f: f}
		*enc = step{p: &m.enc, at: n - 1 - i, f: f}
		callbacks[i] = Callbacks{m: m, dec: dec, enc: enc}
		f.Attach(&callbacks[i])
	}
	return m
}

// RequestHeaders starts the stream. end means there is neither body nor trailers.
func (m *Manager) RequestHeaders(h *headers.Map, end bool) {
	m.dec.headers, m.requestComplete = h, end
	m.routeNow()
	m.dec.passHeaders(nil, end)
}

// Refuse answers a request before any filter has seen it, as the connection manager does with one that is malformed. The
// filters get to see neither the request nor the answer, but the end.
func (m *Manager) Refuse(h *headers.Map, status int, details string) {
	m.dec.headers, m.requestComplete = h, true
	m.Reply(LocalReply{Status: status, Details: details})
}

// RequestData delivers a piece of body. It takes ownership of p.
func (m *Manager) RequestData(p []byte, end bool) {
	m.requestComplete = m.requestComplete || end
	m.BytesIn += len(p)
	m.dec.passData(nil, buffer.New(p), end, true)
}

// RequestTrailers ends the request.
func (m *Manager) RequestTrailers(t *headers.Map) {
	m.requestComplete = true
	m.dec.trailers = t
	m.dec.passTrailers(nil)
}

// Respond delivers the upstream's response headers; they are dropped when there is an answer already.
func (m *Manager) Respond(h *headers.Map, end bool) {
	if m.destroyed || m.enc.headers != nil {
		return
	}
	m.Details = "via_upstream"
	m.Code, _ = strconv.Atoi(h.Value(":status"))
	m.sawUpstream(end)
	m.encodeHeaders(h, end)
}

// sawUpstream notes when the upstream's response is complete.
func (m *Manager) sawUpstream(end bool) {
	if end && m.Now != nil && m.Details == "via_upstream" {
		m.Latency = max(m.Now()-m.sent, 1)
	}
}

// Sent is to be called by the upstream sink when it sends the request's headers.
func (m *Manager) Sent() {
	m.Attempts++
	if m.Now != nil {
		m.sent = m.Now()
	}
}

// KeepSent is to be called by the upstream sink with each piece of body that it sends, and has sent a copy of if it is kept. It is
// kept in the stream's one buffer, where it goes along when a filter resumes that has stopped a later piece there. A router that
// would keep more than the buffer's limit gives up and keeps no more, but what there is stays (Router::Filter::decodeData,
// source/common/router/router.cc).
func (m *Manager) KeepSent(data *buffer.Buffer) (kept bool) {
	if !m.cached.Again || m.gaveUp {
		return false
	}
	n := data.Len()
	if m.dec.buffered != nil {
		n += m.dec.buffered.Len()
	}
	if m.gaveUp = m.limit > 0 && n > m.limit; m.gaveUp {
		return false
	}
	m.dec.streaming = true
	m.dec.keep(data)
	return true
}

// Target is the cluster that the route leads to, empty if there is none.
func (m *Manager) Target() string {
	if m.routed && m.cached.Status == 0 {
		m.target = m.cached.Cluster
	}
	return m.target
}

func (m *Manager) encodeHeaders(h *headers.Map, end bool) {
	m.enc.headers = h
	m.responseComplete = end
	m.enc.passHeaders(nil, end)
}

// RespondData delivers a piece of the response's body.
func (m *Manager) RespondData(p []byte, end bool) {
	if m.destroyed || m.ended {
		return
	}
	m.responseComplete = m.responseComplete || end
	m.sawUpstream(end)
	m.enc.passData(nil, buffer.New(p), end, true)
}

// RespondTrailers ends the response.
func (m *Manager) RespondTrailers(t *headers.Map) {
	if m.destroyed || m.ended {
		return
	}
	m.responseComplete = true
	m.sawUpstream(true)
	m.enc.trailers = t
	m.enc.passTrailers(nil)
}

// ResponseLeaving is to be called by the client's sink when it gets headers.
func (m *Manager) ResponseLeaving(h *headers.Map) {
	m.responseSent = true
	m.Code, _ = strconv.Atoi(h.Value(":status"))
}

// Reply is sendLocalReply: through the filters' response callbacks if no response has begun, past
// them if one has begun but not left, and a reset if it has left.
func (m *Manager) Reply(r LocalReply) {
	if m.destroyed || m.ended {
		return
	}
	switch {
	case m.dec.calling != 0 && m.enc.headers == nil:
		// It is only prepared, and made when the callback is over; the first one counts.
		m.dec.aborted = true
		if m.prepared == nil {
			m.prepared = &r
		}
		return
	case m.dec.calling != 0:
		m.dec.aborted = true
	case m.enc.calling != 0:
		m.enc.aborted = true
	}
	m.reply(r)
}

// replyPrepared makes the answer that a request callback has prepared (executeLocalReplyIfPrepared).
func (m *Manager) replyPrepared() {
	if r := m.prepared; r != nil && !m.destroyed {
		m.prepared = nil
		m.reply(*r)
	}
}

func (m *Manager) reply(r LocalReply) {
	m.Details, m.ByFilter = r.Details, r.Filter
	m.Flags |= r.Flags
	h := headers.New(headers.Field{Name: ":status", Value: strconv.Itoa(r.Status)})
	for _, f := range r.Headers {
		h.Add(f.Name, f.Value)
	}
	if len(r.Body) == 0 {
		h.Remove("content-length")
		h.Remove("content-type")
	} else {
		h.Set("content-length", strconv.Itoa(len(r.Body)))
		if _, ok := h.Get("content-type"); !ok {
			h.Set("content-type", "text/plain")
		}
	}
	body := r.Body
	if m.dec.headers.Value(":method") == "HEAD" {
		body = nil
	}
	switch {
	case m.enc.headers == nil:
		m.encodeHeaders(h, len(body) == 0)
		if len(body) > 0 && !m.destroyed {
			m.RespondData(body, true)
		}
	case !m.responseSent:
		m.enc.headers, m.responseComplete = h, true
		m.enc.out.Headers(h, len(body) == 0)
		if len(body) > 0 {
			m.enc.out.Data(buffer.New(body), true)
		}
		m.end()
	default:
		m.Reset(r.Details)
	}
}

// Reset drops the stream: the client gets no (further) answer, filters are told that it is over.
func (m *Manager) Reset(details string) {
	if m.destroyed {
		return
	}
	if m.Details == "" {
		m.Details = details
	}
	m.destroy(true)
}

// end follows the last part of the response (endStream): whatever the request still sends is dropped.
func (m *Manager) end() {
	if !m.ended {
		m.ended = true
		m.destroy(false)
	}
}

func (m *Manager) destroy(reset bool) {
	if m.destroyed {
		return
	}
	m.destroyed = true
	m.Complete = true
	for _, f := range m.filters {
		f.Log()
	}
	for _, f := range m.filters {
		f.Destroy()
	}
	if m.OnEnd != nil {
		m.OnEnd(reset)
	}
}

// Done reports whether the stream is over.
func (m *Manager) Done() bool { return m.destroyed }

// RequestPaused reports back-pressure: Envoy would not read more of the request now.
func (m *Manager) RequestPaused() bool { return m.held[0] }

// RequestMap is the request's headers, for the access log.
func (m *Manager) RequestMap() *headers.Map { return m.dec.headers }

// ResponseMap is the response's headers, nil before there are any.
func (m *Manager) ResponseMap() *headers.Map { return m.enc.headers }

// ResponseTrailerMap is the response's trailers, nil if there are none.
func (m *Manager) ResponseTrailerMap() *headers.Map { return m.enc.trailers }

// ClearRouteCache forgets the route that was chosen.
func (m *Manager) ClearRouteCache() {
	m.Target()
	m.routed = false
}

func (m *Manager) routeNow() Route {
	if !m.routed {
		m.cached = Route{}
		if m.Route != nil {
			m.cached = m.Route(m.dec.headers)
		}
		m.routed = true
	}
	return m.cached
}

// ChooseRoute is for the upstream sink: the route, chosen again if the cache was cleared.
func (m *Manager) ChooseRoute() Route {
	r := m.routeNow()
	m.Cluster = r.Cluster
	return r
}

// Stuck names the filter that keeps the stream from going on, and how; both are empty when none does.
func (m *Manager) Stuck() (filter, why string) {
	for _, p := range []*path{&m.enc, &m.dec} {
		what := "request"
		if !p.request {
			what = "response"
		}
		for i := range p.steps {
			s := &p.steps[i]
			switch {
			case s.stoppedAll():
				return s.f.Name(), "it paused the " + what + " headers, so no body callback comes before it continues"
			case s.state == stopped && !s.headersDone:
				return s.f.Name(), "it paused the " + what + " headers and body"
			case s.state == stopped:
				return s.f.Name(), "it paused the " + what + " body"
			}
		}
	}
	return "", ""
}

package hostsim

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Request is what a client sends.
type Request struct {
	Method   string  // "" is POST if there is a body, else GET
	Path     string  // "" is "/"
	Headers  []Field // host or :authority may be among them
	Body     []byte  // not changed, but parts of it are handed on: leave it alone until the result is read
	Chunks   []int   // sizes in which the body arrives; what they leave over comes in pieces of 16 KiB
	Trailers []Field
	HTTP2    bool
	// Unsized leaves the body's length open: it is chunked over HTTP/1, and over HTTP/2 its end comes apart from the
	// last piece, as most clients send it.
	Unsized bool
	// Metadata is the dynamic metadata that filters of the proxy have left before the plugins, by filter: objects, strings, numbers (float64),
	// booleans, as encoding/json reads them. What jwt_authn has checked stands under "envoy.filters.http.jwt_authn".
	Metadata map[string]any
}

// Response is what the stand-in backend answers.
type Response struct {
	Headers  []Field // :status among them
	Body     []byte
	Chunks   []int // sizes in which the body arrives, each an event of its own; what they leave over comes in pieces of 16 KiB
	Trailers []Field
	Unsized  bool    // the length is left open, as that of a stream is
	Failure  Failure // what goes wrong instead; BreakingOff: behind Body
}

// Origin says who answered.
type Origin string

// The origins of an answer.
const (
	FromBackend Origin = "backend"
	FromPlugin  Origin = "plugin" // a plugin's local response
	FromProxy   Origin = "proxy"  // the router (no route), the buffer limit, a failed VM
)

// Result is what became of a request.
type Result struct {
	Status   int      // what the client sees; 0 if it got no answer that it can read in full
	Origin   Origin   // who answered; empty if nobody did
	Details  string   // response_code_details
	Cluster  string   // where the router sent the request
	Upstream *Message // what the backend got; nil if nothing, and when it was cut short of what it was to be
	Response *Message // what the client got; nil if it got no answer, or only a part of one
	State    map[string][]byte
	Held     string // why the stream stood still for ever; empty if it did not
	Trap     error  // the module's trap that this request met
	Elapsed  time.Duration
}

const readSize = 16 << 10 // what Envoy reads from a socket at a time

// Do runs one request to its end. The stand-in backend answers complete requests. Between two pieces of
// the body the event loop runs; headers arrive with the first piece, and over HTTP/1 the end arrives with
// the last one as a piece of no bytes, as Envoy's codecs deliver them.
//
// A stream that no event can move any more is reported in Held, after the plugins' ticks have had
// Config.HoldLimit of simulated time to move it.
func (w *Worker) Do(r Request) Result {
	begin := time.Now()
	w.Turn()
	w.Tick()
	var up, down Message
	s := w.Open(StreamOptions{HTTP2: r.HTTP2, Metadata: r.Metadata, Upstream: &up, Client: &down})
	deadline := w.cfg.Clock.Now().Add(w.cfg.HoldLimit)
	held := w.feed(s, r, deadline)
	for !held && !s.Done() {
		if up.Complete && s.m.ResponseMap() == nil {
			if short(&up) {
				// The backend waits for what was announced until the route's timeout.
				up.Complete = false
				s.Fail(504, "response_timeout", "upstream request timeout")
			} else {
				w.respond(s)
			}
			continue
		}
		held = !w.wait(deadline)
	}
	res := Result{Details: s.Details(), Cluster: s.Cluster(), State: s.State()}
	if held {
		res.Held = "held for ever: " + s.Held()
		s.Reset()
	}
	if arrive(&down, r.HTTP2) {
		res.Status, _ = strconv.Atoi(down.Head.Value(":status"))
		res.Response = &down
		res.Origin = s.origin()
	}
	if up.Complete || served(&up) {
		up.Complete = true
		arrive(&up, false)
		res.Upstream = &up
	}
	res.Trap = w.Failed()
	res.Elapsed = time.Since(begin)
	return res
}

// arrive makes of a message what its receiver can read of it, and reports whether it can read it at all. A body that is
// longer than announced is cut over HTTP/1 and an error over HTTP/2; over HTTP/1, trailers need chunks.
func arrive(m *Message, http2 bool) bool {
	if m.Head == nil || m.Twice || !m.Complete {
		return false
	}
	if status := m.Head.Value(":status"); status != "" && len(status) != 3 && !http2 {
		return false
	}
	n, err := strconv.Atoi(m.Head.Value("content-length"))
	if err != nil {
		return true
	}
	if !http2 {
		m.Tail = nil
	}
	if n < len(m.Body) {
		m.Body = m.Body[:n]
		return !http2
	}
	return true
}

// served reports whether a backend has all that was announced, so that it acts on it although the end never came: a filter
// that answers in the last body callback comes too late.
func served(m *Message) bool {
	n, err := strconv.Atoi(m.Head.Value("content-length"))
	return err == nil && n > 0 && n == len(m.Body)
}

// short reports whether a message has less of a body than it announces.
func short(m *Message) bool {
	n, err := strconv.Atoi(m.Head.Value("content-length"))
	return err == nil && n > len(m.Body)
}

func (s *Stream) origin() Origin {
	switch {
	case s.m.Details == "via_upstream":
		return FromBackend
	case s.m.ByFilter:
		return FromPlugin
	}
	return FromProxy
}

// feed sends the request and reports whether it got stuck.
func (w *Worker) feed(s *Stream, r Request, deadline time.Time) (held bool) {
	if w.cfg.DropHTTP1Trailers && !r.HTTP2 {
		r.Trailers = nil
	}
	h := w.requestHeaders(r)
	size := readSize
	if r.HTTP2 {
		size = min(size, w.cfg.BufferLimit)
	}
	pieces := cut(r.Body, r.Chunks, size)
	if strings.Contains(h.Value(":path"), "#") {
		w.turn(func() { s.m.Refuse(h, 400, "path_normalization_failed") })
		return false
	}
	if len(pieces) == 0 && len(r.Trailers) == 0 {
		s.Headers(h, true)
		return false
	}
	// Each element is one read from the socket.
	for i := 0; i < max(len(pieces), 1); i++ {
		for s.Paused() && !s.Done() {
			if !w.wait(deadline) {
				return true
			}
		}
		if s.Done() {
			return false
		}
		w.turn(func() {
			if i == 0 {
				s.m.RequestHeaders(h, false)
			}
			last := i >= len(pieces)-1
			if i < len(pieces) {
				s.m.RequestData(pieces[i], last && r.HTTP2 && !r.Unsized && len(r.Trailers) == 0)
			}
			switch {
			case !last || s.Done():
			case len(r.Trailers) > 0:
				s.m.RequestTrailers(NewHeaders(r.Trailers...))
			case !r.HTTP2 || r.Unsized:
				s.m.RequestData(nil, true)
			}
		})
	}
	return false
}

// wait leaps to the next tick; false means that nothing will happen before the deadline. While the plugins wait for answers
// to HTTP calls, the time is the real one.
func (w *Worker) wait(deadline time.Time) bool {
	at, ticks := w.NextTick()
	ticks = ticks && !at.After(deadline)
	if w.calling() {
		limit := w.cfg.HoldLimit
		if ticks {
			limit = at.Sub(w.cfg.Clock.Now())
		}
		t := time.NewTimer(limit)
		defer t.Stop()
		select {
		case <-w.arrived:
			w.Turn()
			return true
		case <-t.C:
		}
	}
	if !ticks {
		return false
	}
	w.cfg.Clock.Sleep(at.Sub(w.cfg.Clock.Now()))
	w.Tick()
	return true
}

func (w *Worker) respond(s *Stream) {
	resp := w.cfg.Backend(s.Cluster())
	if resp.Failure != NoFailure && resp.Failure != BreakingOff {
		s.FailBackend(resp.Failure)
		return
	}
	h := NewHeaders(resp.Headers...)
	tail := len(resp.Trailers) > 0
	if !tail && !resp.Unsized {
		h.Set("content-length", strconv.Itoa(len(resp.Body)))
	}
	bare := len(resp.Body) == 0 && !tail || s.m.RequestMap().Value(":method") == "HEAD"
	pieces := [][]byte{resp.Body}
	if len(resp.Chunks) > 0 {
		pieces = cut(resp.Body, resp.Chunks, readSize)
	}
	// Headers come with the first piece. Backends speak HTTP/1, whose end comes behind the last one.
	for i := range pieces {
		w.turn(func() {
			if i == 0 {
				s.m.Respond(h, bare)
			}
			if bare {
				return
			}
			s.m.RespondData(pieces[i], false)
			switch {
			case i < len(pieces)-1:
			case resp.Failure == BreakingOff:
				s.m.Reply(w.module.host.failure(BreakingOff))
			case tail:
				s.m.RespondTrailers(NewHeaders(resp.Trailers...))
			default:
				s.m.RespondData(nil, true)
			}
		})
	}
}

func standIn(cluster string) Response {
	return Response{
		Headers: []Field{{Name: ":status", Value: "200"}, {Name: "content-type", Value: "application/json"}},
		Body:    []byte(`{"backend":` + strconv.Quote(cluster) + "}\n"),
	}
}

// cut divides a body into the pieces in which it arrives.
func cut(body []byte, sizes []int, size int) [][]byte {
	var out [][]byte
	for len(body) > 0 {
		n := size
		if len(sizes) > 0 {
			n, sizes = max(sizes[0], 1), sizes[1:]
		}
		n = min(n, len(body))
		out = append(out, body[:n:n])
		body = body[n:]
	}
	return out
}

// hopByHop are the headers that Envoy's connection manager takes off before the filters
// (ConnectionManagerUtility::mutateRequestHeaders). They stay when the client asks for an upgrade.
var hopByHop = []string{"connection", "keep-alive", "proxy-connection", "transfer-encoding"}

// requestHeaders is what the filters see of the request.
func (w *Worker) requestHeaders(r Request) *Headers {
	h := r.Head()
	if _, has := h.Get("x-request-id"); !has {
		h.Set("x-request-id", fmt.Sprintf("00000000-0000-4000-8000-%012x", w.cfg.FirstReqID))
		w.cfg.FirstReqID++
	}
	return h
}

// Head is what the filters see of the request's headers, but for the x-request-id that a Worker gives to a request without
// one: names are in lower case, those that concern the connection are gone, and those that Envoy sets are there.
func (r Request) Head() *Headers {
	method, path := r.Method, r.Path
	if method == "" {
		method = "GET"
		if len(r.Body) > 0 {
			method = "POST"
		}
	}
	if path == "" {
		path = "/"
	}
	h := NewHeaders(Field{Name: ":authority", Value: "localhost"}, Field{Name: ":path", Value: path},
		Field{Name: ":method", Value: method}, Field{Name: ":scheme", Value: "http"})
	for _, f := range r.Headers {
		switch name := strings.ToLower(f.Name); name {
		case "host", ":authority":
			h.Set(":authority", f.Value)
		case ":path", ":method", ":scheme":
			h.Set(name, f.Value)
		default:
			h.Add(name, f.Value)
		}
	}
	_, chunked := h.Get("transfer-encoding")
	if _, upgrade := h.Get("upgrade"); !upgrade {
		for _, name := range hopByHop {
			h.Remove(name)
		}
	}
	if _, has := h.Get("content-length"); !has && !chunked && !r.Unsized && len(r.Body) > 0 && len(r.Trailers) == 0 {
		h.Set("content-length", strconv.Itoa(len(r.Body)))
	}
	if _, has := h.Get("x-forwarded-proto"); !has {
		h.Set("x-forwarded-proto", "http")
	}
	return h
}

package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

// reuse is how long a connection to a backend is kept. The server of vLLM (uvicorn) closes idle ones after five seconds,
// and a request that meets a closing connection fails.
const reuse = 4 * time.Second

func newTransport(connect time.Duration) *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: connect}).DialContext,
		TLSHandshakeTimeout:   connect,
		DisableCompression:    true, // the client asks for what it wants
		MaxIdleConns:          0,    // no limit
		MaxIdleConnsPerHost:   1024,
		IdleConnTimeout:       reuse,
		ExpectContinueTimeout: time.Second,
		ReadBufferSize:        readSize,
		WriteBufferSize:       readSize,
		ForceAttemptHTTP2:     true, // where TLS offers it
	}
}

// forward sends the request to the backend and feeds the response to the filters as it comes.
func (x *exchange) forward() {
	defer x.others.Done()
	request := x.request()
	response, err := x.proxy.transport.RoundTrip(request)
	if err != nil {
		failure := hostsim.FailureOf(request.Context(), err)
		if errors.Is(err, errCut) {
			failure = hostsim.Closing
		}
		x.do(func() { x.stream.FailBackend(failure) })
		return
	}
	defer response.Body.Close()
	x.moved()
	if response.StatusCode < 200 {
		x.do(func() { x.stream.FailBackend(hostsim.Garbage) })
		return
	}
	bare := response.Body == http.NoBody || x.method == http.MethodHead
	head := responseHeaders(response)
	x.do(func() { x.stream.RespondHeaders(head, bare) })
	for !bare {
		x.down.awaitRoom()
		p := make([]byte, readSize)
		n, err := response.Body.Read(p)
		x.moved()
		x.do(func() { x.respond(p[:n:n], err, response.Trailer) })
		if err != nil {
			return
		}
	}
}

// respond is the event of some of the response having come, or its end, or the backend's failure to send it.
func (x *exchange) respond(p []byte, err error, trailer http.Header) {
	trailers := err == io.EOF && len(trailer) > 0
	if end := err == io.EOF && !trailers; len(p) > 0 || end {
		x.stream.RespondData(p, end)
	}
	switch {
	case trailers:
		x.stream.RespondTrailers(fields(trailer))
	case err != nil && err != io.EOF:
		x.stream.FailBackend(hostsim.BreakingOff)
	}
}

// request is what the backend gets. It is sent in full if the filters have let all of it go, else as they do.
func (x *exchange) request() *http.Request {
	head, bare, _ := x.up.awaitHead()
	cluster := x.stream.Cluster() // the router has run: it does not change any more
	target := x.loop.crew.setup.Clusters[cluster]
	r := &http.Request{
		Method: head.Value(":method"), Host: head.Value(":authority"), URL: address(target, head.Value(":path")),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, head.Len()), ContentLength: -1,
	}
	requestFields(r.Header, head)
	if n, err := strconv.ParseInt(head.Value("content-length"), 10, 64); err == nil {
		r.ContentLength = n
	}
	switch {
	case bare:
		r.ContentLength = 0
	case x.up.whole():
		body := x.rest()
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(body()), nil }
		r.Body, _ = r.GetBody()
		r.Trailer = trailerFields(x.up.trailers())
	default:
		r.Trailer = http.Header{}
		r.Body = &streamed{flow: x.up, trailer: r.Trailer}
	}
	return r.WithContext(x.ctx)
}

// rest is the whole body that is waiting in the flow, to be read more than once.
func (x *exchange) rest() func() io.Reader {
	var pieces [][]byte
	for {
		p, err := x.up.next()
		if err != nil {
			break // io.EOF, or the stream is over and the context with it
		}
		pieces = append(pieces, p)
	}
	if len(pieces) == 1 {
		return func() io.Reader { return bytes.NewReader(pieces[0]) }
	}
	return func() io.Reader {
		readers := make([]io.Reader, len(pieces))
		for i, p := range pieces {
			readers[i] = bytes.NewReader(p)
		}
		return io.MultiReader(readers...)
	}
}

// streamed is a request's body on its way.
type streamed struct {
	*flow
	piece   []byte
	trailer http.Header // filled at the end
}

func (s *streamed) Read(p []byte) (int, error) {
	for len(s.piece) == 0 {
		piece, err := s.next()
		if err == io.EOF {
			for name, values := range trailerFields(s.trailers()) {
				s.trailer[name] = values
			}
		}
		if err != nil {
			return 0, err
		}
		s.piece = piece
	}
	n := copy(p, s.piece)
	s.piece = s.piece[n:]
	return n, nil
}

func (s *streamed) Close() error { return nil }

// address is a path at a backend, spelled as the client did.
func address(target *url.URL, path string) *url.URL {
	u := &url.URL{Scheme: target.Scheme, Host: target.Host}
	if strings.HasPrefix(path, "//") { // net/url would take an opaque one for a host
		if parsed, err := url.ParseRequestURI(path); err == nil {
			u.Path, u.RawPath, u.RawQuery = parsed.Path, parsed.RawPath, parsed.RawQuery
			return u
		}
	}
	u.Opaque = path
	return u
}

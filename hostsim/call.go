package hostsim

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxAnswer is the largest body, in bytes, that HTTPCalls takes for an answer. A larger one counts as a broken connection.
const MaxAnswer = 16 << 20

// HTTPCalls is a Config.Call that makes the HTTP calls of plugins over the network. clusters says where each one is, by
// scheme, host and port. What goes wrong is answered as in Envoy: 503 where nobody listens or the connection breaks before
// an answer, 504 after the call's time-out, 502 for what is no HTTP, and no answer at all where it breaks off later.
func (h *Host) HTTPCalls(clusters map[string]*url.URL) func(Call) bool {
	transport := &http.Transport{DisableCompression: true, IdleConnTimeout: 4 * time.Second, MaxIdleConnsPerHost: 64}
	return func(c Call) bool {
		at := clusters[c.Cluster]
		if at == nil || c.Cluster == "*" {
			return false
		}
		go func() { c.Done(h.call(transport, at, c)) }()
		return true
	}
}

// call makes one call and waits for its answer.
func (h *Host) call(transport *http.Transport, at *url.URL, c Call) *Answer {
	ctx, cancel := context.WithCancel(context.Background())
	if c.Timeout > 0 {
		ctx, cancel = context.WithTimeout(context.Background(), c.Timeout)
	}
	defer cancel()
	request := &http.Request{Method: c.Headers.Value(":method"), Host: c.Headers.Value(":authority"),
		URL:    &url.URL{Scheme: at.Scheme, Host: at.Host, Opaque: c.Headers.Value(":path")},
		Header: http.Header{}, ContentLength: int64(len(c.Body))}
	for _, f := range c.Headers.Fields() {
		if !strings.HasPrefix(f.Name, ":") && f.Name != "content-length" {
			request.Header.Add(f.Name, f.Value)
		}
	}
	if _, ok := request.Header["User-Agent"]; !ok {
		request.Header["User-Agent"] = nil // net/http would add its own
	}
	request.Header.Set("X-Envoy-Internal", "true")
	if c.Timeout > 0 {
		request.Header.Set("X-Envoy-Expected-Rq-Timeout-Ms", strconv.FormatInt(c.Timeout.Milliseconds(), 10))
	}
	if len(c.Body) > 0 {
		request.Body = io.NopCloser(strings.NewReader(string(c.Body)))
	}
	if c.Trailers.Len() > 0 {
		request.ContentLength, request.Trailer = -1, http.Header{}
		for _, f := range c.Trailers.Fields() {
			request.Trailer.Add(f.Name, f.Value)
		}
	}
	begun := time.Now()
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return h.answer(FailureOf(ctx, err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer+1))
	if err != nil || len(body) > MaxAnswer {
		return nil
	}
	a := &Answer{Headers: NewHeaders(Field{Name: ":status", Value: strconv.Itoa(response.StatusCode)}), Body: body}
	sorted(response.Header, a.Headers)
	if len(response.Trailer) > 0 {
		for _, name := range slices.Sorted(maps.Keys(response.Trailer)) {
			a.Headers.Add("trailer", name)
		}
		a.Trailers = NewHeaders()
		sorted(response.Trailer, a.Trailers)
	}
	if len(response.TransferEncoding) > 0 { // net/http has taken it off
		a.Headers.Add("transfer-encoding", "chunked")
	}
	a.Headers.Add("x-envoy-upstream-service-time", strconv.FormatInt(time.Since(begun).Milliseconds(), 10))
	return a
}

// sorted adds fields by name: net/http keeps no order.
func sorted(h http.Header, to *Headers) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[name] {
			to.Add(name, v)
		}
	}
}

// answer is what a plugin gets where the router answers itself.
func (h *Host) answer(f Failure) *Answer {
	r := h.failure(f)
	return &Answer{Body: r.Body, Headers: NewHeaders(Field{Name: ":status", Value: strconv.Itoa(r.Status)},
		Field{Name: "content-length", Value: strconv.Itoa(len(r.Body))}, Field{Name: "content-type", Value: "text/plain"})}
}

// FailureOf says what a backend did, by the error of an http.RoundTripper. ctx is the request's.
func FailureOf(ctx context.Context, err error) Failure {
	var op *net.OpError
	var name *net.DNSError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Silent
	case errors.As(err, &name), errors.As(err, &op) && op.Op == "dial":
		return Down
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op), errors.Is(err, context.Canceled),
		strings.Contains(err.Error(), "server closed idle connection"):
		return Closing
	}
	return Garbage
}

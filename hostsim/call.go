package hostsim

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// MaxAnswer is the largest body, in bytes, that HTTPCalls takes for an answer. A larger one counts as a broken connection.
const MaxAnswer = 16 << 20

// HTTPCalls is a Config.Call that makes the HTTP calls of plugins over the network. clusters says where each one is, by
// scheme, host and port. What goes wrong is answered as in Envoy: 503 where nobody listens or the connection breaks before
// an answer, 504 after the call's time-out, 502 for what is no HTTP, and no answer at all where it breaks off later.
func HTTPCalls(clusters map[string]*url.URL) func(Call) bool {
	transport := &http.Transport{DisableCompression: true, IdleConnTimeout: 4 * time.Second, MaxIdleConnsPerHost: 64}
	return func(c Call) bool {
		at := clusters[c.Cluster]
		if at == nil || c.Cluster == "*" {
			return false
		}
		go func() { c.Done(call(transport, at, c)) }()
		return true
	}
}

// call makes one call and waits for its answer.
func call(transport *http.Transport, at *url.URL, c Call) *Answer {
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
	if len(c.Body) > 0 {
		request.Body = io.NopCloser(strings.NewReader(string(c.Body)))
	}
	if c.Trailers.Len() > 0 {
		request.ContentLength, request.Trailer = -1, http.Header{}
		for _, f := range c.Trailers.Fields() {
			request.Trailer.Add(f.Name, f.Value)
		}
	}
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return unanswered(ctx, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer+1))
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil || len(body) > MaxAnswer:
		return nil
	}
	a := &Answer{Headers: NewHeaders(Field{Name: ":status", Value: response.Status[:3]}), Body: body}
	for name, values := range response.Header {
		for _, v := range values {
			a.Headers.Add(name, v)
		}
	}
	if len(response.Trailer) > 0 {
		a.Trailers = NewHeaders()
		for name, values := range response.Trailer {
			for _, v := range values {
				a.Trailers.Add(name, v)
			}
		}
	}
	return a
}

// unanswered is what the proxy answers itself.
func unanswered(ctx context.Context, err error) *Answer {
	status, text := "502", "upstream connect error or disconnect/reset before headers. reset reason: protocol error"
	var op *net.OpError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		status, text = "504", "upstream request timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		status, text = "503", "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, "+
			"transport failure reason: delayed connect error: Connection refused"
	case errors.As(err, &op) && op.Op == "dial":
		status, text = "503", "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op),
		strings.Contains(err.Error(), "server closed idle connection"):
		status, text = "503", "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
	}
	return &Answer{Headers: NewHeaders(Field{Name: ":status", Value: status}, Field{Name: "content-length", Value: strconv.Itoa(len(text))},
		Field{Name: "content-type", Value: "text/plain"}), Body: []byte(text)}
}

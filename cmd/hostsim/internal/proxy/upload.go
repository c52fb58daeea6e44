package proxy

import (
	"errors"
	"io"
	"net"
	"net/http"
)

// readSize is how much of a body is one event at most. Envoy reads 16 KiB at a time; fewer, larger events cost less.
const readSize = 32 << 10

// upload feeds the request's body to the filters as it comes and as they take it. Once the stream is over it only reads
// on, until the end or until settle's deadline.
func (x *exchange) upload(r *http.Request) {
	defer x.others.Done()
	left := r.ContentLength
	for {
		x.up.awaitRoom()
		x.awaitFilters()
		size := int64(readSize)
		if r.ContentLength >= 0 {
			size = min(size, max(left, 1))
		}
		p := make([]byte, size)
		n, err := r.Body.Read(p)
		left -= int64(n)
		x.moved()
		if n == 0 && err == nil {
			continue
		}
		x.do(func() { x.deliver(p[:n:n], err, r) })
		if err != nil {
			return
		}
	}
}

// deliver is the event of some body having come, or its end, or the client's failure to send it.
func (x *exchange) deliver(p []byte, err error, r *http.Request) {
	x.uploading, x.complete = err == nil, err == io.EOF
	if x.settled {
		return
	}
	x.received += int64(len(p))
	trailers := err == io.EOF && len(r.Trailer) > 0
	if len(p) > 0 {
		// Over HTTP/1, Envoy learns of the end after the last piece.
		x.stream.Data(p, err == io.EOF && x.http2 && !trailers)
	}
	switch {
	case err == nil || x.stream.Done():
	case trailers:
		x.stream.Trailers(fields(r.Trailer))
	case err == io.EOF:
		if len(p) == 0 || !x.http2 {
			x.stream.Data(nil, true)
		}
	case x.http2 || isDisconnect(err):
		x.stream.Reset()
	default:
		x.stream.Fail(http.StatusBadRequest, "http1.codec_error", "Bad Request")
	}
}

// isDisconnect tells a client that went away from one that sent a malformed body.
func isDisconnect(err error) bool {
	var network net.Error
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network)
}

// awaitFilters waits while the filters hold more of the body than they should.
func (x *exchange) awaitFilters() {
	x.loop.mu.Lock()
	defer x.loop.mu.Unlock()
	for !x.settled && x.stream.Paused() {
		x.loop.turned.Wait()
	}
}

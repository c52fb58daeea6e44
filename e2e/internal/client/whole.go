package client

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
)

// NewWhole makes a client for "host:port" that sends each request in one write, as far as 64 KiB go: a proxy reads it in
// one turn of its event loop, so that none of its timers falls between two parts of a request, however busy the machine is.
// The frames of HTTP/2 stay apart. It is for one request at a time, and neither
// Pace, Wait nor Break have any use with it.
func NewWhole(address string, http2 bool) Client {
	if !http2 {
		c := NewHTTP1(address)
		c.whole = true
		return c
	}
	c := NewHTTP2(address)
	c.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		n, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &frameJoiner{Conn: n, skip: len(http2Preface)}, nil
	}
	return c
}

// joinLimit is how much of a request is kept back at most, in bytes: less than HTTP/2 lets a client send unasked.
const joinLimit = 64 << 10 * 3 / 4

// textJoiner keeps what is written until it is flushed.
type textJoiner struct {
	net.Conn
	held bytes.Buffer
}

func (j *textJoiner) Write(p []byte) (int, error) {
	j.held.Write(p)
	if j.held.Len() < joinLimit {
		return len(p), nil
	}
	return len(p), j.flush()
}

func (j *textJoiner) flush() error {
	_, err := j.held.WriteTo(j.Conn)
	return err
}

const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Frames of HTTP/2 (RFC 9113, section 6).
const (
	frameHeader  = 9 // bytes before each frame's payload
	frameData    = 0
	frameHeaders = 1
	frameReset   = 3
	endStream    = 1 // a flag of the first two
)

// frameJoiner keeps the frames of a request until its stream ends.
type frameJoiner struct {
	net.Conn
	held bytes.Buffer
	seen int  // bytes of held that were looked at
	skip int  // bytes of the preface that are still to come
	open bool // a stream has begun and has not ended
}

func (j *frameJoiner) Write(p []byte) (int, error) {
	j.held.Write(p)
	j.look()
	if j.open && j.held.Len() < joinLimit {
		return len(p), nil
	}
	j.seen -= j.held.Len()
	if _, err := j.held.WriteTo(j.Conn); err != nil {
		return 0, err
	}
	return len(p), nil
}

// look follows the frames as far as their headers have come. seen may stand behind what is there, in the middle of a frame.
func (j *frameJoiner) look() {
	j.seen, j.skip = j.seen+j.skip, 0
	for j.held.Len()-j.seen >= frameHeader {
		h := j.held.Bytes()[j.seen:]
		kind, flags := h[3], h[4]
		switch {
		case kind == frameHeaders, kind == frameData:
			j.open = flags&endStream == 0
		case kind == frameReset:
			j.open = false
		}
		j.seen += frameHeader + int(binary.BigEndian.Uint32(h)>>8)
	}
}

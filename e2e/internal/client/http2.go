package client

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

// HTTP2 speaks HTTP/2 in clear text, with prior knowledge, to one address; its requests share connections.
type HTTP2 struct {
	address   string
	transport *http.Transport
}

// NewHTTP2 makes a client for "host:port".
func NewHTTP2(address string) *HTTP2 {
	t := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	t.Protocols.SetUnencryptedHTTP2(true)
	return &HTTP2{address: address, transport: t}
}

// Do implements Client.
func (c *HTTP2) Do(ctx context.Context, m Message) (*Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var body io.Reader
	if m.Framing != None {
		body = &pieceReader{pieces: m.pieces(), m: m, leave: cancel, gone: ctx.Done()}
	}
	r, err := http.NewRequestWithContext(ctx, m.Method, "http://"+c.address+m.Path, body)
	if err != nil {
		return nil, err
	}
	r.Host = m.host()
	for _, h := range m.Header {
		r.Header.Add(h[0], h[1])
	}
	if m.Framing == Length {
		r.ContentLength = int64(len(m.Body))
		if len(m.Body) == 0 {
			r.Body = http.NoBody
		}
	}
	for _, t := range m.Trailer {
		if r.Trailer == nil {
			r.Trailer = http.Header{}
		}
		r.Trailer.Add(t[0], t[1])
	}
	answer, err := c.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	got, err := m.drain(answer.Body)
	cancel() // a body that is still being written ends here, and Close would wait for it
	answer.Body.Close()
	if err != nil {
		return nil, err
	}
	return &Response{Status: answer.StatusCode, Header: answer.Header, Body: got, Trailer: answer.Trailer}, nil
}

// Close implements Client.
func (c *HTTP2) Close() { c.transport.CloseIdleConnections() }

// pieceReader hands out the body piece by piece; the transport makes a DATA frame of each.
type pieceReader struct {
	pieces [][]byte
	m      Message
	leave  func()
	gone   <-chan struct{}
	part   bytes.Reader
	begun  bool
}

func (p *pieceReader) Read(into []byte) (int, error) {
	if p.part.Len() == 0 {
		if len(p.pieces) == 0 {
			return 0, p.end()
		}
		if p.m.Pace != nil && p.begun {
			p.m.Pace()
		}
		p.begun = true
		if p.m.Wait != nil && p.m.Break == 0 && len(p.pieces) == 1 {
			p.m.Wait()
		}
		p.part.Reset(p.pieces[0])
		p.pieces = p.pieces[1:]
	}
	return p.part.Read(into)
}

func (p *pieceReader) end() error {
	if p.m.Break == 0 {
		return io.EOF
	}
	if p.m.Wait != nil {
		p.m.Wait()
	}
	if !p.m.Stall {
		p.leave()
	}
	<-p.gone
	return errGone
}

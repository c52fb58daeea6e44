// Package client sends HTTP requests exactly as a test wants them: framing, chunk sizes, trailers, broken off in the
// middle, over HTTP/1 and HTTP/2.
package client

import (
	"context"
	"io"
	"net/http"
)

// Framing says how the end of the body is told.
type Framing int

const (
	Length  Framing = iota // a content-length
	Chunked                // HTTP/1: chunked transfer coding; HTTP/2: no content-length
	None                   // no body and no length at all
)

// Message is a request to send.
type Message struct {
	Method, Path string
	Host         string      // "llm.test" if empty
	Header       [][2]string // in order, names as they stand
	Body         []byte
	Framing      Framing
	Trailer      [][2]string // after the body; HTTP/1 needs Chunked for them
	Chunk        int         // bytes of body written at a time; 0: all at once
	Cuts         []int       // sizes of the first pieces of the body, where they are not to be Chunk

	// Break, if positive, is the number of body bytes after which the client goes away: it closes the connection or
	// resets the stream.
	Break int
	// Stall has a client with Break stay, send no more, and wait for an answer.
	Stall bool
	// Wait, if not nil, is called before the client goes away or, without Break, when all but the last chunk is sent.
	Wait func()
	// Pace, if not nil, is called between two pieces of the body.
	Pace func()
	// Receive, if not nil, is given each piece of the response's body as soon as it is there; it may not keep it.
	Receive func(piece []byte)
}

// Response is what came back.
type Response struct {
	Status  int
	Header  http.Header
	Body    []byte
	Trailer http.Header
}

// Client sends messages over one version of HTTP.
type Client interface {
	// Do sends a message and reads the whole response. A message with Break set ends in an error, unless the response came before.
	Do(ctx context.Context, m Message) (*Response, error)
	// Close drops idle connections.
	Close()
}

func (m Message) host() string {
	if m.Host == "" {
		return "llm.test"
	}
	return m.Host
}

// pieces cuts the part of the body that is to be sent.
func (m Message) pieces() [][]byte {
	body := m.Body
	if m.Break > 0 {
		body = body[:min(m.Break, len(body))]
	}
	size := m.Chunk
	if size <= 0 {
		size = max(len(body), 1)
	}
	cuts := m.Cuts
	var all [][]byte
	for len(body) > 0 {
		n := size
		if len(cuts) > 0 {
			n, cuts = max(cuts[0], 1), cuts[1:]
		}
		n = min(n, len(body))
		all = append(all, body[:n])
		body = body[n:]
	}
	return all
}

// drain reads the whole of a response's body.
func (m Message) drain(body io.Reader) ([]byte, error) {
	if m.Receive == nil {
		return io.ReadAll(body)
	}
	var whole []byte
	buffer := make([]byte, 32<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			m.Receive(buffer[:n])
			whole = append(whole, buffer[:n]...)
		}
		if err == io.EOF {
			return whole, nil
		}
		if err != nil {
			return whole, err
		}
	}
}

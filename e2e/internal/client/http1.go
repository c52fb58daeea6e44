package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// errGone is the outcome of a message whose client went away on purpose.
var errGone = errors.New("the client went away, as asked")

// HTTP1 speaks HTTP/1.1 to one address and writes every byte itself. It keeps connections, one for each use at a time.
type HTTP1 struct {
	address string
	whole   bool // see NewWhole
	idle    chan *conn
}

type conn struct {
	net.Conn
	in *bufio.Reader
}

// NewHTTP1 makes a client for "host:port".
func NewHTTP1(address string) *HTTP1 {
	return &HTTP1{address: address, idle: make(chan *conn, 64)}
}

// Do implements Client.
func (c *HTTP1) Do(ctx context.Context, m Message) (*Response, error) {
	n, err := c.take(ctx)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		n.SetDeadline(deadline)
	}
	stop := context.AfterFunc(ctx, func() { n.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	// The answer may come before the request is sent (a refusal), and then the rest of the request goes nowhere.
	wrote := make(chan error, 1)
	go func() {
		if !c.whole {
			wrote <- m.write(n)
			return
		}
		joined := &textJoiner{Conn: n}
		err := m.write(joined)
		if err == nil {
			err = joined.flush()
		}
		wrote <- err
	}()
	r, err := m.read(n.in)
	if err != nil || r.close {
		n.Close()
		if writeErr := <-wrote; err != nil && writeErr != nil {
			err = fmt.Errorf("%w (write: %w)", err, writeErr)
		}
	} else if err = <-wrote; err == nil {
		c.keep(n)
	} else {
		n.Close()
		err = nil // answered in full all the same
	}
	if err != nil {
		return nil, err
	}
	return &r.Response, nil
}

// Close implements Client.
func (c *HTTP1) Close() {
	for {
		select {
		case n := <-c.idle:
			n.Close()
		default:
			return
		}
	}
}

func (c *HTTP1) take(ctx context.Context) (*conn, error) {
	select {
	case n := <-c.idle:
		return n, nil
	default:
	}
	var d net.Dialer
	n, err := d.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: n, in: bufio.NewReaderSize(n, 64<<10)}, nil
}

func (c *HTTP1) keep(n *conn) {
	n.SetDeadline(time.Time{})
	select {
	case c.idle <- n:
	default:
		n.Close()
	}
}

// write sends the message; each piece of the body is a write of its own, and so a TCP segment.
func (m Message) write(n net.Conn) error {
	head := m.Method + " " + m.Path + " HTTP/1.1\r\nHost: " + m.host() + "\r\n"
	for _, h := range m.Header {
		head += h[0] + ": " + h[1] + "\r\n"
	}
	switch m.Framing {
	case Length:
		head += "Content-Length: " + strconv.Itoa(len(m.Body)) + "\r\n"
	case Chunked:
		head += "Transfer-Encoding: chunked\r\n"
	}
	if _, err := io.WriteString(n, head+"\r\n"); err != nil || m.Framing == None {
		return err
	}
	pieces := m.pieces()
	for i, piece := range pieces {
		if m.Pace != nil && i > 0 {
			m.Pace()
		}
		if m.Wait != nil && m.Break == 0 && i == len(pieces)-1 {
			m.Wait()
		}
		if m.Framing == Chunked {
			piece = fmt.Appendf(nil, "%x\r\n%s\r\n", len(piece), piece)
		}
		if _, err := n.Write(piece); err != nil {
			return err
		}
	}
	if m.Break > 0 {
		if m.Wait != nil {
			m.Wait()
		}
		if !m.Stall {
			n.Close()
		}
		return errGone
	}
	if m.Framing != Chunked {
		return nil
	}
	end := "0\r\n"
	for _, t := range m.Trailer {
		end += t[0] + ": " + t[1] + "\r\n"
	}
	_, err := io.WriteString(n, end+"\r\n")
	return err
}

type response1 struct {
	Response
	close bool
}

func (m Message) read(in *bufio.Reader) (*response1, error) {
	r, err := http.ReadResponse(in, &http.Request{Method: m.Method})
	for err == nil && r.StatusCode == http.StatusContinue { // the body is on its way anyway
		r, err = http.ReadResponse(in, &http.Request{Method: m.Method})
	}
	if err != nil {
		return nil, err
	}
	body, err := m.drain(r.Body)
	if err != nil {
		return nil, fmt.Errorf("status %d, then: %w", r.StatusCode, err)
	}
	return &response1{
		Response: Response{Status: r.StatusCode, Header: r.Header, Body: body, Trailer: r.Trailer},
		close:    r.Close,
	}, nil
}

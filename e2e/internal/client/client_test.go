package client

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

type seen struct {
	proto    string
	length   int64
	transfer []string
	body     []byte
	trailer  string
	err      error
}

// server records what it gets and answers 200, or 403 before it has read anything if the path says so.
func server(t *testing.T) (address string, got chan seen) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got = make(chan seen, 1)
	s := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refuse" {
			control := http.NewResponseController(w)
			control.EnableFullDuplex() // or Go's server reads the body first; HTTP/2 needs no asking
			w.Header().Set("connection", "close")
			w.WriteHeader(403)
			return
		}
		body, err := io.ReadAll(r.Body)
		got <- seen{r.Proto, r.ContentLength, r.TransferEncoding, body, r.Trailer.Get("x-t"), err}
	})}
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetUnencryptedHTTP2(true)
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return l.Addr().String(), got
}

func both(t *testing.T, run func(t *testing.T, c Client, proto string, got chan seen)) {
	address, got := server(t)
	for proto, c := range map[string]Client{"HTTP/1.1": NewHTTP1(address), "HTTP/2.0": NewHTTP2(address)} {
		t.Run(proto, func(t *testing.T) { run(t, c, proto, got) })
		c.Close()
	}
}

func TestMessagesArriveAsTheyWereFramed(t *testing.T) {
	both(t, func(t *testing.T, c Client, proto string, got chan seen) {
		for _, m := range []Message{
			{Framing: Length, Body: []byte("hello")},
			{Framing: Length},
			{Framing: None},
			{Framing: Chunked, Body: []byte("hello"), Chunk: 2},
			{Framing: Chunked},
			{Framing: Chunked, Body: []byte("hello"), Trailer: [][2]string{{"x-t", "1"}}},
		} {
			m.Method, m.Path = "POST", "/"
			if proto == "HTTP/1.1" && m.Trailer != nil {
				m.Header = [][2]string{{"trailer", "x-t"}} // what Go's server asks for
			}
			r, err := c.Do(t.Context(), m)
			if err != nil || r.Status != 200 {
				t.Fatalf("%+v: %v, %v", m, r, err)
			}
			s := <-got
			length := int64(len(m.Body))
			if m.Framing == Chunked {
				length = -1
			}
			if s.proto != proto || s.length != length || !bytes.Equal(s.body, m.Body) || s.err != nil {
				t.Errorf("%+v arrived as %+v", m, s)
			}
			if (s.trailer == "1") != (m.Trailer != nil) {
				t.Errorf("%+v arrived with trailer %q", m, s.trailer)
			}
		}
	})
}

func TestAClientThatLeavesIsSeenToLeave(t *testing.T) {
	both(t, func(t *testing.T, c Client, _ string, got chan seen) {
		for _, framing := range []Framing{Length, Chunked} {
			if _, err := c.Do(t.Context(), Message{Method: "POST", Path: "/", Framing: framing, Body: []byte("hello"), Break: 3}); err == nil {
				t.Error("answered")
			}
			if s := <-got; s.err == nil || string(s.body) != "hel" {
				t.Errorf("arrived as %+v", s)
			}
		}
	})
}

func TestAnAnswerThatComesBeforeTheEndIsRead(t *testing.T) {
	both(t, func(t *testing.T, c Client, _ string, _ chan seen) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		r, err := c.Do(ctx, Message{Method: "POST", Path: "/refuse", Framing: Chunked, Body: []byte("hello"), Break: 3, Stall: true})
		if err != nil || r.Status != 403 {
			t.Errorf("%v, %v", r, err)
		}
	})
}

func TestABodyIsCutAsAsked(t *testing.T) {
	m := Message{Body: []byte("hello, world"), Cuts: []int{1, 0, 3}, Chunk: 4}
	var got []string
	for _, piece := range m.pieces() {
		got = append(got, string(piece))
	}
	if want := []string{"h", "e", "llo", ", wo", "rld"}; !slices.Equal(got, want) {
		t.Errorf("pieces %q, want %q", got, want)
	}
	m.Chunk, m.Break = 0, 6
	if got := m.pieces(); len(got) != 4 || string(got[3]) != "," {
		t.Errorf("pieces %q", got)
	}
}

func TestPaceIsCalledBetweenThePiecesAndReceiveForTheAnswer(t *testing.T) {
	both(t, func(t *testing.T, c Client, proto string, got chan seen) {
		paces := 0
		var received []byte
		m := Message{
			Method: "POST", Path: "/", Body: []byte("hello"), Chunk: 2,
			Pace:    func() { paces++ },
			Receive: func(piece []byte) { received = append(received, piece...) },
		}
		r, err := c.Do(t.Context(), m)
		if err != nil || r.Status != 200 {
			t.Fatalf("%v, %v", r, err)
		}
		if s := <-got; string(s.body) != "hello" || paces != 2 {
			t.Errorf("the server got %q with %d pauses", s.body, paces)
		}
		if !bytes.Equal(received, r.Body) {
			t.Errorf("received %q of %q", received, r.Body)
		}
	})
}

func TestAWholeRequestIsOneWrite(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, m := range []Message{
			{Framing: None},
			{Framing: Length, Body: []byte("hello"), Chunk: 2},
			{Framing: Chunked, Body: []byte("hello"), Chunk: 1, Trailer: [][2]string{{"x-t", "1"}}},
			{Framing: Length, Body: make([]byte, 30_000), Cuts: []int{1, 1, 9999}},
			{Framing: Chunked, Body: make([]byte, 300_000)},
		} {
			address, got := server(t)
			m.Method, m.Path = "POST", "/"
			if !http2 && m.Trailer != nil {
				m.Header = [][2]string{{"trailer", "x-t"}}
			}
			c := NewWhole(address, http2)
			var writes *counted
			if !http2 {
				n, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				writes = &counted{Conn: n}
				c.(*HTTP1).keep(&conn{Conn: writes, in: bufio.NewReader(writes)})
			} else {
				transport := c.(*HTTP2).transport
				dial := transport.DialContext
				transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
					n, err := dial(ctx, network, address)
					if err == nil {
						j := n.(*frameJoiner)
						writes = &counted{Conn: j.Conn}
						j.Conn = writes
					}
					return n, err
				}
			}
			if r, err := c.Do(t.Context(), m); err != nil || r.Status != 200 {
				t.Fatalf("HTTP/2 %v, framing %d, %d bytes: %v, %v", http2, m.Framing, len(m.Body), r, err)
			}
			c.Close()
			s := <-got
			if !bytes.Equal(s.body, m.Body) || s.err != nil || (s.trailer == "1") != (m.Trailer != nil) {
				t.Errorf("HTTP/2 %v, framing %d: arrived as %d bytes, trailer %q, %v", http2, m.Framing, len(s.body), s.trailer, s.err)
			}
			if n := writes.withRequest(http2); n != 1 && len(m.Body) < joinLimit {
				t.Errorf("HTTP/2 %v, framing %d, %d bytes: came in %d writes", http2, m.Framing, len(m.Body), n)
			}
		}
	}
}

// counted remembers what was written.
type counted struct {
	net.Conn
	mu     sync.Mutex
	writes [][]byte
}

func (c *counted) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.writes = append(c.writes, bytes.Clone(p))
	c.mu.Unlock()
	return c.Conn.Write(p)
}

// withRequest is in how many writes something of the request stood: over HTTP/2, those with frames of its stream, number 1.
func (c *counted) withRequest(http2 bool) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.writes {
		w, _ := bytes.CutPrefix(w, []byte(http2Preface))
		mine := !http2
		for http2 && len(w) >= frameHeader {
			length := int(w[0])<<16 | int(w[1])<<8 | int(w[2])
			mine = mine || w[8] == 1 && w[3] <= frameHeaders
			w = w[min(len(w), frameHeader+length):]
		}
		if mine {
			n++
		}
	}
	return n
}

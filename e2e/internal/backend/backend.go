// Package backend stands in for the engines: HTTP servers on loopback, one a cluster, that record what they get and answer
// as an engine would, or with an empty 200 where the path is none of an engine's.
package backend

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/mom-router/mom-router/internal/standin"
)

// CaseHeader is the request header by which a test finds again what became of its request; a request without it is
// answered but not recorded.
const CaseHeader = "x-case"

// Headers by which a load test learns what became of its request without having it recorded.
const (
	TailHeader     = "x-tail"       // of the request: a number of bytes at the end of the body
	ChecksumHeader = "x-tail-crc32" // of the response: the IEEE CRC-32 of those bytes, in decimal
	ClusterHeader  = "x-backend"    // of the response: the cluster whose backend answers
)

// DelayHeader is the request header by which a test has the answer come later, as a Go duration.
const DelayHeader = "x-delay"

// Request is what a backend got.
type Request struct {
	Cluster       string
	Proto         string // HTTP/1.1 or HTTP/2.0
	Method, Path  string // the path with the query
	Header        http.Header
	ContentLength int64 // as announced; -1 if it was not
	Body          []byte
	Trailer       http.Header
	Err           error // io.ErrUnexpectedEOF or a reset: the body was cut short
}

// Set is a group of backends.
type Set struct {
	servers []*http.Server
	ports   map[string]int

	mu    sync.Mutex
	byID  map[string][]Request
	came  chan struct{} // closed and replaced when a request has been recorded
	total int
}

// Start runs one backend for each cluster, each on a free port of 127.0.0.1. They speak HTTP/1 and HTTP/2 in clear text.
func Start(clusters ...string) (*Set, error) {
	s := &Set{ports: map[string]int{}, byID: map[string][]Request{}, came: make(chan struct{})}
	for _, cluster := range clusters {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.Stop()
			return nil, err
		}
		s.ports[cluster] = l.Addr().(*net.TCPAddr).Port
		server := &http.Server{Handler: s.handler(cluster), Protocols: new(http.Protocols)}
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetUnencryptedHTTP2(true)
		s.servers = append(s.servers, server)
		go server.Serve(l)
	}
	return s, nil
}

// Ports are the TCP ports on 127.0.0.1, by cluster.
func (s *Set) Ports() map[string]int { return s.ports }

// Stop closes all servers.
func (s *Set) Stop() {
	for _, server := range s.servers {
		server.Close()
	}
}

// Total is the number of requests that have begun to arrive, health checks apart.
func (s *Set) Total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// Got lists what has arrived for a case until now, from its first byte to its end or its cut.
func (s *Set) Got(id string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id]
}

// Await is Got as soon as there are n requests of that case.
func (s *Set) Await(ctx context.Context, id string, n int) ([]Request, error) {
	for {
		s.mu.Lock()
		got, came := s.byID[id], s.came
		s.mu.Unlock()
		if len(got) >= n {
			return got, nil
		}
		select {
		case <-came:
		case <-ctx.Done():
			return got, fmt.Errorf("the backends got %d of %d requests of case %q: %w", len(got), n, id, ctx.Err())
		}
	}
}

func (s *Set) handler(cluster string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			return
		}
		s.mu.Lock()
		s.total++
		s.mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if id := r.Header.Get(CaseHeader); id != "" {
			s.record(id, Request{
				Cluster: cluster, Proto: r.Proto, Method: r.Method, Path: r.URL.RequestURI(),
				Header: r.Header.Clone(), ContentLength: r.ContentLength,
				Body: body, Trailer: r.Trailer.Clone(), Err: err,
			})
		}
		if err == nil {
			answer(w, r, cluster, body)
		}
	})
}

func (s *Set) record(id string, r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[id] = append(s.byID[id], r)
	close(s.came)
	s.came = make(chan struct{})
}

func answer(w http.ResponseWriter, r *http.Request, cluster string, body []byte) {
	if delay, err := time.ParseDuration(r.Header.Get(DelayHeader)); err == nil {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
	}
	w.Header().Set(ClusterHeader, cluster)
	if n, err := strconv.Atoi(r.Header.Get(TailHeader)); err == nil && n <= len(body) {
		w.Header().Set(ChecksumHeader, strconv.FormatUint(uint64(crc32.ChecksumIEEE(body[len(body)-n:])), 10))
	}
	if standin.Serves(r) {
		standin.Answer(w, r, body)
	}
}

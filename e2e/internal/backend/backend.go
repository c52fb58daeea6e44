// Package backend stands in for the engines: HTTP servers on loopback, one a cluster, that record what they get and answer
// as an engine would, or with an empty 200 where the path is none of an engine's.
package backend

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
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

// EarlyHeader is the request header by which a test has a backend begin its answer, a stream of events, before it reads the
// request's body, and end it after that.
const EarlyHeader = "x-early"

// LeanHeader is the request header by which a test has the backends count and sum up a body instead of keeping it, for
// bodies that are large beside the memory of the machine. Such a request is answered with an empty 200.
const LeanHeader = "x-lean"

// EventsHeader is the request header by which a bench has the answer be a stream of so many events, each sent by itself.
const EventsHeader = "x-events"

// Request is what a backend got.
type Request struct {
	Cluster       string
	Proto         string // HTTP/1.1 or HTTP/2.0
	Method, Path  string // the path with the query
	Header        http.Header
	ContentLength int64  // as announced; -1 if it was not
	Body          []byte // nil if the request asked for that
	Size          int64  // bytes of body
	Sum           uint32 // IEEE CRC-32 of the body, where Body is nil
	Trailer       http.Header
	Err           error // io.ErrUnexpectedEOF or a reset: the body was cut short
}

// Set is a group of backends.
type Set struct {
	servers []*http.Server
	ports   map[string]int

	replicated atomic.Bool // some cluster has several

	mu    sync.Mutex
	byID  map[string][]Request
	plays map[string]http.HandlerFunc
	fails map[string]func(http.ResponseWriter, *http.Request) bool
	came  chan struct{} // closed and replaced when a request has been recorded
	total int
}

// Start runs one backend for each cluster, each on a free port of 127.0.0.1. They speak HTTP/1 and HTTP/2 in clear text.
func Start(clusters ...string) (*Set, error) {
	s := &Set{ports: map[string]int{}, byID: map[string][]Request{}, plays: map[string]http.HandlerFunc{}, fails: map[string]func(http.ResponseWriter, *http.Request) bool{}, came: make(chan struct{})}
	for _, cluster := range clusters {
		port, err := s.serve(cluster)
		if err != nil {
			s.Stop()
			return nil, err
		}
		s.ports[cluster] = port
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

// Take is Got for the last time: what it lists and how the case is answered are kept no longer, and what comes later is
// listed by itself.
func (s *Set) Take(id string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.byID[id]
	delete(s.byID, id)
	delete(s.plays, id)
	return got
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

// Play has the backends answer a case with a handler of the test's own, once the whole of its request has come.
func (s *Set) Play(id string, answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plays[id] = answer
}

func (s *Set) play(id string) http.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.plays[id]
}

// Fail has the backends of a cluster ask a function of the test's own before they read a request: what that has answered, or ended by a panic with
// http.ErrAbortHandler, gets no other answer, and is not recorded.
func (s *Set) Fail(cluster string, fails func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails[cluster] = fails
}

func (s *Set) handler(cluster string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			return
		}
		s.mu.Lock()
		s.total++
		fails := s.fails[cluster]
		s.mu.Unlock()
		if fails != nil && fails(w, r) {
			return
		}
		got := Request{
			Cluster: cluster, Proto: r.Proto, Method: r.Method, Path: r.URL.RequestURI(),
			Header: r.Header.Clone(), ContentLength: r.ContentLength,
		}
		early := r.Header.Get(EarlyHeader) != ""
		if early {
			begin(w)
		}
		got.read(r)
		id := r.Header.Get(CaseHeader)
		if id != "" {
			s.record(id, got)
		}
		if got.Err != nil {
			panic(http.ErrAbortHandler) // no engine answers what is not whole
		}
		if early {
			io.WriteString(w, "data: [DONE]\n\n")
			return
		}
		if play := s.play(id); play != nil {
			play(w, r)
			return
		}
		answer(w, r, cluster, got.Body)
	})
}

func begin(w http.ResponseWriter) {
	out := http.NewResponseController(w)
	out.EnableFullDuplex() // HTTP/1 only; HTTP/2 always is
	w.Header().Set("content-type", "text/event-stream")
	io.WriteString(w, "data: begun\n\n")
	out.Flush()
}

// read takes the body to its end or its cut.
func (q *Request) read(r *http.Request) {
	if r.Header.Get(LeanHeader) != "" {
		sum := crc32.NewIEEE()
		q.Size, q.Err = io.Copy(sum, r.Body)
		q.Sum = sum.Sum32()
	} else {
		q.Body, q.Err = io.ReadAll(r.Body)
		q.Size = int64(len(q.Body))
	}
	q.Trailer = r.Trailer.Clone()
}

func (s *Set) record(id string, r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[id] = append(s.byID[id], r)
	close(s.came)
	s.came = make(chan struct{})
}

// pace is the time between two events of a long stream: far less than engines take, and enough that a proxy does not read several at once.
const pace = 100 * time.Microsecond

// stream answers as vLLM does: events that differ in a word, one with usage, and the mark of the end.
func stream(w http.ResponseWriter, events int) {
	w.Header().Set("content-type", "text/event-stream")
	out := http.NewResponseController(w)
	const before = `data: {"id":"chatcmpl-8a7f1c2e93d04b6f","object":"chat.completion.chunk","created":1764000000,"model":"Qwen/Qwen3-235B","choices":[{"index":0,"delta":{"content":" `
	for i := range events {
		if i == events-1 {
			io.WriteString(w, `data: {"id":"chatcmpl-8a7f1c2e93d04b6f","object":"chat.completion.chunk","created":1764000000,"model":"Qwen/Qwen3-235B","choices":[],`+
				`"usage":{"prompt_tokens":70,"total_tokens":1070,"completion_tokens":1000}}`+"\n\ndata: [DONE]\n\n")
			return
		}
		io.WriteString(w, before+"word"+strconv.Itoa(i)+`"},"logprobs":null,"finish_reason":null}]}`+"\n\n")
		out.Flush()
		time.Sleep(pace)
	}
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
	if n, err := strconv.Atoi(r.Header.Get(EventsHeader)); err == nil {
		stream(w, n)
		return
	}
	if standin.Serves(r) && r.Header.Get(LeanHeader) == "" {
		standin.Answer(w, r, body)
	}
}

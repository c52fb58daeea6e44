package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// raw is a server that answers every connection with the same bytes, once a request has begun to arrive, and closes it.
func raw(t *testing.T, answer string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				io.Copy(io.Discard, r.Body)
			}
			io.WriteString(conn, answer)
			conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestABackendThatDoesNotAnswerIsReportedAsEnvoyDoes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there now
	for name, tt := range map[string]struct {
		backend       string
		status        int
		text, details string
	}{
		"one that is down": {"http://" + l.Addr().String(), 503, "upstream connect error or disconnect/reset before headers",
			"upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}"},
		"one that closes the connection": {raw(t, ""), 503, "reset reason: connection termination",
			"upstream_reset_before_response_started{connection_termination}"},
		"one that speaks no HTTP": {raw(t, "SSH-2.0-OpenSSH_9.6\r\n"), 502, "reset reason: protocol error",
			"upstream_reset_before_response_started{protocol_error}"},
		"one that answers 101": {raw(t, "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"), 502, "protocol error",
			"upstream_reset_before_response_started{protocol_error}"},
	} {
		t.Run(name, func(t *testing.T) {
			protocols(t, func(t *testing.T, c *http.Client) {
				s := plain(t, tt.backend)
				r := post(t, c, s.url+"/v1/chat/completions", strings.NewReader("x"))
				if text := all(t, r); r.StatusCode != tt.status || !strings.Contains(text, tt.text) {
					t.Errorf("status %d: %s", r.StatusCode, text)
				}
				if e := s.lines(t)[0]; e.Code != tt.status || e.Details != tt.details {
					t.Errorf("logged %+v", e)
				}
			})
		})
	}
}

func TestAnAnswerThatIsCutShortIsCutForTheClient(t *testing.T) {
	for name, answer := range map[string]string{
		"with a length":  "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
		"in chunks":      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
		"in a bad chunk": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nx\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			protocols(t, func(t *testing.T, c *http.Client) {
				s := plain(t, raw(t, answer))
				r, err := c.Post(s.url+"/v1/chat/completions", "application/json", strings.NewReader("x"))
				if err != nil {
					return // cut before the headers were out: as good
				}
				if body, err := io.ReadAll(r.Body); err == nil {
					t.Errorf("the client got %q as a whole answer", body)
				}
				r.Body.Close()
				if e := s.lines(t)[0]; e.Details != "via_upstream" && !strings.HasPrefix(e.Details, "upstream_reset_after_response_started") {
					t.Errorf("logged %+v", e)
				}
			})
		})
	}
}

func TestAStreamOnWhichNothingMovesEnds(t *testing.T) {
	short := func(o *Options) { o.Idle = 50 * time.Millisecond }
	long := func(o *Options) { o.Idle = 2 * time.Second } // for what must have moved before nothing moves
	protocols(t, func(t *testing.T, c *http.Client) {
		t.Run("with 504 while the backend thinks", func(t *testing.T) {
			over := make(chan struct{}, 1)
			b := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				over <- struct{}{}
			})
			s := plain(t, b.URL, long)
			if r := post(t, c, s.url+"/v1/chat/completions", strings.NewReader("x")); r.StatusCode != 504 || all(t, r) != "stream timeout" {
				t.Errorf("status %d", r.StatusCode)
			}
			wait(t, over, "the backend to learn of it")
		})
		t.Run("with 408 while the client sends nothing more", func(t *testing.T) {
			b := newBackend(t, nil)
			s := plain(t, b.URL, short)
			if r := post(t, c, s.url+"/v1/chat/completions", newStalled(`{"model":`, errGone)); r.StatusCode != 408 {
				t.Errorf("status %d", r.StatusCode)
			}
		})
		t.Run("by a cut in the middle of an answer", func(t *testing.T) {
			b := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "one")
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})
			s := plain(t, b.URL, long)
			r := post(t, c, s.url+"/v1/chat/completions", strings.NewReader("x"))
			if body, err := io.ReadAll(r.Body); string(body) != "one" || err == nil {
				t.Errorf("the client got %q, %v", body, err)
			}
		})
		t.Run("by the plugin's own hold_timeout", func(t *testing.T) {
			b := newBackend(t, nil)
			s := serveSetup(t, router, routerSetup(t, b.URL, `{"policy":"default","hold":"pair","hold_timeout":"200ms"}`))
			if r := post(t, c, s.url+"/v1/chat/completions", newStalled(`{"model":`, errGone)); r.StatusCode != 408 || !strings.Contains(all(t, r), "hold_timeout") {
				t.Errorf("status %d", r.StatusCode)
			}
		})
	})
}

func TestAnAnswerThatComesEarlyReachesTheClient(t *testing.T) {
	protocols(t, func(t *testing.T, c *http.Client) {
		b := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.NewResponseController(w).EnableFullDuplex() // else net/http reads the request first
			w.WriteHeader(429)
			io.WriteString(w, "later")
		}))
		defer b.Close()
		s := plain(t, b.URL)
		if r := post(t, c, s.url+"/pass", newStalled(strings.Repeat("x", 100), errGone)); r.StatusCode != 429 || all(t, r) != "later" {
			t.Errorf("status %d", r.StatusCode)
		}
	})
}

func TestTheRestOfARefusedBodyIsNoRequest(t *testing.T) {
	b := newBackend(t, nil)
	s := serve(t, b.URL)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "POST /v1/embeddings HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n")
	answers := bufio.NewReader(conn)
	r, err := http.ReadResponse(answers, nil)
	if err != nil || r.StatusCode != 404 || !r.Close {
		t.Fatalf("%+v, %v", r, err)
	}
	io.Copy(io.Discard, r.Body)
	fmt.Fprintf(conn, "GET /pass HTTP/1.1\r\nhost: a\r\n\r\n")
	if r, err := http.ReadResponse(answers, nil); err == nil {
		t.Errorf("there is a second answer: %s", r.Status)
	}
	if n := b.count(); n != 0 {
		t.Errorf("%d requests reached the backend", n)
	}
}

func TestFormsOfHTTPThatMustNotBeLost(t *testing.T) {
	for name, tt := range map[string]struct{ sent, answer, want, uri string }{
		"HEAD keeps the length of what it does not send": {
			"HEAD /pass HTTP/1.1\r\nhost: a\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", "200|Content-Length: 5|", ""},
		"204 has no body": {
			"GET /pass HTTP/1.1\r\nhost: a\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", "204|", ""},
		"304 has no body, though a length": {
			"GET /pass HTTP/1.1\r\nhost: a\r\n\r\n", "HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n", "304|Etag: x|", ""},
		"repeated headers stay apart": {
			"GET /pass HTTP/1.1\r\nhost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nset-cookie: a\r\nset-cookie: b\r\ncontent-length: 0\r\n\r\n",
			"200|Content-Length: 0|Set-Cookie: a|Set-Cookie: b|", ""},
		"trailers of an answer come through": {
			"GET /pass HTTP/1.1\r\nhost: a\r\nte: trailers\r\n\r\n",
			"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n", "200|abc|X-Sum: 7|", ""},
		"an offer to go on in HTTP/2 is ignored": {
			"GET /pass HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQ\r\n\r\n",
			"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "200|Content-Length: 2|ok|", ""},
		"a websocket is refused": {
			"GET /pass HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n", "HTTP/1.1 101 X\r\n\r\n", "403|Content-Length: 0|", ""},
		"the path is spelled as the client did": {
			"GET /pass?a=%2f&&b=%zz;c HTTP/1.1\r\nhost: a\r\n\r\n", "HTTP/1.1 204 x\r\n\r\n", "204|", "/pass?a=%2f&&b=%zz;c"},
		"a path with a scheme and a host is a path": {
			"GET http://b/pass HTTP/1.1\r\nhost: a\r\n\r\n", "HTTP/1.1 204 x\r\n\r\n", "204|", "/pass"},
		"a client that waits for 100 gets it": {
			"POST /pass HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\nx", "HTTP/1.1 204 x\r\n\r\n", "100|204|", ""},
		"a malformed body is 400": {
			"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\n", "", "400|Connection: close|Content-Length: 11|Bad Request|", ""},
	} {
		t.Run(name, func(t *testing.T) {
			uri := make(chan string, 1)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					uri <- r.RequestURI
					io.Copy(io.Discard, r.Body)
				}
				io.WriteString(conn, tt.answer)
			}()
			s := plain(t, "http://"+l.Addr().String())
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(patience))
			io.WriteString(conn, tt.sent)
			method, _, _ := strings.Cut(tt.sent, " ")
			if got := answers(t, conn, method); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if tt.uri != "" {
				if got := <-uri; got != tt.uri {
					t.Errorf("the backend was asked for %s", got)
				}
			}
		})
	}
}

// answers writes down the responses up to the final one: status, headers but Date, body, trailers.
func answers(t *testing.T, conn net.Conn, method string) string {
	t.Helper()
	in := bufio.NewReader(conn)
	var out strings.Builder
	for {
		r, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("after %q: %v", out.String(), err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(&out, "%d|", r.StatusCode)
		if r.StatusCode == 100 {
			continue
		}
		if r.Close {
			out.WriteString("Connection: close|")
		}
		r.Header.Del("Date")
		writeFields(&out, r.Header)
		if len(body) > 0 {
			out.WriteString(string(body) + "|")
		}
		writeFields(&out, r.Trailer)
		return out.String()
	}
}

func writeFields(out *strings.Builder, h http.Header) {
	for _, f := range fields(h).Fields() {
		if name := http.CanonicalHeaderKey(f.Name); name != "Content-Type" {
			fmt.Fprintf(out, "%s: %s|", name, f.Value)
		}
	}
}

func TestTrailersOfARequestReachTheBackend(t *testing.T) {
	protocols(t, func(t *testing.T, c *http.Client) {
		for name, size := range map[string]int{"behind a short body": 10, "behind a long body": 2 << 20} {
			t.Run(name, func(t *testing.T) {
				b := newBackend(t, nil)
				s := plain(t, b.URL)
				request, _ := http.NewRequest("POST", s.url+"/pass", io.MultiReader(strings.NewReader(strings.Repeat("x", size))))
				request.Trailer = http.Header{"X-Sum": {"7"}}
				r, err := c.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				r.Body.Close()
				if got := b.await(t, 1)[0]; len(got.body) != size || got.trailer.Get("X-Sum") != "7" {
					t.Errorf("the backend got %d bytes and %v", len(got.body), got.trailer)
				}
			})
		}
	})
}

package proxy

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

func TestAnUpdateLeavesWhatIsUnderWay(t *testing.T) {
	protocols(t, func(t *testing.T, c *http.Client) {
		b := newBackend(t, nil)
		s := serveSetup(t, script, scriptSetup(t, b.URL, "request_headers: set x-by=old\nrequest_body: return 1\nrequest_body end: set x-by=old body"))
		old := s.crew
		answer := make(chan *http.Response, 1)
		body := newStalled("held", io.EOF)
		go func() {
			r, err := c.Post(s.url+"/slow", "application/json", body)
			if err != nil {
				t.Error(err)
			}
			answer <- r
		}()
		// The stream is open once its worker has it.
		for open := 0; open == 0; runtime.Gosched() {
			old.mu.Lock()
			open = old.streams
			old.mu.Unlock()
		}
		if err := s.Use(scriptSetup(t, b.URL, "request_headers: set x-by=new")); err != nil {
			t.Fatal(err)
		}
		post(t, c, s.url+"/quick", strings.NewReader("x"))
		if got := b.await(t, 1)[0]; got.uri != "/quick" || got.header.Get("X-By") != "new" {
			t.Errorf("first came %s by %s", got.uri, got.header.Get("X-By"))
		}
		select {
		case <-old.done:
			t.Error("the old workers are gone before their stream")
		default:
		}
		body.free()
		(<-answer).Body.Close()
		if got := b.await(t, 1)[1]; got.uri != "/slow" || !strings.HasPrefix(got.header.Get("X-By"), "old") || string(got.body) != "held" {
			t.Errorf("then came %s by %s: %s", got.uri, got.header.Get("X-By"), got.body)
		}
		wait(t, old.done, "the old workers to end")
	})
}

func TestARefusedUpdateChangesNothing(t *testing.T) {
	b := newBackend(t, nil)
	s := serve(t, b.URL)
	err := s.Use(routerSetup(t, b.URL, `{"policy":{"version":1}}`))
	if _, refused := err.(*hostsim.Refused); !refused {
		t.Errorf("the error is %v", err)
	}
	if r := post(t, client(t, false), s.url+"/v1/chat/completions", bytes.NewReader(chat("Who are you?"))); r.StatusCode != 200 {
		t.Errorf("then: %s", r.Status)
	}
}

func TestServeLetsRequestsUnderWayEnd(t *testing.T) {
	protocols(t, func(t *testing.T, c *http.Client) {
		release := make(chan struct{})
		b := newBackend(t, func(w http.ResponseWriter, r *http.Request) { <-release })
		s := serve(t, b.URL)
		answer := make(chan int, 1)
		go func() {
			r, err := c.Post(s.url+"/v1/chat/completions", "application/json", bytes.NewReader(chat("Who are you?")))
			if err != nil {
				t.Error(err)
				answer <- 0
				return
			}
			r.Body.Close()
			answer <- r.StatusCode
		}()
		b.await(t, 1)
		s.stop()
		// The listener closes at once.
		for {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				break
			}
			conn.Close()
		}
		close(release)
		if status := <-answer; status != 200 {
			t.Errorf("status %d", status)
		}
		if lines := s.lines(t); len(lines) != 1 || lines[0].Code != 200 {
			t.Errorf("logged %+v", lines)
		}
	})
}

func TestServeCutsRequestsOffWhenToldTo(t *testing.T) {
	over := make(chan struct{}, 1)
	b := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		over <- struct{}{}
	})
	s := serve(t, b.URL)
	failed := make(chan error, 1)
	go func() {
		_, err := client(t, false).Post(s.url+"/v1/chat/completions", "application/json", bytes.NewReader(chat("Who are you?")))
		failed <- err
	}()
	b.await(t, 1)
	s.stop()
	close(s.now)
	if err := <-s.done; err != ErrCut {
		t.Errorf("Serve: %v", err)
	}
	s.done <- nil
	if err := <-failed; err == nil {
		t.Error("the client got an answer")
	}
	wait(t, over, "the backend to learn that nobody waits any more")
}

func TestAClientThatGoesAwayEndsItsStream(t *testing.T) {
	protocols(t, func(t *testing.T, c *http.Client) {
		t.Run("while its request is held", func(t *testing.T) {
			b := newBackend(t, nil)
			s := serve(t, b.URL)
			body := newStalled(`{"model":"auto",`, errGone)
			body.free()
			_, err := c.Post(s.url+"/v1/chat/completions", "application/json", body)
			if err == nil {
				t.Error("the client got an answer")
			}
			lines := s.lines(t)
			if len(lines) == 0 { // the client broke off before its headers were out
				return
			}
			if e := lines[0]; e.Code != 0 || e.Details != "downstream_remote_disconnect" || b.count() != 0 {
				t.Errorf("logged %+v", e)
			}
		})
		t.Run("while the answer streams", func(t *testing.T) {
			over := make(chan struct{}, 1)
			b := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "one")
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				over <- struct{}{}
			})
			s := serve(t, b.URL)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			request, _ := http.NewRequestWithContext(ctx, "POST", s.url+"/v1/chat/completions", bytes.NewReader(chat("Who are you?")))
			r, err := c.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(r.Body, make([]byte, 3)); err != nil {
				t.Fatal(err)
			}
			cancel()
			wait(t, over, "the backend to learn of it")
			if e := s.lines(t)[0]; e.Details != "downstream_remote_disconnect" || e.Sent != 3 {
				t.Errorf("logged %+v", e)
			}
		})
	})
}

func TestATrapCostsOneRequestAndTheWorkerComesBack(t *testing.T) {
	b := newBackend(t, nil)
	said := make(chan string, 10)
	s := serveSetup(t, script, scriptSetup(t, b.URL, "request_body: trap ouch"), func(o *Options) {
		o.Say = func(line string) { said <- line }
	})
	c := client(t, false)
	if r := post(t, c, s.url+"/", strings.NewReader("x")); r.StatusCode != 503 {
		t.Errorf("status %d", r.StatusCode)
	}
	if line := <-said; !strings.Contains(line, "the module trapped") {
		t.Errorf("said %q", line)
	}
	for { // no body, no trap
		r, err := c.Get(s.url + "/")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode == 200 {
			break
		}
		if r.StatusCode != 503 {
			t.Fatalf("status %d", r.StatusCode)
		}
	}
}

package proxy

import (
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

func TestWhatFollowsATrapIsUpToTheFailurePolicy(t *testing.T) {
	for name, tt := range map[string]struct {
		filter       hostsim.Filter
		before, then int // the answers before the back-off is over, and after it
	}{
		"FAIL_CLOSED": {hostsim.Filter{}, 503, 503},
		"FAIL_OPEN":   {hostsim.Filter{FailOpen: true}, 200, 200},
		"FAIL_RELOAD": {hostsim.Filter{FailReload: true}, 503, 200},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBackend(t, nil)
			clock := hostsim.NewFakeClock(time.Unix(1_800_000_000, 0))
			tt.filter.Configuration = []byte("request_body: trap ouch")
			setup := scriptSetup(t, b.URL, "")
			setup.Config.Clock, setup.Config.Filters = clock, []hostsim.Filter{tt.filter}
			s := serveSetup(t, script, setup)
			c := client(t, false)
			get := func() int {
				r, err := c.Get(s.url + "/")
				if err != nil {
					t.Fatal(err)
				}
				r.Body.Close()
				return r.StatusCode
			}
			if r := post(t, c, s.url+"/", strings.NewReader("x")); r.StatusCode != 503 {
				t.Errorf("the trap gives %d", r.StatusCode)
			}
			clock.Sleep(900 * time.Millisecond) // the runtime of Go may have slept a little
			for range 2 {
				if got := get(); got != tt.before {
					t.Errorf("within the back-off: %d, want %d", got, tt.before)
				}
			}
			clock.Sleep(100 * time.Millisecond)
			for range 2 {
				if got := get(); got != tt.then {
					t.Errorf("after the back-off: %d, want %d", got, tt.then)
				}
			}
		})
	}
}

// A queue's notices go to the worker that registered last, whichever enqueues: it must not wait for a request of its own.
func TestAWorkerWakesForWhatAnotherOneSends(t *testing.T) {
	b := newBackend(t, nil)
	said := make(chan string, 100)
	setup := scriptSetup(t, b.URL, "configure: queue jobs\nrequest_headers: mark id, enqueue id")
	setup.Config.Trace = func(line string) {
		if strings.HasPrefix(line, "> proxy_on_queue_ready") {
			said <- line
		}
	}
	s := serveSetup(t, script, setup, func(o *Options) { o.Workers = 2 })
	c := client(t, false)
	for range 4 { // on each worker, in turns
		r, err := c.Get(s.url + "/")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
	}
	for range 4 {
		select {
		case <-said:
		case <-time.After(patience):
			t.Fatal("a notice did not come")
		}
	}
}

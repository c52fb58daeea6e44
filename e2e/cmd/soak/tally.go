package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// tally is what has happened so far.
type tally struct {
	tell func(string) // says a wrong answer at once

	mu      sync.Mutex
	began   time.Time
	kinds   map[string]*kindTally
	codes   map[string]int
	wrongs  []wrong
	missing int // wrong answers that are not among wrongs
	recent  []float64
	sent    int
	away    int // 503s of the failing module
	events  []event

	updates, refusedUpdates, crashes, returns int
}

type kindTally struct {
	requests, wrong int
	took            []float64 // milliseconds
}

// wrong is an answer that was lost or wrong, without anything of the prompt.
type wrong struct {
	Number   int    `json:"number"`
	Kind     string `json:"kind"`
	Listener string `json:"listener"`
	Protocol string `json:"protocol"`
	Body     int    `json:"body_bytes"`
	What     string `json:"what"`
}

func (w wrong) String() string {
	if w.Number < 0 {
		return w.What
	}
	return fmt.Sprintf("request %d (%s, %d bytes, listener %s, %s): %s", w.Number, w.Kind, w.Body, w.Listener, w.Protocol, w.What)
}

// event is something that the soak did to the proxy.
type event struct {
	At   float64 `json:"at_s"`
	What string  `json:"what"`
}

const (
	updateEvent  = "policy update"
	refusedEvent = "refused update"
	crashEvent   = "crash"
)

// Wrong answers: so many are told, and after so many nothing is gained by going on.
const (
	toldWrongs    = 20
	hopelessAfter = 200
	longestWrong  = 400 // bytes of what is wrong
)

func newTally(tell func(string)) *tally {
	return &tally{tell: tell, began: time.Now(), kinds: map[string]*kindTally{}, codes: map[string]int{}}
}

// done counts an answer.
func (t *tally) done(j *job, status int, code string, took time.Duration, err error) {
	if err != nil {
		t.wrong(j, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kind(j.kind)
	k.requests++
	t.sent++
	ms := took.Seconds() * 1e3
	k.took = append(k.took, ms)
	if !unhurried[j.kind] {
		t.recent = append(t.recent, ms)
	}
	answer := "no answer"
	switch {
	case status == 200:
		answer = "200"
	case status != 0:
		answer = strings.TrimSpace(fmt.Sprint(status, " ", code))
	case j.kind == aborted:
		answer = "the client left, as it was to"
	}
	t.codes[answer]++
	if status == 503 && j.listener == failing {
		t.away++
	}
}

// unhurried are the kinds that take the time that their clients take.
var unhurried = map[string]bool{"slow clients": true, aborted: true, "beside crashes": true, "bad input": true}

func (t *tally) kind(name string) *kindTally {
	k := t.kinds[name]
	if k == nil {
		k = &kindTally{}
		t.kinds[name] = k
	}
	return k
}

// wrong notes a lost or wrong answer.
func (t *tally) wrong(j *job, err error) {
	what := err.Error()
	if len(what) > longestWrong {
		what = strings.ToValidUTF8(what[:longestWrong], "") + "..."
	}
	protocol := "HTTP/1"
	if j.http2 {
		protocol = "HTTP/2"
	}
	w := wrong{j.number, j.kind, j.listener, protocol, len(j.message.Body), strings.ReplaceAll(what, "\n", "; ")}
	if j.attack != nil {
		w.What = fmt.Sprintf("attack %q: %s", j.attack.Name, w.What)
	}
	if j.row != nil {
		w.What = fmt.Sprintf("input %q: %s", j.row.Input, w.What)
	}
	t.note(w)
	t.mu.Lock()
	t.kind(j.kind).wrong++
	t.mu.Unlock()
}

// fault notes something wrong that is no one request's.
func (t *tally) fault(err error) {
	t.note(wrong{Number: -1, What: err.Error()})
}

func (t *tally) note(w wrong) {
	t.mu.Lock()
	told := len(t.wrongs) < toldWrongs
	if told {
		t.wrongs = append(t.wrongs, w)
	} else {
		t.missing++
	}
	t.mu.Unlock()
	if told {
		t.tell(w.String())
	}
}

func (t *tally) bad() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.wrongs) + t.missing
}

func (t *tally) hopeless() bool { return t.bad() >= hopelessAfter }

func (t *tally) count(n *int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*n++
}

func (t *tally) event(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, event{rounded(time.Since(t.began).Seconds()), what})
}

// sample takes the figures of the time since the last one.
func (t *tally) sample() (s Sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.At = rounded(time.Since(t.began).Seconds())
	s.Requests, s.Wrong, s.Away = t.sent, len(t.wrongs)+t.missing, t.away
	s.P50, s.P99 = percentile(t.recent, 0.50), percentile(t.recent, 0.99)
	t.recent = t.recent[:0]
	return s
}

// percentile sorts its argument; of none it is 0.
func percentile(values []float64, part float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return rounded(values[min(int(part*float64(len(values))), len(values)-1)])
}

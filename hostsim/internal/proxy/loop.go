package proxy

import (
	"sync"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

// loop is the event loop of one worker, as a monitor: a Worker takes one event at a time, and any goroutine may bring
// one. Nothing that blocks may be done inside.
type loop struct {
	crew *crew // the workers that it was started with

	mu      sync.Mutex
	turned  sync.Cond // after an event, for those who wait for the filters to take more
	worker  *hostsim.Worker
	live    map[*exchange]struct{}
	touched []*exchange // whose flows the event at hand has changed
	timer   *time.Timer
	due     time.Time // when timer runs
	failed  bool
	closed  bool
}

func newLoop(c *crew, w *hostsim.Worker) *loop {
	l := &loop{crew: c, worker: w, live: map[*exchange]struct{}{}}
	l.turned.L = &l.mu
	l.mu.Lock()
	l.schedule()
	l.mu.Unlock()
	return l
}

// do runs one event and what follows from it.
func (l *loop) do(event func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.run(event)
}

func (l *loop) run(event func()) {
	event()
	if err := l.worker.Failed(); err != nil && !l.failed {
		l.failed = true
		for x := range l.live {
			x.stream.Fail(503, "wasm_fail_stream", "")
			l.touch(x)
		}
		l.crew.broke(l, err)
	}
	for _, x := range l.touched {
		x.touched = false
		x.settle()
	}
	l.touched = l.touched[:0]
	l.schedule()
	l.turned.Broadcast()
	if l.failed && len(l.live) == 0 {
		l.shut()
	}
}

// touch has an exchange settled once the event is over.
func (l *loop) touch(x *exchange) {
	if !x.touched {
		x.touched = true
		l.touched = append(l.touched, x)
	}
}

// schedule sets the timer for the plugins' next tick.
func (l *loop) schedule() {
	at, ok := l.worker.NextTick()
	switch {
	case !ok || l.closed || at.Equal(l.due):
	case l.timer == nil:
		l.due, l.timer = at, time.AfterFunc(time.Until(at), l.tick)
	default:
		l.due = at
		l.timer.Reset(time.Until(at))
	}
}

func (l *loop) tick() {
	l.do(func() {
		if l.closed || l.failed {
			return
		}
		l.worker.Tick()
		for x := range l.live { // a tick may do anything to any stream
			l.touch(x)
		}
	})
}

// close ends the VM. No exchange may be alive.
func (l *loop) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut()
}

func (l *loop) shut() {
	if !l.closed {
		l.closed = true
		if l.timer != nil {
			l.timer.Stop()
		}
		l.worker.Close()
	}
}

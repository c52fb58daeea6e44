package proxy

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
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
	traps   int       // that were seen
	revival *time.Timer
	closed  bool

	down  atomic.Bool // a VM has failed and was not replaced yet
	woken chan struct{}
}

func newLoop(c *crew) *loop {
	l := &loop{crew: c, live: map[*exchange]struct{}{}, woken: make(chan struct{}, 1)}
	l.turned.L = &l.mu
	return l
}

// run takes the worker over and handles what comes to it from outside of any stream.
func (l *loop) run(w *hostsim.Worker) {
	l.mu.Lock()
	l.worker = w
	l.schedule()
	l.mu.Unlock()
	go func() {
		for {
			select {
			case <-l.woken:
				l.any(w.Turn)
			case <-l.crew.done:
				return
			}
		}
	}()
}

// wake has the worker handle what waits for it.
func (l *loop) wake() {
	select {
	case l.woken <- struct{}{}:
	default: // it will soon
	}
}

// do runs one event and what follows from it.
func (l *loop) do(event func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	event()
	if n := l.worker.Traps(); n > l.traps {
		l.broke(n)
	}
	for _, x := range l.touched {
		x.touched = false
		x.settle()
	}
	l.touched = l.touched[:0]
	l.schedule()
	l.turned.Broadcast()
}

// any runs an event that may do anything to any stream.
func (l *loop) any(event func()) {
	l.do(func() {
		if l.closed {
			return
		}
		event()
		for x := range l.live {
			l.touch(x)
		}
	})
}

// broke ends all streams after a trap: none of them would get on. What becomes of those that follow is up to the filters'
// failure policies.
func (l *loop) broke(traps int) {
	l.traps = traps
	l.crew.proxy.say(fmt.Sprintf("the module trapped, its requests get 503: %v", l.worker.Failed()))
	for x := range l.live {
		x.stream.Fail(503, "wasm_fail_stream", "")
		l.touch(x)
	}
	l.revive()
}

// revive has the VM that failed replaced once its back-off is over, also when other workers take the streams meanwhile.
func (l *loop) revive() {
	if err := l.worker.Reload(); err != nil {
		l.crew.proxy.say(fmt.Sprintf("cannot start the module in the place of the one that trapped: %v", err))
	}
	l.down.Store(l.worker.Failed() != nil)
	if l.down.Load() && !l.closed && slices.ContainsFunc(l.crew.setup.Config.Filters, func(f hostsim.Filter) bool { return f.FailReload }) {
		l.revival = time.AfterFunc(rest, func() { l.any(l.revive) })
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

func (l *loop) tick() { l.any(l.worker.Tick) }

// close ends the VM. No exchange may be alive.
func (l *loop) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut()
}

func (l *loop) shut() {
	if !l.closed {
		l.closed = true
		for _, t := range []*time.Timer{l.timer, l.revival} {
			if t != nil {
				t.Stop()
			}
		}
		l.worker.Close()
	}
}

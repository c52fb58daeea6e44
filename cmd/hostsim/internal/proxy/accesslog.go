package proxy

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// backlog is how many bytes of the access log may wait to be written. Requests wait, too, when the log takes no more:
// none goes without its record.
const backlog = 4 << 20

// recordKey is where the plugin's record lies in the filter state.
const recordKey = "wasm.mom.audit"

// entry is one line of the access log, in the form of the examples' Envoys.
type entry struct {
	Time     string            `json:"time"`
	Code     int               `json:"code"` // 0: the client got no answer
	Details  string            `json:"details"`
	Cluster  string            `json:"cluster"`
	Upstream string            `json:"upstream"`
	Received int64             `json:"received"` // bytes of body from the client
	Sent     int64             `json:"sent"`     // bytes of body to the client
	MS       int64             `json:"ms"`
	Mom      []json.RawMessage `json:"mom"` // the record, or nothing
}

// accessLog writes lines in the order in which streams end, which is the order of the records' chain in each VM.
type accessLog struct {
	out io.Writer
	say func(string)

	mu      sync.Mutex
	changed sync.Cond
	buffer  []byte
	closed  bool
	done    chan struct{}
}

func newAccessLog(out io.Writer, say func(string)) *accessLog {
	l := &accessLog{out: out, say: say, done: make(chan struct{})}
	l.changed.L = &l.mu
	go l.write()
	return l
}

// entry is the line for an exchange that is over.
func (x *exchange) entry() entry {
	e := entry{
		Time: stamp(x.begun), Code: x.down.status(), Details: x.stream.Details(), Cluster: x.stream.Cluster(),
		Received: x.received, Sent: x.down.bytes(), MS: time.Since(x.begun).Milliseconds(),
	}
	if target := x.loop.crew.setup.Clusters[e.Cluster]; x.forwarded && target != nil {
		e.Upstream = target.Host
	}
	if record := x.stream.State()[recordKey]; json.Valid(record) {
		e.Mom = []json.RawMessage{record}
	}
	return e
}

// stamp formats a time as Envoy's %START_TIME% does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// add logs a request. Without a log it does nothing.
func (l *accessLog) add(e entry) {
	if l == nil {
		return
	}
	if e.Mom == nil {
		e.Mom = []json.RawMessage{}
	}
	line, err := json.Marshal(e)
	if err != nil {
		return // not with these types
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.buffer) > backlog && !l.closed {
		l.changed.Wait()
	}
	l.buffer = append(append(l.buffer, line...), '\n')
	l.changed.Broadcast()
}

// write writes whatever has gathered while it wrote before.
func (l *accessLog) write() {
	defer close(l.done)
	var spare []byte
	failed := false
	for {
		l.mu.Lock()
		for len(l.buffer) == 0 && !l.closed {
			l.changed.Wait()
		}
		lines, last := l.buffer, l.closed
		l.buffer = spare[:0]
		l.changed.Broadcast()
		l.mu.Unlock()
		if len(lines) > 0 {
			if _, err := l.out.Write(lines); err != nil && !failed {
				failed = true
				l.say("cannot write the access log: " + err.Error())
			}
		}
		if last {
			return
		}
		spare = lines
	}
}

// close writes what is left. It may be called again.
func (l *accessLog) close() {
	l.mu.Lock()
	l.closed = true
	l.changed.Broadcast()
	l.mu.Unlock()
	select {
	case <-l.done:
	case <-time.After(linger): // whoever reads it has stopped reading
	}
}

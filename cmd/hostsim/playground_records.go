package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/trail"
)

// What is kept for the page's list of records: so many of the newest requests, in so many bytes, for so many pages at a time.
const (
	mostRecent      = 500
	mostRecentBytes = 4 << 20
	mostWatchers    = 16
)

// recent is an io.Writer for an access log that keeps its newest lines. Those who follow it read when they have the time, and are told how many lines they came
// too late for: none of them holds up the proxy.
type recent struct {
	mu    sync.Mutex
	lines [][]byte // the oldest first
	bytes int      // of all of them
	last  uint64   // how many there have been, so the number of the newest
	more  chan struct{}
}

func newRecent() *recent { return &recent{more: make(chan struct{})} }

// Write takes whole lines.
func (r *recent) Write(lines []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range bytes.Lines(lines) {
		line = bytes.Clone(bytes.TrimSuffix(line, []byte("\n")))
		r.lines, r.bytes, r.last = append(r.lines, line), r.bytes+len(line), r.last+1
		for len(r.lines) > mostRecent || r.bytes > mostRecentBytes {
			r.bytes -= len(r.lines[0])
			r.lines[0] = nil
			r.lines = r.lines[1:]
		}
	}
	close(r.more)
	r.more = make(chan struct{})
	return len(lines), nil
}

// since returns the lines behind the one with the number seen, the newest one's number, how many between them are gone, and what is closed when there are more.
func (r *recent) since(seen uint64) (lines [][]byte, last, gone uint64, more <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := uint64(len(r.lines))
	n := r.last - min(seen, r.last)
	if n > kept {
		gone, n = n-kept, kept
	}
	return append(lines, r.lines[kept-n:]...), r.last, gone, r.more
}

// live is what the page learns of a running server.
type live struct {
	recent   *recent
	run      string // tells this run of the server from others, whose lines have the same numbers
	watchers atomic.Int32
	rule     func(hash string) *rules.Table // the policy in force whose hash begins so; nil if none does
}

func newLive(rule func(hash string) *rules.Table) *live {
	return &live{recent: newRecent(), run: strconv.FormatInt(time.Now().UnixNano(), 36), rule: rule}
}

// watcherPatience is how long a page may take to read what it is sent.
const watcherPatience = 30 * time.Second

// records sends the access log's lines as server-sent events, those that are kept first. A page that comes back says what it has seen.
func (l *live) records(w http.ResponseWriter, r *http.Request) {
	if l.watchers.Add(1) > mostWatchers {
		l.watchers.Add(-1)
		http.Error(w, fmt.Sprintf("%d pages follow the records already: close one", mostWatchers), http.StatusServiceUnavailable)
		return
	}
	defer l.watchers.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	var seen uint64
	if run, number, ok := strings.Cut(cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")), "."); ok && run == l.run {
		seen, _ = strconv.ParseUint(number, 10, 64) // 0 is from the first
	}
	var events bytes.Buffer
	for {
		lines, last, gone, more := l.recent.since(seen)
		if gone > 0 && seen > 0 {
			fmt.Fprintf(&events, "event: gone\ndata: %d\n\n", gone)
		}
		for i, line := range lines {
			fmt.Fprintf(&events, "id: %s.%d\ndata: %s\n\n", l.run, last-uint64(len(lines)-1-i), line)
		}
		seen = last
		out.SetWriteDeadline(time.Now().Add(watcherPatience))
		if _, err := w.Write(events.Bytes()); err != nil || out.Flush() != nil {
			return
		}
		events.Reset()
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

// explainRecord answers a record with the words that rules audit explain has for it, as a list.
func (l *live) explainRecord(w http.ResponseWriter, body io.Reader) {
	var record trail.Record
	if err := json.NewDecoder(body).Decode(&record); err != nil {
		http.Error(w, fmt.Sprintf("want a record: %v", err), http.StatusBadRequest)
		return
	}
	var rule func(string) (string, string, bool)
	table := l.rule(record.Policy.Hash)
	if table != nil {
		rule = table.Rule
	}
	words := trail.Explain(&record, rule)
	if table == nil {
		words = append(words, fmt.Sprintf("The policy %s that decided is not in force any more, so what its rules ask for is not said.", record.Policy.Hash))
	}
	answerJSON(w, words)
}
